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
    """Counted time of a calendar: office hours, or the days of a season.

    What has been built is never changed, only replaced by something that reaches further, so
    that any number of threads may ask at once.
    """

    def __init__(self, zone: Zone, of_days: OfDays) -> None:
        self._zone = zone
        self._of_days = of_days
        self._built: _Built | None = None

    def measure(self, start: int, end: int) -> int:
        built = self._covering(start, end)
        return built.total(end) - built.total(start)

    def add(self, start: int, minutes: int) -> int:
        if minutes <= 0:
            return start
        built = self._counting(start, minutes)
        target = built.total(start) + minutes
        index = bisect_left(built.totals, target) - 1
        return built.starts[index] + target - built.totals[index]

    def closing(self, start: int, nth: int) -> int:
        """End of the n-th day with counted time after the local day of `start`."""
        built = self._covering(start, start)
        index = bisect_right(built.days, self._zone.day_at(start)) + nth - 1
        while len(built.days) <= index:
            built = self._further(built, start)
        return built.closings[index]

    def between(self, start: int, end: int) -> list[tuple[int, int]]:
        built = self._covering(start, end)
        first = max(bisect_right(built.starts, start) - 1, 0)
        last = bisect_left(built.starts, end)
        found = zip(built.starts[first:last], built.ends[first:last], strict=True)
        return [(max(a, start), min(b, end)) for a, b in found if b > start]

    def arrays(self, start: int, end: int, counted: int = 0) -> tuple[list[int], ...]:
        """Starts, ends and running totals (one more, after the last) of the stretches built.

        They reach from `start` to `end` at least, and so far on that `counted` minutes more
        have counted: see many.py.
        """
        self._covering(start, end)
        built = self._counting(end, counted)
        return built.starts, built.ends, built.totals

    def _covering(self, start: int, end: int) -> "_Built":
        """With every day that an instant of [start, end] may belong to."""
        first, last = (start - _REACH) // DAY, (end + _REACH) // DAY
        built = self._built
        if built is None or first < built.first:
            until = max(last + 1, first + _FIRST_LOOK, first if built is None else built.until)
            return self._build(_Built(first), until)
        if last >= built.until:
            return self._build(built, max(last + 1, built.until + _FIRST_LOOK))
        return built

    def _counting(self, start: int, minutes: int) -> "_Built":
        """So far on that this many minutes have counted since `start`."""
        built = self._covering(start, start)
        target = built.total(start) + minutes
        while built.totals[-1] < target:
            built = self._further(built, start)
        return built

    def _further(self, built: "_Built", start: int) -> "_Built":
        if built.until > start // DAY + _LONGEST_LOOK:
            raise NeverCounted
        return self._build(built, built.until + max(built.until - built.first, _FIRST_LOOK))

    def _build(self, built: "_Built", until: int) -> "_Built":
        """The same, reaching up to the day `until`."""
        longer = built.copy()
        starts, ends, totals = longer.starts, longer.ends, longer.totals
        total = totals[-1]
        for day, stretches in self._of_days(built.until, until):
            for start, end in stretches:
                starts.append(start)
                ends.append(end)
                total += end - start
                totals.append(total)
            if stretches:
                longer.days.append(day)
                longer.closings.append(ends[-1])
        longer.until = until
        self._built = longer
        return longer


class _Built:
    """The stretches of the local days [first, until)."""

    __slots__ = ("closings", "days", "ends", "first", "starts", "totals", "until")

    def __init__(self, first: int) -> None:
        self.first = self.until = first
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.totals: list[int] = [0]  # counted before each stretch, and after the last
        self.days: list[int] = []  # those with counted time
        self.closings: list[int] = []  # and when each of them ends

    def copy(self) -> "_Built":
        twin = _Built(self.first)
        twin.until = self.until
        twin.starts, twin.ends = self.starts.copy(), self.ends.copy()
        twin.totals, twin.days = self.totals.copy(), self.days.copy()
        twin.closings = self.closings.copy()
        return twin

    def total(self, at: int) -> int:
        """Counted minutes from the first stretch to this instant."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return 0
        return self.totals[index] + min(at, self.ends[index]) - self.starts[index]
