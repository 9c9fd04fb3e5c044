"""A case itself, and what it is found by (案件)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from shiyu.cases.lifecycle import FINAL, OPEN, Outcome, Stage
from shiyu.catalogue.models import Kind, Procedure, Standard
from shiyu.common.masking import IN_CLEAR
from shiyu.people.models import Unit
from shiyu.places.models import Place

STAGE_TITLES = dict(Stage.choices)
GOING_ON, ENDED = sorted(OPEN), sorted(FINAL)
"""For indexes and rules: in one order, so that each city's are written the same."""


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> "CaseQuerySet":
        return self.filter(stage__in=OPEN)

    def with_row(self) -> "CaseQuerySet":
        """What one line of a list shows, without a query for each row."""
        return self.select_related("kind", "place", "centre").defer("place__boundary")


class Case(models.Model):
    """One thing to put right, and where it stands (案件).

    `stage`, `round`, `outcome`, `awaits`, `due_at`, `yellow_at` and the assignments are what the
    journal's lines amount to: written with each move, replayed by `shiyu verify`. Never deleted.

    place_number  `first` of its place: a person's scope is an interval over it.
    awaits        answers it waits for: appeal, check, endorsed, extension, objection, suspension,
                  void.
    due_at        when the clock of its stage runs out; None while nothing runs.
    fixed_due_at  a due time given by the source of an import.
    """

    class Direction(models.TextChoices):
        UP = "up", _("上报")
        DOWN = "down", _("交办")

    number = models.CharField(_("案件编号"), max_length=24)
    direction = models.CharField(_("方向"), max_length=4, choices=Direction, default=Direction.UP)
    channel = models.CharField(_("来源"), max_length=20)
    stage = models.CharField(_("阶段"), max_length=12, choices=Stage, default=Stage.REPORTED)
    outcome = models.CharField(
        _("结案结果"), max_length=12, choices=Outcome, default="", blank=True
    )
    round = models.PositiveSmallIntegerField(_("轮次"), default=1)
    kind = models.ForeignKey(
        Kind, models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("类别")
    )
    standard = models.ForeignKey(
        Standard, models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("立案标准")
    )
    procedure = models.ForeignKey(Procedure, models.PROTECT, db_index=False)
    place = models.ForeignKey(Place, models.PROTECT, verbose_name=_("区域"))
    place_number = models.BigIntegerField()
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    address = models.CharField(_("位置描述"), max_length=200, default="", blank=True)
    centre = models.ForeignKey(
        Unit,
        models.PROTECT,
        related_name="centre_cases",
        db_index=False,
        verbose_name=_("承办中心"),
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", db_index=False
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", db_index=False
    )
    reported_at = models.DateTimeField(_("上报时间"))
    taken_in_at = models.DateTimeField(_("入库时间"))
    last_at = models.DateTimeField(_("最近办理时间"))
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    fixed_due_at = models.DateTimeField(_("来源给定时限"), null=True, blank=True)
    clock = models.CharField(_("当前计时"), max_length=10, default="", blank=True)
    due_at = models.DateTimeField(_("截止时间"), null=True, blank=True)
    yellow_at = models.DateTimeField(_("临期时间"), null=True, blank=True)
    paused = models.BooleanField(_("暂停计时"), default=False)
    resumes_on = models.DateField(_("挂账至"), null=True, blank=True)
    awaits = ArrayField(
        models.CharField(max_length=12), verbose_name=_("待答复"), default=list, db_default=[]
    )
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar = CaseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["stage", "due_at", "id"], name="case_queue", condition=Q(stage__in=GOING_ON)
            ),
            models.Index(fields=["place_number", "id"], name="case_by_place"),
            models.Index(fields=["kind", "reported_at"], name="case_by_kind"),
            models.Index(fields=["-reported_at", "-id"], name="case_newest"),
            models.Index(fields=["channel", "-reported_at", "-id"], name="case_by_channel"),
            models.Index(
                fields=["-reported_at", "-id", "due_at", "place_number"],
                name="case_open_newest",
                condition=Q(stage__in=GOING_ON),
            ),
            *(
                models.Index(
                    fields=[of, "-id", "lat", "lon"],
                    name=name,
                    condition=Q(closed_at__isnull=True),
                )
                for of, name in (
                    ("kind", "case_near_of_kind"),
                    ("place_number", "case_near_of_place"),
                )
            ),
            models.Index(
                fields=["-reported_at", "-id"],
                name="case_paused",
                condition=Q(stage__in=GOING_ON, paused=True),
            ),
            models.Index(
                fields=["due_at"], name="case_red", condition=Q(stage__in=GOING_ON, paused=False)
            ),
            models.Index(
                fields=["yellow_at"],
                name="case_yellow",
                condition=Q(stage__in=GOING_ON, paused=False),
            ),
            models.Index(fields=["due_at", "id"], name="case_awaits", condition=~Q(awaits=[])),
            models.Index(fields=["resumes_on"], condition=Q(stage="suspended"), name="case_asleep"),
            models.Index(
                fields=["standard"], name="case_by_standard", condition=Q(standard__isnull=False)
            ),
            models.Index(
                fields=["parent"], name="case_by_parent", condition=Q(parent__isnull=False)
            ),
            models.Index(
                fields=["merged_into"],
                name="case_by_merged",
                condition=Q(merged_into__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="case_address_masked", condition=~Q(address__regex=IN_CLEAR)
            ),
            models.UniqueConstraint(fields=["number"], name="case_number_once"),
            models.CheckConstraint(
                name="case_closed_has_outcome",
                condition=(Q(stage=Stage.CLOSED) & ~Q(outcome="")) | ~Q(stage=Stage.CLOSED),
            ),
            models.CheckConstraint(
                name="case_ended_has_time",
                condition=Q(stage__in=GOING_ON, closed_at__isnull=True)
                | Q(stage__in=ENDED, closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="case_merged_names_the_other",
                condition=Q(stage=Stage.MERGED, merged_into__isnull=False)
                | (~Q(stage=Stage.MERGED) & Q(merged_into__isnull=True)),
            ),
            models.CheckConstraint(
                name="case_filed_has_kind",
                condition=Q(kind__isnull=False)
                | Q(outcome=Outcome.AS_RECORDED)
                | Q(
                    stage__in=["reported", "accepted", "dismissed", "merged", "withdrawn", "voided"]
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        """Name of this record in the journal, in notices and on photos."""
        return f"case:{self.pk}"

    def get_stage_display(self) -> str:  # type: ignore[no-redef]
        """The stage in words; Django's own way compares all stages in the reader's language."""
        return str(STAGE_TITLES.get(self.stage, self.stage))

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN


class Found(models.Model):
    """What a case is found by: two-character Chinese words, Latin words, numbers (检索词).

    marks  where it lies, its kind, who takes part, in whole numbers: the database keeps them
           (migration 0018), and joins them with the words in one index.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="found")
    words = ArrayField(models.TextField())
    marks = ArrayField(models.BigIntegerField(), null=True)

    class Meta:
        indexes: ClassVar = [
            GinIndex(
                F("words"),
                F("marks"),
                Func(F("case_id"), function="cases_shelf", output_field=models.JSONField()),
                name="case_found_by",
                gin_pending_list_limit=256,
            )
        ]


class Watch(models.Model):
    """Until when something was last looked at, so that nothing is told twice or missed."""

    name = models.CharField(max_length=20, primary_key=True)
    until = models.DateTimeField()
    version = models.BigIntegerField(default=0)
