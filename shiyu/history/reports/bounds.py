"""Where the city of a file lies, and which of its points are no points of it (城市范围).

Exports carry points that mean "unknown": zeros, a whole degree, the city hall of another city.
However many rows share such a point, it is one point: so distinct points are looked at, and the
city ends where next to none follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

KM_A_DEGREE = 111.32
MOST_KM, LEAST_KM = 500.0, 2.0
CORE = 0.97
"""So large a share of the distinct points is the city's, wherever they lie within MOST_KM."""
STEP, FEW = 1.5, 0.0005
"""From there on the city ends where, going on by half, less than this share of points follows."""
SENTINEL_SHARE = 0.01
"""A point of round degrees that so large a share of rows repeat is a word for "unknown"."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box in WGS-84 degrees."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def parse(cls, text: str) -> "Bounds":
        """From "west,south,east,north"; raises ValueError with a sentence."""
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError as error:
            raise ValueError("--bounds 应是 西,南,东,北 四个经纬度") from error
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError("--bounds 的西应小于东、南应小于北")
        return cls(west, south, east, north)


def inside(rows: pl.DataFrame, given: Bounds | None) -> Mask:
    """Which rows have a point of this city."""
    lon, lat = rows["lon"].to_numpy(), rows["lat"].to_numpy()
    usable = np.isfinite(lon) & np.isfinite(lat)
    usable &= (np.abs(lon) <= 180) & (np.abs(lat) <= 90) & ~((lon == 0) & (lat == 0))
    if given is not None:
        within = (lon >= given.west) & (lon <= given.east)
        return usable & within & (lat >= given.south) & (lat <= given.north)
    usable &= ~_sentinels(lon, lat, usable)
    if not usable.any():
        return usable
    distinct = rows.select("lon", "lat").filter(pl.Series(usable)).unique()
    x, y = distinct["lon"].to_numpy(), distinct["lat"].to_numpy()
    amid = int(np.argmin(_km(x, y, (float(np.median(x)), float(np.median(y))))))
    middle = float(x[amid]), float(y[amid])
    near = _km(lon, lat, middle) <= _reach(_km(x, y, middle))
    inside: Mask = usable & near
    return inside


def _reach(away: npt.NDArray[np.float64]) -> float:
    """How far from its middle the city goes on, by the distances of its distinct points."""
    away = np.sort(away[away <= MOST_KM])
    count = len(away)
    radius = float(away[int(np.ceil(count * CORE)) - 1])
    few = max(1.0, count * FEW)
    while np.count_nonzero((away > radius) & (away <= radius * STEP)) >= few:
        radius *= STEP
    return max(radius * STEP, LEAST_KM)


def _sentinels(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], usable: Mask) -> Mask:
    """Points of whole degrees or half ones that many rows share."""
    with np.errstate(invalid="ignore"):
        round_ones = usable & (lon * 2 % 1 == 0) & (lat * 2 % 1 == 0)
    found = np.zeros(len(lon), dtype=bool)
    if not round_ones.any():
        return found
    points, counts = np.unique(
        np.column_stack((lon[round_ones], lat[round_ones])), axis=0, return_counts=True
    )
    for (x, y), count in zip(points, counts, strict=True):
        if count > SENTINEL_SHARE * max(int(usable.sum()), 1):
            found |= (lon == x) & (lat == y)
    return found


def _km(
    lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], middle: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Distance from the middle on a flat map, good enough to tell a city from elsewhere."""
    across = (lon - middle[0]) * np.cos(np.radians(middle[1])) * KM_A_DEGREE
    along = (lat - middle[1]) * KM_A_DEGREE
    away: npt.NDArray[np.float64] = np.hypot(across, along)
    return away
