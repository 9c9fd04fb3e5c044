"""What a self-audit counts in the city's records: figures with how they were counted (审计取数).

Nothing here is reckoned or estimated: a figure is a count of rows, columns or days.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Count, F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shiyu.calendars.rules import read_calendars
from shiyu.cases.models import Look, LookEnd, Report, Reporter
from shiyu.journal.models import Line, Seal
from shiyu.notices.models import Connector, Follower, Subscription
from shiyu.people.duties import ADMINISTRATION, Duty
from shiyu.people.models import Proposal
from shiyu.people.rules import holders_of
from shiyu.privacy import catalogue, outside, processing, rules
from shiyu.privacy.actions import retention
from shiyu.privacy.actions.breaching import SUBJECT as BREACHES
from shiyu.privacy.audit_figures import Counted, Figure, Period
from shiyu.privacy.declared import Kind
from shiyu.privacy.keeping import RULES
from shiyu.privacy.lifecycle import Assessed, Stage
from shiyu.privacy.lifecycle import Kind as Asked
from shiyu.privacy.models import Assessment, Demand, Erasure
from shiyu.privacy.processing import PROCESSINGS

TERM_DAYS = 15
"""Working days in which somebody who asks about their data is answered."""
A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
LONGEST_GRANT = timedelta(hours=8)
UNSEALED_MOST = 1_000
ONE_WHO_ASKS_ONE_WHO_DECIDES = 2


NOW = _("现在，数据库里")


def declared(_period: Period) -> Counted:
    """Personal columns, found in the models and compared with the catalogue."""
    found = list(catalogue.columns())
    yield Figure(_("数据表字段"), len(found), _("程序的全部数据表，逐个字段"))
    personal = sum(1 for column in found if column.is_personal)
    yield Figure(_("其中声明为个人信息的"), personal, _("数据目录写明目的、法律依据和保存期限"))
    yield Figure(
        _("查到而没有声明的，或声明有误的"),
        len(catalogue.faults()),
        _("字段和数据目录比对"),
        wrong=True,
    )


def told_first(period: Period) -> Counted:
    """Who reported online saw a notice; of others the program does not know."""
    sent = Report.objects.filter(period.of("reported_at"), source="portal")
    yield Figure(_("居民在线上报"), sent.count(), _("期间，来源是居民端的上报"))
    yield Figure(
        _("没有记下看到哪一版告知书的"),
        sent.filter(notice="").count(),
        _("其中告知书版本为空的"),
        wrong=True,
    )
    others = Report.objects.filter(period.of("reported_at")).exclude(source="portal").count()
    yield Figure(
        _("其他来源的上报"), others, _("期间；热线、窗口和其他系统怎样告知，程序不知道"), asks=True
    )


def consented(period: Period) -> Counted:
    """Numbers that are told of progress."""
    followers = Follower.objects
    yield Figure(_("同意接收进展、还在接收的号码"), followers.filter(ended_at=None).count(), NOW)
    yield Figure(
        _("停止接收的"),
        followers.filter(period.of("ended_at")).count(),
        _("期间停止、还没有清除的"),
    )


def entrusted(_period: Period) -> Counted:
    """Providers of messages in use."""
    used = Connector.objects.filter(in_use=True).count()
    yield Figure(_("在用的短信、邮件代发接口"), used, NOW, asks=True)


def handed_on(_period: Period) -> Counted:
    """Other systems that read cases, and whether that was assessed."""
    keys = apps.get_model("api.Key")._default_manager
    open_now = keys.filter(revoked_at=None, expires_at__gt=timezone.now()).count()
    yield Figure(_("有效的接口密钥"), open_now, NOW)
    yield Figure(_("推送订阅"), Subscription.objects.count(), NOW)
    lacking = int("interfaces" in rules.not_assessed())
    yield Figure(_("在提供而没有有效评估的"), lacking, _("影响评估「向其他系统提供」"), wrong=True)


def left(period: Period) -> Counted:
    """Exports of everything."""
    lines = Line.objects.filter(period.of("occurred_at"), subject="city:1", verb="export_end")
    yield Figure(_("整体迁出"), lines.count(), _("期间日志里写成的 shiyu export"), asks=True)


def automated(_period: Period) -> Counted:
    """Whether what is suggested by machine was assessed."""
    lacking = int("suggest" in rules.not_assessed())
    yield Figure(_("没有有效评估的自动建议"), lacking, _("影响评估「自动建议」"), wrong=True)


def sensitive(_period: Period) -> Counted:
    """Sensitive columns, whether each is assessed, and whether reporters are encrypted."""
    kinds = {Kind.SENSITIVE, Kind.MINOR}
    found = [c.handling for c in catalogue.columns() if c.handling is not None]
    yield Figure(
        _("敏感个人信息的字段"), sum(1 for h in found if h.kind in kinds), _("数据目录里这两类")
    )
    yield Figure(
        _("没有归入任何一项评估的"),
        len(processing.unassigned()),
        _("字段和评估清单比对"),
        wrong=True,
    )
    clear = Reporter.objects.exclude(plain_name="", plain_phone="").count()
    yield Figure(_("没有加密的上报人姓名或电话"), clear, NOW, wrong=True)


BEYOND = """
    SELECT count(*) FROM cases_look shown JOIN cases_look opened ON opened.id = shown.under
      LEFT JOIN cases_lookend ended ON ended.look_id = opened.id
     WHERE shown.at >= %s AND shown.at < %s
       AND (shown.at > opened.until OR shown.at > ended.at
            OR shown.person_id <> opened.person_id OR shown.report_id <> opened.report_id)
"""


def reads(period: Period) -> Counted:
    """Names and numbers that were seen, by purpose, and what no grant covered."""
    seen = Look.objects.filter(period.of("at"), until=F("at")).order_by()
    by_purpose = dict(seen.values_list("purpose").annotate(n=Count("pk")))
    for purpose, title in Look.Purpose.choices:
        yield Figure(title, by_purpose.pop(purpose, 0), _("期间看到姓名或号码的次数，按目的"))
    yield Figure(
        _("目的不在清单里的"),
        sum(by_purpose.values()),
        _("期间看到姓名或号码的次数，按目的"),
        wrong=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(BEYOND, [period.start, period.end])
        ((beyond,),) = cursor.fetchall()
    yield Figure(
        _("超出授权的查看"),
        beyond,
        _("期间到期、收回以后的，或者不是同一人、同一上报的"),
        wrong=True,
    )


def grants(period: Period) -> Counted:
    """Grants opened, too long, ended, open."""
    opened = Look.objects.filter(period.of("at"), under=None, until__gt=F("at"))
    yield Figure(_("打开的查看授权"), opened.count(), _("期间，每次一个目的、最长 8 小时"))
    long = opened.filter(until__gt=F("at") + LONGEST_GRANT).count()
    yield Figure(_("长于 8 小时的"), long, _("其中"), wrong=True)
    ended = LookEnd.objects.filter(period.of("at")).count()
    yield Figure(_("提前收回的"), ended, _("期间"))
    now = Look.objects.filter(under=None, until__gt=timezone.now(), end=None).exclude(until=F("at"))
    yield Figure(_("现在还开着的"), now.count(), NOW)


def exported(period: Period) -> Counted:
    """Files with names, and whether all approved."""
    files = apps.get_model("desk.Export")._default_manager
    made = files.filter(period.of("made_at"), personal=True)
    yield Figure(_("含姓名电话的导出文件"), made.count(), _("期间写成的"))
    alone = made.filter(Q(approver=None) | Q(approvals__gt=1, seconder=None)).count()
    yield Figure(_("没有批齐就写成的"), alone, _("其中批准的人少于应有的"), wrong=True)


def minors(period: Period) -> Counted:
    """Reporters marked as under fourteen, and those kept too long."""
    marked = Reporter.objects.exclude(guardian="").count()
    yield Figure(_("标记为不满十四周岁的上报人"), marked, NOW)
    asked = Demand.objects.filter(period.of("asked_at"), ground=Demand.Ground.MINOR)
    yield Figure(_("为联系监护人申请取走的"), asked.count(), _("期间的申请"))
    past = retention.due(now=timezone.now() - A_DAY, only=["minor"])["minor"].gone
    yield Figure(_("办结 90 天后还留着的"), past, _("现在，过期一天以上的"), wrong=True)


def answered(period: Period) -> Counted:
    """Requests by kind, answered in their term and out of it."""
    asked = list(Demand.objects.filter(period.of("asked_at")).exclude(stage=Stage.WITHDRAWN))
    for kind in Asked:
        n = sum(1 for one in asked if one.kind == kind)
        yield Figure(kind.label, n, _("期间提出、没有撤回的"))
    decided = [one for one in asked if one.decided_at is not None]
    late = sum(1 for one in decided if _is_late(one.asked_at, one.decided_at))
    yield Figure(_("按时答复的"), len(decided) - late, _("15 个工作日内，按全市工作日历"))
    yield Figure(_("超期才答复的"), late, _("15 个工作日内，按全市工作日历"), wrong=True)
    waiting = Demand.objects.filter(stage=Stage.ASKED).values_list("asked_at", flat=True)
    over = sum(1 for at in waiting if _is_late(at, timezone.now()))
    yield Figure(_("超期还没有答复的"), over, _("现在，不论何时提出"), wrong=True)


def last_day(asked: date) -> date:
    """The last day on which a request of this day is answered in time."""
    calendar, day, left_over = read_calendars().city, asked, TERM_DAYS
    while left_over:
        day += A_DAY
        left_over -= calendar.works(day)
    return day


def _is_late(asked: datetime, at: datetime | None) -> bool:
    return at is not None and timezone.localdate(at) > last_day(timezone.localdate(asked))


def kept(period: Period) -> Counted:
    """What should have gone by each rule of keeping, and what went."""
    past = retention.due(now=timezone.now() - A_DAY)
    for name, tally in past.items():
        yield Figure(RULES[name].title, tally.gone, _("现在，过期一天以上还没有删除的"), wrong=True)
    held = sum(tally.held for tally in past.values())
    yield Figure(_("过期而依法留存的"), held, _("现在，有留存依据和期限"))
    lines = Line.objects.filter(
        period.of("occurred_at"), subject__in=[f"retention:{name}" for name in past], verb="purge"
    )
    gone = sum(int(facts["count"]) for facts in lines.values_list("facts", flat=True))
    yield Figure(_("到期删除的"), gone, _("期间日志里每批的条数之和"))


def erased(period: Period) -> Counted:
    """Erasures done, owed, and forgotten by the list outside."""
    done = Erasure.objects.filter(period.of("at"))
    yield Figure(_("应申请删除的"), done.count(), _("期间的删除记录"))
    kinds = (Asked.ERASE, Asked.WORDS)
    owed = Demand.objects.filter(stage=Stage.ASKED, kind__in=kinds).count()
    yield Figure(_("申请了还没有办的"), owed, NOW)
    listed = {one.ref for one in outside.read(outside.list_path())}
    refs = Erasure.objects.values_list("ref", flat=True)
    missing = sum(1 for ref in refs.iterator() if str(ref) not in listed)
    yield Figure(
        _("库外删除清单里没有的"),
        missing,
        _("全部删除记录和清单比对；恢复备份时会漏删"),
        wrong=True,
    )


def in_charge(period: Period) -> Counted:
    """Administrators, whether there are enough, and whether two are one."""
    holders = {duty: holders_of(duty) for duty in ADMINISTRATION}
    security, audit = len(holders[Duty.SECURITY_ADMIN]), len(holders[Duty.AUDIT_ADMIN])
    yield Figure(Duty.SECURITY_ADMIN.label, security, _("现在在任、账号启用的"))
    lacking = max(0, ONE_WHO_ASKS_ONE_WHO_DECIDES - security) + max(0, 1 - audit)
    yield Figure(_("缺的人"), lacking, _("安全管理员要两名，审计管理员要一名"), wrong=True)
    everybody = [person for found in holders.values() for person in found]
    both = len(everybody) - len(set(everybody))
    yield Figure(_("一人兼任两种管理员的"), both, _("现在在任、账号启用的"), wrong=True)
    decided = Proposal.objects.filter(period.of("decided_at"), stage="done")
    yield Figure(_("两人办理的管理员变更"), decided.count(), _("期间批准的"))


def sealed(period: Period) -> Counted:
    """Lines of the journal sealed, and those that wait."""
    batches = Seal.objects.filter(period.of("sealed_at"))
    lines = batches.aggregate(n=Sum("lines"))["n"] or 0
    yield Figure(_("封存的日志行"), lines, _("期间封存的批次里的行数之和"))
    last = Seal.objects.order_by("-no").values_list("sealed_at", flat=True).first()
    open_ = Line.objects.filter(recorded_at__lt=timezone.now() - AN_HOUR).order_by()
    open_ = open_.filter(recorded_at__gt=last) if last else open_
    count = open_.values("pk")[:UNSEALED_MOST].count()
    yield Figure(
        _("最后一次封存以后超过一小时的行"), count, _("现在，最多数到 1000 行"), wrong=True
    )


def assessed(period: Period) -> Counted:
    """Processings in use and their assessments."""
    used = sum(1 for one in PROCESSINGS.values() if one.in_use())
    yield Figure(_("正在进行、需要评估的处理"), used, _("评估清单，按数据库里有没有判断"))
    yield Figure(
        _("没有有效评估的"),
        len(rules.not_assessed()),
        _("没有批准的、到期的、结论是不得进行的"),
        wrong=True,
    )
    decided = Assessment.objects.filter(period.of("decided_at"), stage=Assessed.APPROVED)
    yield Figure(_("批准的评估"), decided.count(), _("期间，一人写、另一人批准"))


def breached(period: Period) -> Counted:
    """Leaks that were dealt with."""
    found: Any = Line.objects.filter(period.of("occurred_at"), subject=BREACHES, verb="freeze")
    yield Figure(_("按泄露处置的次数"), found.count(), _("期间日志里收回全部授权的记录"), asks=True)
