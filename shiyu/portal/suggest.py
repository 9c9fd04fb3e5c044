"""Kinds that the words of a report speak of: offered with reasons, never decided (类别建议)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases.models import Case
from shiyu.cases.search import cut
from shiyu.catalogue.models import Kind, Standard
from shiyu.catalogue.rules import kinds_for_public
from shiyu.common.wall import beyond

SHOWN_MOST = 3
IN_NAME, IN_CONDITION, WHOLE_NAME = 3, 1, 3
EMPTY = frozenset("的了是在有很把被我你他她它这那个们呢吗啊吧就都也还")
"""Characters that say nothing of what is wrong."""

LATELY = timedelta(days=30)
LATEST = 500
REASON_WORDS = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One kind worth offering, and why."""

    kind: Kind
    because: str


def suggested(text: str, *, at: datetime) -> list[Suggestion]:
    """At most three kinds: by the words written, else those reported most of late."""
    kinds = list(kinds_for_public())
    return by_words(text, kinds, at=at) or by_frequency(kinds, at=at)


def by_words(
    text: str, kinds: Sequence[Kind], *, at: datetime, most: int = SHOWN_MOST
) -> list[Suggestion]:
    """Kinds whose name, or whose filing condition, shares two-character words with the text.

    A word in the name counts three times one in the condition, the whole name three more; words
    many kinds share count less.
    """
    said = {word for word in cut(text) if not EMPTY & set(word)}
    if not said:
        return []
    conditions = _conditions(timezone.localtime(at))
    names = {kind.pk: said & _words(kind.name) for kind in kinds}
    stated = {kind.pk: said & _words(conditions.get(kind.pk, "")) for kind in kinds}
    spread = Counter(word for found in (*names.values(), *stated.values()) for word in found)
    scored = []
    for kind in kinds:
        in_name, in_condition = names[kind.pk], stated[kind.pk] - names[kind.pk]
        score = sum(IN_NAME / spread[w] for w in in_name)
        score += sum(IN_CONDITION / spread[w] for w in in_condition)
        if score:
            score += WHOLE_NAME * len(in_name) / len(_words(kind.name))
            scored.append((score, kind, [*in_name, *in_condition]))
    scored.sort(key=lambda row: (-row[0], row[1].code))
    return [Suggestion(kind, _because(text, shared)) for _score, kind, shared in scored[:most]]


@beyond("often reported")
def by_frequency(kinds: Sequence[Kind], *, at: datetime) -> list[Suggestion]:
    """The kinds most often reported of late, from the latest reports of the city."""
    latest = Case.objects.filter(
        direction=Case.Direction.UP, reported_at__gte=at - LATELY, kind__isnull=False
    ).values_list("kind_id", flat=True)
    seen = Counter(latest[:LATEST])
    known = {kind.pk: kind for kind in kinds}
    common = [known[pk] for pk, _n in seen.most_common() if pk in known]
    return [Suggestion(kind, _("近来常有人报")) for kind in common[:SHOWN_MOST]]


def _because(text: str, shared: Sequence[str]) -> str:
    """The words both have, in the order in which they were written, neighbours joined."""
    joined: list[str] = []
    for word in sorted(shared, key=text.find):
        if joined and joined[-1][-1] == word[0] and joined[-1] + word[1:] in text:
            joined[-1] += word[1:]
        else:
            joined.append(word)
    return _("您写到「%(words)s」") % {"words": "、".join(joined[:REASON_WORDS])}


def _conditions(local: datetime) -> dict[int, str]:
    rows = Standard.objects.valid_on(local.date()).values_list("kind_id", "filing_condition")
    texts: dict[int, str] = {}
    for kind, condition in rows:
        texts[kind] = f"{texts.get(kind, '')} {condition}"
    return texts


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(cut(text))
