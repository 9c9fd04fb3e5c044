"""Looking at who reported a case: never without a purpose, never without a record (查看上报人).

An access grant (查看授权) opens name, number or both of one report to one person, for a purpose
that has its basis in law, until a time; who opened it, or who answers for the place, ends it.
What was looked at stands nowhere in the record: only whose report, by whom, why and until when.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.cases import finding, rules
from shiyu.cases.actions.turn import words_of
from shiyu.cases.lifecycle import INTAKE
from shiyu.cases.models import Case, Look, LookEnd, Report
from shiyu.common import attempts
from shiyu.common.attempts import Counter, Limit
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.actions import moment, record, write_remark
from shiyu.people.actors import Actor

OPEN_FOR = timedelta(hours=8)
"""How long somebody who said why sees a reporter's name and number: a shift. Each showing is a row
of its own all the same."""

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


FIELDS = ["name", "phone", "hidden"]
"""What of a reporter can be read; hidden: the numbers that were masked in their words."""
CONTACT = FIELDS[:2]

OF_ITSELF = frozenset({Look.Purpose.BY_PHONE, Look.Purpose.EXPORT, Look.Purpose.SUBJECT})
CHOSEN = tuple(p for p in Look.Purpose if p not in OF_ITSELF)
BASIS_OF = dict.fromkeys(Look.Purpose, Look.Basis.DUTY) | {Look.Purpose.SUBJECT: Look.Basis.RIGHT}
"""By what law each purpose may be followed."""


@transaction.atomic
def unmask(
    report: Report, *, purpose: str, reason: str, actor: Actor, fields: Sequence[str] = CONTACT
) -> Look:
    """Open a grant: let this person see who reported, for a while and for a purpose (查看上报人).

    fields  what of it: name, phone, hidden.

    Raises  NotAllowed for whoever does not take the case in; Refused without purpose, words or
            fields, or where none of these was given.
    """
    if actor.kind != "person" or not rules.knows_reporter(actor, report.case):
        raise NotAllowed(_("您的岗位看不到这件案件的上报人信息"))
    if purpose not in CHOSEN:
        raise Refused(_("选一个目的"), field="purpose")
    asked = [name for name in FIELDS if name in fields]
    if not asked:
        raise Refused(_("选要看的内容：称呼、电话、文字里的号码"), field="fields")
    if not hasattr(report, "reporter"):
        raise Refused(_("这次上报没有留下姓名和电话，文字里也没有号码"))
    if report.reporter.is_minor:
        raise Refused(_("上报人不满十四周岁：先由安全管理员批准，在「个人信息 · 申请」办理"))
    asked = [name for name in asked if getattr(report.reporter, name)]
    if not asked:
        raise Refused(_("上报人没有留下所选的内容"), field="fields")
    text, now = words_of(reason, needed=True), moment()
    remark = write_remark(report.subject, text, author=actor, at=now)
    look = Look.objects.create(
        report=report,
        person_id=actor.id,
        purpose=purpose,
        basis=BASIS_OF[Look.Purpose(purpose)],
        remark_id=remark.pk,
        at=now,
        until=now + OPEN_FOR,
        fields=asked,
    )
    facts = {"case": report.case_id, "purpose": purpose, "until": look.until, "fields": asked}
    record(report.subject, "unmask", actor=actor, at=now, facts=facts, remark=remark)
    return look


@transaction.atomic
def end_look(grant: Look, *, why: str, actor: Actor) -> LookEnd:
    """End a grant before its time; whatever is asked afterwards is masked again (收回查看授权).

    The caller has seen to it that this actor may. Raises OutOfOrder when it is over.
    """
    Report.objects.select_for_update(no_key=True).get(pk=grant.report_id)
    now = moment()
    if grant.under is not None or grant.until <= now or was_ended(grant):
        raise OutOfOrder(_("这项查看已经结束"))
    by = actor.id if actor.kind == "person" else None
    end = LookEnd.objects.create(look=grant, why=why, by_id=by, at=now)
    facts = {"look": grant.pk, "why": why}
    record(f"report:{grant.report_id}", "end_look", actor=actor, at=now, facts=facts)
    return end


def was_ended(grant: Look) -> bool:
    """Whether this grant was ended, asked of the database now."""
    return LookEnd.objects.filter(look=grant).exists()


@transaction.atomic
def show(report: Report, under: Look, *, actor: Actor) -> dict[str, str]:
    """What a look opens, for a page drawn while it is open; each time is a row (查看留痕).

    Raises  NotAllowed when the look is another's, another report's, over or ended, or its holder
            does not take the case in any more.
    """
    now = moment()
    theirs = (under.person_id, under.report_id) == (actor.id, report.pk)
    still = theirs and under.until > now and rules.knows_reporter(actor, report.case)
    if not still or was_ended(under):
        raise NotAllowed(_("您的岗位看不到这件案件的上报人信息"))
    said = {name: getattr(report.reporter, name) for name in FIELDS}
    fields = [name for name in FIELDS if said[name] and name in under.fields]
    Look.objects.create(
        report=report,
        person_id=actor.id,
        purpose=under.purpose,
        basis=under.basis,
        at=now,
        until=now,
        fields=fields,
        under=under.pk,
    )
    facts = {"case": report.case_id, "look": under.pk, "fields": fields}
    record(report.subject, "shown", actor=actor, at=now, facts=facts)
    return {name: said[name] for name in fields}


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
            basis=BASIS_OF[Look.Purpose(purpose)],
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
    reports: Sequence[int], *, subject: str, actor: Actor, fields: Sequence[str] = CONTACT
) -> None:
    """Keep with each of these reports that its reporter went into an approved export (导出)."""
    purpose, channel = Look.Purpose.EXPORT, Look.Channel.EXPORT
    note_reads(reports, purpose=purpose, channel=channel, fields=fields, actor=actor)
    facts = {"reports": list(reports), "fields": list(fields)}
    record(subject, "reporters", actor=actor, facts=facts)
