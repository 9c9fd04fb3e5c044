"""The life of an objection to a standard: raised, answered or taken back (标准异议流程).

This table is the whole procedure: a step that is not here does not exist.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ObjectionStage(models.TextChoices):
    """Where an objection to a standard stands."""

    RAISED = "raised", _("待答复")
    ADOPTED = "adopted", _("已采纳")
    DECLINED = "declined", _("未采纳")
    WITHDRAWN = "withdrawn", _("已撤回")


@dataclass(frozen=True, slots=True)
class ObjectionMove:
    """One step of an objection: from this stage to that one, by the editors or by its unit."""

    title: str | Promise
    source: ObjectionStage
    target: ObjectionStage
    by: str


S = ObjectionStage
OBJECTION_MOVES: dict[str, ObjectionMove] = {
    "adopt": ObjectionMove(_("采纳"), S.RAISED, S.ADOPTED, "editor"),
    "decline": ObjectionMove(_("不采纳"), S.RAISED, S.DECLINED, "editor"),
    "withdraw": ObjectionMove(_("撤回异议"), S.RAISED, S.WITHDRAWN, "unit"),
}
"""Every step by name; whoever raises an objection anew raises another one."""
