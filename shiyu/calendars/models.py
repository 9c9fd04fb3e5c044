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


class Revision(models.Model):
    """An edit of a calendar as it was drawn up, looked at in advance, perhaps published (日历修订).

    versions  what it writes: each first day with everything that holds from then on.
    former    the same first days as they stood before, to go back to.
    based_on  `Calendars.version` when it was drawn up: of another one it is not published.
    """

    class What(models.TextChoices):
        HOURS = "hours", _("调整办公时间")
        DAYS = "days", _("编辑节假日表")
        BACK = "back", _("恢复修订前的日历")

    code = models.CharField(_("日历代码"), max_length=40)
    what = models.CharField(_("修订内容"), max_length=8, choices=What)
    first_day = models.DateField(_("自哪天起"))
    versions = models.JSONField()
    former = models.JSONField()
    based_on = models.BigIntegerField()
    undoes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="undone")
    drawn_by = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True)
    drawn_at = models.DateTimeField(_("拟定时间"), auto_now_add=True)
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["code", "-id"], name="revision_of_a_calendar")]


class Retiming(models.Model):
    """One recomputation of the due times of all open cases, done or only looked at (时限重算).

    cursor, top  ids of cases up to which it has come, and the last there was when it began.
    first_day    what was due before this day stays as it is.
    version      the `Calendars.version` it brings the cases to; 0 for a look in advance.
    """

    class Kind(models.TextChoices):
        LOOK = "look", _("预览")
        APPLY = "apply", _("重算")

    class State(models.TextChoices):
        WAITING = "waiting", _("等待开始")
        RUNNING = "running", _("进行中")
        DONE = "done", _("已完成")
        STOPPED = "stopped", _("已由后一次修订接替")
        FAILED = "failed", _("没有完成")

    revision = models.ForeignKey(
        Revision, models.CASCADE, null=True, blank=True, related_name="retimings"
    )
    kind = models.CharField(max_length=6, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    first_day = models.DateField()
    version = models.BigIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    top = models.BigIntegerField(default=0)
    total = models.BigIntegerField(_("在办案件"), default=0)
    looked = models.BigIntegerField(_("已核算"), default=0)
    changed = models.BigIntegerField(_("截止时间变动"), default=0)
    earlier = models.BigIntegerField(_("提前"), default=0)
    later = models.BigIntegerField(_("推后"), default=0)
    turned_late = models.BigIntegerField(_("变为超期"), default=0)
    late_no_more = models.BigIntegerField(_("不再超期"), default=0)
    told = models.BigIntegerField(_("已提醒"), default=0)
    says = models.CharField(_("原因"), max_length=200, default="", blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(kind="apply"), name="one_retiming_of_a_version"
            )
        ]


class Retimed(models.Model):
    """What became of the due time of one case in one recomputation (时限变动).

    The case by its id and number only: what a case is lies above this module.
    """

    class Turn(models.TextChoices):
        LATE = "late", _("变为超期")
        EARLIER = "earlier", _("提前")
        LATER = "later", _("推后")
        IN_TIME = "in_time", _("不再超期")
        OTHER = "other", _("其他变动")

    retiming = models.ForeignKey(Retiming, models.CASCADE, related_name="rows", db_index=False)
    case_id = models.BigIntegerField()
    number = models.CharField(_("案件编号"), max_length=24)
    place_number = models.BigIntegerField()
    unit_id = models.BigIntegerField(null=True)
    turn = models.CharField(max_length=8, choices=Turn)
    old_due = models.DateTimeField(_("原截止时间"), null=True)
    new_due = models.DateTimeField(_("新截止时间"), null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["retiming", "turn", "id"], name="retimed_by_turn"),
        ]
