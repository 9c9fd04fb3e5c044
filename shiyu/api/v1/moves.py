"""Making moves: every one of the lifecycle, by the same actions as the pages (办理).

Each has an address of its own and asks for exactly what its action asks for.
"""

import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from shiyu.api.audience import LOOKERS, MOVERS, SENDERS
from shiyu.api.refusals import Stale
from shiyu.api.v1 import finding
from shiyu.api.v1.cases import Number
from shiyu.api.v1.records import arguments
from shiyu.api.v1.routes import Given, actor_of, route
from shiyu.api.v1.shapes import In, Out, When
from shiyu.api.v1.ways import ALONE, WAYS, Way
from shiyu.cases import rules, story, timing
from shiyu.cases.lifecycle import MOVES
from shiyu.cases.models import Case
from shiyu.cases.replay import replay
from shiyu.common.errors import Refused
from shiyu.people.actors import Actor

ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


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
    given = arguments(way, actor, case, data)
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
