"""Proof of a report for whoever holds its receipt, and checking one (凭证)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.cases.models import Case
from shiyu.common.wall import beyond
from shiyu.journal import proof
from shiyu.journal.marks import Mark as MarkRead
from shiyu.journal.marks import read_mark
from shiyu.journal.models import Line, Mark, Remark
from shiyu.journal.seals import Connection
from shiyu.places.rules import the_city
from shiyu.portal.receipts import Receipt

MERGES_MOST = 8
MARKS_SHOWN = 12
MARKS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Proven:
    """A report's proof, and what a page says of it."""

    text: str
    line: Line
    mark: MarkRead
    batch: int
    lines: int


@beyond("proof")
def proof_for(receipt: Receipt) -> Proven | None:
    """The proof of the line with which this report came in; None until it is witnessed."""
    line = line_of(receipt)
    if line is None:
        return None
    beside: dict[str, Any] = {"city": str(the_city().name), "case": receipt.case.number}
    remark = Remark.objects.filter(pk=line.remark_id or 0, erased_at__isnull=True).first()
    if remark is not None:
        beside["words"] = {"text": remark.text, "salt": remark.salt}
    found = proof.proof_of(_plain(), line.subject, line.pk, **beside)
    if found is None:
        return None
    batch = json.loads(found["batch"])
    text = json.dumps(found, ensure_ascii=False, indent=1)
    return Proven(text, line, read_mark(found["mark"]), batch[1], batch[3])


@beyond("proof")
def line_of(receipt: Receipt) -> Line | None:
    """The journal line of this report: with its case, or with one merged into that."""
    pk, about = receipt.report.pk, [receipt.case.pk]
    for _step in range(MERGES_MOST):
        lines = Line.objects.filter(
            subject__in=[f"case:{case}" for case in about],
            verb__in=("report", "joined"),
            facts__report=pk,
        )
        if found := lines.order_by("id").first():
            return found
        about = list(Case.objects.filter(merged_into__in=about).values_list("pk", flat=True))
        if not about:
            return None
    return None


class ProofForm(forms.Form):
    """A proof, pasted or as a file (核验凭证)."""

    file = forms.FileField(
        label=gettext_lazy("凭证文件"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )
    text = forms.CharField(
        label=gettext_lazy("或者把内容贴在这里"),
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_file(self) -> str:
        file = self.cleaned_data.get("file")
        if not isinstance(file, UploadedFile):
            return ""
        if (file.size or 0) > proof.LONGEST:
            raise ValidationError(_("这个文件太大，不是凭证"))
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValidationError(_("这个文件不是凭证")) from error

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if not self.errors and not (said.get("file") or said.get("text")):
            self.add_error("file", _("选择凭证文件，或贴上它的内容"))
        return said

    @property
    def proof(self) -> str:
        return self.cleaned_data["file"] or self.cleaned_data["text"]


def checked(text: str) -> proof.Checked:
    """What a proof proves, by the marks of this city.

    Raises  proof.Malformed.
    """
    plain = _plain()
    return proof.check(text, keys=proof.keys_of(plain), witnessed=proof.witnessed_in(plain))


def instant(microseconds: Any) -> datetime | None:
    """A time as the journal encodes it; None for anything else."""
    try:
        return datetime.fromtimestamp(microseconds / 1e6, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def last_marks() -> list[MarkRead]:
    """The newest heads witnessed, newest first."""
    heads = Mark.objects.filter(kind="head").order_by("-seq")[:MARKS_SHOWN]
    return [read_mark(mark.said) for mark in heads]


def public_keys() -> dict[str, str]:
    """The keys that marks are signed with, by name; the newest last."""
    return proof.keys_of(_plain())


def all_marks() -> Iterator[str]:
    """The witness file, line by line, from the database's copy."""
    after = 0
    while True:
        rows = Mark.objects.filter(seq__gt=after).order_by("seq").values_list("seq", "said")
        block = list(rows[:MARKS_AT_ONCE])
        if not block:
            return
        after = block[-1][0]
        yield "".join(f"{said}\n" for _seq, said in block)


def _plain() -> Connection:
    """The connection of this request without Django around it."""
    connection.ensure_connection()
    found: Connection = connection.connection
    return found
