"""Clocks with their minutes: used, budget, due time and light (计时结果)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shiyu.cases.clock.lines import CLOCKS, Line, Procedure, Workday
from shiyu.cases.clock.replay import Dated, Track, replay
from shiyu.common.worktime import (
    ELAPSED,
    Allowance,
    Fixed,
    Limit,
    Timeline,
    Unit,
    WorkCalendar,
    Zone,
    minute_of,
)

_RANK = {name: rank for rank, name in enumerate(CLOCKS)}


class State(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class Light(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which a clock ran, or was paused; `end` None: it still goes on."""

    start: datetime
    end: datetime | None
    running: bool
    why: str  # the move that began it


@dataclass(slots=True)
class Clock:
    """One round of one clock, as it stands at `now`; all `_m` are minutes since 1970 (UTC)."""

    name: str
    unit: str | None
    round: int
    state: State
    spans_m: list[tuple[int, int | None, bool, str]]
    used: int | None  # counted minutes; None for a fixed due time
    budget: int | None  # minutes in all, extensions included
    due_m: int | None
    late: bool
    light: Light | None
    extensions: int
    started_m: int
    ended_m: int | None
    now_m: int
    limit: Limit
    workday: Workday
    timeline: Timeline
    calendar: WorkCalendar
    zone: Zone

    @property
    def started(self) -> datetime:
        return self.zone.datetime_of(self.started_m)

    @property
    def ended(self) -> datetime | None:
        return None if self.ended_m is None else self.zone.datetime_of(self.ended_m)

    @property
    def due(self) -> datetime | None:
        """When it is (or was) due (截止时间); None while paused and not late."""
        return None if self.due_m is None else self.zone.datetime_of(self.due_m)

    @property
    def spans(self) -> list[Span]:
        at = self.zone.datetime_of
        return [
            Span(at(start), None if end is None else at(end), running, why)
            for start, end, running, why in self.spans_m
        ]

    def thresholds(self) -> tuple[datetime | None, datetime | None]:
        """The instant from which it is yellow, and the one after which it is red.

        If it keeps running; both None when it is paused or has ended. Either may have passed.
        """
        if self.state is not State.RUNNING or self.due_m is None:
            return None, None
        at = self.zone.datetime_of
        if self.budget is None:
            quarters = self.started_m + -(-3 * (self.due_m - self.started_m) // 4)
            return at(min(max(quarters, self.started_m), self.due_m)), at(self.due_m)
        yellow = reached(self.spans_m, self.timeline, -(-3 * self.budget // 4), self.now_m)
        return at(yellow), at(self.due_m)


def clocks(lines: Iterable[Line], procedure: Procedure, *, now: datetime) -> list[Clock]:
    """Every clock of a case at `now`, in the order in which they started.

    lines  moves in the order of their times; later ones than `now` are not looked at.

    Raises ValueError for a time without a zone, NeverCounted (a ValueError) for a calendar
    in which the budget can never be used up.
    """
    dated = [Dated(minute_of(line.at), line.move, line.unit, line.units) for line in lines]
    return reckon(dated, procedure, minute_of(now))


def reckon(lines: Iterable[Dated], procedure: Procedure, now: int) -> list[Clock]:
    """`clocks`, with all times in minutes since 1970 (UTC)."""
    found = []
    for track in replay([line for line in lines if line.minute <= now]):
        limit = procedure.allowances.get(track.name)
        if limit is not None:
            found.append(_clock(track, limit, procedure, now))
    # Rounds of one clock stay as the replay numbered them, also those of one minute.
    found.sort(key=lambda c: (c.started_m, _RANK[c.name], c.unit or ""))
    return found


def _clock(track: Track, limit: Limit, procedure: Procedure, now: int) -> Clock:
    calendar = procedure.calendar_of(track.unit)
    spans = _spans(track)
    state = State.ENDED
    if track.ended is None:
        state = State.RUNNING if spans[-1][2] else State.PAUSED
    clock = Clock(
        track.name,
        track.unit,
        track.round,
        state,
        spans,
        None,
        None,
        None,
        False,
        None,
        track.extensions,
        track.started,
        track.ended,
        now,
        limit,
        procedure.workday,
        ELAPSED,
        calendar,
        procedure.zone,
    )
    if isinstance(limit, Fixed):
        _reckon_fixed(clock, limit)
    else:
        clock.timeline = calendar.timeline(limit)
        _reckon_budget(clock, limit)
    return clock


def _spans(track: Track) -> list[tuple[int, int | None, bool, str]]:
    """Running and paused stretches without gaps, none empty, neighbours of one state joined."""
    spans: list[tuple[int, int | None, bool, str]] = []
    switches = track.switches()
    for index, (start, running, why) in enumerate(switches):
        end = switches[index + 1][0] if index + 1 < len(switches) else track.ended
        if start == end:
            continue
        if spans and spans[-1][2] == running:
            spans[-1] = (spans[-1][0], end, running, spans[-1][3])
        else:
            spans.append((start, end, running, why))
    return spans


def _reckon_fixed(clock: Clock, limit: Fixed) -> None:
    due = clock.due_m = minute_of(limit.at)
    until = clock.now_m if clock.ended_m is None else clock.ended_m
    clock.late = until > due
    started = clock.started_m
    clock.light = _light(clock, 4 * (until - started) >= 3 * (due - started))


def _reckon_budget(clock: Clock, limit: Allowance) -> None:
    timeline, now = clock.timeline, clock.now_m
    running = [
        (start, now if end is None else end) for start, end, runs, _ in clock.spans_m if runs
    ]
    used = clock.used = sum(timeline.measure(start, end) for start, end in running)
    budget = clock.budget = _budget(clock, limit)
    last = running[-1][1] if running else clock.started_m
    if used >= budget:
        due = reached(clock.spans_m, timeline, budget, now)
        clock.late = last > due
    else:
        due = timeline.add(last, budget - used)
    if clock.state is not State.PAUSED or clock.late:
        clock.due_m = due
    clock.light = _light(clock, 4 * used >= 3 * budget)


def _budget(clock: Clock, limit: Allowance) -> int:
    """Minutes in all, every extension adding the allowance once more."""
    first = limit.minutes
    if limit.unit is Unit.WORK_DAY and clock.workday is Workday.END_OF_DAY:
        office = clock.calendar.office(limit.season)
        first = office.measure(clock.started_m, office.closing(clock.started_m, limit.amount))
    return first + clock.extensions * limit.minutes


def _light(clock: Clock, three_quarters: bool) -> Light | None:
    if clock.state is State.ENDED:
        return None
    if clock.late:
        return Light.RED
    if clock.state is State.PAUSED:
        return Light.GREY
    return Light.YELLOW if three_quarters else Light.GREEN


def reached(
    spans: list[tuple[int, int | None, bool, str]], timeline: Timeline, minutes: int, now: int
) -> int:
    """The first instant at which the running stretches have used up so many minutes.

    If they have not, the one at which they would, running on from the end of the last.
    """
    last = spans[0][0] if spans else now
    for start, end, running, _ in spans:
        if not running:
            continue
        last = now if end is None else end
        counted = timeline.measure(start, last)
        if counted >= minutes:
            return timeline.add(start, minutes)
        minutes -= counted
    return timeline.add(last, minutes)
