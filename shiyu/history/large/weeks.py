"""In which other weeks a life would have gone minute for minute the same (可平移的周).

Every limit is counted on the calendars, so a life may be moved by whole weeks wherever all of
them show the same hours on each of its days as on those on which it was told.
"""

import numpy as np
import numpy.typing as npt

from shiyu.calendars.rules import Calendars
from shiyu.common.worktime import WorkCalendar

Numbers = npt.NDArray[np.int64]
LONGEST = 120
"""Days of a life that is moved; a longer one stays where it is."""


def shapes(calendars: Calendars, first: int, last: int) -> Numbers:
    """For each day a number: two days have the same where all calendars show the same hours."""
    every = [calendars.city, *(calendars.of_units[unit] for unit in sorted(calendars.of_units))]
    known: dict[tuple[object, ...], int] = {}
    found = [
        known.setdefault(tuple(_hours(one, day) for one in every), len(known))
        for day in range(first, last + 1)
    ]
    return np.array(found, dtype=np.int64)


def _hours(calendar: WorkCalendar, day: int) -> object:
    version = calendar.version_of(day)
    return version.hours if version.works(day) else None


def alike(shape: Numbers, longest: int) -> list[Numbers]:
    """For each length the numbers of all stretches of so many days: the same for the same days."""
    found = [shape]
    for length in range(2, longest + 1):
        before, days = found[-1], len(shape) - length + 1
        pairs = before[:days] * (shape.max() + 1) + shape[length - 1 :]
        found.append(np.unique(pairs, return_inverse=True)[1].astype(np.int64))
    return found


def movable(
    begins: Numbers, ends: Numbers, shape: Numbers, first: int, weeks: int
) -> npt.NDArray[np.bool_]:
    """For each life and each number of weeks (0, 1, ... earlier) whether it may lie there.

    begins, ends  its first and last day, due times included.
    first         the day of `shape[0]`: nothing is moved before it.
    """
    stretches = alike(shape, LONGEST)
    found = np.zeros((len(begins), weeks + 1), dtype=bool)
    found[:, 0] = True
    lengths = ends - begins + 1
    for length in np.unique(lengths[lengths <= LONGEST]).tolist():
        mine = np.flatnonzero(lengths == length)
        same, starts = stretches[length - 1], begins[mine] - first
        for week in range(1, weeks + 1):
            there = starts - 7 * week
            inside = (there >= 0) & (starts < len(same))
            at, own = there[inside], starts[inside]
            found[mine[inside], week] = same[at] == same[own]
    return found
