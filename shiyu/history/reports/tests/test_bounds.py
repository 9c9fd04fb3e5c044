"""Points of the city and points that mean something else."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiyu.history.reports.bounds import Bounds, inside


def rows(lon: np.ndarray, lat: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({"lon": np.asarray(lon, float), "lat": np.asarray(lat, float)})


def city(count: int = 1000, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    return chance.normal(-76.62, 0.05, count), chance.normal(39.31, 0.04, count)


def with_points(*points: tuple[float, float]) -> pl.DataFrame:
    lon, lat = city()
    return rows(np.append(lon, [x for x, _ in points]), np.append(lat, [y for _, y in points]))


@pytest.mark.parametrize(
    "point", [(0.0, 0.0), (-77.0, 39.0), (39.31, -76.62), (-74.0, 40.7), (500.0, 39.3), (np.nan, 1)]
)
@pytest.mark.parametrize("times", [1, 90])
def test_points_that_mean_nothing_are_no_points_of_the_city(
    point: tuple[float, float], times: int
) -> None:
    found = inside(with_points(*[point] * times), None)

    assert found[:1000].all()
    assert not found[1000:].any()


def test_many_rows_with_their_axes_swapped_stay_outside() -> None:
    lon, lat = city(900)
    other_lon, other_lat = city(300, seed=2)

    found = inside(rows(np.append(lon, other_lat), np.append(lat, other_lon)), None)

    assert found[:900].all()
    assert not found[900:].any()


def test_a_town_far_from_the_centre_belongs_to_the_city() -> None:
    chance = np.random.default_rng(3)
    lon = np.append(chance.normal(114.3, 0.03, 9000), chance.normal(115.0, 0.02, 1000))
    lat = np.append(chance.normal(34.8, 0.03, 9000), chance.normal(34.3, 0.02, 1000))

    assert inside(rows(lon, lat), None).all()


@given(
    length=st.floats(0.05, 3.0),
    width=st.floats(0.001, 0.05),
    turned=st.floats(0, 3.14),
    count=st.integers(30, 2000),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_an_elongated_city_keeps_its_ends(
    length: float, width: float, turned: float, count: int, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    along, across = chance.uniform(-length, length, count), chance.uniform(-width, width, count)
    lon = 103.71 + along * np.cos(turned) - across * np.sin(turned)
    lat = 36.03 + along * np.sin(turned) + across * np.cos(turned)

    assert inside(rows(lon, lat), None).all()


@given(count=st.integers(1, 5), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_handful_of_points_is_a_city_too(count: int, seed: int) -> None:
    lon, lat = city(count, seed=seed)

    assert inside(rows(lon, lat), None).any()


def test_without_any_point_nothing_is_inside() -> None:
    assert not inside(rows(np.array([np.nan, 0.0]), np.array([1.0, 0.0])), None).any()


def test_a_box_that_is_given_decides_alone() -> None:
    found = inside(with_points((-77.0, 39.0), (-74.0, 40.7)), Bounds(-77.5, 38.9, -76.9, 39.1))

    assert found.tolist() == [False] * 1000 + [True, False]


@pytest.mark.parametrize(
    "text", ["1,2,3", "a,b,c,d", "3,1,2,4", "1,4,3,2", "-190,1,2,3", "nan,1,2,3"]
)
def test_a_box_that_is_none_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="--bounds"):
        Bounds.parse(text)
