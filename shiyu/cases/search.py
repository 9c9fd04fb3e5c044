"""Search words of cases: Chinese two by two, Latin by word, numbers whole (检索)."""

import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Reverse

from shiyu.cases.models import Case, CaseQuerySet, Found, Report
from shiyu.common import together
from shiyu.journal.models import Remark

if TYPE_CHECKING:
    from opencc import OpenCC

CHINESE = re.compile(r"[\u3400-\u9fff]+")
LATIN = re.compile(r"[a-z0-9]+")
WORDS_MOST = 400
INDEX_BATCH = 500
FEW = 1000
SAID = "SELECT w.case_id FROM cases_words w WHERE w.words @> %s::text[]"
ANEW = "ON CONFLICT (case_id) DO UPDATE SET words = excluded.words"


@cache
def _simplifier() -> "OpenCC":
    from opencc import OpenCC

    return OpenCC("t2s")


def fold(text: str) -> str:
    """A text as it is compared: signs as plain ones, traditional as simplified, lower case."""
    return _simplifier().convert(unicodedata.normalize("NFKC", text)).lower()


def cut(text: str) -> list[str]:
    """Words to find a text by, each once: 「书店街」 → 书店, 店街; traditional as simplified."""
    text = fold(text)
    words: dict[str, None] = {}
    for run in CHINESE.findall(text):
        pairs = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
        words |= dict.fromkeys(pairs)
    words |= dict.fromkeys(LATIN.findall(text))
    return list(words)[:WORDS_MOST]


def index(case: Case, said: str, *, new: bool = False) -> None:
    """Keep what a case is found by, in the transaction that changes it.

    new  the case is written in the same statement, where the wall cannot see it yet.
    """
    together.insert(Found(case=case, words=words_of(case, said)), tail="" if new else ANEW)


def words_of(case: Case, said: str) -> list[str]:
    """What a case is found by: its kind, where it is, and what was said, which may be long."""
    kind = case.kind.name if case.kind else ""
    return cut(" ".join((kind, case.address, case.place.name, said)))


def index_missing(most: int) -> int:
    """Make so many cases findable that a bulk import left without words; returns how many."""
    return len(_index_below(None, most))


def index_for(seconds: float, *, progress: Callable[[int], None] = lambda _done: None) -> int:
    """Make cases findable, the newest first, for so long or until all are; returns how many."""
    until = time.monotonic() + seconds
    done, below = 0, None
    while time.monotonic() < until and (found := _index_below(below, INDEX_BATCH)):
        done, below = done + len(found), found[-1].pk
        progress(done)
    return done


@transaction.atomic
def _index_below(below: int | None, most: int) -> list[Case]:
    """Index so many cases that are not, from an id downwards."""
    cases = Case.objects.filter(found=None).select_related("kind", "place")
    if below is not None:
        cases = cases.filter(pk__lt=below)
    left = list(cases.defer("place__boundary").order_by("-id")[:most])
    said: dict[int, list[str]] = {}
    spoken = Report.objects.filter(case__in=left).values_list("case_id", "remark_id")
    remarks = Remark.objects.filter(erased_at__isnull=True)
    texts = remarks.in_bulk([remark for _, remark in spoken if remark])
    for case, remark in spoken:
        if remark in texts:
            said.setdefault(case, []).append(texts[remark].text)
    Found.objects.bulk_create(
        (Found(case=c, words=words_of(c, " ".join(said.get(c.pk, ())))) for c in left),
        ignore_conflicts=True,
    )
    return left


def words_said(case: Case) -> str:
    """What the reports of a case say, as far as it is not erased."""
    ids = Report.objects.filter(case=case).values_list("remark_id", flat=True)
    kept: QuerySet[Remark] = Remark.objects.filter(pk__in=ids, erased_at__isnull=True)
    return " ".join(kept.values_list("text", flat=True))


def find(cases: CaseQuerySet, asked: str) -> CaseQuerySet:
    """Those of the cases that a person typing `asked` means: by number, or by all its words.

    A single Chinese character finds nothing: too many cases have it.
    """
    asked = unicodedata.normalize("NFKC", asked).strip()
    digits = re.sub(r"\D", "", asked)
    if digits and re.fullmatch(r"[A-Za-z]{0,6}[\d-]{4,}", asked):
        return cases.filter(ends_in(digits[-14:]))
    words = [w for w in cut(asked) if len(w) > 1 or w.isascii()]
    if not words:
        return cases.none()
    return cases.filter(said(words))


def ends_in(digits: str, *, begins: Sequence[str] = ()) -> Q:
    """Cases whose number ends in these digits, or begins so: through a view like `said`."""
    sql = "SELECT n.case_id FROM cases_numbers n WHERE n.tail LIKE %s"
    params = [f"{digits[::-1]}%"]
    for begin in begins:
        sql += " OR n.number >= %s AND n.number < %s"
        params += [begin, f"{begin}:"]
    sql += " OFFSET 0"  # else the planner sees that it is the same table, and puts the wall first
    return Q(pk__in=RawSQL(sql, params))  # noqa: S611 - our own words


def said(words: Sequence[str]) -> Q:
    """Cases that are found by all these words, through the view that keeps the wall itself.

    Where few cases have them, these are asked for first: the planner, who cannot know how few
    they are, would go through all cases from the newest on until it had filled a page.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_few(%s::text[], %s)", (list(words), FEW))
        (few,) = cursor.fetchone()
    if few is not None:
        return Q(pk__in=few)
    return Q(pk__in=RawSQL(SAID, (list(words),)))  # noqa: S611 - our own words


def with_end(cases: CaseQuerySet) -> CaseQuerySet:
    """Cases with their number from its end, `end`, as an index of its own has it."""
    return cases.alias(end=Reverse("number"))
