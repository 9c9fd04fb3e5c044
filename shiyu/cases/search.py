"""Search words of cases: Chinese two by two, Latin by word, numbers whole (检索)."""

import re
import unicodedata
from functools import cache

from django.db.models import QuerySet

from shiyu.cases.models import Case, CaseQuerySet, Found, Report
from shiyu.journal.models import Remark

CHINESE = re.compile(r"[\u3400-\u9fff]+")
LATIN = re.compile(r"[a-z0-9]+")
WORDS_MOST = 400


@cache
def _simplifier():  # type: ignore[no-untyped-def]
    from opencc import OpenCC

    return OpenCC("t2s")


def cut(text: str) -> list[str]:
    """Words to find a text by, each once: 「书店街」 → 书店, 店街; traditional as simplified."""
    text = _simplifier().convert(unicodedata.normalize("NFKC", text)).lower()
    words: dict[str, None] = {}
    for run in CHINESE.findall(text):
        pairs = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
        words |= dict.fromkeys(pairs)
    words |= dict.fromkeys(LATIN.findall(text))
    return list(words)[:WORDS_MOST]


def index(case: Case, said: str) -> None:
    """Keep what a case is found by, in the transaction that changes it."""
    words = cut(
        " ".join((said, case.address, case.place.name, case.kind.name if case.kind else ""))
    )
    Found.objects.update_or_create(case=case, defaults={"words": words})


def words_said(case: Case) -> str:
    """What the reports of a case say, as far as it is not erased."""
    ids = Report.objects.filter(case=case).values_list("remark_id", flat=True)
    kept: QuerySet[Remark] = Remark.objects.filter(pk__in=ids, erased_at__isnull=True)
    return " ".join(kept.values_list("text", flat=True))


def find(cases: CaseQuerySet, asked: str) -> CaseQuerySet:
    """Those of the cases that a person typing `asked` means: by number, or by all its words.

    A single Chinese character finds nothing: too many cases have it.
    """
    asked = asked.strip()
    digits = re.sub(r"\D", "", asked)
    if digits and re.fullmatch(r"[A-Za-z]{0,6}[\d-]{4,}", asked):
        return cases.filter(number__endswith=digits[-14:])
    words = [w for w in cut(asked) if len(w) > 1 or w.isascii()]
    if not words:
        return cases.none()
    return cases.filter(found__words__contains=words)
