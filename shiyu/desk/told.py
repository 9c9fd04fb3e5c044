"""What a move that cannot be undone will tell to whom, said before it is made (核对页)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases import timing
from shiyu.cases.lifecycle import Outcome
from shiyu.cases.models import Report
from shiyu.cases.replay import Step
from shiyu.desk.forms.base import MoveForm
from shiyu.desk.situation import Situation


@dataclass(frozen=True, slots=True)
class Word:
    """Somebody, and what they will be told."""

    who: str
    what: str


Words = Callable[[Situation, MoveForm], list[Word]]


def of(about: Situation, form: MoveForm) -> list[Word]:
    """Who will be told what of this move."""
    words = TOLD.get(form.move)
    return words(about, form) if words else []


def _reporters(about: Situation) -> str:
    count = Report.objects.filter(case=about.case).count()
    return _("上报人（%(n)d 位）") % {"n": count}


def _units(about: Situation) -> str:
    names = [str(about.units[u]) for u in about.standing.active if u in about.units]
    return "、".join(names)


def _to_units(about: Situation, what: str) -> list[Word]:
    units = _units(about)
    return [Word(units, what)] if units else []


def _why(form: MoveForm) -> str:
    return str(form.cleaned_data.get("reason", "")).strip()


def _close(about: Situation, form: MoveForm) -> list[Word]:
    outcome = Outcome(form.cleaned_data["outcome"]).label
    days = about.case.procedure.reopen_days
    told = {"outcome": outcome, "days": days}
    what = _("案件已办结：%(outcome)s。请评价；%(days)d 天内可以反映没有解决") % told
    return [Word(_reporters(about), what)]


def _dismiss(about: Situation, form: MoveForm) -> list[Word]:
    instead = str(form.cleaned_data.get("instead", "")).strip()
    what = _("不予立案：%(why)s") % {"why": _why(form)}
    return [Word(_reporters(about), f"{what}。{instead}" if instead else what)]


def _extend(about: Situation, form: MoveForm) -> list[Word]:
    unit = form.cleaned_data["unit"]
    due = due_after(about, "extend", unit.pk)
    if due is None:
        return [Word(str(unit), _("延期已同意"))]
    local = timezone.localtime(due)
    return [
        Word(str(unit), _("延期已同意，新的截止时间 %(due)s") % {"due": f"{local:%Y-%m-%d %H:%M}"})
    ]


def _suspend(about: Situation, form: MoveForm) -> list[Word]:
    until = form.cleaned_data["until"].isoformat()
    what = _("案件挂账至 %(day)s，其间不计时，到日自动恢复") % {"day": until}
    return [*_to_units(about, what), Word(_reporters(about), what)]


def _merge(about: Situation, form: MoveForm) -> list[Word]:
    into = form.cleaned_data["into"]
    what = _("上报并入 %(number)s，以后的进展照样看得到") % {"number": into.number}
    return [Word(_reporters(about), what)]


def _withdraw(about: Situation, form: MoveForm) -> list[Word]:
    return _to_units(about, _("上报人已撤诉，不用再办"))


def _void(about: Situation, form: MoveForm) -> list[Word]:
    what = _("案件已作废，记录保留")
    return [*_to_units(about, what), Word(_reporters(about), what)]


def _exempt(about: Situation, form: MoveForm) -> list[Word]:
    unit = form.cleaned_data["unit"]
    return [Word(str(unit), _("申诉成立：超期的事实保留，统计时剔除"))]


TOLD: dict[str, Words] = {
    "close": _close,
    "dismiss": _dismiss,
    "extend": _extend,
    "suspend": _suspend,
    "merge": _merge,
    "withdraw": _withdraw,
    "void": _void,
    "exempt": _exempt,
}


def due_after(about: Situation, verb: str, unit: int) -> datetime | None:
    """When a unit's part would be due if this move were made now."""
    steps = [*about.steps, Step(verb, about.now, about.actor.ref, unit)]
    found = timing.clocks_of(about.case, steps, now=about.now)
    mine = [c for c in found if c.name == "handling" and c.unit == str(unit)]
    return mine[-1].due if mine else None
