"""Many reports, or moves of many cases, in one request (批量上报、批量办理).

For systems that bring much: another platform's intake, sensors, a unit's own software. Each item
is judged by the same rules as alone and answered for itself; what stands for all is read once
and everything is written in one transaction.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, TypeVar

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import Field, ValidationError

from shiyu.api.audience import MOVERS, REPORTERS
from shiyu.api.problems import of_refusal
from shiyu.api.refusals import Invalid
from shiyu.api.v1.cases import Reported, ReportIn, intake_of, reported
from shiyu.api.v1.moves import Moved, moved
from shiyu.api.v1.routes import actor_of, route
from shiyu.api.v1.shapes import In, Out
from shiyu.api.v1.texts import CaseNumber, Ref
from shiyu.api.v1.ways import ALONE, WAYS
from shiyu.api.v1.words import of_field, sentence
from shiyu.cases import actions, rules
from shiyu.cases.gathered import ahead
from shiyu.cases.models import Case
from shiyu.common import ready, together
from shiyu.common.errors import NotFound, Refused
from shiyu.people.actors import Actor

ITEMS_MOST = 100
COST = 20
T = TypeVar("T")
Size = Field(min_length=1, max_length=ITEMS_MOST)


class NamedReport(ReportIn):
    """A report of a batch: it bears your own number."""

    ref: Ref


class Reports(In):
    items: Annotated[list[NamedReport], Size]


class MoveOf(In):
    """One move of one case."""

    number: CaseNumber
    move: str = Field(max_length=40)
    version: Annotated[int, Field(ge=1)] | None = None
    data: dict[str, Any] = {}


class Moves(In):
    items: Annotated[list[MoveOf], Size]


class ItemError(Out):
    """What is wrong with a field."""

    field: str
    detail: str


class ItemProblem(Out):
    """Why an item was refused, as it would be alone."""

    code: str
    detail: str
    errors: list[ItemError]


class ReportedItem(Out):
    """What became of one report, in the order of the request."""

    status: int
    case: Reported | None = None
    problem: ItemProblem | None = None


class MovedItem(Out):
    """What became of one move, in the order of the request."""

    status: int
    case: Moved | None = None
    problem: ItemProblem | None = None


class ReportedMany(Out):
    items: list[ReportedItem]


class MovedMany(Out):
    items: list[MovedItem]


@route(
    "POST",
    "/batches/cases",
    audience=REPORTERS,
    answer=ReportedMany,
    cost=COST,
    tag="batches",
    summary="批量上报",
)
def report_many(request: HttpRequest, data: Reports) -> ReportedMany:
    """Take in up to 100 reports; each is answered 201 (new), 200 (already there) or refused.

    Every report bears its `ref`; the same one again is the same report.
    """
    actor = actor_of(request)
    with ready.asked_once():
        intakes = [_tried(partial(intake_of, actor, one, one.ref)) for one in data.items]
        good = [one for one in intakes if not isinstance(one, Refused)]
        done = iter(actions.report_many(good, actor=actor) if good else [])
        outcomes = [one if isinstance(one, Refused) else next(done) for one in intakes]
    return ReportedMany(items=[_reported(request, one) for one in outcomes])


@route(
    "POST",
    "/batches/moves",
    audience=MOVERS,
    answer=MovedMany,
    cost=COST,
    tag="batches",
    summary="批量办理",
)
def move_many(request: HttpRequest, data: Moves) -> MovedMany:
    """Make a move of each of up to 100 cases; each is answered 200 or refused.

    `data` is what the move's own address asks for; `version`, if given, must still be the
    case's. A case stands in a batch once; merging, splitting and settling are made one by one.
    """
    actor = actor_of(request)
    found = _cases(actor, [one.number for one in data.items])
    seen: set[str] = set()
    outcomes: list[Moved | Refused] = []
    with ready.asked_once(), transaction.atomic(), ahead(found.values()), together.together():
        for one in data.items:
            twice = one.number in seen
            seen.add(one.number)
            outcomes.append(_tried(partial(_move, actor, found, one, twice=twice)))
    return MovedMany(items=[_moved(request, one) for one in outcomes])


def _cases(actor: Actor, numbers: Sequence[str]) -> dict[str, Case]:
    """Those of the named cases that this actor may know of."""
    seen = rules.visible_to(actor).filter(number__in=numbers)
    return {case.number: case for case in seen.only("number", "version", "kind")}


def _move(actor: Actor, found: dict[str, Case], one: MoveOf, *, twice: bool) -> Moved:
    case = found.get(one.number)
    if case is None:
        raise NotFound(_("没有编号为 %(number)s 的案件") % {"number": one.number})
    if twice:
        raise Refused(_("同一案件在一批里只能办理一步"), field="number")
    if one.move not in WAYS or one.move in ALONE:
        raise Refused(_("“%(move)s”不能批量办理") % {"move": one.move[:40]}, field="move")
    try:
        data = WAYS[one.move].shape.model_validate(one.data)
    except ValidationError as error:
        wrong = [(of_field(e), sentence(e["type"], e.get("ctx"))) for e in error.errors()]
        raise Invalid(sentence("invalid"), fields=wrong) from error
    with together.together():  # refused at its very end, it leaves nothing held back
        return moved(actor, case, one.move, data, one.version)


def _tried(act: Callable[[], T]) -> T | Refused:
    """What an item comes to by itself: a refusal is its answer and touches no other."""
    try:
        return act()
    except Refused as refusal:
        return refusal


def _reported(request: HttpRequest, one: actions.Outcome) -> ReportedItem:
    if isinstance(one, Refused):
        status, problem = _problem(request, one)
        return ReportedItem(status=status, problem=problem)
    taken, code = one
    return ReportedItem(status=201 if code else 200, case=reported(taken.case, code))


def _moved(request: HttpRequest, one: Moved | Refused) -> MovedItem:
    if isinstance(one, Refused):
        status, problem = _problem(request, one)
        return MovedItem(status=status, problem=problem)
    return MovedItem(status=200, case=one)


def _problem(request: HttpRequest, refusal: Refused) -> tuple[int, ItemProblem]:
    alone = of_refusal(request, refusal)
    said = json.loads(alone.content)
    errors = [ItemError(**one) for one in said.get("errors", ())]
    return alone.status_code, ItemProblem(code=said["code"], detail=said["detail"], errors=errors)
