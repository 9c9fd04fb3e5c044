"""The journal's lines, the remarks they point to, and the narrow feed (办理日志)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from shiyu.common.masking import IN_CLEAR


class Line(models.Model):
    """One move of one record, only ever added (日志行).

    subject       the record by name, e.g. case:17.
    occurred_at   what the clock reads; given by the source for an import.
    recorded_at   when this database took it in.
    facts         ids, field names, times and codes: never a value about a person, never free text.
    remark        the remark that holds what was written, with a salted commitment to it.
    trail         the number of the request or job that wrote it; for finding only, not sealed.

    Partitioned by month of recorded_at; the table is made in plain SQL by the first migration.
    """

    id = models.BigIntegerField(primary_key=True)
    recorded_at = models.DateTimeField()
    occurred_at = models.DateTimeField()
    subject = models.CharField(max_length=60)
    verb = models.CharField(max_length=40)
    actor = models.CharField(max_length=60)
    facts = models.JSONField()
    remark_id = models.BigIntegerField(null=True)
    commitment = models.CharField(max_length=64, default="")
    trail = models.UUIDField(null=True)

    class Meta:
        managed = False
        db_table = "journal_line"
        ordering: ClassVar = ["id"]


class Remark(models.Model):
    """What somebody wrote about a record (批注); erasable without touching the journal."""

    subject = models.CharField(max_length=60)
    text = models.TextField()
    salt = models.CharField(max_length=32)
    author = models.CharField(max_length=60)
    written_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["subject"], name="remark_by_subject")]
        constraints: ClassVar = [
            models.CheckConstraint(name="remark_masked", condition=~Q(text__regex=IN_CLEAR))
        ]


class Seal(models.Model):
    """One sealed batch of lines (封存批次), as lists show it; `journal.seals` reads the rest."""

    no = models.BigIntegerField(primary_key=True)
    lines = models.IntegerField()
    sealed_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "journal_seal"
        ordering: ClassVar = ["no"]


class Mark(models.Model):
    """A copy of one line of the witness file (见证), for pages to show and hand out."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    first_batch = models.BigIntegerField()
    last_batch = models.BigIntegerField()
    said = models.TextField()

    class Meta:
        managed = False
        db_table = "journal_mark"
        ordering: ClassVar = ["seq"]


class Change(models.Model):
    """One line of the live feed: topic, id, version and nothing else (变更推送)."""

    id = models.BigIntegerField(primary_key=True)
    topic = models.CharField(max_length=40)
    ref = models.BigIntegerField()
    version = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "journal_change"
        ordering: ClassVar = ["id"]
