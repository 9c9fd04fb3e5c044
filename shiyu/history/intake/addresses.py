"""Which place an address names, for a whole column of addresses (地址定位).

Only names of the city's own tree count, and only whole ones: a person may guess, a column may
not. An address that names several places which do not lie in each other belongs to what holds
them all; one that names none belongs to no place.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from shiyu.places.gazetteer import USUAL_ENDINGS, plain
from shiyu.places.locator import map_stamp
from shiyu.places.models import Place

LEVELS = (Place.Level.COUNTY, Place.Level.TOWNSHIP, Place.Level.COMMUNITY)
SHORTEST, SHORTEST_BARE = 2, 3
"""A name without its usual ending (书店街 for 书店街街道) counts from three characters on."""
MEANT_MOST = 50_000
"""So many different ways of naming places are kept with what they mean."""


@dataclass(frozen=True, slots=True)
class Named:
    """A place as an address may name it."""

    id: int
    level: str
    first: int
    last: int


class Names:
    """All names of the tree above the grid cells."""

    def __init__(self, rows: Iterable[tuple[int, str, str, int, int]]) -> None:
        self.tree: list[Named] = []
        self.by_name: dict[str, list[Named]] = {}
        for pk, name, level, first, last in rows:
            place = Named(pk, level, first, last)
            self.tree.append(place)
            if level in LEVELS:
                for each in _ways_to_say(plain(name)):
                    self.by_name.setdefault(each, []).append(place)
        self.patterns = sorted(self.by_name, key=lambda name: (-len(name), name))
        self._meant: dict[str, int | None] = {}

    @classmethod
    def of_city(cls) -> "Names":
        """Those of this city, as they stand."""
        places = Place.objects.exclude(level=Place.Level.CELL).order_by("first")
        return cls(places.values_list("id", "name", "level", "first", "last"))

    def places_of(self, texts: pl.Series) -> pl.Series:
        """For each text the id of the place it names, or null."""
        nothing = pl.Series("place_id", [None] * len(texts), dtype=pl.Int64)
        if not self.patterns or texts.null_count() == len(texts):
            return nothing
        said = texts.str.normalize("NFKC").str.to_lowercase()
        joined = said.str.extract_many(self.patterns, leftmost=True).list.join("\n")
        distinct = joined.drop_nulls().unique()
        known = {names: self._means(names) for names in distinct if names}
        return joined.replace_strict(known, default=None, return_dtype=pl.Int64).alias("place_id")

    def place_of(self, text: str) -> int | None:
        """The id of the place that one text names, or None."""
        found = self.places_of(pl.Series([text], dtype=pl.String))[0]
        return int(found) if found is not None else None

    def _means(self, joined: str) -> int | None:
        """What names found in one text mean, reckoned once however many texts say them."""
        if len(self._meant) > MEANT_MOST:
            self._meant = {}
        if joined not in self._meant:
            self._meant[joined] = self.meant(sorted(set(joined.split("\n"))))
        return self._meant[joined]

    def meant(self, names: Sequence[str]) -> int | None:
        """The place that names found in one address mean together."""
        named = [place for name in names for place in _outermost(self.by_name.get(name, ()))]
        within: list[Named] = []
        for level in LEVELS:
            here = [place for place in named if place.level == level]
            inside = [p for p in here if not within or any(_holds(w, p) for w in within)]
            within = inside or within
        if not within:
            return None
        first, last = min(p.first for p in within), max(p.last for p in within)
        holding = [p for p in self.tree if p.first <= first and p.last >= last]
        return holding[-1].id if holding else None


_kept: tuple[tuple[object, ...], Names] | None = None
_building = threading.Lock()


def names_now() -> Names:
    """The names of the city as its map stands, read anew only when it has changed."""
    global _kept
    now = map_stamp()
    kept = _kept
    if kept is None or kept[0] != now:
        with _building:
            kept = _kept = (now, Names.of_city())
    return kept[1]


def _holds(outer: Named, inner: Named) -> bool:
    return outer.first <= inner.first and outer.last >= inner.last


def _outermost(places: Sequence[Named]) -> list[Named]:
    """Of places of one name those that lie in no other of them: the name says no more."""
    return [p for p in places if not any(_holds(o, p) for o in places if o is not p)]


def _ways_to_say(name: str) -> set[str]:
    bare = USUAL_ENDINGS.sub("", name)
    ways = {name} if len(name) >= SHORTEST else set()
    return ways | ({bare} if len(bare) >= SHORTEST_BARE else set())
