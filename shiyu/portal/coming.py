"""What happens next and when, in short sentences (接下来)."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.catalogue.rules import limits_of, standards_for
from shiyu.common.worktime import Allowance
from shiyu.portal.track import limit_in_words, result_in_words, units_working


def after_sending(case: Case) -> list[str]:
    """The three things that follow a new report, from its clocks and limits."""
    due = by_when(case.due_at)
    look = _("%(when)s前，受理员查看") % {"when": due} if due else _("受理员查看")
    return [look, _if_filed(case), _("办完请您评价")]


def in_one_sentence(case: Case) -> str:
    """What the reporter is waiting for now."""
    due = by_when(case.due_at)
    units = units_working(case) if case.stage in WITH_UNITS else ""
    told = {
        "due": _("%(when)s前") % {"when": due} if due else "",
        "units": units or _("责任单位"),
        "day": f"{case.resumes_on:%Y-%m-%d}" if case.resumes_on else "",
        "result": result_in_words(case),
    }
    return (SENTENCES[Stage(case.stage)]() % told).strip()


def by_when(moment: datetime | None) -> str:
    """「今天 12:37」, 「明天 09:00」, 「11 月 25 日 18:00」."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    today = timezone.localdate()
    clock = f"{local:%H:%M}"
    if local.date() == today:
        return _("今天 %(clock)s ") % {"clock": clock}
    if local.date() == today + timedelta(days=1):
        return _("明天 %(clock)s ") % {"clock": clock}
    told = {"month": local.month, "day": local.day, "clock": clock}
    return _("%(month)d 月 %(day)d 日 %(clock)s ") % told


WITH_UNITS = frozenset({Stage.DISPATCHED, Stage.HANDLING, Stage.SUSPENDED, Stage.HANDLED})
SENTENCES = {
    Stage.REPORTED: lambda: _("%(due)s受理员查看，看是不是归城市管理。"),
    Stage.ACCEPTED: lambda: _("%(due)s决定是否立案。"),
    Stage.FILED: lambda: _("%(due)s派给责任单位。"),
    Stage.DISPATCHED: lambda: _("%(units)s 应当%(due)s办完。"),
    Stage.HANDLING: lambda: _("%(units)s 应当%(due)s办完。"),
    Stage.SUSPENDED: lambda: _("现在办不了，挂账到 %(day)s，到时继续办。"),
    Stage.HANDLED: lambda: _("换一个人去现场核查，%(due)s给出结果。"),
    Stage.VERIFIED: lambda: _("核查已经通过，马上办结。办结后请您评价。"),
    Stage.CLOSED: lambda: _("办理结果：%(result)s。"),
    Stage.DISMISSED: lambda: _("这件没有立案，原因写在下面。"),
    Stage.MERGED: lambda: _("这件与另一件合并办理。"),
    Stage.WITHDRAWN: lambda: _("这件已经撤回，不再办理。"),
    Stage.VOIDED: lambda: _("这件已作废，不再办理。"),
}


def _if_filed(case: Case) -> str:
    words = _handling_limit(case)
    if not words:
        return _("若立案，派给责任单位，按这一类的时限处置")
    return _("若立案，派给责任单位，%(limit)s内处置") % {"limit": words}


def _handling_limit(case: Case) -> str:
    """The handling limit of the kind: one, or from the shortest to the longest."""
    if case.kind is None:
        return ""
    standards = standards_for(case.kind, timezone.localdate())
    texts = {limits_of(case.procedure, s)["handling"]: None for s in standards}
    found = sorted(texts, key=lambda text: Allowance.parse(text).minutes)
    if not found:
        return ""
    if len(found) == 1:
        return limit_in_words(found[0])
    told = {"least": limit_in_words(found[0]), "most": limit_in_words(found[-1])}
    return _("%(least)s至 %(most)s") % told
