"""The record's own page: how the journal is sealed, and what was erased from it (日志封存)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from shiyu.cases.models import Case
from shiyu.cases.story import lines_of, names_of
from shiyu.desk.telling import title_of_verb
from shiyu.journal.erasing import VERB, Ground
from shiyu.journal.marks import Mark, read_mark
from shiyu.journal.models import Line, Remark, Seal
from shiyu.journal.models import Mark as MarkKept
from shiyu.journal.proof import keys_of
from shiyu.journal.sealing import unsealed

ERASED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Sealing:
    """How far the journal is sealed and witnessed."""

    seal: Seal | None
    mark: Mark | None
    waiting: int
    oldest_s: float
    keys: dict[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """A remark as it may be named without being read: when, by whom, with which move."""

    remark: Remark
    title: str
    who: str
    signs: int


@dataclass(frozen=True, slots=True)
class Erased:
    """One erasing on record."""

    at: datetime
    who: str
    ground: str
    number: str


def sealing() -> Sealing:
    """What the head of the page says."""
    connection.ensure_connection()
    waiting, oldest_s = unsealed(connection.connection)
    kept = MarkKept.objects.filter(kind="head").order_by("-seq").first()
    mark = read_mark(kept.said) if kept else None
    seal = Seal.objects.order_by("-no").first()
    return Sealing(seal, mark, waiting, oldest_s, keys_of(connection.connection))


def remarks_of(case: Case) -> list[Written]:
    """What was written in a case, without the words."""
    lines = [line for line in lines_of(case) if line.remark_id is not None]
    remarks = Remark.objects.in_bulk([line.remark_id for line in lines if line.remark_id])
    names = names_of({line.actor for line in lines})
    return [
        Written(remark, _title(line.verb), names.get(line.actor, ""), len(remark.text))
        for line in lines
        if (remark := remarks.get(line.remark_id or 0))
    ]


def erasings(kept: "QuerySet[Case]") -> list[Erased]:
    """The newest erasings, newest first; with a number where the case is among these."""
    # The bounds say the same as what the words begin with, in any order of letters. LIKE may not
    # look before the database's own rule of rows, and then all lines are read for a few.
    of_remarks = Line.objects.filter(subject__gte="remark:", subject__lt="remarl")
    newest = of_remarks.filter(subject__startswith="remark:", verb=VERB).order_by("-id")
    lines = list(newest[:ERASED_SHOWN])
    names = names_of({line.actor for line in lines})
    cases = [int(of.partition(":")[2]) for line in lines if (of := _case_of(line))]
    numbers = dict(kept.filter(pk__in=cases).values_list("pk", "number"))
    return [
        Erased(
            line.occurred_at,
            names.get(line.actor, ""),
            str(Ground(line.facts["ground"]).label),
            numbers.get(int(_case_of(line).partition(":")[2] or 0), ""),
        )
        for line in lines
    ]


def _case_of(line: Line) -> str:
    of = str(line.facts.get("of", ""))
    return of if of.startswith("case:") else ""


def _title(verb: str) -> str:
    return _("上报") if verb == "report" else title_of_verb(verb)
