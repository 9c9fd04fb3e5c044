"""What a reporter is told of their case: units, never persons; no words meant for colleagues."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from shiyu.cases.lifecycle import Outcome, Stage
from shiyu.cases.models import Case, Report
from shiyu.common.worktime import Allowance
from shiyu.common.worktime import Unit as TimeUnit
from shiyu.journal.models import Line, Remark
from shiyu.people.models import Unit

SAID_TO_REPORTERS = frozenset({"dismiss", "close"})
"""Moves whose reason is written for whoever reported."""


@dataclass(frozen=True, slots=True)
class Station:
    """One thing that happened to a report, in plain words (进展)."""

    at: datetime
    words: str
    why: str = ""
    own: bool = False


Telling = Callable[[str], str]

TOLD: dict[str, Telling] = {
    "accept": lambda _u: _("已受理"),
    "dismiss": lambda _u: _("没有立案"),
    "escalate": lambda _u: _("转到上一级指挥中心"),
    "settle": lambda _u: _("网格员当场处理好了"),
    "file": lambda _u: _("已立案"),
    "dispatch": lambda units: _("派给 %(units)s") % {"units": units},
    "recall": lambda _u: _("撤回派遣，重新选单位"),
    "object": lambda units: _("%(units)s 认为不归他们管，重新选单位") % {"units": units},
    "sign": lambda units: _("%(units)s 已签收") % {"units": units},
    "extend": lambda _u: _("同意延长办理时间"),
    "suspend": lambda _u: _("暂时办不了，先挂账"),
    "resume": lambda _u: _("恢复办理"),
    "handle": lambda units: _("%(units)s 反馈已处置") % {"units": units},
    "rework": lambda _u: _("现场核查没有通过，返工"),
    "verify": lambda _u: _("现场核查通过"),
    "close": lambda _u: _("已办结"),
    "import_close": lambda _u: _("已办结"),
    "reopen": lambda _u: _("重新办理"),
    "withdraw": lambda _u: _("已撤回"),
    "void": lambda _u: _("已作废"),
    "merge": lambda _u: _("与另一件相同的上报合并办理"),
}
"""Journal verbs a reporter is told of; the others are the desk's own affairs."""

OWN: dict[str, Callable[[], str]] = {
    "remark": lambda: _("您补充了情况"),
    "rate": lambda: _("您作了评价"),
    "reopen": lambda: _("您反映没有解决，重新办理"),
    "withdraw": lambda: _("您撤回了上报"),
}

AHEAD: tuple[tuple[str, Callable[[], str]], ...] = (
    ("accept", lambda: _("受理")),
    ("file", lambda: _("立案")),
    ("dispatch", lambda: _("派给责任单位")),
    ("handle", lambda: _("处置")),
    ("verify", lambda: _("现场核查")),
    ("close", lambda: _("办结，请您评价")),
)
STILL_AHEAD = {
    Stage.REPORTED: "accept",
    Stage.ACCEPTED: "file",
    Stage.FILED: "dispatch",
    Stage.DISPATCHED: "handle",
    Stage.HANDLING: "handle",
    Stage.SUSPENDED: "handle",
    Stage.HANDLED: "verify",
    Stage.VERIFIED: "close",
}

PLAIN_STAGES: dict[str, Callable[[], str]] = {
    Stage.REPORTED: lambda: _("已收到，等待受理"),
    Stage.ACCEPTED: lambda: _("已受理，等待立案"),
    Stage.FILED: lambda: _("已立案，等待派遣"),
    Stage.DISPATCHED: lambda: _("已派出，等待签收"),
    Stage.HANDLING: lambda: _("处置中"),
    Stage.SUSPENDED: lambda: _("挂账中"),
    Stage.HANDLED: lambda: _("已处置，等待核查"),
    Stage.VERIFIED: lambda: _("核查通过，等待办结"),
    Stage.CLOSED: lambda: _("已办结"),
    Stage.DISMISSED: lambda: _("没有立案"),
    Stage.MERGED: lambda: _("合并办理"),
    Stage.WITHDRAWN: lambda: _("已撤回"),
    Stage.VOIDED: lambda: _("已作废"),
}


def plain_stage(case: Case) -> str:
    """Where the case stands, in words of every day (阶段)."""
    return PLAIN_STAGES[case.stage]()


def ahead(case: Case) -> list[str]:
    """What is still to come, in its order; nothing once the case has ended."""
    first = STILL_AHEAD.get(Stage(case.stage))
    names = [name for name, _words in AHEAD]
    return [words() for _n, words in AHEAD[names.index(first) :]] if first else []


def stations(report: Report, lines: Iterable[Line]) -> list[Station]:
    """What happened to a report, oldest first, beginning with the report itself."""
    shown = [line for line in lines if _is_told(line, report)]
    names = _unit_names(shown)
    reasons = _reasons(shown)
    own = f"receipt:{report.pk}"
    told = [Station(report.reported_at, _("您上报了这个问题"), own=True)]
    for line in shown:
        mine = line.actor == own and line.verb in OWN
        words = OWN[line.verb]() if mine else TOLD[line.verb](names[line.pk])
        told.append(Station(line.occurred_at, words, reasons.get(line.remark_id or 0, ""), mine))
    return sorted(told, key=lambda station: station.at)


def units_working(case: Case) -> str:
    """The units that have the case now, the leading one first."""
    parts = case.assignments.select_related("unit").exclude(state="left")
    return _and(str(part.unit) for part in parts)


def limit_in_words(text: str) -> str:
    """「2紧急工作时」 as 「2 小时」: an allowance as a resident would say it."""
    try:
        allowance = Allowance.parse(text)
    except ValueError:
        return text
    told = {"n": allowance.amount, "season": allowance.season_name}
    words = {
        TimeUnit.MINUTE: _("%(season)s %(n)d 分钟"),
        TimeUnit.URGENT_HOUR: _("%(season)s %(n)d 小时"),
        TimeUnit.WORK_HOUR: _("%(season)s %(n)d 个工作小时"),
        TimeUnit.WORK_DAY: _("%(season)s %(n)d 个工作日"),
        TimeUnit.NATURAL_DAY: _("%(season)s %(n)d 天"),
    }[allowance.unit]
    return (words % told).strip()


def result_in_words(case: Case) -> str:
    """What became of a closed case; empty for an open one."""
    return str(Outcome(case.outcome).label) if case.outcome else ""


def _is_told(line: Line, report: Report) -> bool:
    if line.actor == f"receipt:{report.pk}" and line.verb in OWN:
        return True
    return line.verb in TOLD


def _unit_names(lines: list[Line]) -> dict[int, str]:
    """For each line the names of the units in it, in one query."""
    named = {line.pk: _units_in(line.facts) for line in lines}
    wanted = {unit for units in named.values() for unit in units}
    names = {unit.pk: str(unit) for unit in Unit.objects.filter(pk__in=wanted)}
    return {pk: _and(names.get(unit, "") for unit in units) for pk, units in named.items()}


def _units_in(facts: Mapping[str, object]) -> list[int]:
    lead, units, unit = facts.get("lead"), facts.get("units") or (), facts.get("unit")
    every = [lead, *(units if isinstance(units, list | tuple) else ()), unit]
    return list(dict.fromkeys(u for u in every if isinstance(u, int)))


def _reasons(lines: list[Line]) -> dict[int, str]:
    """What was written for reporters: why not filed, why not solved. Nothing else is shown."""
    ids = [line.remark_id for line in lines if line.verb in SAID_TO_REPORTERS and line.remark_id]
    said = Remark.objects.filter(pk__in=ids) if ids else ()
    return {r.pk: r.text if r.erased_at is None else _("（说明已按规定删除）") for r in said}


def _and(names: Iterable[str]) -> str:
    return "、".join(name for name in names if name)
