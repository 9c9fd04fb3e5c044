"""What happened to a case, what was written about it, how its clocks ran (办理过程)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.api.audience import LOOKERS
from shiyu.api.v1.cases import Number
from shiyu.api.v1.finding import case_of, only_reported
from shiyu.api.v1.routes import actor_of, route
from shiyu.api.v1.shapes import Out, When
from shiyu.cases import rules, story, timing
from shiyu.cases.clock import explain
from shiyu.cases.lifecycle import MOVES
from shiyu.cases.models import Case
from shiyu.cases.story import names_of
from shiyu.journal.models import Line, Remark
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

TITLES = {
    "report": gettext_lazy("上报"),
    "joined": gettext_lazy("一事多报"),
    "rate": gettext_lazy("评价"),
    "child_done": gettext_lazy("分解件办结"),
}


class ByOut(Out):
    """Who did it: a person on duty, a reporter, another system or the program. People are not
    named."""

    kind: str
    name: str | None


class LineOut(Out):
    """One line of the journal."""

    at: When
    verb: str
    title: str
    by: ByOut
    unit: str | None
    units: list[str]
    lead: str | None
    outcome: str | None
    until: str | None
    remark: str | None


class HistoryOut(Out):
    """What happened, the oldest first."""

    number: str
    items: list[LineOut]


class RemarkOut(Out):
    """What somebody wrote about the case."""

    at: When
    by: ByOut
    text: str


class RemarksOut(Out):
    """What was written about the case, the oldest first."""

    number: str
    items: list[RemarkOut]


class SpanOut(Out):
    """A stretch in which a clock ran or was paused."""

    start: When
    end: When | None
    running: bool
    why: str


class ClockOut(Out):
    """One clock, as it stands now."""

    name: str
    unit: str | None
    round: int
    state: str
    light: str | None
    late: bool
    used_min: int | None
    budget_min: int | None
    due_at: When | None
    spans: list[SpanOut]


class ClocksOut(Out):
    """All clocks of a case, with the arithmetic in words."""

    number: str
    at: When
    clocks: list[ClockOut]
    explanation: str


@route(
    "GET",
    "/cases/{number}/history",
    audience=LOOKERS,
    answer=HistoryOut,
    cost=2,
    tag="cases",
    summary="办理过程",
)
def history(request: HttpRequest, number: Number) -> HistoryOut:
    """Every step, with what was written at it. A remark that was erased is null; a client that
    only reported the case is told its own remarks alone."""
    case = case_of(actor_of(request), number)
    lines = story.lines_of(case)
    written = _texts(_told(actor_of(request), case), (line.remark_id for line in lines))
    units = _codes(lines)
    names = names_of({line.actor for line in lines if line.actor.startswith("key:")})
    return HistoryOut(
        number=case.number, items=[_line(line, written, units, names) for line in lines]
    )


@route(
    "GET",
    "/cases/{number}/remarks",
    audience=LOOKERS,
    answer=RemarksOut,
    tag="cases",
    summary="描述与批注",
)
def remarks(request: HttpRequest, number: Number) -> RemarksOut:
    """The description and everything written later."""
    case = case_of(actor_of(request), number)
    found = list(_told(actor_of(request), case).filter(subject=case.subject))
    names = names_of({r.author for r in found if r.author.startswith("key:")})
    items = [RemarkOut(at=r.written_at, by=_by(r.author, names), text=r.text) for r in found]
    return RemarksOut(number=case.number, items=items)


@route(
    "GET",
    "/cases/{number}/clock",
    audience=LOOKERS,
    answer=ClocksOut,
    cost=2,
    tag="cases",
    summary="计时说明",
)
def clock(request: HttpRequest, number: Number) -> ClocksOut:
    """How the due time comes about: what ran, what was paused, why; in minutes that add up."""
    rows = rules.visible_to(actor_of(request)).select_related("procedure", "standard")
    case: Case = case_of(actor_of(request), number, rows=rows)
    now = timezone.now()
    found = timing.clocks_of(case, story.steps_of(case), now=now)
    ids = {int(c.unit) for c in found if c.unit}
    codes = dict(Unit.objects.filter(pk__in=ids).values_list("pk", "code"))
    shown = [_clock(c, codes) for c in found]
    return ClocksOut(number=case.number, at=now, clocks=shown, explanation=explain(found))


def _clock(found: Any, codes: dict[int, str]) -> ClockOut:
    return ClockOut(
        name=found.name,
        unit=codes.get(int(found.unit)) if found.unit else None,
        round=found.round,
        state=str(found.state),
        light=str(found.light) if found.light else None,
        late=found.late,
        used_min=found.used,
        budget_min=found.budget,
        due_at=found.due,
        spans=[
            SpanOut(start=s.start, end=s.end, running=s.running, why=s.why) for s in found.spans
        ],
    )


def _line(
    line: Line, written: dict[int, str], units: dict[int, str], names: dict[str, str]
) -> LineOut:
    facts = line.facts
    move = MOVES.get(line.verb)
    return LineOut(
        at=line.occurred_at,
        verb=line.verb,
        title=str(move.title if move else TITLES.get(line.verb, line.verb)),
        by=_by(line.actor, names),
        unit=units.get(facts.get("unit", 0)),
        units=[units[u] for u in facts.get("units", ()) if u in units],
        lead=units.get(facts.get("lead", 0)),
        outcome=facts.get("outcome") or None,
        until=facts.get("until") or None,
        remark=written.get(line.remark_id or 0),
    )


def _by(ref: str, names: dict[str, str]) -> ByOut:
    kind = ref.partition(":")[0]
    known = {"person": _("工作人员"), "receipt": _("上报人")}
    return ByOut(
        kind={"receipt": "reporter"}.get(kind, kind),
        name=names.get(ref) if kind == "key" else known.get(kind, _("系统")),
    )


def _told(actor: Actor, case: Case) -> "QuerySet[Remark]":
    """What is kept of remarks; a client that only reported is told its own."""
    kept: QuerySet[Remark] = Remark.objects.filter(erased_at__isnull=True)
    return kept.filter(author=actor.ref) if only_reported(actor, case) else kept


def _texts(kept: "QuerySet[Remark]", ids: Iterable[int | None]) -> dict[int, str]:
    wanted = [pk for pk in ids if pk]
    return dict(kept.filter(pk__in=wanted).values_list("pk", "text"))


def _codes(lines: Iterable[Line]) -> dict[int, str]:
    """Codes of the units that the lines name, in one query."""
    ids: set[int] = set()
    for line in lines:
        ids.update(u for u in (line.facts.get("unit"), line.facts.get("lead")) if u)
        ids.update(line.facts.get("units", ()))
    return dict(Unit.objects.filter(pk__in=ids).values_list("pk", "code")) if ids else {}
