"""Schematic boundaries for a tree of places without a map: made up, tiling, the same each time.

Points are strewn level by level, one for each cell, and their Voronoi cells joined upwards, so
that boundaries of neighbours share every vertex: no gap, no overlap, at any level (示意边界).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

Points = npt.NDArray[np.float64]

SOURCE = "示意"
DECIMALS = 6
CANDIDATES = 12
SMOOTHINGS = 2
FRINGE_DEGREES = 0.006


@dataclass(slots=True)
class Seed:
    """A place to be drawn: where it lies, how wide its town is, and what is in it.

    at      (lon, lat); None to be strewn within the parent.
    near    how many of the first children crowd around `at`, as a town's streets do.
    spread  radius of that crowd in degrees.
    cells   how many cells a place without children is cut into.
    """

    key: int
    at: tuple[float, float] | None = None
    near: int = 0
    spread: float = 0.0
    cells: int = 1
    children: list["Seed"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tiling:
    """Cells in the order of their owners' keys, and the shapes joined from them."""

    cells: npt.NDArray[np.object_]
    owners: npt.NDArray[np.int64]
    shapes: dict[int, shapely.Geometry]


def tile(root: Seed, outline: shapely.Polygon, *, seed: int) -> Tiling:
    """Boundaries for a whole city within (about) this outline.

    Returns  one cell for each `cells` of the leaves, the leaf's key beside each cell, and a
             shape for every key, which is exactly the union of the cells below it.
    """
    chance = np.random.default_rng(seed)
    points, owners = _strew(root, outline, chance)
    cells = _cells_of(points, outline)
    shapes: dict[int, shapely.Geometry] = {}
    by_owner: dict[int, list[int]] = {}
    for position, owner in enumerate(owners.tolist()):
        by_owner.setdefault(owner, []).append(position)
    _join(root, cells, by_owner, shapes)
    return Tiling(cells, owners, shapes)


def wobbly_outline(
    corners: Sequence[tuple[float, float]], *, seed: int, bulge: float
) -> shapely.Polygon:
    """A smooth closed line near these corners, with small waves: plainly nobody's border."""
    chance = np.random.default_rng(seed)
    ring = shapely.segmentize(shapely.Polygon(corners), 0.02)
    points = shapely.get_coordinates(ring)[:-1]
    turns = np.linspace(0, 2 * np.pi, len(points), endpoint=False)
    waves = sum(
        bulge / n * np.sin(n * turns + chance.uniform(0, 2 * np.pi)) for n in (3, 5, 8, 13, 21)
    )
    middle = points.mean(axis=0)
    outward = (points - middle) / np.linalg.norm(points - middle, axis=1)[:, None]
    return shapely.Polygon(points + outward * np.asarray(waves)[:, None]).buffer(0)


def _strew(
    root: Seed, outline: shapely.Polygon, chance: np.random.Generator
) -> tuple[Points, npt.NDArray[np.int64]]:
    """A point for each cell, strewn region by region from the top."""
    points: list[Points] = []
    owners: list[int] = []
    waiting: list[tuple[Seed, shapely.Polygon]] = [(root, outline)]
    while waiting:
        place, region = waiting.pop(0)
        if place.children:
            sites = _sites(place, region, chance)
            regions = _voronoi_within(sites, region)
            waiting += zip(place.children, regions, strict=True)
        else:
            points.append(_apart(region, place.cells, chance))
            owners += [place.key] * place.cells
    return np.concatenate(points), np.array(owners, dtype=np.int64)


def _sites(place: Seed, region: shapely.Polygon, chance: np.random.Generator) -> Points:
    """Where the children of a place lie: given, crowded in its town, or spread evenly."""
    count = len(place.children)
    sites = np.full((count, 2), np.nan)
    for position, child in enumerate(place.children):
        if child.at is not None:
            sites[position] = child.at
    in_town = min(place.near, count)
    if in_town:
        sites[:in_town] = _crowd(region, in_town, place.spread, chance)
    open_ = np.flatnonzero(np.isnan(sites[:, 0]))
    if len(open_):
        sites[open_] = _apart(region, len(open_), chance)
        for _round in range(SMOOTHINGS):
            middles = shapely.centroid(np.array(_voronoi_within(sites, region), dtype=object))
            sites[open_] = shapely.get_coordinates(middles)[open_]
    return sites


def _crowd(
    region: shapely.Polygon, count: int, spread: float, chance: np.random.Generator
) -> Points:
    """Points in a sunflower's order around the middle of a region."""
    nth = np.arange(count) + 0.5
    radius = spread * np.sqrt(nth / count)
    turn = nth * np.pi * (3 - np.sqrt(5)) + chance.uniform(0, 2 * np.pi)
    middle = shapely.get_coordinates(shapely.centroid(region))[0]
    points = middle + np.column_stack([radius * np.cos(turn), radius * np.sin(turn) * 0.82])
    while not shapely.contains_xy(region, points).all():
        points = middle + (points - middle) * 0.8
    return points


def _apart(region: shapely.Polygon, count: int, chance: np.random.Generator) -> Points:
    """Points within a region, each the farthest of some candidates from those before it."""
    middle = shapely.get_coordinates(shapely.centroid(region))
    if count == 1:
        return middle
    west, south, east, north = region.bounds
    tries = chance.uniform((west, south), (east, north), (count * CANDIDATES * 3 + 24, 2))
    inside = tries[shapely.contains_xy(region, tries)]
    if len(inside) < count:
        corners = shapely.get_coordinates(region)[:-1]
        inside = np.concatenate([inside, (corners + middle) / 2, (corners + 3 * middle) / 4])
    chosen = [inside[0]]
    distance = np.full(len(inside), np.inf)
    for _nth in range(count - 1):
        distance = np.minimum(distance, ((inside - chosen[-1]) ** 2).sum(axis=1))
        chosen.append(inside[distance.argmax()])
    points = np.array(chosen)
    return points + (middle - points) * 0.12


def _voronoi_within(sites: Points, region: shapely.Polygon) -> list[shapely.Polygon]:
    """The part of a convex region nearest to each site, in the order of the sites."""
    if len(sites) == 1:
        return [region]
    cells = _voronoi(sites, region)
    return list(shapely.intersection(cells, region))


def _voronoi(points: Points, reach: shapely.Geometry) -> npt.NDArray[np.object_]:
    cells = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=reach, ordered=True)
    return shapely.get_parts(cells)


def _cells_of(points: Points, outline: shapely.Polygon) -> npt.NDArray[np.object_]:
    """Voronoi cells of all points, bounded by cells of a fringe outside that is thrown away."""
    fringe_line = outline.buffer(FRINGE_DEGREES).segmentize(FRINGE_DEGREES).exterior
    fringe = shapely.get_coordinates(fringe_line)[:-1]
    everything = np.concatenate([points, fringe])
    cells = _voronoi(everything, outline.buffer(10 * FRINGE_DEGREES))[: len(points)]
    return shapely.transform(cells, lambda corners: np.round(corners, DECIMALS))


def _join(
    place: Seed,
    cells: npt.NDArray[np.object_],
    by_owner: dict[int, list[int]],
    shapes: dict[int, shapely.Geometry],
) -> None:
    """Join cells into leaves, leaves into their parents, up to the root."""
    if place.children:
        for child in place.children:
            _join(child, cells, by_owner, shapes)
        parts = np.array([shapes[child.key] for child in place.children], dtype=object)
    else:
        parts = cells[by_owner[place.key]]
    shapes[place.key] = shapely.coverage_union_all(parts)
