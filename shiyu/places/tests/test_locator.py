import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from shiyu.places import actions, bulk, locator
from shiyu.places.coordinates import metres_between
from shiyu.places.locator import Locator, Outside, Spot
from shiyu.places.models import Place
from shiyu.places.plan import Planned
from shiyu.places.tests.small_city import PROGRAM, found, found_town, square

POINTS = st.tuples(st.integers(-2, 12), st.integers(-2, 12))


def grid(side=10, step=0.01):
    """Cells of side × side squares with a hole in the middle; codes fall from south-west."""
    rows = []
    for number in range(side * side):
        x, y = number % side, number // side
        if (x, y) == (5, 5):
            continue
        shape = shapely.box(
            114 + x * step, 34 + y * step, 114 + (x + 1) * step, 34 + (y + 1) * step
        )
        code = f"{9999 - number:04d}"
        rows.append((number + 1, code, f"格{code}", "cell", number * 10, shapely.to_wkb(shape)))
    return rows


GRID = grid()
SMALL = Locator(GRID)


def brute(rows, lon, lat):
    """The smallest code among all boundaries that hold the point."""
    point = shapely.Point(lon, lat)
    holding = [row[1] for row in rows if shapely.from_wkb(row[5]).intersects(point)]
    return min(holding, default=None)


@given(st.floats(113.98, 114.12), st.floats(33.98, 34.12))
def test_a_point_is_found_as_by_looking_at_every_boundary(lon, lat):
    found_place = SMALL.locate(lon, lat)

    code = found_place.code if isinstance(found_place, Spot) else None
    assert code == brute(GRID, lon, lat)


@given(POINTS)
def test_a_point_on_a_corner_belongs_to_the_smallest_code(corner):
    lon, lat = 114 + corner[0] * 0.01, 34 + corner[1] * 0.01

    found_place = SMALL.locate(lon, lat)

    code = found_place.code if isinstance(found_place, Spot) else None
    assert code == brute(GRID, lon, lat)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(113.9, 114.2), st.floats(33.9, 34.2)), max_size=200))
def test_many_points_are_found_like_single_ones(points):
    lons = np.array([p[0] for p in points])
    lats = np.array([p[1] for p in points])

    positions = SMALL.locate_many(lons, lats)

    codes = [SMALL.codes[p] if p >= 0 else None for p in positions]
    assert codes == [brute(GRID, lon, lat) for lon, lat in points]


@given(st.floats(113.0, 115.2), st.floats(33.0, 35.0))
def test_a_point_outside_is_told_the_distance_to_the_nearest_place(lon, lat):
    answer = SMALL.locate(lon, lat)

    if isinstance(answer, Outside):
        by_hand = min(away(shapely.from_wkb(row[5]), lon, lat) for row in GRID)
        assert answer.metres == pytest.approx(by_hand, rel=0.01, abs=1)


def test_points_that_are_no_numbers_lie_nowhere():
    positions = SMALL.locate_many(np.array([np.nan, np.inf]), np.array([34.0, 34.0]))

    assert positions.tolist() == [-1, -1]
    assert SMALL.locate(float("nan"), 34.0) == Outside(None, float("inf"))


def test_a_city_without_boundaries_holds_no_point():
    assert Locator([]).locate(114, 34) == Outside(None, float("inf"))
    assert Locator([]).locate_many(np.array([114.0]), np.array([34.0])).tolist() == [-1]


@pytest.mark.django_db
def test_a_point_in_no_cell_belongs_to_the_smallest_place_that_holds_it():
    found_town()
    actions.set_boundary(
        Place.objects.get(code="990101"), square(114.3, 34.8, 0.1), source="测试", actor=PROGRAM
    )

    in_cell, in_county = locator.locate(114.305, 34.805), locator.locate(114.39, 34.89)

    assert (in_cell.code, in_county.code) == ("990101001001001", "990101")


@pytest.mark.django_db
def test_the_locator_follows_the_map():
    found_town()
    before = locator.locate(114.365, 34.805)
    community = Place.objects.get(code="990101100201")

    actions.add_place(
        community,
        code="990101100201009",
        name="新网格",
        level="cell",
        actor=PROGRAM,
        boundary=square(114.36, 34.8),
    )

    assert isinstance(before, Outside)
    assert locator.locate(114.365, 34.805).name == "新网格"


@pytest.mark.django_db
def test_looking_again_costs_one_small_query(django_assert_num_queries):
    found_town()
    locator.current()

    with django_assert_num_queries(1):
        locator.locate(114.305, 34.805)


@pytest.mark.django_db
def test_the_number_found_is_that_of_the_place():
    found()
    bulk.write_places(
        [Planned("990101", "东区", "county", "990000", boundary=square(114, 34))], actor=PROGRAM
    )

    spot = locator.locate(114.005, 34.005)

    place = Place.objects.get(code="990101")
    assert spot == Spot(place.pk, "990101", "东区", "county", place.first)


def away(shape, lon, lat):
    """Metres to a shape, by trying many points of its border."""
    border = shapely.get_coordinates(shapely.segmentize(shape.exterior, 0.0002))
    return float(np.min(metres_between(border[:, 0], border[:, 1], lon, lat)))
