"""Our records in the place of the codes, numbers and photos that a move's request names (引用)."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from shiyu.api.v1 import finding
from shiyu.api.v1.shapes import In
from shiyu.api.v1.ways import File, Way
from shiyu.cases import rules
from shiyu.cases.actions import Intake
from shiyu.cases.models import Case
from shiyu.people.actors import Actor


def arguments(way: Way, actor: Actor, case: Case, data: In) -> dict[str, Any]:
    """What the action takes, with our records in the place of their codes."""
    said = data.model_dump()
    found = {name: value for name, value in said.items() if name not in RECORDS}
    if way.shape is File:
        standard, kind = said["standard"], said["kind"]
        return found | {"standard": finding.standard_named(case, standard, kind)}
    if way.own_unit:
        found["unit"] = finding.own_unit(actor, said["unit"])
    for name, value in said.items():
        if name in RECORDS and not (name == "unit" and way.own_unit):
            found[name] = RECORDS[name](actor, name, value)
    return found


def _unit(_actor: Actor, name: str, code: str | None) -> Any:
    return finding.unit_called(code, name) if code else None


def _units(_actor: Actor, name: str, codes: list[str]) -> Any:
    return finding.units_called(codes, name)


def _kind(_actor: Actor, name: str, code: str | None) -> Any:
    return finding.kind_called(code, name) if code else None


def _photos(actor: Actor, name: str, ids: list[UUID]) -> Any:
    return finding.photos_named(actor, ids, name)


def _other_case(actor: Actor, name: str, number: str) -> Any:
    found = rules.visible_to(actor).filter(number=number).first()
    if found is None:
        raise finding.strange(name, _("没有编号为 %(number)s 的案件") % {"number": number})
    return found


def _parts(actor: Actor, name: str, parts: list[Mapping[str, Any]]) -> Any:
    """Children of an order, each named after the request that made it."""
    return [_part(actor, part) for part in parts]


def _part(actor: Actor, part: Mapping[str, Any]) -> Intake:
    return Intake(
        source=actor.ref,
        source_ref=f"split:{secrets.token_urlsafe(16)}",
        channel="superior",
        text=part["text"],
        address=part["address"],
        place=finding.place_called(part["place"], "parts"),
        kind=finding.kind_called(part["kind"], "parts") if part["kind"] else None,
    )


RECORDS: dict[str, Callable[[Actor, str, Any], Any]] = {
    "unit": _unit,
    "lead": _unit,
    "co": _units,
    "units": _units,
    "kind": _kind,
    "standard": _kind,
    "photos": _photos,
    "before": _photos,
    "after": _photos,
    "into": _other_case,
    "parts": _parts,
}
