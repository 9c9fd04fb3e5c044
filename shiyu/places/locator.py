"""Which place a point lies in, from one tree of all boundaries for each process (定位).

The tree is built on the first question and again when the map has changed. A point on a border
belongs to the smaller code; a point outside everything is told so, with the nearest place.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from shiyu.common import ready
from shiyu.places.coordinates import metres_between
from shiyu.places.models import Place

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

AT_A_TIME = 100_000
NOWHERE = -1
FINEST_FIRST = tuple(reversed(Place.Level.values))

MAP_NOW = ready.Question("""
    SELECT map_version, xmin::text, (SELECT max(id) FROM places_place)
      FROM places_city WHERE id = 1
""")


@dataclass(frozen=True, slots=True)
class Spot:
    """The place in which a point lies (所在区域); `number` is its preorder number."""

    id: int
    code: str
    name: str
    level: str
    number: int


@dataclass(frozen=True, slots=True)
class Outside:
    """A point that lies in no place: the nearest one, and how far it is (界外)."""

    nearest: Spot | None
    metres: float


class Layer:
    """Boundaries that are asked together; positions are ranks by code."""

    def __init__(self, places: Positions, shapes: npt.NDArray[np.object_]) -> None:
        self.places = places
        self.shapes = shapes
        shapely.prepare(self.shapes)
        self.tree = shapely.STRtree(self.shapes)

    def first_holding(self, lon: float, lat: float) -> int:
        """The smallest code whose place holds the point, as a position; NOWHERE if none."""
        for near in np.sort(self.tree.query(shapely.Point(lon, lat))):
            if shapely.intersects_xy(self.shapes[near], lon, lat):
                return int(self.places[near])
        return NOWHERE

    def holding(self, lons: Floats, lats: Floats) -> Positions:
        """The same for many points."""
        asked, near = self.tree.query(shapely.points(lons, lats))
        inside = shapely.intersects_xy(self.shapes[near], lons[asked], lats[asked])
        found = np.full(len(lons), len(self.shapes), dtype=np.int64)
        np.minimum.at(found, asked[inside], near[inside])
        return np.append(self.places, NOWHERE)[found]


class Locator:
    """All places that have a boundary, in the order of their codes.

    The finest level is asked first, so that a point in a cell is not given to its township; a
    point in no cell belongs to the smallest place that does hold it.
    """

    def __init__(self, rows: Sequence[tuple[int, str, str, str, int, bytes]]) -> None:
        rows = sorted(rows, key=lambda row: row[1])
        self.ids = np.array([row[0] for row in rows], dtype=np.int64)
        self.codes = [row[1] for row in rows]
        self.names = [row[2] for row in rows]
        self.levels = [row[3] for row in rows]
        self.numbers = np.array([row[4] for row in rows], dtype=np.int64)
        self.shapes = shapely.from_wkb([row[5] for row in rows])
        levels = np.array(self.levels)
        found = [np.flatnonzero(levels == level) for level in FINEST_FIRST]
        self.layers = [Layer(places, self.shapes[places]) for places in found if len(places)]
        self._flat: shapely.STRtree | None = None
        self._squeeze = _squeeze(self.layers[0].shapes) if self.layers else 1.0

    def spot(self, position: int) -> Spot:
        """The place at a position of `locate_many`."""
        return Spot(
            int(self.ids[position]),
            self.codes[position],
            self.names[position],
            self.levels[position],
            int(self.numbers[position]),
        )

    def locate(self, lon: float, lat: float) -> Spot | Outside:
        """The place of one WGS-84 point, or how far outside it lies."""
        for layer in self.layers:
            position = layer.first_holding(lon, lat)
            if position != NOWHERE:
                return self.spot(position)
        return self._outside(lon, lat)

    def locate_many(self, lons: Floats, lats: Floats) -> Positions:
        """Positions of the places of many points, NOWHERE (-1) for those outside."""
        lons, lats = np.asarray(lons, float), np.asarray(lats, float)
        found = np.full(len(lons), NOWHERE, dtype=np.int64)
        for start in range(0, len(lons), AT_A_TIME):
            part = slice(start, start + AT_A_TIME)
            found[part] = self._located(lons[part], lats[part])
        return found

    def _located(self, lons: Floats, lats: Floats) -> Positions:
        found = np.full(len(lons), NOWHERE, dtype=np.int64)
        for layer in self.layers:
            missing = np.flatnonzero((found == NOWHERE) & np.isfinite(lons) & np.isfinite(lats))
            if len(missing):
                found[missing] = layer.holding(lons[missing], lats[missing])
        return found

    def _outside(self, lon: float, lat: float) -> Outside:
        """The nearest of the finest places; ties go to the smaller code."""
        if not self.layers or not np.isfinite([lon, lat]).all():
            return Outside(None, float("inf"))
        finest = self.layers[0]
        point = shapely.Point(lon * self._squeeze, lat)
        near = self._flattened(finest).query_nearest(point)[0]
        line = shapely.shortest_line(self._squeezed(finest.shapes[near]), point)
        (x, y), _ours = shapely.get_coordinates(line)
        metres = metres_between(lon, lat, x / self._squeeze, y)
        return Outside(self.spot(int(finest.places[near])), float(metres))

    def _squeezed(self, shape: shapely.Geometry) -> shapely.Geometry:
        squeeze = self._squeeze
        return shapely.transform(shape, lambda points: points * [squeeze, 1.0])

    def _flattened(self, layer: Layer) -> shapely.STRtree:
        """A tree in which nearness in degrees is nearness on the ground, made when needed."""
        if self._flat is None:
            squeeze = self._squeeze
            flat = shapely.transform(layer.shapes, lambda points: points * [squeeze, 1.0])
            self._flat = shapely.STRtree(flat)
        return self._flat


def _squeeze(shapes: npt.NDArray[np.object_]) -> float:
    """How much shorter a degree of longitude is than one of latitude, in mid-city."""
    _west, south, _east, north = shapely.total_bounds(shapes)
    return float(np.cos(np.radians((south + north) / 2)))


_kept: tuple[tuple[object, ...], Locator] | None = None
_building = threading.Lock()


def locate(lon: float, lat: float) -> Spot | Outside:
    """The place of a WGS-84 point on today's map."""
    return current().locate(lon, lat)


def current() -> Locator:
    """The locator of the map as it stands, built anew only when the map has changed."""
    global _kept
    now = map_stamp()
    kept = _kept
    if kept is not None and kept[0] == now:
        return kept[1]
    with _building:
        if _kept is None or _kept[0] != now:
            _kept = (now, Locator(_bounded_places()))
        return _kept[1]


def map_stamp() -> tuple[object, ...]:
    """What changes whenever the map does, also when a transaction was rolled back.

    The row's xmin tells apart two transactions that both would have made the same version.
    """
    return next(iter(ready.standing(MAP_NOW)), ())


def _bounded_places() -> list[tuple[int, str, str, str, int, bytes]]:
    bounded = Place.objects.filter(boundary__isnull=False, closed_on__isnull=True)
    rows = bounded.values_list("id", "code", "name", "level", "first", "boundary")
    return [(*row[:5], bytes(row[5] or b"")) for row in rows]
