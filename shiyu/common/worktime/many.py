"""The arithmetic of working time for many cases at once, with numpy (批量计时).

Apart from the rest, so that reckoning one case does not load numpy. All arrays hold whole
minutes since 1970 (UTC) or counted minutes, and are of one length.
"""

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from shiyu.common.worktime.stretches import Stretches

Minutes = NDArray[np.int64]
_KEPT: "WeakKeyDictionary[Stretches, _Built]" = WeakKeyDictionary()


def measure_many(counted: Stretches, starts: Minutes, ends: Minutes) -> Minutes:
    """Counted minutes from each start to its end."""
    if not len(starts):
        return np.zeros(0, dtype=np.int64)
    built = _built(counted, int(starts.min()), int(ends.max()))
    return built.total(ends) - built.total(starts)


def add_many(counted: Stretches, starts: Minutes, minutes: Minutes) -> Minutes:
    """The earliest instants at which so many minutes have counted since each start."""
    if not len(starts):
        return np.zeros(0, dtype=np.int64)
    first, last = int(starts.min()), int(starts.max())
    built = _built(counted, first, last, int(minutes.max()))
    target = built.total(starts) + minutes
    index = np.searchsorted(built.totals, target, side="left") - 1
    return np.where(minutes > 0, built.starts[index] + target - built.totals[index], starts)


def closing_many(counted: Stretches, starts: Minutes, nth: Minutes) -> Minutes:
    """When the n-th day with counted time after each start closes."""
    found = (counted.closing(int(a), int(n)) for a, n in zip(starts, nth, strict=True))
    return np.fromiter(found, dtype=np.int64, count=len(starts))


def _built(counted: Stretches, first: int, last: int, minutes: int = 0) -> "_Built":
    """The arrays that reach so far, made anew only when they have grown."""
    starts, ends, totals = counted.arrays(first, last, minutes)
    known = _KEPT.get(counted)
    if known is None or known.of is not starts:
        known = _KEPT[counted] = _Built(starts, ends, totals)
    return known


class _Built:
    """The arrays of a calendar, as numpy sees them; `of` is the list they were made of."""

    def __init__(self, starts: list[int], ends: list[int], totals: list[int]) -> None:
        self.of = starts
        self.starts = np.array(starts, dtype=np.int64)
        self.ends = np.array(ends, dtype=np.int64)
        self.totals = np.array(totals, dtype=np.int64)

    def total(self, at: Minutes) -> Minutes:
        """Counted minutes from the first stretch to each of these instants."""
        if not len(self.starts):
            return np.zeros(len(at), dtype=np.int64)
        index = np.searchsorted(self.starts, at, side="right") - 1
        inside = np.minimum(at, self.ends[index]) - self.starts[index]
        return np.where(index < 0, 0, self.totals[index] + inside)
