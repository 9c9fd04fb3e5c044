"""One transaction's lives: what all its rows are reckoned from (一批).

Everything about a case is found by its number among the cases of the transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from shiyu.cases.bulk.columns import UTC_TIME
from shiyu.history.large.ground import Ground, Spots
from shiyu.history.large.patterns import TABLES, Patterns
from shiyu.history.large.plan import SECOND_US, WEEK_US, Draw
from shiyu.history.large.residents import Residents
from shiyu.history.large.weeks import Numbers


@dataclass(frozen=True, slots=True)
class Written:
    """What all copies have in common: the city's zone and prefix, names, residents, the hour."""

    zone: str
    prefix: str
    kinds: Mapping[int, str]
    places: Mapping[int, str]
    residents: Residents
    seed: int
    taken_in: datetime


class Lives:
    """Patterns with the first row of each life in every table."""

    def __init__(self, patterns: Patterns) -> None:
        self.patterns = patterns
        lives = np.arange(patterns.groups.height + 1)
        self._starts = {
            name: np.searchsorted(table["g"].to_numpy(), lives)
            for name, table in patterns.tables.items()
            if "g" in TABLES[name]
        }

    def rows(self, name: str, g: Numbers) -> tuple[pl.DataFrame, Numbers]:
        """The rows of one table for these lives, and of which life each is."""
        starts = self._starts[name]
        rows, of = spread(starts[g], starts[g + 1] - starts[g])
        return self.patterns.tables[name][rows], of


class Chunk:
    """One transaction's lives; `of` says of which life each case is, `first` its first case."""

    def __init__(
        self,
        lives: Lives,
        ground: Ground,
        about: Written,
        drawn: Draw,
        ids: Mapping[str, int],
        chance: np.random.Generator,
    ) -> None:
        self.lives, self.about, self.drawn, self.ids = lives, about, drawn, ids
        self.cases, self.of = self.rows("cases")
        self.count = self.cases.height
        own = np.bincount(self.of, minlength=len(drawn.g))
        self.first = np.cumsum(own) - own
        self.by_weeks = -drawn.week * WEEK_US
        self.by_all = self.by_weeks + drawn.seconds * SECOND_US
        self.case_id = ids["cases"] + np.arange(self.count)
        self.report_id = ids["reports"] + np.arange(self.count)
        self.spots = self._spots(ground, chance)

    def rows(self, name: str) -> tuple[pl.DataFrame, Numbers]:
        """The rows of a table, and of which life each is."""
        return self.lives.rows(name, self.drawn.g)

    def _spots(self, ground: Ground, chance: np.random.Generator) -> Spots:
        """Another cell for each life that may move, the same for all its cases."""
        cases = self.cases
        told = cases["cell"].to_numpy()
        moved = np.flatnonzero((told >= 0) & ~self.drawn.as_is[self.of])
        chosen = chance.random(len(self.drawn.g))[self.of[moved]]
        cells = ground.another(told[moved], chosen)
        lon, lat = (cases[name].to_numpy(writable=True) for name in ("lon", "lat"))
        lon[moved], lat[moved] = ground.points(cells, chance)
        place, number = (cases[name].to_numpy(writable=True) for name in ("place", "place_number"))
        place[moved], number[moved] = ground.place[cells], ground.number[cells]
        address = cases["address"].scatter(moved, ground.addresses(cells, chance))
        address = pl.Series("address", address).zip_with(cases["address"] != "", cases["address"])
        names = [self.about.places[one] for one in place.tolist()]
        return Spots(place, number, pl.Series(names, dtype=pl.String), lon, lat, address)

    def actors(self, actors: pl.Series, teller: Numbers) -> pl.Series:
        """Who made each line; whoever reported by the report's id."""
        return actors.zip_with(actors != "", named("receipt", self.report_id[teller]))

    def acts(self, times: pl.Series) -> pl.Series:
        """When something was done to each case."""
        return self.moved(times, self.of)

    def moved(self, times: pl.Series, of: Numbers) -> pl.Series:
        """When something was done: so many weeks earlier, some seconds within the minute."""
        return (times + pl.Series(self.by_all[of])).cast(UTC_TIME)

    def dues(self, times: pl.Series, of: Numbers) -> pl.Series:
        """What the calendars say: whole minutes, so many weeks earlier."""
        return (times + pl.Series(self.by_weeks[of])).cast(UTC_TIME)

    def others(self, places: pl.Series) -> pl.Series:
        """The ids of other cases of the same life."""
        return places + pl.Series(self.case_id[0] + self.first[self.of])

    def case_of(self, rows: pl.DataFrame, of: Numbers) -> Numbers:
        """The id of the case that each row belongs to."""
        found: Numbers = self.case_id[self.first[of] + rows["pos"].to_numpy()]
        return found

    def lines_before(self) -> Numbers:
        """For each life how many lines those before it have, in this transaction."""
        lines = self.lives.patterns.groups["lines"].to_numpy()[self.drawn.g]
        return np.cumsum(lines) - lines

    def first_lines(self) -> Numbers:
        """The same for the life of each case."""
        return self.lines_before()[self.of]


def spread(first: Numbers, count: Numbers) -> tuple[Numbers, Numbers]:
    """The rows of several stretches one after another, and of which stretch each is."""
    of = np.repeat(np.arange(len(count)), count)
    before = np.cumsum(count) - count
    return np.arange(len(of)) - before[of] + first[of], of


def named(kind: str, ids: Numbers) -> pl.Series:
    """The journal's names of records: "case:12"."""
    return f"{kind}:" + pl.Series(ids).cast(pl.String)


def or_none(ids: Numbers) -> pl.Series:
    """Ids, null where there is none."""
    found = pl.Series(ids)
    return found.set(found == 0, None)
