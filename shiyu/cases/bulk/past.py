"""A case of the past: what was done, and what it amounts to (历史案件)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from shiyu.calendars.rules import Calendars
from shiyu.cases import timing
from shiyu.cases.happened import Happened
from shiyu.cases.judged import Took, took
from shiyu.cases.models import Assignment, Case, Check, Rating
from shiyu.cases.parts import follow, stand
from shiyu.cases.replay import Standing, Step, apply
from shiyu.cases.story import STEPS, facts_of, first_facts
from shiyu.files.bulk import Shown

REPORTER = "receipt:0"
"""The journal's name of whoever reported a past case, until the report has an id."""

BEFORE_FILING = frozenset({"check_open", "check_done"})
BEFORE_CLOSING = {"verify": True, "rework": False}


@dataclass(slots=True)
class Told:
    """One line of a past case: the step, what its line holds besides, the words with it.

    facts   as the action of the step would write them; a Past stands for its future id.
    photos  pictures that were kept already, shown with the step.
    """

    step: Step
    words: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    photos: tuple[Shown, ...] = ()

    def shows(self, *roles: str) -> bool:
        """Whether a picture of one of these roles came with the step."""
        return any(one.role in roles for one in self.photos)


@dataclass(slots=True, eq=False)
class Past:
    """A case of the past, its report first among what is told (历史案件).

    case     unsaved, as it was reported: kind, procedure, place, centre, channel, direction.
    opened   when each unit first looked at its part.
    receipt  the hash of a receipt code, if the reporter was given one.
    hidden   what was masked in its report, as it was written.

    `fold` fills in the rest.
    """

    case: Case
    source: str
    source_ref: str
    told: list[Told]
    by_person: int | None = None
    receipt: str | None = None
    name: str = ""
    phone: str = ""
    hidden: tuple[str, ...] = ()
    opened: dict[int, datetime] = field(default_factory=dict)
    parent: "Past | None" = None
    merged_into: "Past | None" = None
    parts: list[Assignment] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    ratings: list[tuple[Rating, Told]] = field(default_factory=list)
    happened: list[Happened] = field(default_factory=list)
    report_id: int = 0


Watch = Callable[[Past, Standing, list[Step], Told], None]


def fold(
    past: Past, *, before: Watch | None = None, calendars: Calendars | None = None
) -> Standing:
    """Let a past case go through all its steps, as live moves would have left it.

    before     is asked ahead of each line and may refuse it.
    calendars  as read once for many cases.

    Raises  OutOfOrder, Refused: the history is impossible; `past` is not to be used any more.
    """
    case, standing = past.case, Standing()
    steps: list[Step] = []
    rows: dict[int, Assignment] = {}
    lived: list[tuple[Told, About]] = []
    for told in past.told:
        if before is not None:
            before(past, standing, steps, told)
        step = told.step = replace(told.step, answered=bool(told.words))
        if step.verb == "rate":
            _rate(past, told)
        if step.verb not in STEPS:
            lived.append((told, _about(case, standing)))
            continue
        apply(standing, step, extensions_most=case.procedure.extensions_most)
        steps.append(step)
        if step.verb == "report":
            case.reported_at = case.last_at = step.at
            told.facts = first_facts(case) | told.facts
        else:
            _check(past, told)
            change(past, told)
            stand(case, standing, step.at)
            past.parts = follow(case, rows, standing)
        lived.append((told, _about(case, standing)))
    for part in past.parts:
        part.opened_at = past.opened.get(part.unit_id)
    clocks = timing.refresh(case, past.parts, steps, now=steps[-1].at, calendars=calendars)
    judged = iter(took(case, steps, clocks))
    past.happened = [_happened(told, about, judged) for told, about in lived]
    return standing


About = tuple[int, int | None, tuple[int, ...]]


def _about(case: Case, standing: Standing) -> About:
    return case.centre_id, standing.lead, tuple(standing.active)


def _happened(told: Told, about: About, judged: Iterator[list[Took]]) -> Happened:
    """A line whole: of a step also what the clocks that it ended had used."""
    step = told.step
    if step.verb in STEPS and (verdicts := next(judged)):
        told.facts["took"] = verdicts
    facts = {name: getattr(value, "pk", value) for name, value in told.facts.items()}
    return Happened(step.verb, step.at, facts_of(step) | facts, *about)


def change(past: Past, told: Told) -> None:
    """Take over what a step sets besides the standing, from the facts of its line."""
    case, facts = past.case, told.facts
    match told.step.verb:
        case "file":
            case.standard = facts["standard"]
            case.kind = case.standard.kind
        case "settle":
            case.kind = facts["kind"]
        case "escalate":
            case.centre = facts["centre"]
        case "merge":
            past.merged_into = facts["into"]
        case "suspend":
            case.resumes_on = date.fromisoformat(facts["until"])
        case "resume":
            case.resumes_on = None


def _check(past: Past, told: Told) -> None:
    """Keep the checks on site as the actions do: opened, answered, or both at once."""
    step, case = told.step, past.case
    if step.verb == "check_open":
        past.checks.append(Check(kind=Check.Kind.BEFORE_FILING, opened_at=step.at))
    elif step.verb == "check_done":
        _done(past.checks[-1], step, passed=bool(told.facts["found"]))
    elif step.verb in BEFORE_CLOSING:
        check = Check(kind=Check.Kind.BEFORE_CLOSING, opened_at=case.last_at)
        _done(check, step, passed=BEFORE_CLOSING[step.verb])
        past.checks.append(check)


def _done(check: Check, step: Step, *, passed: bool) -> None:
    check.done_at, check.passed = step.at, passed
    kind, _, number = step.actor.partition(":")
    check.done_by_id = int(number) if kind == "person" else None


def _rate(past: Past, told: Told) -> None:
    rating = Rating(
        round=past.case.round,
        solved=told.facts["solved"],
        satisfaction=told.facts["satisfaction"],
        rated_at=told.step.at,
    )
    past.ratings.append((rating, told))
