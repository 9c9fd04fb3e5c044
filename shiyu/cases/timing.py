"""From a case's lines to its due times: the clock fed from records (计时)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from shiyu.calendars.rules import Calendars, read_calendars
from shiyu.cases import clock
from shiyu.cases.clock import Clock, Line
from shiyu.cases.lifecycle import OPEN, Stage
from shiyu.cases.models import Assignment, Case
from shiyu.cases.replay import Step
from shiyu.common.worktime import Allowance, Fixed, Limit, Season

CLOCK_OF = {
    Stage.REPORTED: "accept",
    Stage.ACCEPTED: "filing",
    Stage.FILED: "dispatch",
    Stage.DISPATCHED: "handling",
    Stage.HANDLING: "handling",
    Stage.SUSPENDED: "handling",
    Stage.HANDLED: "verify",
}
"""Which clock a case shows at a stage; a verified case waits without one."""


class Lamp(TypedDict):
    """What the light of a row or a header needs (时钟灯)."""

    light: str | None
    due: datetime | None
    minutes_left: int | None
    pause_reason: str


def refresh(
    case: Case,
    parts: Sequence[Assignment],
    steps: Iterable[Step],
    *,
    now: datetime,
    calendars: Calendars | None = None,
) -> list[Clock]:
    """Set the stored due times of a case and its parts, unsaved, from its steps.

    calendars  as read once for many cases; left out, they are looked at for this one.

    Returns    the clocks they follow from; none for a case that ended without parts.
    """
    ended = case.stage not in OPEN and not parts
    found = [] if ended else clocks_of(case, steps, now=now, calendars=calendars)
    for part in parts:
        own = [c for c in found if c.name == "handling" and c.unit == str(part.unit_id)]
        part.due_at, part.yellow_at, part.paused = _stored(own[-1:])
    case.clock = CLOCK_OF.get(Stage(case.stage), "")
    case.due_at, case.yellow_at, case.paused = _stored(_running_ones(case, parts, found))
    if case.due_at is None and case.fixed_due_at and case.stage in OPEN and not case.paused:
        case.due_at = case.fixed_due_at
        case.yellow_at = yellow_of_fixed(case.reported_at, case.fixed_due_at)
    return found


def clocks_of(
    case: Case,
    steps: Iterable[Step],
    *,
    now: datetime,
    calendars: Calendars | None = None,
) -> list[Clock]:
    """All clocks of a case as they stand at `now`, in the order in which they started."""
    if not case.procedure.limits and case.standard is None and case.fixed_due_at is None:
        return []
    lines = [clock_line(step) for step in steps]
    units = {u for line in lines for u in (*line.units, line.unit) if u}
    return clock.clocks(lines, terms_of(case, units, calendars=calendars), now=now)


def clock_line(step: Step) -> Line:
    """A step as the clock reads it."""
    unit = str(step.unit) if step.unit is not None else None
    return Line(step.at, step.verb, unit, tuple(str(u) for u in step.units))


def terms_of(
    case: Case, units: Iterable[str] = (), *, calendars: Calendars | None = None
) -> clock.Procedure:
    """Allowances and calendars under which this case runs."""
    known = calendars or read_calendars()
    return clock.Procedure(
        zone=known.zone,
        calendar=known.city,
        allowances=allowances_of(case),
        workday=clock.Workday(case.procedure.workday),
        calendars={unit: known.for_unit(int(unit)) for unit in units},
    )


def allowances_of(case: Case) -> dict[str, Limit]:
    """The limit of each clock of this case: its standard's own, else its procedure's."""
    limits = dict(case.procedure.limits)
    standard = case.standard
    if standard is not None:
        limits |= standard.limits
    found: dict[str, Limit] = {name: Allowance.parse(text) for name, text in limits.items()}
    if case.fixed_due_at is not None:
        found["handling"] = Fixed(case.fixed_due_at)
    elif standard is not None:
        season = (
            Season.parse(standard.season_first, standard.season_last)
            if standard.season_first
            else None
        )
        found["handling"] = Allowance.parse(standard.handling, season=season)
    return found


def lamp(record: Case | Assignment, *, now: datetime) -> Lamp:
    """The light of an open case or part from its stored due times, in real minutes.

    Nothing is left or over by so much while it is paused: the clock stands still.
    """
    due, yellow = record.due_at, record.yellow_at
    if isinstance(record, Case) and not record.is_open:
        return Lamp(light=None, due=None, minutes_left=None, pause_reason="")
    left = int((due - now).total_seconds() // 60) if due and not record.paused else None
    reason = record.get_stage_display() if isinstance(record, Case) else ""
    if due is not None and now > due:
        light: str | None = "red"
    elif record.paused:
        light = "grey"
    elif due is None:
        light = None
    else:
        light = "yellow" if yellow is not None and now >= yellow else "green"
    return Lamp(light=light, due=due, minutes_left=left, pause_reason=reason)


def yellow_of_fixed(start: datetime, due: datetime) -> datetime:
    """When a due time given by the source is nearly reached: three quarters of the way."""
    return start + max(due - start, timedelta()) * 3 / 4


def _running_ones(case: Case, parts: Sequence[Assignment], found: list[Clock]) -> list[Clock]:
    """The clocks that decide the case's due time at its stage: its last of the kind it shows."""
    if case.stage not in OPEN or not case.clock:
        return []
    mine = [c for c in found if c.name == case.clock]
    if case.clock != "handling":
        return mine[-1:]
    working = {str(p.unit_id) for p in parts if p.state in {"sent", "signed"}}
    last = {c.unit: c for c in mine if c.unit in working}
    return list(last.values())


def _stored(found: Sequence[Clock]) -> tuple[datetime | None, datetime | None, bool]:
    """Due time, yellow time and whether all pause: the earliest due of these clocks."""
    live = [c for c in found if c.state is not clock.State.ENDED]
    due = min((c for c in live if c.due is not None), key=_due, default=None)
    paused = bool(live) and all(c.state is clock.State.PAUSED for c in live)
    if due is None:
        return None, None, paused
    return due.due, due.thresholds()[0], paused


def _due(found: Clock) -> datetime:
    assert found.due is not None
    return found.due
