"""The clocks of a case on its page, with arithmetic that adds up (计时明细)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.calendars.rules import Calendars
from shiyu.cases import timing
from shiyu.cases.clock import Clock, Off, Passage, State, Workday, passages
from shiyu.cases.models import Case
from shiyu.cases.replay import Step
from shiyu.common.worktime import Allowance, Unit
from shiyu.desk.telling import title_of_verb
from shiyu.people.models import Unit as Body

TITLES = {
    "accept": gettext_lazy("受理"),
    "filing": gettext_lazy("立案"),
    "dispatch": gettext_lazy("派遣"),
    "sign": gettext_lazy("签收"),
    "handling": gettext_lazy("处置"),
    "verify": gettext_lazy("核查"),
}
OFF = {
    Off.BREAK: gettext_lazy("午休"),
    Off.NIGHT: gettext_lazy("办公时间外"),
    Off.REST: gettext_lazy("休息日"),
    Off.HOLIDAY: gettext_lazy("节假日"),
    Off.SEASON: gettext_lazy("季节外"),
}


@dataclass(frozen=True, slots=True)
class SpanShown:
    """One line of the table of spans."""

    when: str
    what: str
    minutes: int | None
    running: bool


@dataclass(frozen=True, slots=True)
class ClockShown:
    """One clock as the panel draws it."""

    title: str
    unit: str
    round: int
    limit: str
    state: str
    lamp: timing.Lamp
    started: datetime
    due: datetime | None
    due_at_first: datetime | None
    used: int | None
    budget: int | None
    late: bool
    extensions: int
    spans: list[SpanShown]
    sum: str
    runs: bool


def panel(
    case: Case,
    steps: Sequence[Step],
    clocks: Sequence[Clock],
    units: dict[int, Body],
    calendars: Calendars,
) -> tuple[list[ClockShown], list[ClockShown]]:
    """The clocks that count now, and those that have ended."""
    shown = []
    for clock in clocks:
        first = _due_at_first(case, steps, clock, calendars) if _moved(clock) else None
        shown.append((clock, _shown(clock, units, first)))
    live = [s for clock, s in shown if clock.state is not State.ENDED]
    ended = [s for clock, s in shown if clock.state is State.ENDED]
    return live, ended


def _shown(clock: Clock, units: dict[int, Body], first: datetime | None) -> ClockShown:
    rows = [_span(passage) for passage in passages(clock)]
    unit = str(units.get(int(clock.unit), "")) if clock.unit else ""
    return ClockShown(
        str(TITLES[clock.name]),
        unit,
        clock.round,
        _limit(clock),
        _state(clock),
        _lamp(clock),
        clock.started,
        clock.due,
        first if first != clock.due else None,
        clock.used,
        clock.budget,
        clock.late,
        clock.extensions,
        rows,
        _sum(clock, rows),
        clock.state is State.RUNNING,
    )


def _span(passage: Passage) -> SpanShown:
    span = passage.span
    end = _("现在") if span.end is None else _short(span.end, span.start)
    why = title_of_verb(span.why)
    what = _("计时（%(why)s）") if span.running else _("暂停（%(why)s）")
    what = what % {"why": why}
    if passage.gaps:
        reasons = dict.fromkeys(str(OFF[gap.why]) for gap in passage.gaps)
        what += _("，不计%(reasons)s") % {"reasons": "、".join(reasons)}
    minutes = passage.counted if span.running else passage.minutes
    return SpanShown(f"{_short(span.start)}–{end}", what, minutes, span.running)


def _sum(clock: Clock, rows: list[SpanShown]) -> str:
    """「28 + 67 = 95 分，限 120 分，剩 25 分」: what stands in the table, added up."""
    if clock.used is None or clock.budget is None:
        return ""
    counted = [row.minutes or 0 for row in rows if row.running]
    parts = " + ".join(str(minutes) for minutes in counted)
    used = f"{parts} = {clock.used}" if len(counted) > 1 else str(clock.used)
    left = clock.budget - clock.used
    told = {"used": used, "budget": clock.budget, "left": abs(left)}
    if left < 0:
        return _("%(used)s 分，限 %(budget)d 分，超 %(left)d 分") % told
    return _("%(used)s 分，限 %(budget)d 分，剩 %(left)d 分") % told


def _limit(clock: Clock) -> str:
    limit = clock.limit
    if not isinstance(limit, Allowance):
        return _("截止时间由来源给定")
    if limit.unit is Unit.WORK_DAY and clock.workday is Workday.END_OF_DAY:
        how = _("到第 %(n)d 个工作日下班") % {"n": limit.amount}
    elif limit.unit is Unit.WORK_DAY:
        how = _("只计办公时间，每个工作日按 8 小时")
    elif limit.unit.in_office_time:
        how = _("只计办公时间")
    else:
        how = _("昼夜连续计算")
    return f"{limit}（{how}）"


def _state(clock: Clock) -> str:
    words = {State.RUNNING: _("计时中"), State.PAUSED: _("暂停"), State.ENDED: _("已结束")}
    return words[clock.state]


def _lamp(clock: Clock) -> timing.Lamp:
    left = None
    if clock.due is not None and clock.state is State.RUNNING:
        left = int((clock.due - timezone.now()).total_seconds() // 60)
    return timing.Lamp(
        light=str(clock.light) if clock.light else None,
        due=clock.due,
        minutes_left=left,
        pause_reason=title_of_verb(clock.spans[-1].why) if clock.spans else "",
    )


def _moved(clock: Clock) -> bool:
    return clock.extensions > 0 or any(not span.running for span in clock.spans)


def _due_at_first(
    case: Case, steps: Sequence[Step], clock: Clock, calendars: Calendars
) -> datetime | None:
    """When it would have been due without pauses and extensions."""
    until = [step for step in steps if step.at <= clock.started or step.verb == "report"]
    for found in timing.clocks_of(case, until, now=clock.started, calendars=calendars):
        same = (found.name, found.unit, found.round) == (clock.name, clock.unit, clock.round)
        if same and found.started_m == clock.started_m:
            return found.due
    return None


def _short(at: datetime, beside: datetime | None = None) -> str:
    local = timezone.localtime(at)
    other = timezone.localtime(beside) if beside else timezone.localtime()
    return f"{local:%H:%M}" if local.date() == other.date() else f"{local:%m-%d %H:%M}"
