"""Search words of cases: Chinese two by two, Latin by word, numbers whole (检索)."""

import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Reverse

from shiyu.cases.models import Case, CaseQuerySet, Found, Report
from shiyu.common import together
from shiyu.common.wall import KEY, PERSON, holder
from shiyu.journal.models import Remark

if TYPE_CHECKING:
    from opencc import OpenCC

CHINESE = re.compile(r"[\u3400-\u9fff]+")
LATIN = re.compile(r"[a-z0-9]+")
WORDS_MOST = 400
INDEX_BATCH = 500
FEW = 2000
AT_ONCE_MOST = 5_000
WIDTHS = (33, 36, 39, 42, 45, 48, 51)
"""Bits of a place's number that a mark leaves out: see migration 0018, where they stand, too."""
PARTS_MOST = 9
KEYS = re.compile(r"key:(\d{1,17})", re.ASCII)
SEEK = """
SELECT asked.ids, ARRAY({seen}) FROM (SELECT cases_seek(
    %s::text[], %s::bigint[], %s::bigint, %s::bigint, %s, %s) AS ids OFFSET 0) AS asked
"""
SAID = "SELECT w.case_id FROM cases_words w WHERE w.words @> %s::text[]"
AND_MARKED = " AND w.marks && %s::bigint[]"
FEW_AND_MARKS = "SELECT cases_few(%s::text[], %s), cases_sight_marks()"
LISTED_FEW = 1000
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


def index(case: Case, said: str, *, first: Report | None = None) -> None:
    """Keep what a case is found by, in the transaction that changes it.

    first  its first report, where case and report are written in the same statement: neither the
           wall nor the trigger that keeps the marks can see them yet.
    """
    marks = marks_of(case, first) if first else None
    found = Found(case=case, words=words_of(case, said), marks=marks)
    together.insert(found, tail="" if first else ANEW)


def marks_of(case: Case, first: Report) -> list[int]:
    """What else a new case is searched by: as `cases_marks_of` says it of those that are there."""
    marks = [-((case.place_number >> bits) * 64 + bits) - 1 for bits in WIDTHS]
    marks += [mark_of_kind(case.kind_id)] if case.kind_id else []
    marks += [holder(PERSON, first.by_person_id)] if first.by_person_id else []
    key = KEYS.fullmatch(first.source)
    return [*marks, holder(KEY, int(key[1]))] if key and not first.by_person_id else marks


def mark_of_kind(kind: int) -> int:
    return kind * 4 + 3


def marks_within(first: int, last: int) -> list[int]:
    """Marks of which each case in places with these numbers has one, as `cases_cover`."""
    bits = next(b for b in WIDTHS if (last >> b) - (first >> b) < PARTS_MOST)
    return [-(part * 64 + bits) - 1 for part in range(first >> bits, (last >> bits) + 1)]


def newest(
    seen: CaseQuerySet,
    words: Sequence[str] | None,
    marks: Sequence[int] | None,
    *,
    most: int,
    below: int | None = None,
    above: int | None = None,
) -> list[int]:
    """Ids of the newest of these cases with all the words, or one of the marks, and in sight.

    below, above  past a mark: the next older ones, or the next newer ones, the nearest first.
    """
    found: list[int] = []
    wanted = most
    try:
        sql, params = _seen_of_asked(seen)
    except EmptyResultSet:
        return []
    while len(found) < most:
        asked: list[Any] = [words and list(words), marks and list(marks)]
        asked += [below, above, wanted, FEW]
        with connection.cursor() as cursor:
            cursor.execute(SEEK.format(seen=sql), [*params, *asked])
            ids, kept = cursor.fetchone()
        known = set(kept)
        found += [pk for pk in ids if pk in known]
        if len(ids) < wanted:
            break
        below, above = (ids[-1], None) if above is None else (None, ids[-1])
        wanted = min(wanted * 4, AT_ONCE_MOST)
    return found[:most]


def _seen_of_asked(seen: CaseQuerySet) -> "tuple[str, Sequence[Any]]":
    """Which of the asked ids are of these cases, as a question within another."""
    asked = RawSQL("SELECT unnest(asked.ids)", ())
    sql, params = seen.order_by().filter(pk__in=asked).values("pk").query.sql_with_params()
    return sql, params


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
    """Those of the cases that a person typing `asked` means: by number, or by all its words."""
    return cases.filter(found[0]) if (found := typed(asked)) else cases.none()


def typed(asked: str, *, within: tuple[int, int] | None = None) -> tuple[Q, Q] | None:
    """Which cases a person typing this means, behind the wall; None where it can be none.

    Said twice: for the newest of them, and for counting them.

    A single Chinese character finds nothing: too many cases have it.

    within  no others are wanted than those of places with these numbers.
    """
    asked = unicodedata.normalize("NFKC", asked).strip()
    digits = re.sub(r"\D", "", asked)
    if digits and re.fullmatch(r"[A-Za-z]{0,6}[\d-]{4,}", asked):
        return (by_number := ends_in(digits[-14:])), by_number
    words = [w for w in cut(asked) if len(w) > 1 or w.isascii()]
    return said(words, within=within) if words else None


def ends_in(digits: str, *, begins: Sequence[str] = ()) -> Q:
    """Cases whose number ends in these digits, or begins so: through a view like `said`."""
    sql = "SELECT n.case_id FROM cases_numbers n WHERE n.tail LIKE %s"
    params = [f"{digits[::-1]}%"]
    for begin in begins:
        sql += " OR n.number >= %s AND n.number < %s"
        params += [begin, f"{begin}:"]
    sql += " OFFSET 0"  # else the planner sees that it is the same table, and puts the wall first
    return Q(pk__in=RawSQL(sql, params))  # noqa: S611 - our own words


def said(words: Sequence[str], *, within: tuple[int, int] | None = None) -> tuple[Q, Q]:
    """Cases that are found by all these words, through the view that keeps the wall itself.

    Where few cases in sight have them, these are asked for first: the planner, who cannot know how
    few they are, would go through all cases from the newest on until it had filled a page. Of many
    the newest are soon met so; to count them the view is asked for the marks of this sight, and of
    the places wanted, too: the index gives no others.
    """
    with connection.cursor() as cursor:
        cursor.execute(FEW_AND_MARKS, (list(words), LISTED_FEW))
        few, sight = cursor.fetchone()
    if few is not None:
        return Q(pk__in=few), Q(pk__in=few)
    marks = [sight, marks_within(*within) if within else None]
    asked = [list(words), *(some for some in marks if some is not None)]
    marked = SAID + AND_MARKED * (len(asked) - 1)
    return Q(pk__in=RawSQL(SAID, asked[:1])), Q(pk__in=RawSQL(marked, asked))  # noqa: S611 - ours


def with_end(cases: CaseQuerySet) -> CaseQuerySet:
    """Cases with their number from its end, `end`, as an index of its own has it."""
    return cases.alias(end=Reverse("number"))
