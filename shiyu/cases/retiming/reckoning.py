"""Due times of many clocks in one stroke of arithmetic (批量推算截止时间).

The same sums as `cases.clock.reckoning`, over arrays; whole minutes since 1970 (UTC).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shiyu.cases.clock import Workday
from shiyu.common.worktime import ELAPSED, Allowance, Fixed, Stretches, Timeline, Unit, WorkCalendar
from shiyu.common.worktime.many import add_many, closing_many, measure_many

Minutes = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).min
"""In the place of a time that there is none of."""
ON = np.iinfo(np.int64).max
"""In the place of the end of a stretch that goes on."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Clocks that have not ended, one in each row.

    starts, ends  their running stretches, padded with empty ones (0, 0).
    """

    started: Minutes
    running: Flags
    extensions: Minutes
    starts: Minutes
    ends: Minutes

    def of(self, rows: NDArray[np.int64]) -> "Clocks":
        return Clocks(
            self.started[rows],
            self.running[rows],
            self.extensions[rows],
            self.starts[rows],
            self.ends[rows],
        )


def due_and_yellow(
    clocks: Clocks, limit: Allowance, calendar: WorkCalendar, workday: Workday
) -> tuple[Minutes, Minutes]:
    """The times of clocks of one limit and one calendar, see `reached`."""
    budget = budget_of(clocks.started, clocks.extensions, limit, calendar, workday)
    return reached(clocks, budget, calendar.timeline(limit))


def reached(clocks: Clocks, budget: Minutes, timeline: Timeline) -> tuple[Minutes, Minutes]:
    """When each clock runs out and when it is nearly there; NEVER while paused in time.

    budget  counted minutes that each of them has, see `budget_of`.

    Raises  NeverCounted  if the calendar has no office time for it.
    """
    counted = _counted(clocks, timeline)
    due = _reached(clocks, timeline, counted, budget)
    yellow = _reached(clocks, timeline, counted, -(-3 * budget // 4))
    used = counted.sum(axis=1, where=clocks.ends != ON)
    late = (used >= budget) & (_last_end(clocks) > due)
    yellow[~clocks.running] = NEVER
    due[~clocks.running & ~late] = NEVER
    return due, yellow


def fixed_and_yellow(clocks: Clocks, due: Minutes) -> tuple[Minutes, Minutes]:
    """The same for due times that the source gave: three quarters of the way are yellow."""
    quarters = clocks.started + -(-3 * (due - clocks.started) // 4)
    yellow = np.minimum(np.maximum(quarters, clocks.started), due)
    yellow[~clocks.running] = NEVER
    return due, yellow


def minutes_of_fixed(limit: Fixed) -> int:
    """A given due time in whole minutes."""
    return int(limit.at.timestamp() // 60)


def budget_of(
    started: Minutes,
    extensions: Minutes,
    limit: Allowance,
    calendar: WorkCalendar,
    workday: Workday,
) -> Minutes:
    """How many counted minutes clocks of one limit and one calendar have in all."""
    first = np.full(len(started), limit.minutes, dtype=np.int64)
    if limit.unit is Unit.WORK_DAY and workday is Workday.END_OF_DAY:
        office = calendar.office(limit.season)
        starts, back = np.unique(started, return_inverse=True)
        nth = np.full(len(starts), limit.amount, dtype=np.int64)
        first = measure_many(office, starts, closing_many(office, starts, nth))[back]
    return first + extensions * limit.minutes


def _counted(clocks: Clocks, timeline: Timeline) -> Minutes:
    """Counted minutes of every stretch; ON for one that goes on, which holds any budget."""
    found = np.zeros(clocks.starts.shape, dtype=np.int64)
    for column in range(clocks.starts.shape[1]):
        starts, ends = clocks.starts[:, column], clocks.ends[:, column]
        closed = (ends > starts) & (ends != ON)
        found[closed, column] = _measure(timeline, starts[closed], ends[closed])
        found[ends == ON, column] = ON
    return found


def _reached(clocks: Clocks, timeline: Timeline, counted: Minutes, budget: Minutes) -> Minutes:
    """The first instant at which the stretches have used up so many minutes; else NEVER."""
    found = np.full(len(budget), NEVER, dtype=np.int64)
    left = budget.copy()
    going = np.ones(len(budget), dtype=bool)
    for column in range(counted.shape[1]):
        starts, ends = clocks.starts[:, column], clocks.ends[:, column]
        there = going & (ends > starts)
        hit = there & (counted[:, column] >= left)
        found[hit] = _add(timeline, starts[hit], left[hit])
        going &= ~hit
        spent = there & ~hit
        left[spent] -= counted[spent, column]
    return found


def _last_end(clocks: Clocks) -> Minutes:
    """When each clock last ran."""
    ran = np.where(clocks.ends > clocks.starts, clocks.ends, NEVER)
    return np.maximum(ran.max(axis=1, initial=NEVER), clocks.started)


def _measure(timeline: Timeline, starts: Minutes, ends: Minutes) -> Minutes:
    if isinstance(timeline, Stretches):
        return measure_many(timeline, starts, ends)
    assert timeline is ELAPSED
    return ends - starts


def _add(timeline: Timeline, starts: Minutes, minutes: Minutes) -> Minutes:
    if isinstance(timeline, Stretches):
        return add_many(timeline, starts, minutes)
    assert timeline is ELAPSED
    return starts + minutes
