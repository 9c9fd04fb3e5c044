"""Who may take a list out, who approves it, who reads what was taken (导出的权限)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from shiyu.desk.models import Export, ExportLimits
from shiyu.people.actors import Actor
from shiyu.people.duties import LOOKING, Duty
from shiyu.people.models import Appointment
from shiyu.places.models import Place

COMMAND, AUDIT, HANDLE, REPORT = "command", "audit_admin", "handle", "report"
WHOLE = (-(2**62), 2**62)


def limits() -> ExportLimits:
    """How much may be taken out of this city."""
    return ExportLimits.objects.order_by("-pk")[:1].get()


def may_set_limits(actor: Actor) -> bool:
    """Whether this actor decides how much may be taken out: who exports nothing (安全管理)."""
    return actor.holds(Duty.SECURITY_ADMIN)


def reach_of(actor: Actor) -> tuple[int, int]:
    """The places in which an actor's cases lie; for a handling unit, anywhere."""
    scopes = [s for s in actor.held if s.first <= s.last]
    if not scopes or actor.units("handle"):
        return WHOLE
    return min(s.first for s in scopes), max(s.last for s in scopes)


def held_by(actor: Actor) -> list[list[object]]:
    """The duties by which an actor sees cases, as an export keeps them."""
    duties = actor.scopes(*LOOKING, HANDLE, REPORT)
    seen = {(s.duty, s.first, s.last, s.unit_id) for s in duties}
    return [list(scope) for scope in sorted(seen)]


def still_holds(actor: Actor, export: Export) -> bool:
    """Whether its owner holds all by which the rows of the file were seen (权限未减)."""
    now = held_by(actor)
    return all(scope in now for scope in export.held)


def approvals_for(actor: Actor, here_duties: Collection[str]) -> int:
    """How many people approve what this actor takes out: two for the cases of the whole city."""
    city = _the_city()
    whole = any(
        s.first <= city[0] and city[1] <= s.last
        for s in actor.held
        if s.duty in here_duties and s.duty != HANDLE
    )
    return 2 if whole else 1


def alone_left(actor: Actor, now: datetime) -> int:
    """How many rows this actor may still take out today with nobody's word."""
    since = now - timedelta(days=1)
    mine = Export.objects.filter(person=actor.id, asked_at__gt=since, approver=None)
    taken = mine.exclude(stage__in=["asked", "refused", "failed"])
    rows = taken.aggregate(rows=Sum("counted"))["rows"] or 0
    return max(limits().alone_most - rows, 0)


def who_may_decide(export: Export) -> set[int]:
    """The people whose command reaches over all of its places, save who asked (批准人)."""
    whole = (export.first, export.last) == WHOLE
    first, last = _the_city() if whole else (export.first, export.last)
    held = Appointment.objects.in_force(timezone.localdate()).filter(
        post__duties__duty=COMMAND,
        post__duties__place_first__lte=first,
        post__duties__place_last__gte=last,
    )
    people = held.exclude(person=export.person_id).exclude(person=export.approver_id or 0)
    return set(people.values_list("person", flat=True))


def may_decide(actor: Actor, export: Export) -> bool:
    """Whether this actor may approve it: another person, commanding all of its places.

    What reaches beyond every place is approved by whoever commands the whole city.
    """
    if actor.kind != "person" or actor.id in {export.person_id, export.approver_id}:
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
    mine = Q(person=actor.id) | Q(approver=actor.id) | Q(seconder=actor.id)
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
    first, last = _the_city()
    return any(s.first <= first and last <= s.last for s in scopes)


def _the_city() -> tuple[int, int]:
    return Place.objects.filter(parent=None).values_list("first", "last").get()
