"""Which life is lived again when: the draw for a whole city, the same for the same seed (排布).

Each day gets its share of cases by weekday and season. Among the lives that may begin on that day
one is drawn again and again, longer ones the more often, until lines and cases are as many as
asked for.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from shiyu.history.kaifeng.rhythm import WEEK
from shiyu.history.large.weeks import Numbers

DAY_US = 86_400_000_000
WEEK_US = 7 * DAY_US
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
A_YEAR, SWING = 365.25, 0.12
"""Summer brings more reports than winter, by so much (made up)."""
TRIES = 24
CHUNK = 4_000
"""Cases a transaction, about: some seconds, so that two processes stay evenly busy."""
Shares = npt.NDArray[np.float64]


class TooFew(Exception):
    """The lives told cannot make up what was asked for."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Who lives again, in the order of their reports; one row for each life.

    g      the life; week, seconds: so much earlier, so much later within the minute.
    as_is  it stands where it was told: what is still open, and may not be moved.
    chunk  the transaction that writes it.
    """

    g: Numbers
    week: Numbers
    seconds: Numbers
    as_is: npt.NDArray[np.bool_]
    chunk: Numbers

    def save(self, path: Path) -> None:
        np.savez(path, **{name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def load(cls, path: Path) -> "Draw":
        with np.load(path) as read:
            return cls(**{name: read[name] for name in cls.__slots__})

    def part(self, rows: slice) -> "Draw":
        """Some rows of it."""
        return Draw(*(getattr(self, name)[rows] for name in self.__slots__))

    def of(self, chunk: int) -> slice:
        """The rows of one transaction."""
        first, last = np.searchsorted(self.chunk, [chunk, chunk + 1])
        return slice(int(first), int(last))


def draw(
    groups: pl.DataFrame,
    moves: npt.NDArray[np.bool_],
    *,
    cases: int,
    lines_each: float,
    days: tuple[int, int],
    now: int,
    seed: int,
) -> Draw:
    """Draw so many cases with so many lines each over these days.

    groups  of the lives; those that are not ended are there once, as they are.
    moves   for each life and week whether it may lie there.
    now     in microseconds: nothing happens after it.
    """
    chance = np.random.default_rng(seed)
    ended = groups["ended"].to_numpy()
    stays = np.flatnonzero(~ended)
    pairs, week = _choices(groups, moves, now)
    day = groups["begins"].to_numpy()[pairs] - 7 * week
    inside = (day >= days[0]) & (day <= days[1])
    pairs, week, day = pairs[inside], week[inside], day[inside]
    order = np.argsort(day, kind="stable")
    pairs, week, day = pairs[order], week[order], day[order]

    size, lines = groups["cases"].to_numpy(), groups["lines"].to_numpy()
    wanted = cases - int(size[stays].sum())
    if wanted < 0 or not len(pairs):
        raise TooFew
    each = (cases * lines_each - lines[stays].sum()) / max(wanted, 1)
    bounds = np.searchsorted(day, np.arange(days[0], days[1] + 2))
    shares = _shares(days) * (np.diff(bounds) > 0)
    weight = _tilted(lines[pairs], size[pairs], bounds, shares, each)
    mean = _mean(weight, size[pairs], bounds, shares)
    most = int(wanted / mean * 1.05) + 50
    drawn = _drawn(weight, bounds, shares, most, chance)
    drawn = drawn[: _enough(size[pairs[drawn]], wanted)]
    drawn = _exactly(drawn, size[pairs], wanted)

    g = np.concatenate([stays, pairs[drawn]])
    weeks = np.concatenate([np.zeros(len(stays), dtype=np.int64), week[drawn]])
    as_is = np.arange(len(g)) < len(stays)
    seconds = np.where(as_is, 0, _seconds(groups, g, chance))
    return _ordered(groups, g, weeks, seconds, as_is)


def _choices(
    groups: pl.DataFrame, moves: npt.NDArray[np.bool_], now: int
) -> tuple[Numbers, Numbers]:
    """Every ended life with every week in which it may lie, and is over by now."""
    may = moves & groups["ended"].to_numpy()[:, np.newaxis]
    fixed = ~groups["movable"].to_numpy()
    may[fixed, 1:] = False
    pairs, week = np.nonzero(may)
    over = groups["last"].to_numpy()[pairs] - week * WEEK_US < now - MINUTE_US
    return pairs[over].astype(np.int64), week[over].astype(np.int64)


def _shares(days: tuple[int, int]) -> Shares:
    """How much of all is reported on each day."""
    every = np.arange(days[0], days[1] + 1)
    weekday = np.array(WEEK)[(every + 3) % 7]
    season = 1 + SWING * np.cos(2 * np.pi * ((every - 200) % A_YEAR) / A_YEAR)
    found: Shares = weekday * season
    return found


def _sums(values: Shares, bounds: Numbers) -> Shares:
    """The sum of each day's choices."""
    running = np.concatenate([[0.0], np.cumsum(values)])
    return running[bounds[1:]] - running[bounds[:-1]]


def _expected(weight: Shares, of: Numbers, bounds: Numbers, shares: Shares) -> float:
    """What a draw brings on average of something that each choice has."""
    all_of, own = _sums(weight, bounds), _sums(weight * of, bounds)
    means = np.divide(own, all_of, out=np.zeros_like(own), where=all_of > 0)
    return float((means * shares).sum() / shares.sum())


def _mean(weight: Shares, size: Numbers, bounds: Numbers, shares: Shares) -> float:
    return _expected(weight, size, bounds, shares)


def _tilted(lines: Numbers, size: Numbers, bounds: Numbers, shares: Shares, each: float) -> Shares:
    """Weights that favour longer lives just so much that each case has so many lines."""
    low, high, a_case = -2.0, 2.0, lines / size
    weight: Shares = np.ones(len(lines))
    for _try in range(TRIES):
        tilt = (low + high) / 2
        weight = np.exp(tilt * (a_case - each).clip(-20, 20)) / size
        found = _expected(weight, lines, bounds, shares) / _mean(weight, size, bounds, shares)
        low, high = (tilt, high) if found < each else (low, tilt)
    return weight


def _drawn(
    weight: Shares, bounds: Numbers, shares: Shares, most: int, chance: np.random.Generator
) -> Numbers:
    """So many choices, by day and weight, in no order."""
    on = chance.choice(len(shares), most, p=shares / shares.sum())
    running = np.cumsum(weight)
    low = np.where(bounds[on] > 0, running[bounds[on] - 1], 0.0)
    high = running[bounds[on + 1] - 1]
    found = np.searchsorted(running, chance.uniform(low, high), side="right")
    return np.clip(found, bounds[on], bounds[on + 1] - 1)


def _enough(size: Numbers, wanted: int) -> int:
    """How many of these make up so many cases, the last one perhaps too many."""
    running = np.cumsum(size)
    if running[-1] < wanted:
        raise TooFew
    return int(np.searchsorted(running, wanted) + 1)


def _exactly(drawn: Numbers, size: Numbers, wanted: int) -> Numbers:
    """Without some lives of one case, so that just as many cases are left."""
    over = int(size[drawn].sum()) - wanted
    single = np.flatnonzero(size[drawn] == 1)[:over]
    if len(single) < over:
        raise TooFew
    return np.delete(drawn, single)


def _seconds(groups: pl.DataFrame, g: Numbers, chance: np.random.Generator) -> Numbers:
    """So many seconds that no event leaves its minute."""
    low = -(groups["early"].to_numpy()[g] // SECOND_US)
    high = (MINUTE_US - 1 - groups["late"].to_numpy()[g]) // SECOND_US
    return chance.integers(low, high + 1)


def _ordered(
    groups: pl.DataFrame,
    g: Numbers,
    week: Numbers,
    seconds: Numbers,
    as_is: npt.NDArray[np.bool_],
) -> Draw:
    """In the order of their reports, cut into transactions."""
    at = groups["first"].to_numpy()[g] - week * WEEK_US + seconds * SECOND_US
    order = np.lexsort((g, at))
    g, week, seconds, as_is = g[order], week[order], seconds[order], as_is[order]
    chunk = np.cumsum(groups["cases"].to_numpy()[g]) // CHUNK
    return Draw(g, week, seconds, as_is, np.unique(chunk, return_inverse=True)[1])
