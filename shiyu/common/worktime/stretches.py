"""Counted time as a sorted array of stretches with running totals.

All instants are whole minutes since 1970 (UTC). Adding and measuring are binary searches;
the arrays grow by themselves to the days that are asked about.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import Protocol

from shiyu.common.worktime.zone import DAY, Zone

OfDays = Callable[[int, int], Iterable[tuple[int, list[tuple[int, int]]]]]
"""Counted stretches of the local days [first, until), in order; days without any left out."""

_REACH = 16 * 60  # no zone is further from UTC than this, minutes
_FIRST_LOOK = 16  # days built at once; a search for more minutes doubles what there is
_LONGEST_LOOK = 30 * 366  # days without enough counted time after which we give up


class NeverCounted(ValueError):
    """The calendar has not enough counted time in any near future (日历中没有工作时间)."""

    def __init__(self) -> None:
        super().__init__("工作日历在今后三十年内没有足够的工作时间")


class Timeline(Protocol):
    """Time that counts, in one way or another."""

    def measure(self, start: int, end: int) -> int:
        """Counted minutes from `start` to `end`, which is not earlier."""

    def add(self, start: int, minutes: int) -> int:
        """The earliest instant at which so many counted minutes have passed since `start`."""

    def between(self, start: int, end: int) -> list[tuple[int, int]]:
        """The counted stretches of [start, end)."""


class Elapsed:
    """Round the clock: every minute counts (自然时间)."""

    def measure(self, start: int, end: int) -> int:
        return end - start

    def add(self, start: int, minutes: int) -> int:
        return start + minutes

    def between(self, start: int, end: int) -> list[tuple[int, int]]:
        return [(start, end)] if start < end else []


class Stretches:
    """Counted time of a calendar: office hours, or the days of a season."""

    def __init__(self, zone: Zone, of_days: OfDays) -> None:
        self._zone = zone
        self._of_days = of_days
        self._from = self._to = 0  # days built: [_from, _to)
        self._forget()

    def measure(self, start: int, end: int) -> int:
        self._cover(start, end)
        return self._total(end) - self._total(start)

    def add(self, start: int, minutes: int) -> int:
        if minutes <= 0:
            return start
        self._cover(start, start)
        target = self._total(start) + minutes
        while self._totals[-1] < target:
            self._look_further(start)
        index = bisect_left(self._totals, target) - 1
        return self._starts[index] + target - self._totals[index]

    def closing(self, start: int, nth: int) -> int:
        """End of the n-th day with counted time after the local day of `start`."""
        self._cover(start, start)
        index = bisect_right(self._days, self._zone.day_at(start)) + nth - 1
        while len(self._days) <= index:
            self._look_further(start)
        return self._closings[index]

    def between(self, start: int, end: int) -> list[tuple[int, int]]:
        self._cover(start, end)
        index = max(bisect_right(self._starts, start) - 1, 0)
        found = []
        while index < len(self._starts) and self._starts[index] < end:
            first, last = max(self._starts[index], start), min(self._ends[index], end)
            if first < last:
                found.append((first, last))
            index += 1
        return found

    def arrays(self, start: int, end: int, counted: int = 0) -> tuple[list[int], ...]:
        """Starts, ends and running totals (one more, after the last) of the stretches built.

        They reach from `start` to `end` at least, and so far on that `counted` minutes more
        have counted: see many.py.
        """
        self._cover(start, end)
        while self._totals[-1] < self._total(end) + counted:
            self._look_further(end)
        return self._starts, self._ends, self._totals

    def _total(self, at: int) -> int:
        """Counted minutes from the first stretch built to this instant."""
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return 0
        return self._totals[index] + min(at, self._ends[index]) - self._starts[index]

    def _cover(self, start: int, end: int) -> None:
        """Build every day that an instant of [start, end] may belong to."""
        first, last = (start - _REACH) // DAY, (end + _REACH) // DAY
        if first < self._from or self._from == self._to:
            until = max(self._to, last + 1, first + _FIRST_LOOK)
            self._forget()
            self._from = self._to = first
            self._build(until)
        elif last >= self._to:
            self._build(max(last + 1, self._to + _FIRST_LOOK))

    def _look_further(self, start: int) -> None:
        if self._to > start // DAY + _LONGEST_LOOK:
            raise NeverCounted
        self._build(self._to + max(self._to - self._from, _FIRST_LOOK))

    def _forget(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._totals: list[int] = [0]  # before each stretch, and after the last
        self._days: list[int] = []  # the local days with counted time
        self._closings: list[int] = []  # and when each of them ends

    def _build(self, until: int) -> None:
        """Append the days up to `until`."""
        starts, ends, totals = self._starts, self._ends, self._totals
        total = totals[-1]
        for day, stretches in self._of_days(self._to, until):
            for start, end in stretches:
                starts.append(start)
                ends.append(end)
                total += end - start
                totals.append(total)
            if stretches:
                self._days.append(day)
                self._closings.append(ends[-1])
        self._to = until
