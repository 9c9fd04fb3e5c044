"""What the pages of personal data show: figures and declarations, never a value (页面内容)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shiyu.cases.models import Case, Look, Report
from shiyu.cases.story import names_of
from shiyu.journal.models import Line, Remark
from shiyu.people.actors import Actor
from shiyu.privacy import catalogue as declared
from shiyu.privacy import rules
from shiyu.privacy.actions.holding import held
from shiyu.privacy.actions.retention import DUE, Tally
from shiyu.privacy.belongings import of
from shiyu.privacy.declared import PERSONAL, PLACES, Handling
from shiyu.privacy.keeping import RULES
from shiyu.privacy.lifecycle import MOVES
from shiyu.privacy.models import Demand, Hold

SHOWN_MOST = 100
REPORTS_MOST = 50
LINES_MOST = 30
COUNTED: dict[str, StrPromise] = {
    "reporters": _("姓名和电话"),
    "remarks": _("写下的文字"),
    "photos": _("照片"),
    "followers": _("接收进展的号码"),
    "addresses": _("位置描述"),
}

FIELD_TITLES: dict[str, StrPromise] = {
    "name": _("称呼"),
    "phone": _("电话"),
    "hidden": _("文字里的号码"),
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


def demands(actor: Actor) -> list[Demand]:
    """The requests of this actor's places: the open ones first, then the newest."""
    found = rules.demands_of(actor).select_related("report__case", "case", "decided_by")
    waiting = Q(stage__in=(Demand.Stage.ASKED, Demand.Stage.GRANTED))
    return [*found.filter(waiting)[:SHOWN_MOST], *found.exclude(waiting)[:SHOWN_MOST]]


def demand(found: Demand, actor: Actor) -> dict[str, Any]:
    """A request: what it reaches now or reached then, what the law keeps, whose turn it is."""
    is_open = found.stage == Demand.Stage.ASKED
    counts = of(found.reports).counts if is_open else found.counts
    remarks = Remark.objects.in_bulk([pk for pk in (found.remark_id, found.said_id) if pk])
    written = Remark.objects.filter(pk=found.words).first() if found.words else None
    why, said = remarks.get(found.remark_id or 0), remarks.get(found.said_id or 0)
    return {
        "demand": found,
        "counts": [(title, counts.get(name, 0)) for name, title in COUNTED.items()],
        "reports": len(found.reports),
        "holds": held(found.reports),
        "by_reporter": found.asked_by.startswith("receipt:"),
        "asker": names_of({found.asked_by}).get(found.asked_by, ""),
        "may": {name: _offered(name, found, actor) for name in MOVES},
        "why": why.text if why else "",
        "said": said.text if said else "",
        "written": written,
    }


def _offered(name: str, found: Demand, actor: Actor) -> bool:
    move = MOVES[name]
    if found.kind not in move.kinds or found.stage not in move.sources:
        return False
    over = name == "hand_out" and (found.until is None or found.until <= timezone.now())
    return not over and rules.may_move(actor, name, found)


@dataclass(frozen=True, slots=True)
class GrantShown:
    """One access grant that is open (查看授权)."""

    grant: Look
    nth: int
    fields: str
    shown: int
    may_end: bool


def grants(actor: Actor) -> list[GrantShown]:
    """The grants that are open now, one's own first, then those that end soonest."""
    found = rules.grants_of(actor).filter(under=None, until__gt=timezone.now(), end=None)
    rows = list(found.select_related("person", "report__case").order_by("until")[:SHOWN_MOST])
    shown = Look.objects.filter(under__in=[row.pk for row in rows]).order_by()
    times = dict(shown.values_list("under").annotate(n=Count("pk")))
    order = dict(
        Report.objects.filter(case__in=[row.report.case_id for row in rows])
        .annotate(nth=Window(RowNumber(), partition_by=[F("case")], order_by="pk"))
        .values_list("pk", "nth")
    )
    told = [
        GrantShown(
            row,
            order[row.report_id],
            "、".join(str(FIELD_TITLES[name]) for name in row.fields),
            times.get(row.pk, 0),
            rules.may_end(actor, row),
        )
        for row in rows
    ]
    return sorted(told, key=lambda one: one.grant.person_id != actor.id)


def reporters_of(case: Case) -> list[dict[str, Any]]:
    """The reports of a case: what is kept of each maker, what was asked, what the law keeps."""
    reports = list(Report.objects.filter(case=case).order_by("pk")[:REPORTS_MOST])
    holds = Hold.objects.filter(report__in=reports, lifted_at=None)
    asked = Demand.objects.filter(report__in=reports).order_by("pk")
    held_by: dict[int, list[Hold]] = {}
    for one in holds:
        held_by.setdefault(one.report_id, []).append(one)
    by_report: dict[int | None, list[Demand]] = {}
    for each in asked:
        by_report.setdefault(each.report_id, []).append(each)
    return [
        {
            "report": report,
            "nth": nth,
            "demands": by_report.get(report.pk, []),
            "holds": held_by.get(report.pk, []),
        }
        for nth, report in enumerate(reports, start=1)
    ]
