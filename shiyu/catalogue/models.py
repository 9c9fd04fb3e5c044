"""Kinds of case, their standards by date, and the city's procedure (立结案标准)."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shiyu.catalogue.lifecycle import ObjectionStage
from shiyu.people.models import Person, Tier, Unit


class Procedure(models.Model):
    """A version of the numbers of the procedure: stage limits, how often, how long (流程参数).

    `limits` maps accept, filing, dispatch, sign, verify to an allowance in words ("15分钟");
    `intake_tiers` maps a channel to the tier whose centre takes it in, "" for all others.
    """

    version = models.PositiveIntegerField(unique=True)
    valid_from = models.DateField()
    limits = models.JSONField(default=dict)
    workday = models.CharField(max_length=12, default="end_of_day")
    recall_minutes = models.PositiveSmallIntegerField(default=10)
    objection_limit = models.CharField(max_length=20, default="4工作时")
    extensions_most = models.PositiveSmallIntegerField(default=2)
    suspension_days_most = models.PositiveSmallIntegerField(default=365)
    reopen_days = models.PositiveSmallIntegerField(default=14)
    intake_tiers = models.JSONField(default=dict, blank=True)
    source = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        ordering: ClassVar = ["-version"]

    def tier_for(self, channel: str) -> str:
        """The tier whose centre takes in what comes through this channel (受理层级)."""
        return str(self.intake_tiers.get(channel, self.intake_tiers.get("", Tier.COUNTY)))


class Kind(models.Model):
    """A kind of thing that can be wrong or wanted (案件小类)."""

    class Category(models.TextChoices):
        COMPONENT = "component", _("部件")
        EVENT = "event", _("事件")
        APPEAL = "appeal", _("诉求")
        MATTER = "matter", _("事项")

    code = models.CharField(_("代码"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    pinyin = models.CharField(max_length=240, default="", blank=True)
    category = models.CharField(_("类型"), max_length=12, choices=Category)
    major_code = models.CharField(_("大类代码"), max_length=10)
    major_name = models.CharField(_("大类名称"), max_length=80)
    in_grid = models.BooleanField(_("已入格"), default=True)
    not_in_grid_because = models.CharField(_("未入格原因"), max_length=200, default="", blank=True)
    settles = models.BooleanField(_("可自办自结"), default=False)
    for_public = models.BooleanField(_("公众可选"), default=True)
    ended_on = models.DateField(_("停用日期"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name


class StandardQuerySet(models.QuerySet["Standard"]):
    def valid_on(self, day: date) -> "StandardQuerySet":
        """Standards in force on this day (现行标准)."""
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=day), valid_from__lte=day
        )


class Standard(models.Model):
    """One condition of a kind: when it is filed, until when handled, when closed (立结案标准).

    Never edited: a new version ends the old one. A case keeps the one it was filed under.
    `handling` is an allowance in words; `limits` overrides stage limits of the procedure;
    `evidence` lists what handling must show, e.g. ["after"].
    """

    kind = models.ForeignKey(Kind, models.PROTECT, related_name="standards")
    ordinal = models.PositiveSmallIntegerField(_("序号"))
    version = models.PositiveIntegerField(_("版本"))
    valid_from = models.DateField(_("生效日期"))
    valid_until = models.DateField(_("失效日期"), null=True, blank=True)
    filing_condition = models.TextField(_("立案条件"))
    closing_condition = models.TextField(_("结案条件"), default="", blank=True)
    handling = models.CharField(_("处置时限"), max_length=20)
    season_first = models.CharField(_("季节起"), max_length=5, default="", blank=True)
    season_last = models.CharField(_("季节止"), max_length=5, default="", blank=True)
    limits = models.JSONField(_("环节时限"), default=dict, blank=True)
    evidence = models.JSONField(_("处置凭证"), default=list, blank=True)
    legal_basis = models.TextField(_("法律依据"), default="", blank=True)
    collecting = models.TextField(_("采集要求"), default="", blank=True)
    source = models.CharField(_("来源"), max_length=200, default="", blank=True)

    objects: ClassVar = StandardQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["kind", "ordinal", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "ordinal", "version"], name="standard_version_once"
            )
        ]

    def __str__(self) -> str:
        return self.filing_condition


class Responsibility(models.Model):
    """Which unit leads or cooperates for a standard, at each tier (责任单位)."""

    class Role(models.TextChoices):
        LEAD = "lead", _("主责")
        CO = "co", _("协办")
        WATCH = "watch", _("监管")

    standard = models.ForeignKey(Standard, models.CASCADE, related_name="responsibilities")
    tier = models.CharField(_("层级"), max_length=12, choices=Tier)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="responsibilities")
    role = models.CharField(_("角色"), max_length=6, choices=Role, default=Role.LEAD)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["standard", "tier", "unit"], name="responsible_once")
        ]


class Reason(models.Model):
    """A usual reason that a move offers; any other may be written (常用理由)."""

    LONGEST = 60

    class Move(models.TextChoices):
        DISMISS = "dismiss", _("不予立案")
        OBJECT = "object", _("派单异议")
        REWORK = "rework", _("返工")
        ASK_EXTENSION = "ask_extension", _("延期申请")
        REFUSE_EXTENSION = "refuse_extension", _("不同意延期")
        ASK_SUSPENSION = "ask_suspension", _("挂账申请")
        REFUSE_SUSPENSION = "refuse_suspension", _("不同意挂账")
        ESCALATE = "escalate", _("上报上级")
        CLOSE = "close", _("结案未解决的原因")
        ASK_VOID = "ask_void", _("申请作废")
        APPEAL = "appeal", _("申诉超期")

    move = models.CharField(_("办理动作"), max_length=20, choices=Move)
    text = models.CharField(_("理由"), max_length=LONGEST)
    ended_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["move", "id"]

    def __str__(self) -> str:
        return self.text


class Objection(models.Model):
    """What a unit holds against a version of a standard, and how it was answered (标准异议).

    said, answer  official words of the unit and of the editors, read by everybody signed in.
    """

    LONGEST = 500

    standard = models.ForeignKey(Standard, models.PROTECT, related_name="objections")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    said = models.CharField(_("异议"), max_length=LONGEST)
    raised_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(_("提出时间"))
    stage = models.CharField(_("状态"), max_length=12, choices=ObjectionStage, default="raised")
    answer = models.CharField(_("答复"), max_length=LONGEST, default="", blank=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True, blank=True)
    ended_at = models.DateTimeField(_("答复时间"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["standard", "unit"],
                condition=Q(stage="raised"),
                name="one_open_objection_of_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(stage="raised", ended_at__isnull=True)
                | (~Q(stage="raised") & Q(ended_at__isnull=False)),
                name="objection_ended_with_its_stage",
            ),
        ]

    def __str__(self) -> str:
        return self.said

    @property
    def subject(self) -> str:
        """Its name in the journal, e.g. objection:17."""
        return f"objection:{self.pk}"


class SheetUpload(models.Model):
    """A spreadsheet of standards between being looked at and being published; kept for a day."""

    name = models.CharField(max_length=200)
    content = models.BinaryField()
    category = models.CharField(max_length=12, default="", blank=True)
    valid_from = models.DateField()
    by = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)
