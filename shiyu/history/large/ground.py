"""Where lives are lived again: cells of the same township, points, addresses (落点)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shiyu.history.kaifeng import words
from shiyu.history.kaifeng.town import Cell
from shiyu.history.large.weeks import Numbers

TRIES = 12
DOORS = 320
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spots:
    """Where some cases lie: the place's id, number and name, the point, the address."""

    place: Numbers
    number: Numbers
    name: pl.Series
    lon: Shares
    lat: Shares
    address: pl.Series


class Ground:
    """All grid cells, each with those that it may stand for: of its township, town or country."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.place = np.array([cell.place.pk for cell in cells], dtype=np.int64)
        self.number = np.array([cell.place.first for cell in cells], dtype=np.int64)
        self.name = pl.Series([cell.place.name for cell in cells], dtype=pl.String)
        self._in_town = np.array([cell.in_town for cell in cells], dtype=bool)
        self._village = pl.Series(
            [words.village_name(cell.community) for cell in cells], dtype=pl.String
        )
        keys: dict[tuple[str, bool], int] = {}
        alike = [keys.setdefault((c.township, c.in_town), len(keys)) for c in cells]
        self._alike = np.array(alike, dtype=np.int64)
        self._sorted = np.argsort(self._alike, kind="stable")
        self._first = np.searchsorted(self._alike[self._sorted], np.arange(len(keys) + 1))
        self._shapes = shapely.from_wkb([bytes(cell.place.boundary or b"") for cell in cells])
        self._bounds = shapely.bounds(self._shapes)
        inner = shapely.point_on_surface(self._shapes)
        self._inner = np.stack((shapely.get_x(inner), shapely.get_y(inner)))

    def another(self, cells: Numbers, chosen: Shares) -> Numbers:
        """For each cell one that may stand for it, picked by a number from 0 to 1."""
        alike = self._alike[cells]
        first, after = self._first[alike], self._first[alike + 1]
        picked = first + (chosen * (after - first)).astype(np.int64)
        return self._sorted[np.minimum(picked, after - 1)]

    def points(self, cells: Numbers, chance: np.random.Generator) -> tuple[Shares, Shares]:
        """A point inside each of these cells."""
        lon, lat = self._inner[:, cells].copy()
        west, south, east, north = self._bounds[cells].T
        shapes, missing = self._shapes[cells], np.arange(len(cells))
        for _try in range(TRIES):
            x = chance.uniform(west[missing], east[missing])
            y = chance.uniform(south[missing], north[missing])
            good = shapely.contains_xy(shapes[missing], x, y)
            lon[missing[good]], lat[missing[good]] = x[good], y[good]
            missing = missing[~good]
            if not len(missing):
                break
        return np.round(lon, 6), np.round(lat, 6)

    def addresses(self, cells: Numbers, chance: np.random.Generator) -> pl.Series:
        """A made-up address in each cell: a road and a number in town, a spot in a village."""
        count = len(cells)
        road = pl.Series(words.ROADS).gather(chance.integers(0, len(words.ROADS), count))
        spot = pl.Series(words.SPOTS).gather(chance.integers(0, len(words.SPOTS), count))
        door = pl.Series(chance.integers(1, DOORS + 1, count)).cast(pl.String)
        spots = words.VILLAGE_SPOTS
        about = pl.Series(spots).gather(chance.integers(0, len(spots), count))
        town, village = road + door + "号" + spot, self._village.gather(cells) + about
        return village.zip_with(~pl.Series(self._in_town[cells]), town)
