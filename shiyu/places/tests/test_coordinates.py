import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiyu.places.coordinates import (
    bd09_from_gcj02,
    gcj02_from_bd09,
    gcj02_from_wgs84,
    metres_between,
    wgs84_from_gcj02,
)

CHINA = st.tuples(st.floats(73.5, 135.0), st.floats(18.0, 53.5))


def test_a_known_point_of_beijing_moves_as_published():
    assert np.allclose(gcj02_from_wgs84(116.404, 39.915), (116.41024449916938, 39.91640428150164))
    assert np.allclose(bd09_from_gcj02(116.404, 39.915), (116.41036949371029, 39.92133699351021))


@given(CHINA)
def test_the_way_back_from_gcj02_is_exact(point):
    lon, lat = wgs84_from_gcj02(*gcj02_from_wgs84(*point))

    assert abs(lon - point[0]) < 1e-7
    assert abs(lat - point[1]) < 1e-7


@given(CHINA)
def test_the_way_back_from_bd09_is_exact(point):
    lon, lat = gcj02_from_bd09(*bd09_from_gcj02(*point))

    assert abs(lon - point[0]) < 1e-7
    assert abs(lat - point[1]) < 1e-7


def test_arrays_are_converted_like_single_points():
    lons, lats = np.array([114.3, 121.5, 2.35]), np.array([34.8, 31.2, 48.86])

    together = np.column_stack(gcj02_from_wgs84(lons, lats))

    assert np.array_equal(
        together, [gcj02_from_wgs84(lon, lat) for lon, lat in zip(lons, lats, strict=True)]
    )


def test_points_outside_china_stay_where_they_are():
    assert gcj02_from_wgs84(-76.6, 39.3) == (-76.6, 39.3)
    assert wgs84_from_gcj02(-76.6, 39.3) == (-76.6, 39.3)


def test_a_degree_of_latitude_is_111_kilometres():
    assert round(metres_between(114.0, 34.0, 114.0, 35.0)) == 111195
