"""Who may speak to the interfaces, how far, and by which keys (接入系统与接口密钥)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shiyu.people.models import Unit
from shiyu.places.models import Place


class Purpose(models.TextChoices):
    """The interface a client speaks to; its keys open no other."""

    API = "api", _("业务接口")
    OPEN311 = "open311", _("Open311 接口")


class Verb(models.TextChoices):
    """What a client may be granted (接口权限); none of them administers anything."""

    READ = "cases:read", _("查看案件")
    REPORT = "cases:report", _("上报")
    INTAKE = "cases:intake", _("受理立案")
    DISPATCH = "cases:dispatch", _("派遣")
    COMMAND = "cases:command", _("值班指挥")
    HANDLE = "cases:handle", _("处置")
    VERIFY = "cases:verify", _("核查")
    PATROL = "cases:patrol", _("网格巡查")


class Client(models.Model):
    """Another system that speaks to ours (接入系统); acts as one actor, whichever key it shows.

    unit        for which it does what a desk does; empty for one that only reports and looks.
    per_minute  how much it may ask: plain requests cost 1, dear ones more.
    version     rises whenever its grants change, which ends what processes remember of them.
    """

    name = models.CharField(_("名称"), max_length=60, unique=True)
    purpose = models.CharField(_("用途"), max_length=8, choices=Purpose)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, verbose_name=_("代表机构"), db_index=False
    )
    per_minute = models.PositiveIntegerField(_("每分钟额度"))
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(_("登记时间"))
    created_by = models.CharField(max_length=60)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(name="client_may_ask_something", condition=Q(per_minute__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """Name of this record in the journal; also of the actor it is."""
        return f"key:{self.pk}"


class Grant(models.Model):
    """One thing a client may do, within a subtree of places or for a unit (接口授权)."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="grants")
    verb = models.CharField(_("权限"), max_length=20, choices=Verb)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, db_index=False)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client", "verb", "place", "unit"],
                name="grant_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="grant_administers_nothing", condition=Q(verb__in=Verb.values)
            ),
            models.CheckConstraint(
                name="grant_reaches_its_kind_of_scope",
                condition=Q(verb="cases:handle", unit__isnull=False, place__isnull=True)
                | (~Q(verb="cases:handle") & Q(place__isnull=False, unit__isnull=True)),
            ),
        ]


class Key(models.Model):
    """A key of a client (接口密钥): its visible part to find it by, the hash to know it by.

    used_at  to some minutes only.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="keys")
    visible = models.CharField(_("密钥编号"), max_length=12, unique=True)
    hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("签发时间"))
    created_by = models.CharField(max_length=60)
    expires_at = models.DateTimeField(_("有效期至"))
    revoked_at = models.DateTimeField(_("吊销时间"), null=True, blank=True)
    revoked_by = models.CharField(max_length=60, default="", blank=True)
    revoked_why = models.CharField(_("吊销原因"), max_length=200, default="", blank=True)
    used_at = models.DateTimeField(_("最近使用"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="key_revoked_by_somebody",
                condition=Q(revoked_at__isnull=True, revoked_by="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by="")),
            ),
        ]

    def __str__(self) -> str:
        return self.visible
