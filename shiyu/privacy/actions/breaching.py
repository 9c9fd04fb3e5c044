"""After a leak: grants frozen, those whose data were read listed, notices drafted (泄露处置).

Who is affected is read from the record of reads alone (`cases_look`): every name or number that
left the database unmasked is a row there. What left it otherwise (a stolen disk) is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from shiyu.cases.actions import end_look
from shiyu.cases.models import Look, LookEnd, Report
from shiyu.journal.actions import record
from shiyu.people.actors import Actor

PROGRAM = Actor.program("breach")
SUBJECT = "breach:all"


@dataclass(frozen=True, slots=True)
class Extent:
    """What may have leaked: what this person read, of this case, in this time; None: any."""

    since: datetime
    until: datetime
    person: int | None = None
    case: int | None = None

    def narrowed(self, looks: "QuerySet[Look]") -> "QuerySet[Look]":
        """These looks, as far as they are by the person and of the case."""
        if self.person is not None:
            looks = looks.filter(person=self.person)
        return looks.filter(report__case=self.case) if self.case is not None else looks


@dataclass(slots=True)
class Affected:
    """One report whose maker's data were read: how often, what, by whom. No name, no number."""

    report: int
    number: str
    first: datetime
    last: datetime
    reads: int = 0
    fields: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=set)


def reads(extent: Extent) -> "QuerySet[Look]":
    """Every read in this extent: what was shown, found, taken out, handed out."""
    found = Look.objects.filter(at__gte=extent.since, at__lt=extent.until, until=F("at"))
    return extent.narrowed(found)


def affected(extent: Extent) -> list[Affected]:
    """The reports whose makers are to be told, by number of case."""
    found: dict[int, Affected] = {}
    rows = reads(extent).order_by("pk").select_related("report__case", "person")
    for look in rows.iterator(chunk_size=2_000):
        one = found.setdefault(
            look.report_id, Affected(look.report_id, look.report.case.number, look.at, look.at)
        )
        one.last, one.reads = look.at, one.reads + 1
        one.fields |= set(look.fields)
        one.channels.add(look.get_channel_display())
        one.readers.add(look.person.username)
    return sorted(found.values(), key=lambda one: one.number)


def open_grants(extent: Extent) -> "QuerySet[Look]":
    """The grants that are open now, of the person and the case alone where these are given."""
    now = timezone.now()
    return extent.narrowed(Look.objects.filter(under=None, until__gt=now, end=None))


@transaction.atomic
def freeze(extent: Extent) -> int:
    """End all of them at once; returns how many. One line says that it was done and how far."""
    grants = list(open_grants(extent).select_related("report").order_by("pk"))
    for grant in grants:
        end_look(grant, why=LookEnd.Why.BREACH, actor=PROGRAM)
    facts = {
        "frozen": len(grants),
        "since": extent.since,
        "until": extent.until,
        "person": extent.person,
        "case": extent.case,
    }
    record(SUBJECT, "freeze", actor=PROGRAM, facts=facts)
    return len(grants)


def notices(extent: Extent, found: list[Affected]) -> Iterator[tuple[str, str]]:
    """Drafts by file name, to those affected and to the authority, in the language of the law."""
    kinds = {name for one in found for name in one.fields}
    told = {
        "since": f"{timezone.localtime(extent.since):%Y-%m-%d %H:%M}",
        "until": f"{timezone.localtime(extent.until):%Y-%m-%d %H:%M}",
        "kinds": "、".join(
            title
            for name, title in (
                ("name", "称呼"),
                ("phone", "手机号码"),
                ("hidden", "文字里写到的号码"),
            )
            if name in kinds
        ),
        "reports": len(found),
        "reads": sum(one.reads for one in found),
    }
    yield "notice-to-people.txt", TO_PEOPLE % told
    yield "report-to-authority.txt", TO_AUTHORITY % told


def reporters_left(found: list[Affected]) -> int:
    """Of how many of these reports the maker can still be reached."""
    reached = Report.objects.filter(pk__in=[one.report for one in found])
    return reached.filter(reporter__isnull=False).count()


TO_PEOPLE = """个人信息安全事件告知（草稿，个人信息保护法第五十七条）

%(since)s 至 %(until)s 期间，您留下的下列信息可能被泄露：%(kinds)s。
原因：【填写】
可能造成的危害：【填写，例如冒充办理人员的电话和短信】
已经采取的措施：已收回全部查看授权，正在核查。【补充】
您可以采取的措施：不向来电者提供验证码和账户信息；凭回执码查看谁看过您的信息；需要时申请删除。
联系方式：【填写单位、电话、地址】
"""

TO_AUTHORITY = """个人信息安全事件报告（草稿）
依据：个人信息保护法第五十七条、网络数据安全管理条例第十一条

时间范围：%(since)s 至 %(until)s
信息种类：%(kinds)s
涉及上报：%(reports)d 件；涉及查看：%(reads)d 次（依查看记录，名单见 affected.csv）
原因和可能造成的危害：【填写】
已经采取的补救措施：收回查看授权；【补充】
告知个人的情况：【已告知／不告知的理由】
联系人和联系方式：【填写】
"""
