"""Office hours, and which days are worked (工作日历)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Self

from shiyu.common.worktime.allowance import Allowance, Season
from shiyu.common.worktime.stretches import Elapsed, Stretches, Timeline
from shiyu.common.worktime.zone import DAY, Piece, Zone, day_number, zone

ELAPSED = Elapsed()
EVER = -(10**9)  # a day before all others
Hours = tuple[tuple[int, int], ...]  # openings and closings, minutes of the day


@dataclass(frozen=True, slots=True)
class OfficeDays:
    """One version of office hours and days; days are counted from 1970, hours in minutes."""

    hours: Hours
    weekdays: frozenset[int]  # Monday is 1
    holidays: frozenset[int]
    workdays: frozenset[int]  # make-up days (调休), which win over a holiday and the weekday

    @classmethod
    def of(
        cls,
        *,
        hours: Sequence[Sequence[str]],
        weekdays: Iterable[int] = (1, 2, 3, 4, 5),
        holidays: Iterable[date | str] = (),
        workdays: Iterable[date | str] = (),
    ) -> Self:
        """From what people write: "08:30", "2026-10-01"; raises ValueError with a sentence."""
        return cls(
            _hours(hours),
            frozenset(_weekday(day) for day in weekdays),
            frozenset(_day(day) for day in holidays),
            frozenset(_day(day) for day in workdays),
        )

    def works(self, day: int) -> bool:
        if day in self.workdays:
            return True
        return (day + 3) % 7 + 1 in self.weekdays and day not in self.holidays


class WorkCalendar:
    """Working time of a city or a unit: local hours by the clock on its wall (工作日历).

    Later versions hold from their first day on, earlier days keep the version they had.
    """

    def __init__(self, zone: Zone, *versions: tuple[int, OfficeDays]) -> None:
        if not versions:
            raise ValueError("工作日历至少要有一个版本")
        self.zone = zone
        self._versions = sorted(versions, key=lambda version: version[0])
        self._office: dict[Season | None, Stretches] = {}
        self._seasons: dict[Season, Stretches] = {}

    @classmethod
    def of(
        cls,
        zone_name: str,
        *,
        hours: Sequence[Sequence[str]],
        weekdays: Iterable[int] = (1, 2, 3, 4, 5),
        holidays: Iterable[date | str] = (),
        workdays: Iterable[date | str] = (),
    ) -> Self:
        """A calendar of one version, for all time."""
        days = OfficeDays.of(hours=hours, weekdays=weekdays, holidays=holidays, workdays=workdays)
        return cls(zone(zone_name), (EVER, days))

    def office(self, season: Season | None = None) -> Stretches:
        """Office time, all year or in season."""
        known = self._office.get(season)
        if known is None:
            known = self._office[season] = Stretches(
                self.zone, _DayReader(self, season, office=True)
            )
        return known

    def timeline(self, allowance: Allowance) -> Timeline:
        """The time that counts against this allowance."""
        if allowance.unit.in_office_time:
            return self.office(allowance.season)
        if allowance.season is None:
            return ELAPSED
        known = self._seasons.get(allowance.season)
        if known is None:
            known = Stretches(self.zone, _DayReader(self, allowance.season, office=False))
            self._seasons[allowance.season] = known
        return known

    def version_of(self, day: int) -> OfficeDays:
        """The version in force on a day; the first one also holds before its first day."""
        found = self._versions[0][1]
        for first, days in self._versions[1:]:
            if first > day:
                break
            found = days
        return found

    def versions(self, first: int, until: int) -> Iterator[tuple[int, int, OfficeDays]]:
        """The versions in force on the days from `first` on, each with its days."""
        for index, (begins, days) in enumerate(self._versions):
            start = max(first, begins) if index else first
            later = self._versions[index + 1 :]
            end = min(until, later[0][0]) if later else until
            if start < end:
                yield start, end, days

    def works(self, day: date) -> bool:
        """Whether this is a working day, make-up days and holidays considered."""
        number = day_number(day)
        return self.version_of(number).works(number)


class _DayReader:
    """Gives the counted stretches of the local days of a calendar."""

    def __init__(self, calendar: WorkCalendar, season: Season | None, *, office: bool) -> None:
        self._calendar = calendar
        self._season = season
        self._office = office

    def __call__(self, first: int, until: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """Days from `first` on that have any, with theirs."""
        pieces_of = self._calendar.zone.pieces
        for day, hours in self._counted(first, until):
            pieces = pieces_of(day)
            if hours is None:
                yield day, [(start, end) for start, end, _ in pieces]
            elif len(pieces) == 1 and pieces[0][1] - pieces[0][0] == DAY:  # nearly always
                midnight = pieces[0][0]
                yield day, [(midnight + opens, midnight + closes) for opens, closes in hours]
            else:
                yield day, _hours_by_the_wall(day, hours, pieces)

    def _counted(self, first: int, until: int) -> Iterator[tuple[int, Hours | None]]:
        """Days in season with their hours; if not office time is asked for, all of the day."""
        ranges = [(first, until)] if self._season is None else self._season.days(first, until)
        for start, end in ranges:
            if self._office:
                for begin, stop, version in self._calendar.versions(start, end):
                    yield from _worked(begin, stop, version)
            else:
                yield from ((day, None) for day in range(start, end))


def _worked(first: int, until: int, version: OfficeDays) -> Iterator[tuple[int, Hours]]:
    """Working days of one version, with its hours."""
    hours, weekdays = version.hours, version.weekdays
    holidays, workdays = version.holidays, version.workdays
    for day in range(first, until):
        if ((day + 3) % 7 + 1 in weekdays and day not in holidays) or day in workdays:
            yield day, hours


def _hours_by_the_wall(day: int, hours: Hours, pieces: tuple[Piece, ...]) -> list[tuple[int, int]]:
    """Every instant of the day at which the clock on the wall shows office hours."""
    found = []
    for first, last, ahead in pieces:
        midnight = day * DAY - ahead
        for opens, closes in hours:
            start, end = max(midnight + opens, first), min(midnight + closes, last)
            if start < end:
                found.append((start, end))
    return found


def _hours(pairs: Sequence[Sequence[str]]) -> Hours:
    hours = []
    for pair in pairs:
        if isinstance(pair, str) or len(pair) != 2:
            raise ValueError(f"办公时间应为 [开始, 结束]，不能是 {pair}")
        opens, closes = _minute_of_day(pair[0]), _minute_of_day(pair[1])
        if opens >= closes:
            raise ValueError(f"办公时间 {pair[0]}–{pair[1]} 的结束不晚于开始")
        hours.append((opens, closes))
    hours.sort()
    for before, after in pairwise(hours):
        if after[0] < before[1]:
            raise ValueError("办公时间互相重叠")
    return tuple(hours)


def _minute_of_day(text: str) -> int:
    try:
        hour, minute = text.split(":")
        if len(hour) == len(minute) == 2 and 0 <= int(minute) < 60:
            found = int(hour) * 60 + int(minute)
            if 0 <= found <= DAY:
                return found
    except (ValueError, AttributeError):
        pass
    raise ValueError(f"时刻“{text}”应写作 08:30 的样子，最晚 24:00")


def _weekday(day: int) -> int:
    if isinstance(day, int) and 1 <= day <= 7:
        return day
    raise ValueError(f"星期应为 1（星期一）至 7（星期日），不能是 {day}")


def _day(day: date | str) -> int:
    try:
        return day_number(date.fromisoformat(day) if isinstance(day, str) else day)
    except (ValueError, AttributeError) as error:
        raise ValueError(f"日期“{day}”应写作 2026-10-01 的样子") from error
