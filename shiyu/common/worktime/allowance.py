"""How much time is given for a task (时限): an amount, its unit, and perhaps a season."""

import re
import unicodedata
from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Self

from shiyu.common.worktime.zone import date_of, day_number

_WRITTEN = re.compile(r"(?P<season>[^\d]*?)(?P<amount>\d+)个?(?P<unit>[^\d]+)")
_DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Unit(Enum):
    """What an allowance is counted in; the value is the word the standards use."""

    MINUTE = "分钟"
    URGENT_HOUR = "紧急工作时"  # round the clock, nights and holidays included
    WORK_HOUR = "工作时"
    WORK_DAY = "工作日"
    NATURAL_DAY = "自然日"

    @property
    def minutes(self) -> int:
        """Minutes of one; a working day is eight office hours."""
        return _MINUTES[self]

    @property
    def in_office_time(self) -> bool:
        """Whether only office time counts, not the whole day."""
        return self in (Unit.WORK_HOUR, Unit.WORK_DAY)


_MINUTES = {
    Unit.MINUTE: 1,
    Unit.URGENT_HOUR: 60,
    Unit.WORK_HOUR: 60,
    Unit.WORK_DAY: 480,
    Unit.NATURAL_DAY: 1440,
}
_BY_WORD = {unit.value: unit for unit in Unit}


@dataclass(frozen=True, slots=True)
class Season:
    """Part of every year, as (month, day) of its first and last day, both included (季节).

    A first day later than the last runs over the new year.
    """

    first: tuple[int, int]
    last: tuple[int, int]

    @classmethod
    def parse(cls, first: str, last: str) -> Self:
        """From two "MM-DD"; raises ValueError with a sentence."""
        return cls(_month_day(first), _month_day(last))

    def holds(self, month: int, day: int) -> bool:
        if self.first <= self.last:
            return self.first <= (month, day) <= self.last
        return (month, day) >= self.first or (month, day) <= self.last

    def days(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches of these days (counted from 1970) that lie in season, [from, to)."""
        over_new_year = self.first > self.last
        for year in range(date_of(start).year - over_new_year, date_of(end).year + 1):
            first = max(start, _day_of(year, self.first))
            last = _day_of(year + over_new_year, self.last)
            if self.last == (2, 29) and not isleap(year + over_new_year):
                last -= 1  # else 1 March, which stands for the missing day
            if first < min(end, last + 1):
                yield first, min(end, last + 1)

    def __str__(self) -> str:
        return f"{self.first[0]}月{self.first[1]}日至{self.last[0]}月{self.last[1]}日"


def _day_of(year: int, month_day: tuple[int, int]) -> int:
    """Days since 1970; 29 February of a common year is 1 March."""
    if month_day == (2, 29) and not isleap(year):
        return day_number(date(year, 3, 1))
    return day_number(date(year, *month_day))


def _month_day(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text) if isinstance(text, str) else None
    if found:
        month, day = int(found[1]), int(found[2])
        if 1 <= month <= 12 and 1 <= day <= _DAYS_OF_MONTH[month - 1]:
            return month, day
    raise ValueError(f"季节的日期应写作“月-日”（如 03-01），不能是“{text}”")


@dataclass(frozen=True, slots=True)
class Allowance:
    """Time given to finish a task (时限), e.g. 4工作时.

    `season_name` is the label a standard writes before the amount (种植季节); the days it
    stands for are the city's to say (`season`). Outside its season nothing counts.
    """

    amount: int
    unit: Unit
    season_name: str = ""
    season: Season | None = None

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError(f"时限至少为 1{self.unit.value}，不能是 {self.amount}")

    @classmethod
    def parse(cls, text: str, *, season: Season | None = None) -> Self:
        """Read "2紧急工作时", " 5个工作日", "种植季节15工作日"; else ValueError with a sentence."""
        return cls(*_read(text), season)

    def within(self, season: Season | None) -> Self:
        """The same allowance, counted only in these days of the year."""
        return replace(self, season=season)

    @property
    def minutes(self) -> int:
        """Minutes in all; a working day is eight office hours here (see `closing`)."""
        return self.amount * self.unit.minutes

    def __str__(self) -> str:
        return f"{self.season_name}{self.amount}{self.unit.value}"


@lru_cache(maxsize=512)
def _read(text: str) -> tuple[int, Unit, str]:
    """Amount, unit and label of what is written; the same few are read at every move."""
    written = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    found = _WRITTEN.fullmatch(written)
    unit = _BY_WORD.get(found["unit"]) if found else None
    if found is None or unit is None:
        words = "、".join(f"n{word}" for word in _BY_WORD)
        raise ValueError(f"时限“{text}”看不懂：应写作 {words} 之一，n 为整数")
    return int(found["amount"]), unit, found["season"]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A due time that was given from outside, nothing to be counted (给定截止时间)."""

    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"给定的截止时间 {self.at.isoformat()} 没有时区")


Limit = Allowance | Fixed
