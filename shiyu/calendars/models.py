"""Working calendars as the city edits them: hours, holidays, make-up days (工作日历)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CalendarQuerySet(models.QuerySet["Calendar"]):
    def standing(self) -> "CalendarQuerySet":
        """Of each first day the latest edition: the versions that hold (有效版本)."""
        newer = Calendar.objects.filter(
            code=models.OuterRef("code"),
            valid_from=models.OuterRef("valid_from"),
            edition__gt=models.OuterRef("edition"),
        )
        return self.filter(~models.Exists(newer)).order_by("code", "valid_from")


class Calendar(models.Model):
    """One version of a calendar, in force from its first day until the next one's (工作日历版本).

    Nothing is rewritten: a change is a new version from a later day, or a new edition of the
    version that begins on the same day. `unit` null: the city's own calendar.
    Write only through shiyu.calendars.actions.
    """

    code = models.CharField(_("日历代码"), max_length=40)
    name = models.CharField(_("名称"), max_length=80)
    unit = models.ForeignKey(
        "people.Unit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="calendars",
        verbose_name=_("单位"),
    )
    timezone = models.CharField(_("时区"), max_length=60)
    valid_from = models.DateField(_("启用日期"))
    edition = models.PositiveIntegerField(_("版次"), default=1)
    hours = models.JSONField(_("办公时间"))  # [["08:00", "12:00"], ["14:00", "18:00"]]
    weekdays = models.JSONField(_("工作的星期"))  # [1, 2, 3, 4, 5]: Monday is 1
    holidays = models.JSONField(_("节假日"), default=list)  # ["2026-10-01", …], sorted
    workdays = models.JSONField(_("调休工作日"), default=list)
    published_until = models.PositiveSmallIntegerField(_("节假日已公布至"), null=True, blank=True)
    made_at = models.DateTimeField(_("编制时间"), auto_now_add=True)

    objects: ClassVar = CalendarQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["code", "valid_from", "edition"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code", "valid_from", "edition"], name="calendar_edition_once"
            ),
            models.UniqueConstraint(
                fields=["unit", "valid_from", "edition"],
                condition=Q(unit__isnull=False),
                name="calendar_one_of_a_unit",
            ),
            models.UniqueConstraint(
                fields=["valid_from", "edition"],
                condition=Q(unit__isnull=True),
                name="calendar_one_of_the_city",
            ),
            models.CheckConstraint(
                condition=Q(edition__gte=1) & ~Q(code=""),
                name="calendar_has_code_and_edition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.valid_from}"

    @property
    def subject(self) -> str:
        """Name of this calendar, all its versions together, in the journal."""
        return f"calendar:{self.code}"
