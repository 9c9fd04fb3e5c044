"""What grants amount to, and who may look after clients and keys (接口授权规则)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from shiyu.api.models import Client, Grant, Purpose, Verb
from shiyu.common.errors import Refused
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import ADMINISTRATION, LOOK, Duty
from shiyu.people.models import Unit
from shiyu.people.rules import may
from shiyu.places.models import Place
from shiyu.places.rules import place_by_code, the_city

DUTY_OF: dict[str, str] = {
    Verb.READ: LOOK,
    Verb.REPORT: Duty.REPORT,
    Verb.INTAKE: Duty.INTAKE,
    Verb.DISPATCH: Duty.DISPATCH,
    Verb.COMMAND: Duty.COMMAND,
    Verb.HANDLE: Duty.HANDLE,
    Verb.VERIFY: Duty.VERIFY,
    Verb.PATROL: Duty.PATROL,
}
"""A grant is a duty like a person's, so that one policy serves both."""

DESKS = frozenset({Verb.INTAKE, Verb.DISPATCH, Verb.COMMAND})
"""Grants that count only for the unit a client stands for."""

USUAL: dict[str, tuple[str, ...]] = {
    Purpose.API: (Verb.READ, Verb.REPORT),
    Purpose.OPEN311: (Verb.REPORT,),
}
"""What a client is granted over the whole city when nothing else is said."""

WRITTEN = re.compile(r"([a-z]+:[a-z]+)(?:@([0-9A-Za-z._-]{1,40}))?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A grant that somebody asks for, its place or unit found."""

    verb: str
    place: Place | None = None
    unit: Unit | None = None


def visible_to(actor: Actor) -> "QuerySet[Client]":
    """All clients for those who look after the system; a key knows of itself alone."""
    if may(actor, Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN):
        return Client.objects.all()
    return Client.objects.filter(pk=actor.id if actor.kind == "key" else 0)


def wanted(text: str, *, unit: Unit | None) -> Wanted:
    """Read a grant as it is written, e.g. cases:read@410204 or cases:handle@D1.

    Without a place it is the whole city, without a unit the one the client stands for.

    Raises  Refused: no such verb, place or unit; a desk's grant without a unit to stand for.
    """
    found = WRITTEN.fullmatch(text.strip())
    if found is None or found[1] not in Verb.values:
        known = "、".join(Verb.values)
        raise Refused(
            _("没有“%(text)s”这种权限，可以写 %(known)s，后面加 @区域或机构代码")
            % {"text": text[:60], "known": known},
            field="scopes",
        )
    verb, code = Verb(found[1]), found[2] or ""
    if verb == Verb.HANDLE:
        return Wanted(verb, unit=_unit(code) if code else _stands_for(unit, verb))
    if verb in DESKS:
        _stands_for(unit, verb)
    return Wanted(verb, place=place_by_code(code or the_city().code))


def usual(purpose: str) -> list[str]:
    """The grants of a client for which none are named."""
    return [str(verb) for verb in USUAL[purpose]]


def written(grant: Grant) -> str:
    """A grant as it is written."""
    reach = grant.unit.code if grant.unit else grant.place.code if grant.place else ""
    return f"{grant.verb}@{reach}"


def held_by(client: Client) -> tuple[Scope, ...]:
    """What a client holds, as duties with their scopes, in one query."""
    grants = Grant.objects.filter(client=client).select_related("place").defer("place__boundary")
    return tuple(_scope(grant, client.unit_id or 0) for grant in grants)


def told_within(held: Iterable[Scope]) -> tuple[int, int] | None:
    """The one stretch of places whose events a client may be told; None where it is not one."""
    scopes = [scope for scope in held if scope.duty == LOOK]
    return (scopes[0].first, scopes[0].last) if len(scopes) == 1 else None


def may_see_upload(actor: Actor, subject: str) -> bool:
    """A photo that waits for its case is seen by the client that sent it."""
    return actor.kind == "key" and subject == upload_of(actor)


def upload_of(actor: Actor) -> str:
    """The subject under which a client's photos wait for their case."""
    return f"upload:{actor.id}"


def names_of(refs: Iterable[str]) -> dict[str, str]:
    """The names of clients among the journal's actors."""
    ids = [int(ref[4:]) for ref in refs if ref.startswith("key:") and ref[4:].isdecimal()]
    if not ids:
        return {}
    return {f"key:{pk}": name for pk, name in _clients(ids)}


def _clients(ids: list[int]) -> Iterable[tuple[int, str]]:
    return Client.objects.filter(pk__in=ids).values_list("pk", "name")


def _scope(grant: Grant, unit_id: int) -> Scope:
    duty = str(DUTY_OF[grant.verb])
    if duty in ADMINISTRATION:
        raise ValueError("no client administers anything")
    if grant.place is None:
        return Scope(duty, 1, 0, grant.unit_id or 0)
    return Scope(duty, grant.place.first, grant.place.last, unit_id)


def _unit(code: str) -> Unit:
    unit = Unit.objects.filter(code=code).first()
    if unit is None:
        raise Refused(_("没有代码为“%(code)s”的机构") % {"code": code}, field="scopes")
    return unit


def _stands_for(unit: Unit | None, verb: Verb) -> Unit:
    if unit is None:
        text = _("“%(verb)s”须写明代表哪个机构") % {"verb": verb.label}
        raise Refused(text, field="unit")
    return unit
