"""What was reported and by whom: masked, and open for whoever said why (上报人)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from shiyu.cases import actions
from shiyu.cases.models import Look, Report
from shiyu.common.errors import NotAllowed
from shiyu.desk.situation import Situation
from shiyu.journal.models import Remark

SHOWN_MOST = 50


@dataclass(frozen=True, slots=True)
class ReportShown:
    """One report of the case; who made it only for those who take the case in.

    reporter    masked, unless it is open.
    may_open    whether there is a name or number that this person may ask for.
    may_mark    whether it may be said that they are under fourteen.
    offers      what of it there is, and so may be asked for: name, phone, hidden.
    hidden      the numbers that were masked in the words, once it is open.
    open_until  until when this person sees it unmasked, after saying why.
    grant       the look by which they do, to end it.
    """

    pk: int
    at: datetime
    source: str
    words: str
    erased: bool
    reporter: str
    may_open: bool = False
    offers: tuple[str, ...] = ()
    hidden: str = ""
    may_mark: bool = False
    open_until: datetime | None = None
    grant: int = 0


@dataclass(frozen=True, slots=True)
class LookShown:
    """Somebody's look at who a reporter is (谁看过)."""

    at: datetime
    who: str
    purpose: str
    words: str
    nth: int


def of(about: Situation) -> tuple[list[ReportShown], list[LookShown]]:
    """The reports of a case, and who looked at their reporters."""
    remarks = about.remarks
    order = {report.pk: nth for nth, report in enumerate(about.reports[:SHOWN_MOST], start=1)}
    looks = [look for look in about.looks if look.report_id in order]
    shown = [_report(about, report, looks, remarks) for report in about.reports[:SHOWN_MOST]]
    return shown, [_look(about, look, remarks, order[look.report_id]) for look in looks]


def masked_name(name: str) -> str:
    """「王芳」 → 「王*」."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def masked_phone(phone: str) -> str:
    """「13800001234」 → 「138****1234」; a short number keeps only its end."""
    if len(phone) < 8:
        return "****" + phone[-2:] if phone else ""
    return f"{phone[:3]}****{phone[-4:]}"


def _report(
    about: Situation, report: Report, looks: Sequence[Look], remarks: dict[int, Remark]
) -> ReportShown:
    remark = remarks.get(report.remark_id or 0)
    erased = report.remark_id is not None and (remark is None or remark.erased_at is not None)
    words = remark.text if remark and not erased else ""
    staff = report.by_person.name if report.by_person else ""
    shown = (report.pk, report.reported_at, staff, words, erased)
    if not about.knows_reporter or not hasattr(report, "reporter"):
        return ReportShown(*shown, _("匿名") if about.knows_reporter else "")
    if report.reporter.is_minor:
        return ReportShown(*shown, _("不满十四周岁，信息已隐去"))
    name, phone = masked_name(report.reporter.name), masked_phone(report.reporter.phone)
    look = _open_look(about, report, looks)
    if look is not None:
        report.case = about.case
        try:
            said = actions.show(report, look, actor=about.actor)
        except NotAllowed:  # over since the page began
            said = None
        if said is not None:
            told = " ".join(filter(None, (said.get("name") or name, said.get("phone") or phone)))
            hidden = said.get("hidden", "")
            return ReportShown(
                *shown, told or _("匿名"), hidden=hidden, open_until=look.until, grant=look.pk
            )
    there = {"name": name, "phone": phone, "hidden": report.reporter.hidden}
    offers = tuple(field for field, said in there.items() if said)
    masked = " ".join(filter(None, (name, phone))) or _("匿名")
    return ReportShown(*shown, masked, bool(offers), offers, may_mark=bool(offers))


def _open_look(about: Situation, report: Report, looks: Sequence[Look]) -> Look | None:
    """The grant by which this person sees it now, if there is one: the widest, then the longest."""
    mine = [
        k
        for k in looks
        if (k.report_id, k.person_id) == (report.pk, about.actor.id)
        and k.until > about.now
        and not hasattr(k, "end")
    ]
    return max(mine, key=lambda k: (len(k.fields), k.until), default=None)


def _look(about: Situation, look: Look, remarks: dict[int, Remark], nth: int) -> LookShown:
    remark = remarks.get(look.remark_id or 0)
    kept = remark is not None and remark.erased_at is None and about.knows_reporter
    words = remark.text if kept and remark else ""
    return LookShown(look.at, look.person.name, look.get_purpose_display(), words, nth)
