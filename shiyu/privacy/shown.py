"""What the pages of personal data show: figures and declarations, never a value (页面内容)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shiyu.cases.models import Case, Report
from shiyu.journal.models import Line, Remark
from shiyu.people.actors import Actor
from shiyu.privacy import catalogue as declared
from shiyu.privacy.actions import may_decide
from shiyu.privacy.actions.holding import held
from shiyu.privacy.actions.retention import DUE, Tally
from shiyu.privacy.belongings import of
from shiyu.privacy.declared import PERSONAL, PLACES, Handling
from shiyu.privacy.keeping import RULES
from shiyu.privacy.models import Demand, Hold

REPORTS_MOST = 50
LINES_MOST = 30
COUNTED: dict[str, StrPromise] = {
    "reporters": _("姓名和电话"),
    "remarks": _("写下的文字"),
    "photos": _("照片"),
    "followers": _("接收进展的号码"),
    "addresses": _("位置描述"),
}


@dataclass(frozen=True, slots=True)
class Handled:
    """One way of handling, and every column and place that is handled so."""

    handling: Handling
    kind: str
    kept: StrPromise
    where: tuple[str, ...]


def catalogue() -> dict[str, Any]:
    """The catalogue by handling: sensitive values first."""
    columns: dict[Handling, list[str]] = {}
    order = {table: at for at, table in enumerate(PERSONAL)}
    for column in sorted(declared.columns(), key=lambda c: order.get(c.table, len(order))):
        if column.handling is not None:
            columns.setdefault(column.handling, []).append(f"{column.table}.{column.name}")
    shown = [
        Handled(how, how.get_kind(), RULES[how.retention].says, tuple(where))
        for how, where in columns.items()
    ]
    shown.sort(key=lambda one: one.handling.kind != "sensitive")
    total = sum(1 for _column in declared.columns())
    return {"handled": shown, "places": PLACES, "total": total}


def keeping(due: dict[str, Tally] | None) -> dict[str, Any]:
    """The rules, what is due where that was asked, and what was purged of late."""
    rows = [{"rule": rule, "due": (due or {}).get(name)} for name, rule in RULES.items()]
    subjects = [f"retention:{name}" for name in DUE]
    lines = Line.objects.filter(subject__in=subjects).order_by("-id")[:LINES_MOST]
    titles = {f"retention:{name}": RULES[name].title for name in DUE}
    purged = [
        {"at": line.occurred_at, "title": titles[line.subject], "count": line.facts["count"]}
        for line in lines
    ]
    return {"rows": rows, "purged": purged, "counted": due is not None}


def demand(found: Demand, actor: Actor) -> dict[str, Any]:
    """A request: what it would erase now or erased then, what the law keeps, who may decide."""
    is_open = found.stage == Demand.Stage.ASKED
    counts = of(found.reports).counts if is_open else found.counts
    remark = Remark.objects.filter(pk=found.remark_id).first() if found.remark_id else None
    return {
        "demand": found,
        "counts": [(title, counts.get(name, 0)) for name, title in COUNTED.items()],
        "reports": len(found.reports),
        "holds": held(found.reports),
        "by_reporter": found.asked_by.startswith("receipt:"),
        "may_decide": is_open and may_decide(actor, found),
        "why": remark.text if remark else "",
    }


def reporters_of(case: Case) -> list[dict[str, Any]]:
    """The reports of a case: what is kept of each maker, what was asked, what the law keeps."""
    reports = list(Report.objects.filter(case=case).order_by("pk")[:REPORTS_MOST])
    holds = Hold.objects.filter(report__in=reports, lifted_at=None)
    asked = Demand.objects.filter(report__in=reports).order_by("pk")
    held_by: dict[int, list[Hold]] = {}
    for one in holds:
        held_by.setdefault(one.report_id, []).append(one)
    demands = {one.report_id: one for one in asked}
    return [
        {
            "report": report,
            "nth": nth,
            "demand": demands.get(report.pk),
            "holds": held_by.get(report.pk, []),
        }
        for nth, report in enumerate(reports, start=1)
    ]
