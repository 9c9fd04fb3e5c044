"""Who may take a list out, who approves it, who reads what was taken (导出的权限)."""

from django.db.models import Q, QuerySet

from shiyu.desk.models import Export, ExportLimits
from shiyu.people.actors import Actor
from shiyu.places.models import Place

COMMAND, AUDIT = "command", "audit_admin"
WHOLE = (-(2**62), 2**62)


def limits() -> ExportLimits:
    """How much may be taken out of this city."""
    return ExportLimits.objects.get(pk=1)


def reach_of(actor: Actor) -> tuple[int, int]:
    """The places in which an actor's cases lie; for a handling unit, anywhere."""
    scopes = [s for s in actor.held if s.first <= s.last]
    if not scopes or actor.units("handle"):
        return WHOLE
    return min(s.first for s in scopes), max(s.last for s in scopes)


def may_decide(actor: Actor, export: Export) -> bool:
    """Whether this actor may approve it: another person, commanding all of its places.

    What reaches beyond every place is approved by whoever commands the whole city.
    """
    if actor.kind != "person" or actor.id == export.person_id:
        return False
    if (export.first, export.last) == WHOLE:
        return _commands_the_city(actor)
    scopes = actor.scopes(COMMAND)
    return any(s.first <= export.first and export.last <= s.last for s in scopes)


def visible_to(actor: Actor) -> "QuerySet[Export]":
    """One's own exports, those one may decide on or has decided; all for the audit (可见导出)."""
    if actor.kind != "person":
        return Export.objects.none()
    if actor.holds(AUDIT):
        return Export.objects.all()
    mine = Q(person=actor.id) | Q(approver=actor.id)
    for scope in actor.scopes(COMMAND):
        mine |= Q(first__gte=scope.first, last__lte=scope.last)
    if _commands_the_city(actor):
        mine |= Q(first=WHOLE[0], last=WHOLE[1])
    return Export.objects.filter(mine)


def _commands_the_city(actor: Actor) -> bool:
    """Whether a scope of command reaches over every place there is."""
    scopes = actor.scopes(COMMAND)
    if not scopes:
        return False
    first, last = Place.objects.filter(parent=None).values_list("first", "last").get()
    return any(s.first <= first and last <= s.last for s in scopes)
