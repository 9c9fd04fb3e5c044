"""What people keep at the desk: saved filters, their columns, bulk moves, exports (工作台)."""

import secrets
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shiyu.cases.models import Case
from shiyu.desk.lifecycle import ExportStage
from shiyu.people.models import Person, Unit


def new_key() -> str:
    """A name that nobody guesses, for the address of what one person has begun."""
    return secrets.token_hex(16)


class Saved(models.Model):
    """A list's filters, columns and order under a name (常用筛选).

    unit        shared with the people of this unit; empty: one's own.
    queue       the list it narrows; `filters` are those of its address.
    deleted_at  taken out of the menu; until then forgotten it can be brought back.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="saved")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, db_index=False)
    name = models.CharField(_("名称"), max_length=30)
    queue = models.CharField(max_length=20)
    filters = models.JSONField(default=dict)
    columns = ArrayField(models.CharField(max_length=20), default=list)
    sort = models.CharField(max_length=10, default="", blank=True)
    dense = models.BooleanField(default=False)
    place = models.PositiveSmallIntegerField(_("次序"), default=0)
    opens_first = models.BooleanField(_("打开工作台时先看"), default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["place", "id"]
        indexes: ClassVar = [
            models.Index(fields=["unit"], name="saved_by_unit", condition=Q(unit__isnull=False))
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"],
                name="one_saved_opens_first",
                condition=Q(opens_first=True, deleted_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Layout(models.Model):
    """Which columns one person's lists show, and how closely (列表样式)."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="layout")
    columns = ArrayField(models.CharField(max_length=20), default=list)
    dense = models.BooleanField(default=False)


class Batch(models.Model):
    """One move for many cases: chosen, previewed, carried out case by case (批量办理).

    left  how many cases waited when its job was last ordered.
    """

    class State(models.TextChoices):
        CHOSEN = "chosen", _("待确认")
        RUNNING = "running", _("正在办理")
        DONE = "done", _("办完")
        STOPPED = "stopped", _("中断")

    key = models.CharField(max_length=32, default=new_key, unique=True)
    person = models.ForeignKey(Person, models.PROTECT)
    move = models.CharField(max_length=24)
    said = models.JSONField(default=dict)
    back = models.CharField(max_length=500, default="", blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.CHOSEN)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    left = models.PositiveIntegerField(null=True, blank=True)


class BatchItem(models.Model):
    """One case of a bulk move, at the version it was chosen at."""

    class State(models.TextChoices):
        WAITING = "waiting", _("未办")
        DONE = "done", _("已办")
        REFUSED = "refused", _("未能办理")

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="items")
    case = models.ForeignKey(Case, models.PROTECT, db_index=False)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    why = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        ordering: ClassVar = ["case_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "case"], name="once_in_a_batch")
        ]


class ExportLimits(models.Model):
    """How much may be taken out, by versions: the newest holds (导出限额).

    rows_most   more than this nobody exports.
    alone_most  more than this needs a second person.
    """

    rows_most = models.PositiveIntegerField(_("最多行数"), default=50_000)
    alone_most = models.PositiveIntegerField(_("无须批准的行数"), default=1_000)
    kept_hours = models.PositiveSmallIntegerField(_("保留小时"), default=72)
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True, blank=True)
    set_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(alone_most__lte=models.F("rows_most")),
                name="alone_within_what_anybody_exports",
            )
        ]


class Export(models.Model):
    """A list taken out as a file: for what, how much, who approved (导出).

    first, last  the places its rows lie in; whoever approves commands all of them.
    approvals    how many people have to approve it: two where it holds the whole city.
    personal     names and numbers unmasked, where its owner may know them.
    held         the duties by which its owner saw the rows, as the file was written.
    """

    class Purpose(models.TextChoices):
        REPORT = "report", _("汇报材料")
        CHECK = "check", _("核对数据")
        ANALYSE = "analyse", _("统计分析")
        HAND_OVER = "hand_over", _("移交资料")
        OTHER = "other", _("其他")

    key = models.CharField(max_length=32, default=new_key, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="exports")
    purpose = models.CharField(_("用途"), max_length=12, choices=Purpose)
    reason = models.CharField(_("用途说明"), max_length=200)
    queue = models.CharField(max_length=20)
    filters = models.JSONField(default=dict)
    filtered = models.CharField(max_length=300, default="", blank=True)
    columns = ArrayField(models.CharField(max_length=20), default=list)
    personal = models.BooleanField(default=False)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    counted = models.PositiveIntegerField(_("申请时行数"))
    stage = models.CharField(max_length=10, choices=ExportStage)
    approver = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="exports_decided"
    )
    seconder = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="exports_seconded"
    )
    approvals = models.PositiveSmallIntegerField(_("须几人批准"), default=1)
    decision = models.CharField(_("批复"), max_length=200, default="", blank=True)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    held = models.JSONField(default=list)
    written = models.PositiveIntegerField(_("已写行数"), default=0)
    sha256 = models.CharField(max_length=64, default="", blank=True)
    failure = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="export_decided_by_another",
                condition=Q(approver__isnull=True) | ~Q(approver=models.F("person")),
            ),
            models.CheckConstraint(
                name="export_seconded_by_a_third",
                condition=Q(seconder__isnull=True)
                | (
                    Q(approver__isnull=False)
                    & ~Q(seconder=models.F("person"))
                    & ~Q(seconder=models.F("approver"))
                ),
            ),
            models.CheckConstraint(
                name="export_made_has_end",
                condition=~Q(stage="made") | Q(expires_at__isnull=False, made_at__isnull=False),
            ),
        ]

    @property
    def subject(self) -> str:
        """Name of this record in the journal."""
        return f"export:{self.pk}"
