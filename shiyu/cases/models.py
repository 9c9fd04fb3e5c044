"""Cases: something in the city that someone must put right (案件)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from shiyu.cases import identity
from shiyu.cases.lifecycle import FINAL, OPEN, Outcome, Stage
from shiyu.catalogue.models import Kind, Procedure, Standard
from shiyu.people.models import Person, Unit
from shiyu.places.models import Place

STAGE_TITLES = dict(Stage.choices)


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
                fields=["stage", "due_at", "id"], name="case_queue", condition=Q(stage__in=OPEN)
            ),
            models.Index(fields=["place_number", "id"], name="case_by_place"),
            models.Index(fields=["kind", "reported_at"], name="case_by_kind"),
            models.Index(fields=["-reported_at", "-id"], name="case_newest"),
            models.Index(fields=["channel", "-reported_at", "-id"], name="case_by_channel"),
            models.Index(
                fields=["-reported_at", "-id", "due_at", "place_number"],
                name="case_open_newest",
                condition=Q(stage__in=OPEN),
            ),
            models.Index(
                fields=["-reported_at", "-id"],
                name="case_paused",
                condition=Q(stage__in=OPEN, paused=True),
            ),
            models.Index(
                fields=["due_at"], name="case_red", condition=Q(stage__in=OPEN, paused=False)
            ),
            models.Index(
                fields=["yellow_at"],
                name="case_yellow",
                condition=Q(stage__in=OPEN, paused=False),
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
            models.UniqueConstraint(fields=["number"], name="case_number_once"),
            models.CheckConstraint(
                name="case_closed_has_outcome",
                condition=(Q(stage=Stage.CLOSED) & ~Q(outcome="")) | ~Q(stage=Stage.CLOSED),
            ),
            models.CheckConstraint(
                name="case_ended_has_time",
                condition=Q(stage__in=OPEN, closed_at__isnull=True)
                | Q(stage__in=FINAL, closed_at__isnull=False),
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

    Written through `of`, read through `name`, `phone` where looking at them is put on record:
    `desk/reporters.py`, `desk/around.py`, subject access.

    key, sealed, found_by    as `identity.Closed` has them.
    plain_name, plain_phone  from before they were closed: emptied by `closing`, in migration
                             0013 and every hour while an older version may still write.
    """

    report = models.OneToOneField(Report, models.CASCADE, related_name="reporter")
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
    def of(cls, report: int, *, name: str, phone: str) -> "Reporter":
        """Who made this report, closed."""
        closed = identity.close(name, phone, report=report)
        return cls(report_id=report, key=closed.key, sealed=closed.sealed, found_by=closed.found_by)

    @cached_property
    def _said(self) -> tuple[str, str]:
        if self.key is None or self.sealed is None:
            return self.plain_name, self.plain_phone
        return identity.open_(bytes(self.key), bytes(self.sealed), report=self.report_id)

    @property
    def name(self) -> str:
        return self._said[0]

    @property
    def phone(self) -> str:
        return self._said[1]


class Look(models.Model):
    """One person's look at who a reporter is, with its purpose and its end (查看上报人).

    Only ever added: what the reporter and the audit administrator read. Every time that a name
    or a number leaves the database unmasked has a row of its own.

    A look with `until` after `at` is an access grant (查看授权): it opens these fields of this
    report to this person until then, unless it is ended before (`LookEnd`).

    under    the look that allowed this one: the page was drawn again before its end.
    fields   what was shown: name, phone. Never what it said.
    basis    by what law; of its purpose (`BASIS_OF`), as it stood then.
    """

    class Basis(models.TextChoices):
        DUTY = "duty", _("履行法定职责（个人信息保护法第十三条第一款第三项、第三十四条）")
        RIGHT = "right", _("本人行使权利（个人信息保护法第四十五条）")

    class Channel(models.TextChoices):
        PAGE = "page", _("案件页面")
        SEARCH = "search", _("检索")
        EXPORT = "export", _("导出")
        DEMAND = "demand", _("本人申请查阅")

    class Purpose(models.TextChoices):
        VERIFY = "verify", _("核实情况")
        ANSWER = "answer", _("答复办理结果")
        ON_SITE = "on_site", _("上门处置需要联系")
        COMPLAINT = "complaint", _("处理投诉或申诉")
        BY_PHONE = "by_phone", _("按来电号码查找案件")
        EXPORT = "export", _("经批准导出")
        SUBJECT = "subject", _("代本人查阅")

    report = models.ForeignKey(Report, models.PROTECT, related_name="looks")
    person = models.ForeignKey(Person, models.PROTECT, db_index=False)
    purpose = models.CharField(_("目的"), max_length=12, choices=Purpose)
    remark_id = models.BigIntegerField(_("说明"), null=True)
    at = models.DateTimeField()
    until = models.DateTimeField()
    channel = models.CharField(
        _("途径"), max_length=8, choices=Channel, default=Channel.PAGE, db_default="page"
    )
    fields = ArrayField(
        models.CharField(max_length=8), verbose_name=_("内容"), default=list, db_default=[]
    )
    under = models.BigIntegerField(null=True)
    basis = models.CharField(
        _("法律依据"), max_length=8, choices=Basis, default=Basis.DUTY, db_default="duty"
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["until"], name="look_until", condition=Q(under__isnull=True))
        ]


class LookEnd(models.Model):
    """The end of an access grant before its time (收回查看授权). Only ever added."""

    class Why(models.TextChoices):
        DONE = "done", _("用完了")
        REVOKED = "revoked", _("安全管理员收回")
        BREACH = "breach", _("泄露处置时冻结")

    look = models.OneToOneField(Look, models.PROTECT, related_name="end")
    why = models.CharField(_("原因"), max_length=8, choices=Why)
    by = models.ForeignKey(Person, models.PROTECT, null=True, db_index=False, related_name="+")
    at = models.DateTimeField()


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


class Found(models.Model):
    """What a case is found by: two-character Chinese words, Latin words, numbers (检索词)."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="found")
    words = ArrayField(models.TextField())

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["words"], name="case_words")]


class Watch(models.Model):
    """Until when something was last looked at, so that nothing is told twice or missed."""

    name = models.CharField(max_length=20, primary_key=True)
    until = models.DateTimeField()
    version = models.BigIntegerField(default=0)
