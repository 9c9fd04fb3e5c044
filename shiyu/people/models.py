"""Units, people, the posts they hold over time, and the duties of those posts (机构与人员)."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shiyu.common import ready
from shiyu.people.duties import OF_A_UNIT, Duty
from shiyu.people.lifecycle import Stage, What


class Tier(models.TextChoices):
    """The four tiers of government a unit may stand at (层级)."""

    CITY = "city", _("市")
    COUNTY = "county", _("县区")
    TOWNSHIP = "township", _("乡镇街道")
    COMMUNITY = "community", _("社区村")


class Unit(models.Model):
    """A body that takes in, sends out or handles cases (机构)."""

    class Kind(models.TextChoices):
        CENTRE = "centre", _("指挥中心")
        DEPARTMENT = "department", _("职能部门")
        ORGANISATION = "organisation", _("社会组织")

    code = models.CharField(_("机构代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    short_name = models.CharField(_("简称"), max_length=40)
    pinyin = models.CharField(_("拼音"), max_length=200, default="", blank=True)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    tier = models.CharField(_("层级"), max_length=12, choices=Tier)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    place_code = models.CharField(_("所在区域代码"), max_length=24)
    made_up = models.BooleanField(_("虚构"), default=False)
    ended_on = models.DateField(_("停用日期"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pinyin", "code"]

    def __str__(self) -> str:
        return self.short_name


class UnitChange(models.Model):
    """A change of one unit from a day on; kept for ever, whatever became of it (机构变更).

    applied_at    when it took effect; before that it can be taken back.
    cancelled_at  when it was taken back, or its unit was opened again.
    finished_at   when the last open work had been handed over.
    hindered      why it could not take effect on its day, in the words of the refusal.
    """

    class Kind(models.TextChoices):
        RENAME = "rename", _("更名")
        MOVE = "move", _("调整隶属")
        CLOSE = "close", _("停用")
        MERGE = "merge", _("并入")
        SPLIT = "split", _("拆分")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="changes")
    kind = models.CharField(_("变更"), max_length=8, choices=Kind)
    from_on = models.DateField(_("生效日期"))
    name_before = models.CharField(max_length=80, default="", blank=True)
    name_after = models.CharField(max_length=80, default="", blank=True)
    short_after = models.CharField(max_length=40, default="", blank=True)
    parent_before = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    parent_after = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    ordered_by = models.ForeignKey(
        "Person", models.PROTECT, null=True, related_name="+", db_index=False
    )
    ordered_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    handed = models.PositiveIntegerField(_("已移交"), default=0)
    hindered = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["from_on"],
                name="unit_change_to_come",
                condition=Q(applied_at=None, cancelled_at=None),
            ),
            models.Index(
                fields=["id"],
                name="unit_change_handing",
                condition=Q(finished_at=None, cancelled_at=None, kind__in=["merge", "split"]),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit"],
                name="unit_ends_once",
                condition=Q(kind__in=["close", "merge", "split"], cancelled_at=None),
            )
        ]


class Heir(models.Model):
    """A unit that takes over from one that was merged or split, and what of it (承接机构).

    places, kinds  codes; empty: all. The heirs are asked in their order, and the last one takes
                   what nobody before it took.
    posts          posts of the old unit whose holders go there.
    """

    change = models.ForeignKey(UnitChange, models.CASCADE, related_name="heirs")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="inherits")
    ordinal = models.PositiveSmallIntegerField()
    places = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    posts = ArrayField(models.BigIntegerField(), default=list, blank=True)

    class Meta:
        ordering: ClassVar = ["change", "ordinal"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change", "unit"], name="heir_once")
        ]


class PersonManager(BaseUserManager["Person"]):
    """Finds people by the name they sign in with."""

    def get(self, *args: object, **named: object) -> "Person":
        """As any manager; by key alone, as each request does, with a statement planned once."""
        # A manager of related people is of a class below this one, and narrower.
        if type(self) is not PersonManager or args or set(named) != {"pk"}:
            return super().get(*args, **named)
        if (found := _by_key.first(named["pk"])) is None:
            raise Person.DoesNotExist
        return found

    def access_versions(self, ids: Iterable[int]) -> dict[int, int]:
        """The access version of each of these who may still sign in; the others are left out."""
        found = self.filter(pk__in=list(ids), is_active=True)
        return dict(found.values_list("pk", "access_version"))


class Person(AbstractBaseUser):
    """Someone who works with the program under an account of their own (人员).

    `access_version` rises whenever posts or duties change, which ends what sessions remember.
    """

    username = models.CharField(_("账号"), max_length=40, unique=True)
    name = models.CharField(_("姓名"), max_length=40)
    pinyin = models.CharField(_("拼音"), max_length=120, default="", blank=True)
    phone = models.CharField(_("手机"), max_length=20, default="", blank=True)
    is_active = models.BooleanField(_("在用"), default=True)
    access_version = models.PositiveIntegerField(_("权限版本"), default=1)
    made_up = models.BooleanField(_("虚构"), default=False)
    keys_off = models.BooleanField(_("关闭单键快捷键"), default=False)
    must_change_password = models.BooleanField(_("须改密码"), default=False)

    objects: ClassVar = PersonManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering: ClassVar = ["pinyin", "id"]

    def __str__(self) -> str:
        return self.name


_by_key = ready.Select(lambda pk: Person.objects.filter(pk=pk), ready.ANY, walled=False)


class Post(models.Model):
    """A position in a unit, whoever holds it (岗位)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    title = models.CharField(_("岗位名称"), max_length=40)

    def __str__(self) -> str:
        return f"{self.unit} {self.title}"


class PostDuty(models.Model):
    """A duty of a post and how far it reaches: a subtree of places or a unit (岗位职责范围)."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="duties")
    duty = models.CharField(_("职责"), max_length=20, choices=Duty)
    place_code = models.CharField(_("区域代码"), max_length=24, default="", blank=True)
    place_first = models.BigIntegerField(null=True, blank=True)
    place_last = models.BigIntegerField(null=True, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["post", "duty", "place_code", "unit"],
                name="post_duty_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="post_duty_has_its_kind_of_scope",
                condition=Q(
                    duty__in=[d.value for d in OF_A_UNIT],
                    unit__isnull=False,
                    place_first__isnull=True,
                )
                | (
                    ~Q(duty__in=[d.value for d in OF_A_UNIT])
                    & Q(unit__isnull=True, place_first__lte=models.F("place_last"))
                ),
            ),
        ]


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def in_force(self, day: date) -> "AppointmentQuerySet":
        """Appointments that hold on this day (在任); one left early holds no longer that day."""
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=day) | Q(ends_on=day, left_at__isnull=True),
            starts_on__lte=day,
            person__is_active=True,
        )

    def not_over(self) -> "AppointmentQuerySet":
        """Appointments that hold now or will hold, whether or not the account is in use."""
        today = timezone.localdate()
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=today) | Q(ends_on=today, left_at__isnull=True)
        )


class Appointment(models.Model):
    """A person holds a post for a time (任职). The day it ends on is its last.

    `left_at` is set when it was ended there and then: access ends at once, not with the day.
    `acting_for`: whose post it is, if the holder only stands in for them (代理); it has an end.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="appointments")
    post = models.ForeignKey(Post, models.PROTECT, related_name="appointments")
    starts_on = models.DateField(_("任职起"))
    ends_on = models.DateField(_("任职止"), null=True, blank=True)
    left_at = models.DateTimeField(_("离任时刻"), null=True, blank=True)
    acting_for = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="deputies"
    )

    objects: ClassVar = AppointmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="appointment_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
            ),
            models.CheckConstraint(
                name="appointment_left_has_ended",
                condition=Q(left_at__isnull=True) | Q(ends_on__isnull=False),
            ),
            models.CheckConstraint(
                name="acting_has_an_end",
                condition=Q(acting_for__isnull=True)
                | (Q(ends_on__isnull=False) & ~Q(acting_for=models.F("person"))),
            ),
        ]


class Proposal(models.Model):
    """A change to an administrator's account that one proposed and another decides (账号变更申请).

    facts   ids, codes and days that the change needs.
    secret  the hash of a new password, until it is decided.
    """

    What = What
    Stage = Stage

    what = models.CharField(_("变更事项"), max_length=24, choices=What)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    facts = models.JSONField(default=dict)
    secret = models.CharField(max_length=200, default="", blank=True)
    stage = models.CharField(_("状态"), max_length=10, choices=Stage, default=Stage.ASKED)
    asked_by = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="proposal_decided_by_somebody",
                condition=Q(stage="asked", decided_at__isnull=True)
                | (~Q(stage="asked") & Q(decided_at__isnull=False, secret="")),
            )
        ]

    @property
    def about(self) -> str:
        """What the journal names it by: whose account, or which post."""
        return f"person:{self.person_id}" if self.person_id else f"post:{self.facts['post']}"
