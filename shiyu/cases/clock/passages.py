"""What counted of each stretch of a clock, and why the rest did not (计时明细)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shiyu.cases.clock.reckoning import Clock, Span
from shiyu.common.worktime import Allowance, WorkCalendar, date_of, day_number


class Off(StrEnum):
    """Why time did not count."""

    BREAK = "break"  # between two office hours of one day (午休)
    NIGHT = "night"  # after closing, before opening (下班)
    REST = "rest"  # a day of the week that is not worked (休息日)
    HOLIDAY = "holiday"  # 节假日
    SEASON = "season"  # out of season (季节外)


@dataclass(frozen=True, slots=True)
class Gap:
    """Time inside a running stretch that did not count; `days` are the days off in it."""

    start: datetime
    end: datetime
    minutes: int
    why: Off
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """One stretch of a clock: how long it was, how much of it counted, what did not."""

    span: Span
    until: datetime  # its end, or now
    minutes: int
    counted: int | None  # None for a fixed due time; 0 while paused
    gaps: tuple[Gap, ...]


def passages(clock: Clock) -> list[Passage]:
    """The arithmetic of a clock, stretch by stretch; `counted` adds up to `clock.used`."""
    found = []
    for span, (start, end, running, _) in zip(clock.spans, clock.spans_m, strict=True):
        last = clock.now_m if end is None else end
        counted: int | None = 0
        gaps: tuple[Gap, ...] = ()
        if isinstance(clock.limit, Allowance) and running:
            counted = clock.timeline.measure(start, last)
            gaps = _gaps(clock, clock.limit, start, last)
        elif running:
            counted = None
        until = clock.zone.datetime_of(last)
        found.append(Passage(span, until, last - start, counted, gaps))
    return found


def _gaps(clock: Clock, limit: Allowance, start: int, end: int) -> tuple[Gap, ...]:
    gaps = []
    at = start
    for opens, closes in [*clock.timeline.between(start, end), (end, end)]:
        if at < opens:
            gaps.append(_gap(clock, limit, at, opens))
        at = closes
    return tuple(gaps)


def _gap(clock: Clock, limit: Allowance, start: int, end: int) -> Gap:
    zone = clock.zone
    first, last = zone.day_at(start), zone.day_at(end - 1)
    days = {}
    for number in range(first, last + 1):
        why = _day_off(clock.calendar, limit, number)
        if why is not None:
            days[date_of(number)] = why
    why = _why(clock, start, end, days)
    return Gap(zone.datetime_of(start), zone.datetime_of(end), end - start, why, tuple(days))


def _day_off(calendar: WorkCalendar, limit: Allowance, number: int) -> Off | None:
    """Why nothing of a whole day counts, or None if some of it does."""
    day = date_of(number)
    if limit.season is not None and not limit.season.holds(day.month, day.day):
        return Off.SEASON
    if not limit.unit.in_office_time or calendar.works(day):
        return None
    holidays = calendar.version_of(day_number(day)).holidays
    return Off.HOLIDAY if number in holidays else Off.REST


def _why(clock: Clock, start: int, end: int, days: dict[date, Off]) -> Off:
    for why in (Off.SEASON, Off.HOLIDAY, Off.REST):
        if why in days.values():
            return why
    day = clock.zone.day_at(start)
    pieces = clock.zone.pieces(day)
    worked = clock.timeline.between(pieces[0][0], pieces[-1][1])
    inside = any(last <= start for _, last in worked) and any(first >= end for first, _ in worked)
    return Off.BREAK if inside else Off.NIGHT
