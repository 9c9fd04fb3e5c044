"""The city, its tree of places with boundaries, and who is on their rosters (区域)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shiyu.people.models import Person


class City(models.Model):
    """The one city of this database, and what holds for all of it (城市)."""

    name = models.CharField(_("名称"), max_length=60)
    short_name = models.CharField(_("简称"), max_length=20)
    code = models.CharField(_("行政区划代码"), max_length=24)
    timezone = models.CharField(_("时区"), max_length=40, default="Asia/Shanghai")
    number_prefix = models.CharField(_("案件编号前缀"), max_length=6)
    is_demo = models.BooleanField(_("演示城市"), default=False)
    map_version = models.PositiveIntegerField(_("地图版本"), default=1)
    code_patterns = models.JSONField(_("各级代码格式"), default=dict)
    west = models.FloatField(null=True, blank=True)
    south = models.FloatField(null=True, blank=True)
    east = models.FloatField(null=True, blank=True)
    north = models.FloatField(null=True, blank=True)
    founded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(name="one_city", condition=Q(id=1))]

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """A node of the tree city → county → township → community → grid cell (区域).

    `first`..`last` are preorder numbers with gaps: a subtree is the interval first..last.
    `boundary` is WGS-84 WKB; None where the place has no boundary of its own.
    """

    class Level(models.TextChoices):
        CITY = "city", _("市")
        COUNTY = "county", _("县区")
        TOWNSHIP = "township", _("乡镇街道")
        COMMUNITY = "community", _("社区村")
        CELL = "cell", _("单元网格")

    code = models.CharField(_("代码"), max_length=24, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    pinyin = models.CharField(_("拼音"), max_length=200, default="", blank=True)
    level = models.CharField(_("级别"), max_length=12, choices=Level)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    first = models.BigIntegerField(unique=True)
    last = models.BigIntegerField()
    boundary = models.BinaryField(null=True, blank=True, editable=False)
    boundary_source = models.CharField(_("边界来源"), max_length=40, default="", blank=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["first"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="place_interval_in_order", condition=Q(first__lte=models.F("last"))
            ),
            models.CheckConstraint(
                name="only_the_city_has_no_parent",
                condition=Q(level="city", parent__isnull=True)
                | (~Q(level="city") & Q(parent__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RosterEntry(models.Model):
    """Who holds a post of the people on a place: 网格长, 楼长 and any other (五长等)."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="roster")
    title = models.CharField(_("职务"), max_length=20)
    person = models.ForeignKey(Person, models.PROTECT, related_name="roster")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["place", "title"])]
