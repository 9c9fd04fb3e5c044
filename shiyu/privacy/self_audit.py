"""The points of a self-audit, by articles of the law, and what answers each (合规审计要点).

Personal Information Protection Law art. 54. The points were drawn up from the law's articles, with
the topics of the official guideline (个人信息保护合规审计指引) in mind: not compared with its text.

A point is good, lacking, or to be answered by people: the program says so and says by whom.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shiyu.privacy import audit_counts as count
from shiyu.privacy.audit_figures import Counts, Figure, Period
from shiyu.privacy.models import SelfAudit


class State(models.TextChoices):
    """What a point came to (审计结果)."""

    GOOD = "good", _("未见欠缺")
    LACKING = "lacking", _("有欠缺")
    PEOPLE = "people", _("由人回答")


OPERATOR, LAWYER = _("城市运行指挥中心"), _("法制机构")
PEOPLE_OFFICE, HEAD = _("人事机构"), _("个人信息保护负责人")


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that is asked (要点).

    law     articles of the Personal Information Protection Law.
    counts  what answers it; none: nothing in the program does.
    where   the page on which it can be looked at.
    who     of what people answer: who; what  what they are asked.
    """

    name: str
    title: StrPromise
    law: tuple[str, ...]
    counts: Counts | None = None
    where: str = ""
    who: StrPromise | str = ""
    what: StrPromise | str = ""


POINTS = (
    Point("basis", _("合法性基础"), ("13", "34"), count.declared, "privacy:catalogue"),
    Point(
        "notice",
        _("处理规则和告知"),
        ("7", "17", "35"),
        count.told_first,
        "portal:notice",
        OPERATOR,
        _("热线、窗口怎样告知"),
    ),
    Point("consent", _("同意和撤回"), ("14", "15"), count.consented, "privacy:assessments"),
    Point(
        "joint",
        _("共同处理"),
        ("20",),
        who=LAWYER,
        what=_("有没有和别的单位共同决定目的和方式，约定了没有"),
    ),
    Point(
        "entrusted",
        _("委托处理"),
        ("21", "59"),
        count.entrusted,
        "",
        OPERATOR,
        _("和代发服务商的合同，怎样监督"),
    ),
    Point(
        "transfer",
        _("因机构合并、撤销而转移"),
        ("22",),
        count.left,
        "",
        OPERATOR,
        _("迁出给了谁，告知了没有"),
    ),
    Point("handed", _("向其他单位提供"), ("23",), count.handed_on, "privacy:assessments"),
    Point("automated", _("自动化决策"), ("24",), count.automated, "privacy:assessments"),
    Point(
        "published",
        _("公开"),
        ("25", "27"),
        who=OPERATOR,
        what=_("新闻、通报里公开的；程序自己只公开类别、位置、单位和状态"),
    ),
    Point(
        "cameras",
        _("公共场所图像采集"),
        ("26",),
        who=OPERATOR,
        what=_("摄像头由谁管，有没有提示标识；程序不接视频、不识别人脸和车牌"),
    ),
    Point(
        "sensitive",
        _("敏感个人信息"),
        ("28–30",),
        count.sensitive,
        "privacy:catalogue",
    ),
    Point("reads", _("谁看了，为什么"), ("5", "6"), count.reads, "privacy:grants"),
    Point("grants", _("查看授权"), ("51(4)",), count.grants, "privacy:grants"),
    Point("exports", _("含姓名电话的导出"), ("51(4)",), count.exported, ""),
    Point("minors", _("不满十四周岁"), ("31",), count.minors, "privacy:demands"),
    Point(
        "abroad",
        _("向境外提供"),
        ("38–43",),
        who=LAWYER,
        what=_("代发服务商、推送对方是不是在境内；程序自己不连境外"),
    ),
    Point(
        "rights",
        _("查阅、复制、更正、删除的申请"),
        ("44–50",),
        count.answered,
        "privacy:demands",
    ),
    Point("erased", _("删除"), ("47",), count.erased, "privacy:demands"),
    Point("kept", _("保存期限"), ("19",), count.kept, "privacy:keeping"),
    Point(
        "managed",
        _("管理制度和权限"),
        ("51(1)", "51(4)"),
        count.in_charge,
        "account_proposals",
    ),
    Point("measures", _("安全技术措施"), ("51(3)",), count.sealed, "desk:journal"),
    Point(
        "training",
        _("教育培训"),
        ("51(4)",),
        who=PEOPLE_OFFICE,
        what=_("培训的计划、次数和考核"),
    ),
    Point(
        "head",
        _("个人信息保护负责人"),
        ("52",),
        who=HEAD,
        what=_("指定了谁，公开了联系方式没有"),
    ),
    Point(
        "assessed",
        _("影响评估"),
        ("55", "56"),
        count.assessed,
        "privacy:assessments",
    ),
    Point(
        "plan",
        _("应急预案"),
        ("51(5)",),
        who=HEAD,
        what=_("预案的内容和演练；程序有泄露处置命令"),
    ),
    Point(
        "breaches",
        _("事件处置和告知"),
        ("57",),
        count.breached,
        "",
        HEAD,
        _("告知了谁、报告了没有；不用程序处置的事件"),
    ),
)


def period_of(since: date, until: date) -> Period:
    """From the first moment of the first day to the last of the last, by the city's clock."""
    zone = timezone.get_current_timezone()
    start = datetime.combine(since, time.min, zone)
    return Period(start, datetime.combine(until + timedelta(days=1), time.min, zone))


def counted(period: Period) -> list[dict[str, Any]]:
    """Every point as it is kept: with the words of today, in the language of the law."""
    with translation.override(None):
        return [
            _point(point, list(point.counts(period) if point.counts else ())) for point in POINTS
        ]


def _point(point: Point, figures: list[Figure]) -> dict[str, Any]:
    return {
        "name": point.name,
        "title": str(point.title),
        "law": list(point.law),
        "state": str(state_of(point, figures)),
        "where": point.where,
        "who": str(point.who),
        "what": str(point.what),
        "figures": [
            {
                "title": str(one.title),
                "count": one.count,
                "counted": str(one.counted),
                "wrong": bool(one.wrong and one.count),
            }
            for one in figures
        ],
    }


def state_of(point: Point, figures: list[Figure]) -> State:
    """Lacking where one lack is counted; else people's where they are asked; else good."""
    if any(one.wrong and one.count for one in figures):
        return State.LACKING
    asked = [one.count for one in figures if one.asks]
    if point.who and (not asked or any(asked)):
        return State.PEOPLE
    return State.GOOD


def shown(audit: SelfAudit) -> dict[str, Any]:
    """One that was kept, to be read: its own words, in the reader's language where there is one."""
    points = [_read(point) for point in audit.points]
    states = [point["state"] for point in points]
    return {
        "audit": audit,
        "points": points,
        "lacking": [point for point in points if point["state"] == State.LACKING],
        "sums": [(state.value, state.label, states.count(state.value)) for state in State],
    }


def _read(point: dict[str, Any]) -> dict[str, Any]:
    words = {name: _said(point[name]) for name in ("title", "who", "what")}
    figures = [
        {**one, "title": _said(one["title"]), "counted": _said(one["counted"])}
        for one in point["figures"]
    ]
    label, link = State(point["state"]).label, _link(point["where"])
    return {**point, **words, "figures": figures, "label": label, "link": link}


def _link(where: str) -> str:
    """The page where it can be looked at now; an old audit may name one that has gone."""
    try:
        return reverse(where) if where else ""
    except NoReverseMatch:
        return ""


def _said(words: str) -> str:
    return gettext(words) if words else ""


def last_quarter(today: date) -> tuple[date, date]:
    """The last whole quarter before this day."""
    first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    until = first - timedelta(days=1)
    return date(until.year, (until.month - 1) // 3 * 3 + 1, 1), until


def counts_of(audit: SelfAudit) -> Iterator[tuple[str, int]]:
    """How many points came to what, for the journal."""
    states = [point["state"] for point in audit.points]
    for state in State:
        yield state.value, states.count(state.value)
