"""Looking at who reported a case: never without a purpose, never without a record (查看上报人).

What was looked at stands nowhere in the record: only whose report, by whom, why and until when.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.cases import finding, rules
from shiyu.cases.actions.turn import words_of
from shiyu.cases.lifecycle import INTAKE
from shiyu.cases.models import Case, Look, Report
from shiyu.common import attempts
from shiyu.common.attempts import Counter, Limit
from shiyu.common.errors import NotAllowed, Refused
from shiyu.journal.actions import moment, record, write_remark
from shiyu.people.actors import Actor

OPEN_FOR = timedelta(minutes=15)
"""How long somebody who said why sees a reporter's name and number."""

FOUND_MOST = 50
SEARCHING = Limit("phone_searching", 120, timedelta(hours=1), timedelta(minutes=15))
SEARCHED = Limit("phone_searched", 40, timedelta(hours=1), timedelta(minutes=15))
"""A busy telephone desk looks up each caller; nobody goes through all numbers, or after one."""
SEARCHES = "search:phone"
"""The subject of searches by telephone number in the journal."""


class TooManySearches(Refused):
    """More telephone numbers were looked up than a desk has callers (次数过多)."""

    code = "too_often"
    status = 429


FIELDS = ["name", "phone"]
"""What of a reporter can be read."""

OF_ITSELF = frozenset({Look.Purpose.BY_PHONE, Look.Purpose.EXPORT, Look.Purpose.SUBJECT})
CHOSEN = tuple(p for p in Look.Purpose if p not in OF_ITSELF)


@transaction.atomic
def unmask(report: Report, *, purpose: str, reason: str, actor: Actor) -> Look:
    """Let this person see who reported, for a while and for a purpose (查看上报人).

    Raises  NotAllowed for whoever does not take the case in; Refused without purpose or words.
    """
    if actor.kind != "person" or not rules.knows_reporter(actor, report.case):
        raise NotAllowed(_("您的岗位看不到这件案件的上报人信息"))
    if purpose not in CHOSEN:
        raise Refused(_("选一个目的"), field="purpose")
    if not hasattr(report, "reporter"):
        raise Refused(_("这次上报没有留下姓名和电话"))
    text, now = words_of(reason, needed=True), moment()
    remark = write_remark(report.subject, text, author=actor, at=now)
    look = Look.objects.create(
        report=report,
        person_id=actor.id,
        purpose=purpose,
        remark_id=remark.pk,
        at=now,
        until=now + OPEN_FOR,
        fields=FIELDS,
    )
    facts = {"case": report.case_id, "purpose": purpose, "until": look.until}
    record(report.subject, "unmask", actor=actor, at=now, facts=facts, remark=remark)
    return look


@transaction.atomic
def show(report: Report, under: Look, *, actor: Actor) -> tuple[str, str]:
    """Name and number for a page that is drawn while a look is open; each time is a row (查看留痕).

    Raises  NotAllowed when the look is another's, another report's or over.
    """
    now = moment()
    if (under.person_id, under.report_id) != (actor.id, report.pk) or under.until <= now:
        raise NotAllowed(_("您的岗位看不到这件案件的上报人信息"))
    said = {"name": report.reporter.name, "phone": report.reporter.phone}
    fields = [name for name in FIELDS if said[name]]
    Look.objects.create(
        report=report,
        person_id=actor.id,
        purpose=under.purpose,
        at=now,
        until=now,
        fields=fields,
        under=under.pk,
    )
    facts = {"case": report.case_id, "look": under.pk, "fields": fields}
    record(report.subject, "shown", actor=actor, at=now, facts=facts)
    return said["name"], said["phone"]


@transaction.atomic
def note_reads(
    reports: Sequence[int], *, purpose: str, channel: str, fields: Sequence[str], actor: Actor
) -> None:
    """Keep with each of these reports that its reporter was read, by whom, why, what of it."""
    now = moment()
    Look.objects.bulk_create(
        Look(
            report_id=pk,
            person_id=actor.id,
            purpose=purpose,
            at=now,
            until=now,
            channel=channel,
            fields=list(fields),
        )
        for pk in reports
    )


def search_by_phone(phone: str, *, actor: Actor) -> list[Case]:
    """The cases that somebody with this number reported, of those this actor takes in.

    The search is recorded, and with every report it found that it was found so; the number is
    not. Found or not, nothing tells of cases whose reporter this actor may not know.

    Raises  NotAllowed; TooManySearches past the bound of who searches or of the number.
    """
    if actor.kind != "person" or not actor.holds(INTAKE):
        raise NotAllowed(_("按电话查找由受理岗位办理，会留下记录"))
    closed = attempts.count(Counter(SEARCHING, actor.ref), Counter(SEARCHED, phone))
    if closed is not None:
        told = {"time": f"{closed.until:%H:%M}"}
        raise TooManySearches(_("按电话查找的次数太多了，%(time)s 以后再试") % told)
    return _search(phone, actor)


@transaction.atomic
def _search(phone: str, actor: Actor) -> list[Case]:
    cases = finding.newest_with_phone(rules.known_reporters(actor), phone, most=FOUND_MOST)
    found = list(cases.select_related("kind", "place", "centre").defer("place__boundary"))
    now = moment()
    reports = [vars(case)["report"] for case in found]
    by_phone, search = Look.Purpose.BY_PHONE, Look.Channel.SEARCH
    note_reads(reports, purpose=by_phone, channel=search, fields=["phone"], actor=actor)
    record(SEARCHES, "search_phone", actor=actor, at=now, facts={"reports": reports})
    return found


@transaction.atomic
def note_export(
    reports: Sequence[int], *, subject: str, actor: Actor, fields: Sequence[str] = FIELDS
) -> None:
    """Keep with each of these reports that its reporter went into an approved export (导出)."""
    purpose, channel = Look.Purpose.EXPORT, Look.Channel.EXPORT
    note_reads(reports, purpose=purpose, channel=channel, fields=fields, actor=actor)
    facts = {"reports": list(reports), "fields": list(fields)}
    record(subject, "reporters", actor=actor, facts=facts)
