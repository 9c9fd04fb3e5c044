"""A made-up city of squares for the tests of places."""

import os
from pathlib import Path

import pytest
import shapely

from shiyu.people.actors import Actor
from shiyu.places import actions, bulk
from shiyu.places.models import City
from shiyu.places.plan import Planned

PROGRAM = Actor.program("test")
DATA = Path(os.environ.get("SHIYU_TEST_DATA", Path(__file__).parents[4] / "shared/data"))
needs_data = pytest.mark.skipif(
    not (DATA / "README.md").exists(),
    reason=f"the real files beside the project are not here ({DATA}); set SHIYU_TEST_DATA",
)


def found(**others: object) -> City:
    """An empty city with Chinese codes."""
    words = {"name": "测试市", "short_name": "测试", "code": "990000", "number_prefix": "CS"}
    return actions.found_city(**(words | others), actor=PROGRAM)


def square(west: float, south: float, side: float = 0.01) -> shapely.Polygon:
    return shapely.box(west, south, west + side, south + side)


def town() -> list[Planned]:
    """One county, two townships with a community each, of 2 × 2 cells each."""
    planned = [
        Planned("990101", "东区", "county", "990000"),
        Planned("990101001", "东门街道", "township", "990101"),
        Planned("990101100", "河湾镇", "township", "990101"),
        Planned("990101001001", "书店社区", "community", "990101001"),
        Planned("990101100201", "柳林村", "community", "990101100"),
    ]
    for above, west in (("990101001001", 114.30), ("990101100201", 114.32)):
        for number in range(4):
            where = square(west + number % 2 * 0.01, 34.80 + number // 2 * 0.01)
            name = f"第{number + 1}网格"
            planned.append(Planned(f"{above}{number + 1:03d}", name, "cell", above, boundary=where))
    return planned


def found_town() -> City:
    """The small city with everything in it."""
    city = found()
    bulk.write_places(town(), actor=PROGRAM)
    city.refresh_from_db()
    return city
