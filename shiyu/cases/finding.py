"""Finding cases by what somebody types: how it may be meant, the surest way first (查找).

    asked = read("书店街 井盖")
    found = look_up(visible_to(actor), asked, meaning(asked))

Each way is a condition that an index serves; a case found by several counts for the first.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value

from shiyu.cases import search
from shiyu.cases.identity import found_by
from shiyu.cases.models import Assignment, CaseQuerySet
from shiyu.catalogue.models import Kind
from shiyu.common.wall import UNIT, holder
from shiyu.people.models import Unit
from shiyu.places.models import City, Place

LONGEST = 80
NUMBER = re.compile(r"([a-z]{0,6})([\d-]{3,20})")
PHONE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})|(0\d{9,11})")
RECEIPT = re.compile(r"[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}")
PINYIN = re.compile(r"[a-z]{2,40}")
NUMBER_LENGTH = 14
NAMES_MOST = 20

WAYS = ("number", "number_part", "kind", "words", "place", "unit")
"""How a case may have been meant, from the surest."""

Words = Sequence[str] | None
Marks = Sequence[int] | None


@dataclass(frozen=True, slots=True)
class Way:
    """One of WAYS, and the cases found so.

    words, marks  by which the index gives them from the newest on (`search.newest`), or neither.
    """

    name: str
    cases: CaseQuerySet
    words: Words = None
    marks: Marks = None

    @property
    def rank(self) -> int:
        """The surest first."""
        return WAYS.index(self.name)

    def below(self, mark: int | None, most: int) -> list[int]:
        """The newest ids, or the next older ones than this."""
        if self.words or self.marks:
            return search.newest(self.cases, self.words, self.marks, most=most, below=mark)
        older = self.cases if mark is None else self.cases.filter(pk__lt=mark)
        return list(older.order_by("-pk").values_list("pk", flat=True)[:most])

    def above(self, mark: int | None, most: int) -> list[int]:
        """The oldest ids, or the next newer ones than this."""
        if self.words or self.marks:
            return search.newest(self.cases, self.words, self.marks, most=most, above=mark or 0)
        newer = self.cases if mark is None else self.cases.filter(pk__gt=mark)
        return list(newer.order_by("pk").values_list("pk", flat=True)[:most])


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, as it may be meant.

    words   two-character Chinese words, Latin words, figures: a case has them all.
    lone    single Chinese characters, which are not looked for.
    digits  a case number or a part of one, with the letters before it.
    """

    text: str
    plain: str
    words: tuple[str, ...]
    lone: tuple[str, ...]
    letters: str = ""
    digits: str = ""

    @property
    def phone(self) -> str:
        """The telephone number it is, or ""."""
        found = PHONE.fullmatch(re.sub(r"[\s-]", "", self.plain))
        return (found.group(1) or found.group(2)) if found else ""

    @property
    def is_receipt(self) -> bool:
        """Whether it looks like the code of a receipt, which is never looked for."""
        return bool(RECEIPT.fullmatch(self.plain.replace(" ", "")))

    @property
    def terms(self) -> list[str]:
        """What was typed between spaces."""
        return self.text.split()


def read(text: str) -> Asked:
    """Understand what somebody typed; signs that no text holds are left out."""
    text = " ".join("".join(c for c in text if c.isprintable()).split())[:LONGEST]
    plain = search.fold(text).strip()
    cut = search.cut(text)
    lone = tuple(w for w in cut if len(w) == 1 and not w.isascii())
    words = tuple(w for w in cut if w not in lone)
    found = NUMBER.fullmatch(plain.replace(" ", ""))
    letters, digits = found.groups() if found else ("", "")
    return Asked(text, plain, words, lone, letters, digits.replace("-", "")[-NUMBER_LENGTH:])


@dataclass(frozen=True, slots=True)
class Meant:
    """Kinds, units and places that are called so, or sound so: one query finds them."""

    kinds: tuple[int, ...] = ()
    units: tuple[int, ...] = ()
    places: tuple[tuple[int, int], ...] = ()


def meaning(asked: Asked) -> Meant:
    """What a name or its sound may mean; nothing for figures and single characters."""
    kinds, units, places = Kind.objects.all(), Unit.objects.all(), Place.objects.none()
    if PINYIN.fullmatch(asked.plain):
        sounds = Q(pinyin__startswith=asked.plain) | Q(pinyin__contains=f" {asked.plain}")
        kinds, units = kinds.filter(sounds), units.filter(sounds)
    elif len(asked.plain) > 1 and not asked.plain.isascii():
        called = Q(name__contains=asked.plain) | Q(short_name__contains=asked.plain)
        kinds, units = kinds.filter(name=asked.plain), units.filter(called)
        places = Place.objects.filter(name__startswith=asked.plain)
        places = places.exclude(level=Place.Level.CITY)
    else:
        return Meant()
    rows = [
        _named("kind", kinds, "pk", "pk"),
        _named("unit", units, "pk", "pk"),
        _named("place", places, "first", "last"),
    ]
    found: dict[str, list[tuple[int, int]]] = {"kind": [], "unit": [], "place": []}
    for what, first, last in rows[0].union(*rows[1:], all=True):
        found[what].append((first, last))
    kind_ids, unit_ids = (tuple(pk for pk, _pk in found[what]) for what in ("kind", "unit"))
    return Meant(kind_ids, unit_ids, tuple(found["place"]))


def _named(what: str, records: "QuerySet[Any]", first: str, last: str) -> "QuerySet[Any]":
    told = records.annotate(what=Value(what), begin=F(first), end=F(last))
    return told.order_by(first).values_list("what", "begin", "end")[:NAMES_MOST]


def look_up(cases: CaseQuerySet, asked: Asked, meant: Meant) -> list[Way]:
    """The ways in which some of these cases may be meant, none twice, the surest first."""
    if asked.is_receipt or asked.phone or cases.query.is_empty():
        return []
    left, found = search.with_end(cases), list[Way]()
    for name, where, is_one, words, marks in _conditions(asked, meant):
        found.append(Way(name, left.filter(where), words, marks))
        left = left.exclude(is_one)
    return found


def ranked(
    ways: Sequence[Way],
    *,
    most: int,
    after: tuple[int, int] | None = None,
    before: tuple[int, int] | None = None,
) -> list[tuple[int, int]]:
    """So many (rank, id), the surest and newest first, past a mark or before one.

    A way is asked only where those before it have not filled the page.
    """
    back, mark = before is not None, before or after
    rows: list[tuple[int, int]] = []
    for way in reversed(ways) if back else ways:
        at = mark[1] if mark is not None and mark[0] == way.rank else None
        if mark is not None and (way.rank > mark[0] if back else way.rank < mark[0]):
            continue
        ids = way.above(at, most - len(rows)) if back else way.below(at, most - len(rows))
        rows += [(way.rank, pk) for pk in ids]
        if len(rows) == most:
            break
    return rows[::-1] if back else rows


def _conditions(asked: Asked, meant: Meant) -> "Iterator[tuple[str, Q, Q, Words, Marks]]":
    """Name, which cases are found so, how one in hand is known to be one, and what is sought.

    Where an index cannot be used behind the wall the two differ: see `search.ends_in`.
    """
    number, part, ends = _by_number(asked)
    if number is not None:
        yield "number", number, number, None, None
    if part is not None and ends is not None:
        yield "number_part", ends, part, None, None
    if meant.kinds:
        alike = Q(kind__in=meant.kinds)
        yield "kind", alike, alike, None, [search.mark_of_kind(pk) for pk in meant.kinds]
    if asked.words:
        yield "words", Q(), Q(found__words__contains=list(asked.words)), asked.words, None
    if meant.places:
        inside = reduce(or_, (Q(place_number__range=place) for place in meant.places))
        parts = [mark for place in meant.places for mark in search.marks_within(*place)]
        yield "place", inside, inside, None, parts
    if meant.units:
        units = [holder(UNIT, unit) for unit in meant.units]
        part_of = Assignment.objects.filter(case=OuterRef("pk"), unit__in=meant.units)
        yield "unit", Q(Exists(part_of)), Q(pk=None), None, units


def _by_number(asked: Asked) -> tuple[Q | None, Q | None, Q | None]:
    """The whole number, with or without the city's letters; its end, or its beginning: twice."""
    if not asked.digits:
        return None, None, None
    prefix = City.objects.values_list("number_prefix", flat=True).first() or ""
    if asked.letters and asked.letters != prefix.lower():
        return None, None, None
    part, begins = Q(end__startswith=asked.digits[::-1]), list[str]()
    if 4 <= len(asked.digits) < NUMBER_LENGTH:  # a year and a day, with or without the century
        for begin in (asked.digits, f"20{asked.digits}"):
            part |= Q(number__gte=prefix + begin, number__lt=f"{prefix}{begin}:")
            begins.append(prefix + begin)
    whole = Q(number=prefix + asked.digits)
    if len(asked.digits) == NUMBER_LENGTH:
        return whole, None, None
    return whole, part, search.ends_in(asked.digits, begins=begins)


def newest_with_phone(cases: CaseQuerySet, phone: str, *, most: int) -> CaseQuerySet:
    """Cases that somebody with this telephone reported, newest first."""
    said = Q(reports__reporter__found_by=found_by(phone))
    said |= Q(reports__reporter__plain_phone__in=[phone, f"+86{phone}", f"86{phone}"])
    return cases.filter(said).annotate(report=F("reports__pk")).order_by("-pk")[:most]
