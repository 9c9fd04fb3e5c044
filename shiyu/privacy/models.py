"""Requests of those whom data are about; what the law keeps, what was erased, assessed, audited."""

import json
import uuid
from datetime import UTC
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shiyu.cases.models import Case, Report
from shiyu.people.models import Person
from shiyu.privacy.lifecycle import Assessed, Kind, Stage


class Demand(models.Model):
    """Something is asked about somebody's data: erasing, a copy, erasing words (个人信息申请).

    One asks, another decides (`lifecycle.MOVES`). Residents take copies of their own by code and
    telephone, and need no request.

    report     whose maker it is about; of WORDS none, but the case in which they stand.
    words      of WORDS: the remark that is to be erased.
    asked_by   receipt:12 for the reporter themself, person:3 for an officer on their behalf.
    reports    all reports of the same person that it covers, by id.
    said_id    what the officer who asked wrote of it; remark_id  why it was refused.
    until      of COPY: until when who asked may fetch it.
    counts     what was erased or handed out, by kind: figures only.
    """

    class Ground(models.TextChoices):
        NO_LONGER_NEEDED = "no_longer_needed", _("处理目的已实现、不再需要")
        WITHDRAWN = "withdrawn", _("撤回同意")
        UNLAWFUL = "unlawful", _("违法或违反约定处理")
        RETENTION_OVER = "retention_over", _("保存期限届满")
        IN_PERSON = "in_person", _("本人到场，核对了身份")
        PROXY = "proxy", _("代理人到场，核对了委托手续")
        HEIR = "heir", _("近亲属到场，核对了关系（个人信息保护法第四十九条）")
        MINOR = "minor", _("不满十四周岁，办理需要联系监护人")
        PERSONAL = "personal", _("含有不该留存的个人信息")
        REQUESTED = "requested", _("本人依法要求删除")
        SECRET = "secret", _("涉及国家秘密或商业秘密")
        OFFENDING = "offending", _("含有违法或侮辱他人的内容")
        MISTAKEN = "mistaken", _("写错了地方")

    Kind = Kind
    Stage = Stage

    GROUNDS: ClassVar[dict[str, tuple[str, ...]]] = {
        Kind.ERASE: (
            Ground.NO_LONGER_NEEDED,
            Ground.WITHDRAWN,
            Ground.UNLAWFUL,
            Ground.RETENTION_OVER,
        ),
        Kind.COPY: (Ground.IN_PERSON, Ground.PROXY, Ground.HEIR, Ground.MINOR),
        Kind.WORDS: (
            Ground.PERSONAL,
            Ground.REQUESTED,
            Ground.SECRET,
            Ground.OFFENDING,
            Ground.MISTAKEN,
        ),
    }

    kind = models.CharField(
        _("事项"), max_length=8, choices=Kind, default=Kind.ERASE, db_default="erase"
    )
    report = models.ForeignKey(
        Report, models.PROTECT, null=True, blank=True, related_name="demands"
    )
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    words = models.BigIntegerField(null=True, blank=True)
    reports = models.JSONField(default=list)
    ground = models.CharField(_("依据"), max_length=20, choices=Ground)
    stage = models.CharField(_("状态"), max_length=10, choices=Stage, default=Stage.ASKED)
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    said_id = models.BigIntegerField(null=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, db_index=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    remark_id = models.BigIntegerField(null=True)
    until = models.DateTimeField(_("可以取走的期限"), null=True, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["report", "kind"],
                name="one_open_demand_of_a_kind",
                condition=Q(stage="asked"),
            ),
            models.UniqueConstraint(
                fields=["words"], name="one_open_demand_of_words", condition=Q(stage="asked")
            ),
            models.CheckConstraint(
                name="demand_decided_by_somebody",
                condition=Q(stage="asked", decided_at__isnull=True)
                | (~Q(stage="asked") & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="demand_about_something",
                condition=Q(kind="words", case__isnull=False, words__isnull=False, report=None)
                | (~Q(kind="words") & Q(case=None, words=None, report__isnull=False)),
            ),
        ]

    @property
    def of_case(self) -> Case:
        """The case in which it stands; its place says whose work this is."""
        if self.case is not None:
            return self.case
        assert self.report is not None
        return self.report.case

    @property
    def subject(self) -> str:
        """What the journal names it by: the report, or the words."""
        return f"remark:{self.words}" if self.words else f"report:{self.report_id}"

    @property
    def whole(self) -> str:
        """What is asked, in words."""
        return str(Kind(self.kind).label)


class Hold(models.Model):
    """What the law orders to be kept for now: stored and guarded, no more (依法留存)."""

    class Ground(models.TextChoices):
        LAWSUIT = "lawsuit", _("诉讼、仲裁或行政复议正在进行")
        INQUIRY = "inquiry", _("监察、公安、检察机关依法调取")
        ARCHIVE = "archive", _("档案法规要求保存")
        TECHNICAL = "technical", _("技术上难以删除，只存储并保护")

    report = models.ForeignKey(Report, models.PROTECT, related_name="holds")
    ground = models.CharField(_("依据"), max_length=12, choices=Ground)
    until = models.DateField(_("留存至"))
    by = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["report", "until"], name="hold_in_force", condition=Q(lifted_at=None)
            )
        ]


class Erasure(models.Model):
    """An erasure that was carried out; its twin stands in the list outside the database (删除记录).

    ref   the name of both.
    why   demand:3, retention, restore.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    why = models.CharField(max_length=40)
    at = models.DateTimeField()
    counts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-id"]


class Assessment(models.Model):
    """What a processing means for people, before it begins and again in time (影响评估).

    Begun by one, approved by another; never changed or deleted, so longer than the three years
    that the law asks. The newest one approved counts until `due_on`.

    processing  a name of `processing.PROCESSINGS`.
    said_id     why it was returned, as a remark.
    """

    class Conclusion(models.TextChoices):
        GO = "go", _("可以进行")
        WITH_MEASURES = "with_measures", _("落实所列措施后可以进行")
        NOT = "not", _("不得进行")

    Stage = Assessed

    processing = models.CharField(_("处理活动"), max_length=20)
    purpose = models.TextField(_("处理目的和方式"))
    lawfulness = models.TextField(_("合法性"))
    necessity = models.TextField(_("必要性"))
    effects = models.TextField(_("对个人权益的影响和安全风险"))
    measures = models.TextField(_("保护措施，是否与风险相适应"))
    conclusion = models.CharField(_("结论"), max_length=14, choices=Conclusion)
    due_on = models.DateField(_("再次评估"))
    stage = models.CharField(_("状态"), max_length=10, choices=Assessed, default=Assessed.ASKED)
    begun_by = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="+")
    begun_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    said_id = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["processing"], name="one_open_assessment", condition=Q(stage="asked")
            ),
            models.CheckConstraint(
                name="assessment_decided_by_somebody",
                condition=Q(stage="asked", decided_at__isnull=True)
                | (~Q(stage="asked") & Q(decided_at__isnull=False)),
            ),
        ]

    @property
    def subject(self) -> str:
        """What the journal names it by."""
        return f"assessment:{self.pk}"


class SelfAudit(models.Model):
    """What the city's own records answered of a time, point by point (合规审计).

    Counted once and kept as it was counted: the database lets nobody change or delete it.

    since, until  first and last day.
    points        as `self_audit.counted` gives them: codes, figures and the words of the day.
    sha256        of `content`, as it also stands in the journal.
    """

    since = models.DateField(_("从"))
    until = models.DateField(_("到"))
    points = models.JSONField()
    sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="self_audit_of_a_time", condition=Q(since__lte=models.F("until"))
            )
        ]

    @property
    def subject(self) -> str:
        """What the journal names it by."""
        return f"self_audit:{self.pk}"

    @property
    def content(self) -> bytes:
        """What was kept, always written in the same way: `sha256` is of this."""
        said = {
            "since": str(self.since),
            "until": str(self.until),
            "made_at": self.made_at.astimezone(UTC).isoformat(),
            "points": self.points,
        }
        return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True).encode()
