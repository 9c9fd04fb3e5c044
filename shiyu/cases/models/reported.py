"""What was said about a case, by whom, and how it was rated (上报件、上报人、评价)."""

from collections.abc import Sequence
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from shiyu.cases import identity
from shiyu.cases.models.case import Case
from shiyu.people.models import Person


class Report(models.Model):
    """One person's or system's word about a case (上报件). Many may belong to one case.

    The same (source, source_ref) is taken in once. `receipt` is the SHA-256 of the receipt code.
    `notice` is the edition of the privacy notice that stood before whoever sent it.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="reports")
    source = models.CharField(_("来源"), max_length=40)
    source_ref = models.CharField(_("来源单号"), max_length=80)
    receipt = models.CharField(max_length=64, null=True)
    remark_id = models.BigIntegerField(_("描述"), null=True)
    reported_at = models.DateTimeField()
    by_person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, db_index=False)
    notice = models.CharField(_("告知书版本"), max_length=12, default="", db_default="", blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["by_person"], name="report_by_person", condition=Q(by_person__isnull=False)
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "source_ref"], name="reported_once"),
            models.UniqueConstraint(
                fields=["receipt"], name="receipt_once", condition=Q(receipt__isnull=False)
            ),
        ]

    @property
    def subject(self) -> str:
        """Name of this record in the journal."""
        return f"report:{self.pk}"


class Reporter(models.Model):
    """Who reported, kept apart from the case and closed with a key of their own (上报人身份).

    Written through `of`, read through `name`, `phone`, `hidden` where looking at them is put on
    record: `desk/reporters.py`, `desk/around.py`, subject access.

    guardian                 of one under fourteen: how their guardian consented; else "".
    key, sealed, found_by    as `identity.Closed` has them.
    plain_name, plain_phone  from before they were closed: emptied by `closing`, in migration
                             0013 and every hour while an older version may still write.
    """

    class Guardian(models.TextChoices):
        PRESENT = "present", _("监护人在场同意")
        PHONE = "phone", _("监护人电话同意")
        WRITTEN = "written", _("监护人书面同意")

    report = models.OneToOneField(Report, models.CASCADE, related_name="reporter")
    guardian = models.CharField(
        _("不满十四周岁，监护人怎样同意"),
        max_length=8,
        choices=Guardian,
        default="",
        db_default="",
        blank=True,
    )
    key = models.BinaryField(null=True)
    sealed = models.BinaryField(_("称呼和手机，加密"), null=True)
    found_by = models.BinaryField(_("手机检索码"), null=True)
    plain_name = models.CharField(max_length=40, default="", db_default="", db_column="name")
    plain_phone = models.CharField(max_length=20, default="", db_default="", db_column="phone")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["plain_phone"], name="reporter_by_phone", condition=~Q(plain_phone="")
            ),
            models.Index(
                fields=["found_by"], name="reporter_found_by", condition=Q(found_by__isnull=False)
            ),
            models.Index(
                fields=["id"],
                name="reporter_in_clear",
                condition=~Q(plain_name="", plain_phone=""),
            ),
        ]

    @classmethod
    def of(cls, report: int, *, name: str, phone: str, hidden: Sequence[str] = ()) -> "Reporter":
        """Who made this report, closed, with the numbers hidden in its words."""
        closed = identity.close(name, phone, report=report, hidden=hidden)
        return cls(report_id=report, key=closed.key, sealed=closed.sealed, found_by=closed.found_by)

    @cached_property
    def _said(self) -> tuple[str, str, tuple[str, ...]]:
        if self.key is None or self.sealed is None:
            return self.plain_name, self.plain_phone, ()
        return identity.open_all(bytes(self.key), bytes(self.sealed), report=self.report_id)

    @property
    def is_minor(self) -> bool:
        """Whether they are under fourteen, as far as anybody said."""
        return bool(self.guardian)

    @property
    def name(self) -> str:
        return self._said[0]

    @property
    def phone(self) -> str:
        return self._said[1]

    @property
    def hidden(self) -> str:
        """The numbers hidden in the words of the report, as they were written."""
        return "、".join(self._said[2])


class Rating(models.Model):
    """What a reporter says of one round of a closed case (评价)."""

    class Solved(models.TextChoices):
        YES = "yes", _("解决了")
        PARTLY = "partly", _("部分解决")
        NO = "no", _("没解决")
        UNKNOWN = "unknown", _("不清楚")

    class Satisfaction(models.IntegerChoices):
        VERY_GOOD = 5, _("非常满意")
        GOOD = 4, _("满意")
        FAIR = 3, _("基本满意")
        BAD = 2, _("不满意")
        VERY_BAD = 1, _("非常不满意")

    report = models.ForeignKey(Report, models.PROTECT, related_name="ratings")
    round = models.PositiveSmallIntegerField()
    solved = models.CharField(max_length=8, choices=Solved)
    satisfaction = models.PositiveSmallIntegerField(choices=Satisfaction, null=True, blank=True)
    remark_id = models.BigIntegerField(null=True)
    rated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "round"], name="rated_once_a_round")
        ]
