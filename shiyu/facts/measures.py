"""What is counted each day (统计项)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Measure(models.TextChoices):
    """One thing done with a case, counted on the day on which it was done."""

    REPORTED = "reported", _("上报")
    JOINED = "joined", _("一事多报")
    ACCEPTED = "accepted", _("受理")
    DISMISSED = "dismissed", _("不予立案")
    FILED = "filed", _("立案")
    ESCALATED = "escalated", _("上报上级")
    DISPATCHED = "dispatched", _("派遣")
    RECALLED = "recalled", _("撤回")
    SENT = "sent", _("派到单位")
    OBJECTED = "objected", _("派单异议")
    SIGNED = "signed", _("签收")
    EXTENDED = "extended", _("延期")
    SUSPENDED = "suspended", _("挂账")
    ANSWERED = "answered", _("处置反馈")
    REWORKED = "reworked", _("返工")
    HANDLED = "handled", _("处置完成")
    VERIFIED = "verified", _("核查通过")
    CLOSED = "closed", _("结案")
    SETTLED = "settled", _("自办自结")
    REOPENED = "reopened", _("重办")
    MERGED = "merged", _("并案")
    WITHDRAWN = "withdrawn", _("撤诉")
    VOIDED = "voided", _("作废")
    EXEMPTED = "exempted", _("剔除超期")
    URGED = "urged", _("催办")
    RATED = "rated", _("评价")


OF_UNITS = frozenset(
    {
        Measure.SENT,
        Measure.OBJECTED,
        Measure.SIGNED,
        Measure.EXTENDED,
        Measure.SUSPENDED,
        Measure.ANSWERED,
        Measure.REWORKED,
        Measure.HANDLED,
        Measure.CLOSED,
        Measure.SETTLED,
        Measure.REOPENED,
        Measure.EXEMPTED,
        Measure.URGED,
        Measure.RATED,
    }
)
"""Counted under the unit whose work it concerns; all others under the case's centre then."""
