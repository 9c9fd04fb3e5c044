"""The arithmetic of clocks in words that a resident or an auditor can follow (计时说明)."""

from collections.abc import Iterable
from datetime import date, datetime

from shiyu.cases.clock.lines import Workday
from shiyu.cases.clock.passages import Gap, Off, Passage, passages
from shiyu.cases.clock.reckoning import Clock, Light, State
from shiyu.common.worktime import Allowance, Unit

CLOCK_TITLES = {
    "accept": "受理",
    "filing": "立案",
    "dispatch": "派遣",
    "sign": "签收",
    "handling": "处置",
    "verify": "核查",
}
MOVE_TITLES = {
    "report": "上报",
    "accept": "受理",
    "file": "立案",
    "escalate": "上报上级",
    "dispatch": "派遣",
    "recall": "撤回",
    "object": "派单异议",
    "suspend": "挂账",
    "resume": "恢复",
    "handle": "处置反馈",
    "rework": "返工",
    "reopen": "重办",
    "check_open": "立案前核查",
    "check_done": "立案前核查完毕",
    "hand_over": "机构变更移交",
}
_STATES = {State.RUNNING: "计时中", State.PAUSED: "暂停", State.ENDED: "已结束"}
_LIGHTS = {Light.GREEN: "绿灯", Light.YELLOW: "黄灯", Light.RED: "红灯", Light.GREY: "灰灯"}
_OFF = {
    Off.BREAK: "午休",
    Off.NIGHT: "办公时间外",
    Off.REST: "休息日",
    Off.HOLIDAY: "节假日",
    Off.SEASON: "季节外",
}
_GAPS_SHOWN = 12


def explain(found: Iterable[Clock]) -> str:
    """Every clock with its stretches, what counted, what did not, due time and light."""
    return "\n".join(line for clock in found for line in _clock(clock))


def _clock(clock: Clock) -> list[str]:
    whose = f" {clock.unit}" if clock.unit else ""
    state = _STATES[clock.state]
    light = f"，{_LIGHTS[clock.light]}" if clock.light else ""
    late = "，已超时" if clock.late else ""
    lines = [
        f"● {CLOCK_TITLES[clock.name]}计时{whose}（第 {clock.round} 轮）：{state}{light}{late}"
    ]
    lines.append(f"  时限：{_limit(clock)}")
    for passage in passages(clock):
        lines += _passage(passage)
    if not clock.spans_m:
        lines.append(f"  {_at(clock.started)} 开始，同一分钟结束")
    if clock.used is not None and clock.budget:
        share = 100 * clock.used // clock.budget
        lines.append(f"  已用 {_long(clock.used)}，共 {_long(clock.budget)}，用去 {share}%")
    lines.append(f"  {_due(clock)}")
    return lines


def _limit(clock: Clock) -> str:
    limit = clock.limit
    if not isinstance(limit, Allowance):
        return f"截止时间由来源给定：{_at(clock.zone.datetime_of(clock.due_m or 0))}"
    counted = "只计办公时间" if limit.unit.in_office_time else "昼夜连续计算"
    if limit.unit is Unit.WORK_DAY and clock.workday is Workday.END_OF_DAY:
        counted = f"到开始之日以后第 {limit.amount} 个工作日下班"
    elif limit.unit is Unit.WORK_DAY:
        counted = "只计办公时间，每个工作日按 8 小时"
    season = f"，只计每年{limit.season}" if limit.season else ""
    extended = f"，延期 {clock.extensions} 次" if clock.extensions else ""
    return f"{limit}（{counted}{season}）{extended}"


def _passage(passage: Passage) -> list[str]:
    span = passage.span
    until = "至今" if span.end is None else _at(span.end)
    why = MOVE_TITLES.get(span.why, span.why)
    what = "暂停" if not span.running else "计时"
    shifted = span.start.utcoffset() != passage.until.utcoffset()
    shift = "（其间时钟改拨，按实际经过的时间）" if shifted else ""
    head = f"  {_at(span.start)} → {until} {what}（{why}），历时 {_long(passage.minutes)}{shift}"
    if not span.running or passage.counted is None:
        return [head]
    lines = [f"{head}，计 {_long(passage.counted)}"]
    lines += [f"      不计 {_gap(gap)}" for gap in passage.gaps[:_GAPS_SHOWN]]
    rest = passage.gaps[_GAPS_SHOWN:]
    if rest:
        minutes = _long(sum(gap.minutes for gap in rest))
        lines.append(f"      不计 另有 {len(rest)} 段，至 {_at(rest[-1].end)}，{minutes}")
    return lines


def _gap(gap: Gap) -> str:
    days = f"（{_days(gap.days)}）" if gap.days else ""
    return f"{_at(gap.start)} 至 {_at(gap.end)} {_OFF[gap.why]}{days}"


def _days(days: tuple[date, ...]) -> str:
    if len(days) == 1:
        return _day(days[0])
    if (days[-1] - days[0]).days == len(days) - 1:
        return f"{_day(days[0])}至{_day(days[-1])}"
    return "、".join(_day(day) for day in days[:6]) + ("等" if len(days) > 6 else "")


def _due(clock: Clock) -> str:
    due = clock.due
    if due is None:
        return "暂停期间没有截止时间：恢复计时后重新推算"
    if clock.late:
        return f"截止 {_at(due)}，此后仍在计时，已超时"
    if clock.used is None or clock.budget is None or clock.used >= clock.budget:
        return f"截止 {_at(due)}"
    left = _long(clock.budget - clock.used)
    if clock.state is State.ENDED:
        return f"截止 {_at(due)}（余 {left}），按时结束"
    return f"截止 {_at(due)}：从现在起再计 {left}"


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _long(minutes: int) -> str:
    """1505 → 1505 分钟（25 小时 5 分）."""
    if minutes < 60:
        return f"{minutes} 分钟"
    hours, rest = divmod(minutes, 60)
    return f"{minutes} 分钟（{hours} 小时{f' {rest} 分' if rest else ''}）"
