"""All that a city is made of, on one page: what it is, who works, how it connects, how it proves.

Each line names the duties whose holders may open it; a test opens every one as everybody.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shiyu.people.actors import Actor
from shiyu.people.duties import LOOKING, Duty
from shiyu.people.web import SignedIn, actor_of, signed_in

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

SYSTEM, SECURITY, AUDIT = Duty.SYSTEM_ADMIN, Duty.SECURITY_ADMIN, Duty.AUDIT_ADMIN
HANDLE = Duty.HANDLE


@dataclass(frozen=True, slots=True)
class Line:
    """A page, what one does there, and who may open it: nobody named, everybody signed in."""

    page: str
    title: "StrPromise"
    about: "StrPromise"
    duties: frozenset[str] = frozenset()

    @property
    def url(self) -> str:
        return reverse(self.page)

    def is_for(self, actor: Actor) -> bool:
        return not self.duties or actor.holds(*self.duties)


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines under one heading."""

    title: "StrPromise"
    lines: tuple[Line, ...]


def _line(page: str, title: "StrPromise", about: "StrPromise", *duties: str) -> Line:
    return Line(page, title, about, frozenset(duties))


PARTS = (
    Part(
        _("城市"),
        (
            _line("places:list", _("地区"), _("市、县区、街道、社区、网格和五长")),
            _line("places:maps", _("边界图"), _("导入、核对、发布和导出边界"), SYSTEM, AUDIT),
            _line("places:addresses", _("地名地址"), _("街巷、小区、门牌在哪里")),
            _line("calendars:list", _("工作日历"), _("节假日、调休、作息；改了以后哪些案件变")),
        ),
    ),
    Part(
        _("办什么"),
        (
            _line("catalogue:kinds", _("立结案标准"), _("小类、立案条件、时限、责任单位")),
            _line("catalogue:grid", _("入格事项清单"), _("哪些事项可以交到网格")),
            _line("catalogue:procedure", _("流程参数"), _("各环节时限、延期、挂账、重办")),
            _line("catalogue:objections", _("标准异议"), _("哪些单位认为标准不合适，怎样答复的")),
            _line("catalogue:reasons", _("常用理由"), _("办理时一点就写上的话")),
        ),
    ),
    Part(
        _("谁来办"),
        (
            _line(
                *("account_units", _("机构和岗位"), _("设立、更名、并入、拆分、停用")),
                *(SYSTEM, SECURITY, AUDIT),
            ),
            _line("account_people", _("人员"), _("账号、任职、代理、离任移交"), SECURITY, AUDIT),
            _line(
                *("account_proposals", _("管理员变更"), _("三员的账号和职责，两人办理")),
                *(SYSTEM, SECURITY, AUDIT),
            ),
        ),
    ),
    Part(
        _("与外面相连"),
        (
            _line("notices:connectors", _("外发通道"), _("邮件、短信和推送"), SYSTEM, AUDIT),
            _line(
                *("notices:deliveries", _("送达记录"), _("发出去的每一条，结果不明的在前")),
                *(SYSTEM, AUDIT),
            ),
            _line("api:keys", _("接口密钥"), _("哪些系统可以接入，能做什么"), SYSTEM, AUDIT),
            _line("api:reference", _("接口说明"), _("给对接的人看，可以当场试")),
        ),
    ),
    Part(
        _("有据可查"),
        (
            _line("desk:figures", _("日统计"), _("每天收了、办了、按时的件数"), *LOOKING, HANDLE),
            _line("desk:exports", _("导出记录"), _("谁为了什么取走了哪些案件")),
            _line("desk:export_limits", _("导出限额"), _("一次能取走多少、多少以上要人批准")),
            _line(
                *("privacy:catalogue", _("个人信息"), _("记了什么、存多久、谁要求删除")),
                *(SECURITY, AUDIT),
            ),
            _line("backups", _("备份和演练"), _("出事能恢复到哪一刻，演练过没有"), SYSTEM, AUDIT),
            _line("desk:journal", _("日志封存"), _("日志封到哪里、有没有改过"), SECURITY, AUDIT),
        ),
    ),
)


@signed_in
@require_safe
def overview(request: SignedIn) -> HttpResponse:
    """The pages this person may open, by what they are for (城市与系统)."""
    return render(request, "site/overview.html", {"parts": parts_for(actor_of(request))})


def parts_for(actor: Actor) -> list[tuple["StrPromise", list[Line]]]:
    """The lines this person may open, under their headings."""
    parts = [(part.title, [line for line in part.lines if line.is_for(actor)]) for part in PARTS]
    return [part for part in parts if part[1]]
