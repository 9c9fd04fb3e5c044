"""A scenario as JSON → its answer as JSON (计时场景), for `shiyu clock explain`."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from shiyu.cases.clock.lines import CLOCKS, MOVES, NEEDS_UNIT, Procedure, Workday
from shiyu.cases.clock.reckoning import Clock, reckon
from shiyu.cases.clock.replay import Dated
from shiyu.common.worktime import (
    Allowance,
    Fixed,
    Limit,
    NeverCounted,
    Season,
    WorkCalendar,
    minute_of,
    zone,
)

_BEYOND = "算出的时间超出了日历的范围（公元 1 年至 9999 年）"


class Scenario:
    """One case to be explained: procedure, dated moves, and now."""

    def __init__(self, given: Any) -> None:
        """Raises ValueError with a sentence about the first thing that is wrong."""
        if not isinstance(given, dict):
            raise ValueError("每行应是一个 JSON 对象")
        self.id = given.get("id")
        self.zone = zone(_text(given, "timezone"))
        self.now = _minute(_text(given, "now"), "now")
        self.procedure = Procedure(
            zone=self.zone,
            calendar=_calendar(self.zone.info.key, _object(given, "calendar")),
            calendars={
                unit: _calendar(self.zone.info.key, rules)
                for unit, rules in _object(given, "calendars", needed=False).items()
            },
            workday=_workday(given.get("workday")),
            allowances=_allowances(_object(given, "allowances")),
        )
        self.lines = _lines(given.get("lines"))

    def clocks(self) -> list[Clock]:
        """Raises ValueError where no due time can be found."""
        try:
            return reckon(self.lines, self.procedure, self.now)
        except NeverCounted:
            raise
        except (OverflowError, ValueError) as error:  # a day before the first or after the last
            raise ValueError(_BEYOND) from error

    def answer(self) -> dict[str, Any]:
        """The clocks in plain values, times in the scenario's zone."""
        clocks, times = self.clocks(), _Times(self.zone.info)
        try:
            return {"id": self.id, "clocks": [_clock(clock, times) for clock in clocks]}
        except (OverflowError, ValueError, OSError) as error:
            raise ValueError(_BEYOND) from error


class _Times(dict[int, str]):
    """Minutes as times in a zone, each written once."""

    def __init__(self, info: ZoneInfo) -> None:
        self._info = info

    def __missing__(self, minute: int) -> str:
        text = self[minute] = datetime.fromtimestamp(minute * 60, self._info).isoformat()
        return text


def _clock(clock: Clock, times: _Times) -> dict[str, Any]:
    return {
        "clock": clock.name,
        "unit": clock.unit,
        "round": clock.round,
        "state": clock.state.value,
        "spans": [
            {
                "from": times[start],
                "to": None if end is None else times[end],
                "state": "running" if running else "paused",
                "why": why,
            }
            for start, end, running, why in clock.spans_m
        ],
        "used": clock.used,
        "budget": clock.budget,
        "due": None if clock.due_m is None else times[clock.due_m],
        "late": clock.late,
        "light": None if clock.light is None else clock.light.value,
    }


def _object(given: dict[str, Any], name: str, *, needed: bool = True) -> dict[str, Any]:
    found = given.get(name)
    if found is None and not needed:
        return {}
    if not isinstance(found, dict):
        raise ValueError(f"缺少 {name}，或它不是一个对象")
    return found


def _text(given: dict[str, Any], name: str) -> str:
    found = given.get(name)
    if not isinstance(found, str) or not found:
        raise ValueError(f"缺少 {name}")
    return found


def _minute(text: str, what: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{what} 的时间“{text}”看不懂") from error
    if at.tzinfo is None:
        raise ValueError(f"{what} 的时间“{text}”没有时区，应写作 2026-11-19T17:30+08:00 的样子")
    return minute_of(at)


def _workday(given: Any) -> Workday:
    try:
        return Workday(given)
    except ValueError as error:
        raise ValueError(f"workday 应为 eight_hours 或 end_of_day，不能是“{given}”") from error


def _calendar(zone_name: str, rules: Any) -> WorkCalendar:
    if not isinstance(rules, dict):
        raise ValueError("日历应是一个对象")
    try:
        return _kept_calendar(
            zone_name,
            tuple(tuple(pair) for pair in rules["hours"]),
            tuple(rules["weekdays"]),
            tuple(rules.get("holidays") or ()),
            tuple(rules.get("workdays") or ()),
        )
    except KeyError as error:
        raise ValueError(f"日历缺少 {error.args[0]}") from error
    except TypeError as error:
        raise ValueError("日历的写法看不懂：hours 是成对的时刻，其余是列表") from error


@lru_cache(maxsize=512)
def _kept_calendar(
    zone_name: str,
    hours: tuple[tuple[str, ...], ...],
    weekdays: tuple[int, ...],
    holidays: tuple[str, ...],
    workdays: tuple[str, ...],
) -> WorkCalendar:
    return WorkCalendar.of(
        zone_name, hours=hours, weekdays=weekdays, holidays=holidays, workdays=workdays
    )


def _allowances(given: dict[str, Any]) -> dict[str, Limit]:
    found = {}
    for name, limit in given.items():
        if name not in CLOCKS:
            raise ValueError(f"没有名为“{name}”的计时：只有 {'、'.join(CLOCKS)}")
        if limit is not None:
            found[name] = _limit(name, limit)
    return found


def _limit(name: str, given: Any) -> Limit:
    if isinstance(given, str):
        allowance = _parsed(given)
        if allowance.season_name:
            raise ValueError(f"{name} 的时限“{given}”带季节，要用 season 给出起止日期")
        return allowance
    if isinstance(given, dict) and isinstance(given.get("fixed"), str):
        _minute(given["fixed"], f"{name} 的 fixed")
        return Fixed(datetime.fromisoformat(given["fixed"]))
    if isinstance(given, dict) and isinstance(given.get("limit"), str):
        season = given.get("season")
        if season is None:
            return _parsed(given["limit"])
        if not isinstance(season, list) or len(season) != 2:
            raise ValueError(f"{name} 的 season 应为 [首日, 末日]")
        return _parsed(given["limit"]).within(Season.parse(*season))
    raise ValueError(f"{name} 的时限看不懂：应为文字，或 limit（可带 season），或 fixed")


@lru_cache(maxsize=512)
def _parsed(text: str) -> Allowance:
    return Allowance.parse(text)


def _lines(given: Any) -> list[Dated]:
    if not isinstance(given, list):
        raise ValueError("缺少 lines，或它不是一个列表")
    lines: list[Dated] = []
    for number, line in enumerate(given, 1):
        try:
            lines.append(_line(line))
        except ValueError as error:
            raise ValueError(f"第 {number} 步：{error}") from error
        if number > 1 and lines[-1].minute < lines[-2].minute:
            raise ValueError(f"第 {number} 步（{lines[-1].move}）早于前一步，应按时间先后排列")
    return lines


def _line(given: Any) -> Dated:
    if not isinstance(given, dict):
        raise ValueError("应是一个对象")
    move = given.get("move")
    if not isinstance(move, str) or move not in MOVES:
        raise ValueError(f"没有名为“{move}”的动作")
    unit = given.get("unit")
    units = given.get("units") or []
    if unit is not None and not isinstance(unit, str):
        raise ValueError("unit 应是文字")
    if not isinstance(units, list) or not all(isinstance(name, str) for name in units):
        raise ValueError("units 应是文字的列表")
    if unit is None and move in NEEDS_UNIT:
        raise ValueError(f"{move} 没有说是哪个单位（unit）")
    if move == "dispatch" and "units" not in given:
        raise ValueError("dispatch 没有说派给哪些单位（units）")
    return Dated(_minute(given.get("at", ""), "at"), move, unit, tuple(units))
