"""Making moves: every one of the lifecycle, by the same actions as the pages (办理).

Each has an address of its own and asks for exactly what its action asks for.
"""

import inspect
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import Field

from shiyu.api.audience import LOOKERS, MOVERS, SENDERS
from shiyu.api.refusals import Stale
from shiyu.api.v1 import finding
from shiyu.api.v1.cases import Number
from shiyu.api.v1.routes import Given, actor_of, route
from shiyu.api.v1.shapes import In, Out, When
from shiyu.api.v1.texts import CaseNumber, Code, Lat, Lon, PhotoIds, Short, Text, Words
from shiyu.cases import actions, rules, story, timing
from shiyu.cases.actions import Intake
from shiyu.cases.lifecycle import MOVES
from shiyu.cases.models import Case
from shiyu.cases.replay import replay
from shiyu.common.errors import Refused
from shiyu.people.actors import Actor

ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')
Codes = Annotated[list[Code], Field(max_length=20)]


class Bare(In):
    """Nothing more is asked."""


class Note(In):
    """Words, if any."""

    reason: Text = ""


class Reason(In):
    """Words are owed."""

    reason: Words


class Dismiss(Reason):
    instead: Short = ""


class Merge(Note):
    into: CaseNumber


class Settle(Note):
    kind: Code
    before: PhotoIds = []
    after: PhotoIds


class File(Note):
    standard: Annotated[int, Field(ge=1, le=2**31)] | None = None
    kind: Code | None = None


class Dispatch(Note):
    lead: Code | None = None
    co: Codes = []


class OfUnit(In):
    unit: Code | None = None


class UnitReason(OfUnit):
    reason: Words


class NamedUnit(Note):
    unit: Code


class NamedUnitReason(Reason):
    unit: Code


class Part(In):
    """One child of an order: for a place, a unit's own place, or a point."""

    text: Words
    place: Code
    address: Short = ""
    kind: Code | None = None


class Split(Note):
    unit: Code | None = None
    parts: Annotated[list[Part], Field(min_length=1, max_length=50)]


class Suspend(Note):
    until: date


class Handle(UnitReason):
    photos: PhotoIds = []


class Rework(Reason):
    units: Codes = []
    photos: PhotoIds = []


class Verify(Note):
    photos: PhotoIds = []


class Close(Note):
    outcome: Literal["fixed", "partly", "not_fixable", "not_ours", "not_found"]


class Correct(Reason):
    address: Short | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    kind: Code | None = None


class Checked(Reason):
    found: bool
    photos: PhotoIds = []


class Moved(Out):
    """The case after a move."""

    number: str
    stage: str
    round: int
    outcome: str | None
    due_at: When | None
    closed_at: When | None
    light: str | None
    version: int
    children: list[str]


class Available(Out):
    """A move that this key can make with the case right now."""

    name: str
    title: str
    href: str
    reason_owed: bool


class MovesOut(Out):
    """What can be done with a case."""

    number: str
    stage: str
    version: int
    moves: list[Available]


@dataclass(frozen=True, slots=True)
class Way:
    """How one move is made: what it asks for, and the action that makes it."""

    shape: type[In]
    act: Callable[..., Any]
    own_unit: bool = False


WAYS: dict[str, Way] = {
    "accept": Way(Note, actions.accept),
    "dismiss": Way(Dismiss, actions.dismiss),
    "merge": Way(Merge, actions.merge),
    "settle": Way(Settle, actions.settle),
    "file": Way(File, actions.file),
    "escalate": Way(Reason, actions.escalate),
    "dispatch": Way(Dispatch, actions.dispatch),
    "recall": Way(Bare, actions.recall),
    "object": Way(UnitReason, actions.object_, own_unit=True),
    "sign": Way(OfUnit, actions.sign, own_unit=True),
    "split": Way(Split, actions.split, own_unit=True),
    "ask_extension": Way(UnitReason, actions.ask_extension, own_unit=True),
    "extend": Way(NamedUnit, actions.extend),
    "refuse_extension": Way(NamedUnitReason, actions.refuse_extension),
    "ask_suspension": Way(UnitReason, actions.ask_suspension, own_unit=True),
    "endorse_suspension": Way(Note, actions.endorse_suspension),
    "suspend": Way(Suspend, actions.suspend),
    "refuse_suspension": Way(Reason, actions.refuse_suspension),
    "resume": Way(Note, actions.resume),
    "handle": Way(Handle, actions.handle, own_unit=True),
    "rework": Way(Rework, actions.rework),
    "verify": Way(Verify, actions.verify),
    "close": Way(Close, actions.close),
    "reopen": Way(Reason, actions.reopen),
    "withdraw": Way(Reason, actions.withdraw),
    "ask_void": Way(Reason, actions.ask_void),
    "void": Way(Note, actions.void),
    "remark": Way(Reason, actions.remark),
    "urge": Way(Note, actions.urge),
    "correct": Way(Correct, actions.correct),
    "check_open": Way(Note, actions.check_open),
    "check_done": Way(Checked, actions.check_done),
    "appeal": Way(UnitReason, actions.appeal, own_unit=True),
    "exempt": Way(NamedUnit, actions.exempt),
    "refuse_appeal": Way(NamedUnitReason, actions.refuse_appeal),
}
"""Every move of the lifecycle but the importer's own."""

ALONE = frozenset({"merge", "settle", "split"})
"""Moves that read what they have just written: never together with others."""


@route(
    "GET",
    "/cases/{number}/moves",
    audience=LOOKERS,
    answer=MovesOut,
    name="list_moves",
    tag="moves",
    summary="可办的事",
)
def list_moves(request: HttpRequest, number: Number) -> MovesOut:
    """What this key can do with the case right now, in the order of the procedure."""
    actor = actor_of(request)
    case = finding.case_of(actor, number)
    standing = replay(story.steps_of(case))
    offered = [name for name in rules.open_moves(actor, case, standing) if name in WAYS]
    return MovesOut(
        number=case.number,
        stage=str(case.stage),
        version=case.version,
        moves=[
            Available(
                name=name,
                title=str(MOVES[name].title),
                href=f"/api/v1/cases/{case.number}/moves/{name}",
                reason_owed=MOVES[name].reason,
            )
            for name in offered
        ],
    )


def make(request: HttpRequest, number: str, name: str, data: In) -> Given:
    """Make one move, if the case is still the version named by If-Match."""
    actor = actor_of(request)
    body = moved(actor, finding.case_to_move(actor, number), name, data, _version(request))
    return Given(body, headers={"ETag": f'"{body.version}"'})


def moved(actor: Actor, case: Case, name: str, data: In, wanted: int | None) -> Moved:
    """Make one move of a case that this actor may know of; wanted: the version it must have."""
    way = WAYS[name]
    try:
        given = _given(way, actor, case, data, wanted)
    except Refused:
        # Who may not make the move is told that alone, whatever else the body names: so no answer
        # tells them of another's record. Asked here only when something was wrong; the action
        # asks again under its lock.
        rules.must(actor, name, case)
        raise
    made = way.act(case, actor=actor, **given)
    children = [child.number for child in made] if isinstance(made, list) else []
    now = made if isinstance(made, Case) else finding.case_of(actor, case.number)
    return Moved(
        number=now.number,
        stage=str(now.stage),
        round=now.round,
        outcome=now.outcome or None,
        due_at=now.due_at,
        closed_at=now.closed_at,
        light=timing.lamp(now, now=now.last_at)["light"],
        version=now.version,
        children=children,
    )


def _given(way: Way, actor: Actor, case: Case, data: In, wanted: int | None) -> dict[str, Any]:
    """What the action is given, if the case is still the version that was read."""
    if wanted is not None and wanted != case.version:
        raise Stale(_("案件已经变动，请重新读取后再办理"))
    given = _arguments(way, actor, case, data)
    if _takes_version(way.act) and wanted is not None:
        given["version"] = wanted
    return given


def _version(request: HttpRequest) -> int | None:
    said = request.headers.get("If-Match", "").strip()
    if not said or said == "*":
        return None
    found = ETAG.fullmatch(said)
    if found is None:
        raise Refused(_("If-Match 应是读取案件时得到的 ETag"), field="If-Match")
    return int(found[1])


@cache
def _takes_version(act: Callable[..., Any]) -> bool:
    return "version" in inspect.signature(act).parameters


def _arguments(way: Way, actor: Actor, case: Case, data: In) -> dict[str, Any]:
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


def _declare(name: str, way: Way) -> None:
    """An address for one move, with its own shape in the OpenAPI document."""

    def move(request: HttpRequest, number: str, data: In) -> Given:
        return make(request, number, name, data)

    move.__annotations__ = {"request": HttpRequest, "number": Number, "data": way.shape}
    move.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(part, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=shape)
            for part, shape in move.__annotations__.items()
        ]
    )
    move.__doc__ = (way.act.__doc__ or "").split("\n")[0]
    route(
        "POST",
        f"/cases/{{number}}/moves/{name}",
        as_one=name not in ALONE,
        audience=SENDERS if name in rules.REPORTER_MAY else MOVERS,
        answer=Moved,
        name=f"move_{name}",
        cost=2,
        tag="moves",
        summary=str(MOVES[name].title),
    )(move)


for _name, _way in WAYS.items():
    _declare(_name, _way)
