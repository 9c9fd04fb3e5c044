"""A year of a calendar as twelve months of marked days (全年一览)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from shiyu.calendars.models import Calendar
from shiyu.calendars.rules import in_force, office_days
from shiyu.calendars.words import write_hours
from shiyu.common.worktime import day_number

WORK, OFF, HOLIDAY, MAKE_UP = "work", "off", "holiday", "makeup"


@dataclass(frozen=True, slots=True)
class Day:
    """One day: what it is, and whether a revision makes it something else."""

    date: date
    mark: str
    turned: bool = False

    @property
    def name(self) -> str:
        """What the mark says, for who does not see it."""
        return {
            WORK: _("工作日"),
            OFF: _("休息日"),
            HOLIDAY: _("节假日"),
            MAKE_UP: _("调休上班"),
        }[self.mark]


@dataclass(frozen=True, slots=True)
class Month:
    """One month in weeks of seven, Monday first; None before its first day and after its last."""

    first: date
    weeks: list[list[Day | None]]
    working: int


@dataclass(frozen=True, slots=True)
class Season:
    """Office hours, and the days of the year on which they hold (作息时间)."""

    first: date
    last: date
    hours: str
    weekdays: list[int]


def year_of(
    standing: Sequence[Calendar], year: int, *, before: Sequence[Calendar] | None = None
) -> list[Month]:
    """Twelve months as these versions have them; days that `before` had otherwise are marked."""
    marks = _marks(standing, year)
    former = marks if before is None else _marks(before, year)
    found = []
    for month in range(1, 13):
        days = [
            Day(day, mark, turned=former[day] != mark)
            for day, mark in marks.items()
            if day.month == month
        ]
        cells: list[Day | None] = [None] * days[0].date.weekday() + list(days)
        cells += [None] * (-len(cells) % 7)
        weeks = [cells[at : at + 7] for at in range(0, len(cells), 7)]
        working = sum(1 for day in days if day.mark in (WORK, MAKE_UP))
        found.append(Month(days[0].date, weeks, working))
    return found


def seasons_of(standing: Sequence[Calendar], year: int) -> list[Season]:
    """The office hours of a year, one after the other."""
    found: list[Season] = []
    for day in _days(year):
        version = in_force(standing, day)
        hours, weekdays = write_hours(version.hours), list(version.weekdays)
        last = found[-1] if found else None
        if last and (last.hours, last.weekdays) == (hours, weekdays):
            found[-1] = Season(last.first, day, hours, weekdays)
        else:
            found.append(Season(day, day, hours, weekdays))
    return found


def days_in(days: Iterable[str], year: int) -> list[str]:
    """Those that lie in a year."""
    return [day for day in days if day.startswith(f"{year}-")]


def _marks(standing: Sequence[Calendar], year: int) -> dict[date, str]:
    rules = {row.pk or id(row): office_days(row) for row in standing}
    found = {}
    for day in _days(year):
        version = in_force(standing, day)
        office, number = rules[version.pk or id(version)], day_number(day)
        weekday = day.isoweekday() in office.weekdays
        if number in office.workdays:
            mark = WORK if weekday and number not in office.holidays else MAKE_UP
        elif number in office.holidays:
            mark = HOLIDAY
        else:
            mark = WORK if weekday else OFF
        found[day] = mark
    return found


def _days(year: int) -> Iterable[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)
