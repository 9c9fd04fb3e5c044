"""What a search found, row by row, and why: the matched words marked in their text (查找结果)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils.translation import gettext as _

from shiyu.cases import finding, search
from shiyu.cases.finding import WAYS, Asked, Meant
from shiyu.cases.models import Assignment, Case, CaseQuerySet, Report
from shiyu.desk import listing
from shiyu.journal.models import Remark
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

AROUND = 6
LONGEST_PIECE = 40

Pieces = list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Why:
    """One reason why a case was found: where, and the text with what matched (命中原因)."""

    label: str
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the results."""

    row: listing.Row
    number: Pieces
    kind: Pieces
    why: list[Why]


@dataclass(frozen=True, slots=True)
class Results:
    """Some of what was found, with marks for the pages before and after; "" at the ends."""

    rows: list[Found]
    before: str
    after: str


def results(
    cases: CaseQuerySet, asked: Asked, *, now: datetime, after: str = "", before: str = ""
) -> Results:
    """One page of what these words find among the cases, the surest and newest first."""
    back, onwards = _mark(before), None if _mark(before) else _mark(after)
    meant = finding.meaning(asked)
    ways = finding.look_up(cases, asked, meant)
    most = listing.A_PAGE + 1
    ranks = finding.ranked(ways, most=most, after=onwards, before=back)
    more = len(ranks) == most
    if more:
        ranks = ranks[1:] if back else ranks[:-1]
    known = cases.with_row().only(*listing.SHOWN).in_bulk([pk for _rank, pk in ranks])
    shown = [(WAYS[rank], known[pk]) for rank, pk in ranks if pk in known]
    has_before = more if back else onwards is not None
    has_after = True if back else more
    return Results(
        _rows(shown, asked, meant, now),
        "{}~{}".format(*ranks[0]) if ranks and has_before else "",
        "{}~{}".format(*ranks[-1]) if ranks and has_after else "",
    )


def by_phone(cases: Sequence[Case], masked: str, *, now: datetime) -> list[Found]:
    """The cases that a telephone number found; the number itself only masked."""
    once = {case.pk: case for case in cases}
    why = Why(_("上报人电话"), [(masked, True)])
    return [
        Found(listing.row_of(c, now=now), [(c.number[-6:], False)], [(_kind(c), False)], [why])
        for c in once.values()
    ]


def marked(text: str, words: Iterable[str]) -> Pieces:
    """A text in pieces, those that match marked; folded sign by sign, so that places agree."""
    plain, places = "", []
    for at, sign in enumerate(text):
        folded = _folded(sign)
        plain += folded
        places += [at] * len(folded)
    hits = [False] * len(text)
    for word in words:
        at = plain.find(word)
        while word and at >= 0:
            for place in places[at : at + len(word)]:
                hits[place] = True
            at = plain.find(word, at + 1)
    pieces: Pieces = []
    for sign, hit in zip(text, hits, strict=True):
        if pieces and pieces[-1][1] == hit:
            pieces[-1] = (pieces[-1][0] + sign, hit)
        else:
            pieces.append((sign, hit))
    return pieces


@lru_cache(maxsize=16384)
def _folded(sign: str) -> str:
    """One sign folded; a page of results folds some thousand, mostly the same ones."""
    return search.fold(sign)


def snippet(text: str, words: Iterable[str]) -> Pieces:
    """The part of a long text around its first match."""
    pieces = marked(" ".join(text.split()), words)
    first = next((at for at, (_text, hit) in enumerate(pieces) if hit), None)
    if first is None:
        return []
    kept: Pieces = []
    if first:
        lead = pieces[first - 1][0]
        kept.append(((("…" + lead[-AROUND:]) if len(lead) > AROUND else lead), False))
    length = 0
    for piece, hit in pieces[first:]:
        left = LONGEST_PIECE - length
        if left <= 0:
            break
        kept.append((piece if len(piece) <= left else piece[:left] + "…", hit))
        length += len(piece)
    return kept


def has_hit(pieces: Pieces) -> bool:
    return any(hit for _piece, hit in pieces)


def _mark(text: str) -> tuple[int, int] | None:
    rank, _sep, pk = text.partition("~")
    if not (rank.isdecimal() and pk.isdecimal() and len(rank) < 3 and len(pk) < 19):
        return None
    return (int(rank), int(pk)) if int(rank) < len(WAYS) else None


def _kind(case: Case) -> str:
    return case.kind.name if case.kind else _("未定类别")


def _rows(shown: list[tuple[str, Case]], asked: Asked, meant: Meant, now: datetime) -> list[Found]:
    said = _said([case for way, case in shown if way == "words"])
    units = _units([case for way, case in shown if way == "unit"], asked, meant)
    words = [asked.digits, *asked.words] if asked.digits else list(asked.words)
    found = []
    for way, case in shown:
        why = [*_why(way, case, asked, said.get(case.pk, [])), *units.get(case.pk, [])]
        short = case.number if asked.digits else case.number[-6:]
        number = marked(short, [asked.digits] if way.startswith("number") else [])
        kind = marked(_kind(case), words if case.kind else [])
        found.append(Found(listing.row_of(case, now=now), number, kind, why))
    return found


def _why(way: str, case: Case, asked: Asked, said: list[str]) -> list[Why]:
    """The texts of a case in which something matched, its address always shown."""
    words = asked.words
    why = [Why("", marked(case.address or case.place.name, words))]
    if case.address and has_hit(place := marked(case.place.name, words)):
        why.append(Why(_("区域"), place))
    if way == "place":
        why.append(Why(_("区域"), [(case.place.name, True)]))
    if way == "kind" and not has_hit(marked(_kind(case), words)):
        why.append(Why(_("类别"), [(_kind(case), True)]))
    for text in said if _unexplained(case, words) else []:
        if part := snippet(text, words):
            why.append(Why(_("反映"), part))
            break
    return why


def _unexplained(case: Case, words: Iterable[str]) -> bool:
    """Whether some word stands neither in the kind nor in the address, and so in what was said."""
    shown = search.fold(" ".join((_kind(case), case.address, case.place.name)))
    return any(word not in shown for word in words)


def _said(cases: list[Case]) -> dict[int, list[str]]:
    """What was said of these cases, where it is kept; two queries."""
    if not cases:
        return {}
    reports = Report.objects.filter(case__in=cases, remark_id__isnull=False).order_by("pk")
    pairs = list(reports.values_list("case_id", "remark_id"))
    kept = Remark.objects.filter(erased_at__isnull=True)
    texts = kept.in_bulk([remark for _case, remark in pairs if remark])
    said: dict[int, list[str]] = {}
    for case, remark in pairs:
        if remark in texts:
            said.setdefault(case, []).append(texts[remark].text)
    return said


def _units(cases: list[Case], asked: Asked, meant: Meant) -> dict[int, list[Why]]:
    """Of the units that were meant, those with a part in these cases."""
    if not cases:
        return {}
    parts = Assignment.objects.filter(case__in=cases, unit__in=meant.units)
    found: dict[int, list[Why]] = {}
    for case, name in parts.values_list("case_id", "unit__name"):
        pieces = marked(name, [asked.plain])
        shown = pieces if has_hit(pieces) else [(name, True)]
        found.setdefault(case, []).append(Why(_("承办单位"), shown))
    return found


def may_mean(cases: CaseQuerySet, asked: Asked) -> list[str]:
    """Fewer words with which something is found, for a search that found nothing."""
    if len(asked.terms) < 2:
        return []
    shorter = [
        " ".join(asked.terms[:at] + asked.terms[at + 1 :]) for at in range(min(len(asked.terms), 3))
    ]
    return [words for words in shorter if search.find(cases, words).exists()]


def units_like(asked: Asked) -> list[str]:
    """Names of units that sound or read alike, for a search that found nothing."""
    if len(asked.plain) < 3 or asked.plain.isascii():
        return []
    like = Unit.objects.filter(name__contains=asked.plain[:2])
    return list(like.order_by("pk").values_list("name", flat=True)[:3])


def may_search_phones(actor: Actor) -> bool:
    """Whether this actor finds cases by telephone number."""
    return actor.holds("intake")
