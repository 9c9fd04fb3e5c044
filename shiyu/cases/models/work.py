"""Who works on a case: the parts of units, and checks on site (承办、核查)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shiyu.cases.models.case import Case
from shiyu.people.models import Person, Unit


class Assignment(models.Model):
    """The part of one unit in a case, with a clock of its own (承办)."""

    class State(models.TextChoices):
        SENT = "sent", _("待签收")
        SIGNED = "signed", _("处置中")
        HANDLED = "handled", _("已反馈")
        OBJECTED = "objected", _("有异议")
        LEFT = "left", _("已退出")

    case = models.ForeignKey(Case, models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="assignments")
    lead = models.BooleanField(_("主责"), default=False)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.SENT)
    sent_at = models.DateTimeField(_("派遣时间"))
    opened_at = models.DateTimeField(_("查看时间"), null=True, blank=True)
    signed_at = models.DateTimeField(_("签收时间"), null=True, blank=True)
    handled_at = models.DateTimeField(_("反馈时间"), null=True, blank=True)
    due_at = models.DateTimeField(_("截止时间"), null=True, blank=True)
    yellow_at = models.DateTimeField(_("临期时间"), null=True, blank=True)
    paused = models.BooleanField(_("暂停计时"), default=False)
    exempted = models.BooleanField(_("剔除超期"), default=False)

    class Meta:
        ordering: ClassVar = ["-lead", "id"]
        indexes: ClassVar = [
            models.Index(fields=["unit", "state", "due_at"]),
            models.Index(
                fields=["due_at"], name="part_red", condition=Q(state__in=["sent", "signed"])
            ),
            models.Index(
                fields=["yellow_at"], name="part_yellow", condition=Q(state__in=["sent", "signed"])
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "unit"], name="one_part_for_each_unit"),
            models.UniqueConstraint(
                fields=["case"],
                name="one_lead",
                condition=Q(lead=True, state__in=["sent", "signed", "handled"]),
            ),
        ]


class Check(models.Model):
    """A check on site, before filing or before closing (核查、核实任务)."""

    class Kind(models.TextChoices):
        BEFORE_FILING = "verify_before_filing", _("立案前核查")
        BEFORE_CLOSING = "verify_before_closing", _("结案前核查")

    case = models.ForeignKey(Case, models.PROTECT, related_name="checks")
    kind = models.CharField(max_length=24, choices=Kind)
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "kind"],
                name="one_open_check_of_a_kind",
                condition=Q(done_at__isnull=True),
            )
        ]
