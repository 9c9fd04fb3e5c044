"""The city, its tree of places with boundaries, and who is on their rosters (区域)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
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
    closed_on = models.DateField(_("撤销日期"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["first"]
        indexes: ClassVar = [
            models.Index(
                fields=["first"],
                name="place_offered",
                condition=Q(level__in=("county", "township")),
            ),
            models.Index(fields=["name"], name="place_by_name", opclasses=["varchar_pattern_ops"]),
        ]
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


class Former(models.Model):
    """What a place was called and where it belonged until a day (区域沿革)."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="former")
    name = models.CharField(_("名称"), max_length=80)
    parent = models.ForeignKey(Place, models.PROTECT, null=True, related_name="+")
    until = models.DateField(_("至"))
    line = models.CharField(_("变更"), max_length=12)

    class Meta:
        ordering: ClassVar = ["-until", "-id"]


class Survey(models.Model):
    """A file of boundaries as it was read, found fault with, and perhaps put in force (测绘成果).

    faults   what is wrong or was mended: kind, code, words, area in m², and its shape (WKB, hex).
    version  the number the map had when this came into force; None until then.
    """

    class State(models.TextChoices):
        READ = "read", _("待发布")
        DUE = "due", _("已定日期")
        IN_FORCE = "in_force", _("已启用")
        UNDONE = "undone", _("已恢复原图")
        DROPPED = "dropped", _("不采用")

    source = models.CharField(_("来源"), max_length=40)
    crs = models.CharField(_("坐标系"), max_length=10)
    state = models.CharField(max_length=10, choices=State, default=State.READ)
    read = models.PositiveIntegerField(_("图斑"), default=0)
    faults = models.JSONField(default=list)
    based_on = models.PositiveIntegerField(_("地图版本"))
    version = models.PositiveIntegerField(null=True, blank=True)
    valid_from = models.DateField(_("启用日期"), null=True, blank=True)
    drawn_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True)
    drawn_at = models.DateTimeField(_("上传时间"), auto_now_add=True)
    in_force_at = models.DateTimeField(_("启用时间"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]


class Surveyed(models.Model):
    """The boundary of one place in a survey, and the one it had before (图斑)."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="shapes")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    boundary = models.BinaryField()
    former = models.BinaryField(null=True, blank=True)
    former_source = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["survey", "place"], name="surveyed_once")
        ]


class Address(models.Model):
    """A written address and where it is, WGS-84 (地名地址).

    words  two-character pieces of name and aliases, by which it is found.
    road, door  the road and the number on it, where the name ends in one: for numbers between.
    """

    name = models.CharField(_("地址"), max_length=120)
    aliases = ArrayField(models.CharField(max_length=120), verbose_name=_("别名"), default=list)
    lon = models.FloatField(_("经度"))
    lat = models.FloatField(_("纬度"))
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="addresses"
    )
    source = models.CharField(_("来源"), max_length=40, default="", blank=True)
    plain = models.CharField(max_length=120, unique=True)
    words = ArrayField(models.CharField(max_length=12), default=list)
    road = models.CharField(max_length=120, default="", blank=True)
    door = models.PositiveIntegerField(null=True, blank=True)
    closed_on = models.DateField(_("停用日期"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["plain"]
        indexes: ClassVar = [
            GinIndex(fields=["words"], name="address_words"),
            models.Index(fields=["road", "door"], name="address_by_road"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """Name of this record in the journal."""
        return f"address:{self.pk}"
