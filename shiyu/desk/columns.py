"""What a list may show of a case, on the page and in a file (列)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shiyu.cases import timing
from shiyu.cases.channels import title_of
from shiyu.cases.models import Case

Told = str | datetime | None


@dataclass(frozen=True, slots=True)
class Around:
    """What the rows of one page need besides their cases, read at once for all of them."""

    paths: dict[int, list[Any]]
    leads: dict[int, str]
    said: dict[int, str]
    reporters: dict[int, tuple[str, str]]
    now: datetime


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, how wide it is in a file, what it tells of a case."""

    name: str
    title: StrPromise
    width: int
    tell: Callable[[Case, Around], Told]
    personal: bool = False


def _light(case: Case, around: Around) -> str:
    if not case.is_open:
        return ""
    return str(LIGHTS.get(timing.lamp(case, now=around.now)["light"] or "", ""))


def _level(level: str) -> Callable[[Case, Around], Told]:
    def told(case: Case, around: Around) -> str:
        path = around.paths.get(case.place_number, [])
        return next((place.name for place in path if place.level == level), "")

    return told


LIGHTS = {"red": _("超期"), "yellow": _("临期"), "green": _("正常"), "grey": _("暂停")}
COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("number", _("编号"), 20, lambda c, _a: c.number),
        Column("kind", _("类别"), 16, lambda c, _a: c.kind.name if c.kind else ""),
        Column("stage", _("阶段"), 10, lambda c, _a: str(c.get_stage_display())),
        Column("outcome", _("结案结果"), 12, lambda c, _a: str(c.get_outcome_display())),
        Column("light", _("时限状态"), 10, _light),
        Column("due", _("截止时间"), 17, lambda c, _a: c.due_at),
        Column("reported", _("上报时间"), 17, lambda c, _a: c.reported_at),
        Column("closed", _("办结时间"), 17, lambda c, _a: c.closed_at),
        Column("county", _("区县"), 12, _level("county")),
        Column("township", _("街道乡镇"), 14, _level("township")),
        Column("address", _("位置描述"), 30, lambda c, _a: c.address),
        Column("channel", _("来源"), 10, lambda c, _a: str(title_of(c.channel))),
        Column("centre", _("承办中心"), 18, lambda c, _a: c.centre.name),
        Column("lead", _("主责单位"), 20, lambda c, a: a.leads.get(c.pk, "")),
        Column("round", _("轮次"), 6, lambda c, _a: str(c.round)),
        Column("said", _("反映的内容"), 40, lambda c, a: a.said.get(c.pk, "")),
        Column("name", _("上报人"), 10, lambda c, a: a.reporters.get(c.pk, ("", ""))[0], True),
        Column("phone", _("上报人电话"), 14, lambda c, a: a.reporters.get(c.pk, ("", ""))[1], True),
    )
}
"""Every column of a file, in its order there."""

USUAL = (
    *("number", "kind", "stage", "light", "due", "reported"),
    *("county", "township", "address", "channel", "lead"),
)


def chosen(names: Sequence[str]) -> list[Column]:
    """These columns in their own order; the usual ones when none is known."""
    found = [column for name, column in COLUMNS.items() if name in names]
    return found or [COLUMNS[name] for name in USUAL]


def local(moment: datetime) -> datetime:
    """A moment as the city's clocks show it, without its zone: what a sheet can hold."""
    return timezone.localtime(moment).replace(tzinfo=None)
