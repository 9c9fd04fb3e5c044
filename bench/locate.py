"""How long it takes to find a point's cell among 50,000, beside a bare STRtree query.

    .venv/bin/python bench/locate.py [--cells 50000] [--points 1000000]

Made-up cells: the Voronoi cells of jittered points over 80 × 80 km. No database is needed.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import django
import numpy as np
import shapely

if TYPE_CHECKING:
    from shiyu.places.locator import Locator

WEST, SOUTH, SIDE = 114.0, 34.4, 0.8


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--cells", type=int, default=50_000)
    asked.add_argument("--points", type=int, default=1_000_000)
    how = asked.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shiyu.site.settings")
    django.setup()
    from shiyu.places.locator import Locator

    chance = np.random.default_rng(1)
    cells = made_up_cells(how.cells, chance)
    rows = [
        (n, f"{n:06d}", f"格{n}", "cell", n, wkb) for n, wkb in enumerate(shapely.to_wkb(cells), 1)
    ]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"shapely {shapely.__version__}, GEOS {shapely.geos_version_string}"
    )
    started = time.perf_counter()
    locator = Locator(rows)
    print(f"build the locator of {len(rows):,} cells: {time.perf_counter() - started:.2f} s")
    one_by_one(locator, cells, chance)
    many(locator, cells, how.points, chance)
    return 0


def made_up_cells(count: int, chance: np.random.Generator) -> np.ndarray:
    """About `count` cells: Voronoi cells of a jittered grid."""
    side = round(count**0.5)
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    points = np.column_stack([x.ravel(), y.ravel()]) + chance.uniform(0.1, 0.9, (side * side, 2))
    frame = shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
    points = points / side * SIDE + (WEST, SOUTH)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=frame, ordered=True)
    )
    return shapely.intersection(cells, frame)


def one_by_one(locator: "Locator", cells: np.ndarray, chance: np.random.Generator) -> None:
    """One point at a time, as a report comes in."""
    tree = shapely.STRtree(cells)
    lons, lats = chance.uniform((WEST, SOUTH), (WEST + SIDE, SOUTH + SIDE), (5_000, 2)).T
    points = list(zip(lons.tolist(), lats.tolist(), strict=True))
    far = [(lon + SIDE, lat) for lon, lat in points[:500]]
    locator.locate(*far[0])
    show("bare STRtree query, boxes only", points, lambda p: tree.query(shapely.Point(p)))
    show(
        "bare STRtree query, within",
        points,
        lambda p: tree.query(shapely.Point(p), predicate="within"),
    )
    show("locate, inside", points, lambda p: locator.locate(*p))
    show("locate, outside (nearest and metres)", far, lambda p: locator.locate(*p))


def show(
    name: str, points: list[tuple[float, float]], ask: Callable[[tuple[float, float]], object]
) -> None:
    """Median and 99th percentile of one question."""
    took = []
    for point in points:
        started = time.perf_counter()
        ask(point)
        took.append(time.perf_counter() - started)
    median, slow = np.percentile(took, [50, 99]) * 1e6
    print(f"{name:<40} {median:8.1f} µs median {slow:8.1f} µs p99")


def many(locator: "Locator", cells: np.ndarray, count: int, chance: np.random.Generator) -> None:
    """All points at once, as an import has them."""
    tree = shapely.STRtree(cells)
    lons, lats = chance.uniform((WEST, SOUTH), (WEST + SIDE, SOUTH + SIDE), (count, 2)).T
    started = time.perf_counter()
    tree.query(shapely.points(lons, lats))
    floor = time.perf_counter() - started
    started = time.perf_counter()
    found = locator.locate_many(lons, lats)
    took = time.perf_counter() - started
    print(
        f"{count:,} points at once: bare query {floor:.2f} s, locate_many {took:.2f} s "
        f"({took / count * 1e6:.2f} µs a point, {count / took:,.0f} a second)"
    )
    if (found < 0).any():
        sys.exit("a point inside the frame was not found")


if __name__ == "__main__":
    sys.exit(main())
