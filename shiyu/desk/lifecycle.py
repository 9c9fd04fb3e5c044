"""The life of an export: asked for, approved or refused, made, expired (导出流程).

This table is the whole procedure: a step that is not here does not exist.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ExportStage(models.TextChoices):
    """Where an export stands."""

    ASKED = "asked", _("待批准")
    APPROVED = "approved", _("正在生成")
    REFUSED = "refused", _("未批准")
    MADE = "made", _("可下载")
    FAILED = "failed", _("没有生成")
    EXPIRED = "expired", _("已过期删除")


@dataclass(frozen=True, slots=True)
class ExportMove:
    """One step of an export: from this stage to that one, by whom."""

    title: str | Promise
    source: ExportStage
    target: ExportStage
    by: str


E = ExportStage
EXPORT_MOVES: dict[str, ExportMove] = {
    "approve": ExportMove(_("批准"), E.ASKED, E.APPROVED, "another"),
    "refuse": ExportMove(_("不批准"), E.ASKED, E.REFUSED, "another"),
    "make": ExportMove(_("生成"), E.APPROVED, E.MADE, "program"),
    "fail": ExportMove(_("没有生成"), E.APPROVED, E.FAILED, "program"),
    "download": ExportMove(_("下载"), E.MADE, E.MADE, "owner"),
    "expire": ExportMove(_("过期删除"), E.MADE, E.EXPIRED, "program"),
}
"""Every step by name; `download` leaves the stage and is recorded each time."""
