"""Requests of those whom data are about, what the law keeps, what was erased (个人信息权利)."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shiyu.cases.models import Report
from shiyu.people.models import Person


class Demand(models.Model):
    """Somebody asks that what is known of them be erased (删除请求). Access needs no request.

    asked_by     receipt:12 for the reporter themself, person:3 for an officer on their behalf.
    reports      all reports of the same person that it covers, by id.
    remark_id    why it was refused.
    counts       what was erased, by kind: figures only.
    """

    class Ground(models.TextChoices):
        NO_LONGER_NEEDED = "no_longer_needed", _("处理目的已实现、不再需要")
        WITHDRAWN = "withdrawn", _("撤回同意")
        UNLAWFUL = "unlawful", _("违法或违反约定处理")
        RETENTION_OVER = "retention_over", _("保存期限届满")

    class Stage(models.TextChoices):
        ASKED = "asked", _("待办理")
        REFUSED = "refused", _("未同意")
        DONE = "done", _("已删除")

    report = models.ForeignKey(Report, models.PROTECT, related_name="demands")
    reports = models.JSONField(default=list)
    ground = models.CharField(_("依据"), max_length=20, choices=Ground)
    stage = models.CharField(_("状态"), max_length=10, choices=Stage, default=Stage.ASKED)
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, db_index=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    remark_id = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["report"], name="one_open_demand_a_report", condition=Q(stage="asked")
            ),
            models.CheckConstraint(
                name="demand_decided_by_somebody",
                condition=Q(stage="asked", decided_at__isnull=True)
                | (~Q(stage="asked") & Q(decided_at__isnull=False)),
            ),
        ]


class Hold(models.Model):
    """What the law orders to be kept for now: stored and guarded, no more (依法留存)."""

    class Ground(models.TextChoices):
        LAWSUIT = "lawsuit", _("诉讼、仲裁或行政复议正在进行")
        INQUIRY = "inquiry", _("监察、公安、检察机关依法调取")
        ARCHIVE = "archive", _("档案法规要求保存")
        TECHNICAL = "technical", _("技术上难以删除，只存储并保护")

    report = models.ForeignKey(Report, models.PROTECT, related_name="holds")
    ground = models.CharField(_("依据"), max_length=12, choices=Ground)
    until = models.DateField(_("留存至"))
    by = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["report", "until"], name="hold_in_force", condition=Q(lifted_at=None)
            )
        ]


class Erasure(models.Model):
    """An erasure that was carried out; its twin stands in the list outside the database (删除记录).

    ref   the name of both.
    why   demand:3, retention, restore.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    why = models.CharField(max_length=40)
    at = models.DateTimeField()
    counts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-id"]
