"""Where the reports of a file lie: by their points, else by what their addresses name (定位)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from shiyu.history.intake.addresses import Names
from shiyu.places import locator
from shiyu.places.addresses import plain
from shiyu.places.coordinates import Degrees, Point, gcj02_from_bd09, wgs84_from_gcj02
from shiyu.places.models import Address, Place

OUTSIDE = "坐标不在本市"
NOWHERE = "没有坐标，没有地址，也没有说到本市的区域"
TO_WGS84: dict[str, Callable[[Degrees, Degrees], Point]] = {
    "wgs84": lambda lon, lat: (lon, lat),
    "gcj02": wgs84_from_gcj02,
    "bd09": lambda lon, lat: wgs84_from_gcj02(*gcj02_from_bd09(lon, lat)),
}
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Placed:
    """The rows with place_id, place_number, place_name, lon and lat, and why some have none.

    reason  "" for a row that has its place.
    """

    rows: pl.DataFrame
    reason: pl.Series


def place(rows: pl.DataFrame, *, crs: str = "wgs84", otherwise: Place | None = None) -> Placed:
    """Find the place of each row.

    otherwise  the place of rows that say nowhere; left out, they have none.

    An address that the city's own table of addresses holds, word for word, has its point. One
    that names no place belongs to the whole city, as it would live.
    """
    lon, lat, pointed = _points(rows, crs)
    _fill_in(rows["address"], lon, lat, pointed)
    map_now = locator.current()
    at = map_now.locate_many(lon, lat)
    point_id = np.append(map_now.ids, -1)[at]
    located = pl.Series("point_id", point_id).set(pl.Series(at < 0), None)
    text = pl.concat_str("place", "address", separator=" ", ignore_nulls=True)
    said = rows.select(text.alias("said"), pl.concat_str("title", "text", ignore_nulls=True))
    addressed = rows["address"].is_not_null() | rows["place"].is_not_null()
    names = Names.of_city()
    named = names.places_of(said["said"].set(located.is_not_null(), None))
    told = names.places_of(said["title"].set(located.is_not_null() | addressed, None))
    root = Place.objects.get(parent=None)
    fallback = pl.Series([root.pk] * rows.height).set(~addressed, otherwise and otherwise.pk)
    outside = pl.Series(pointed) & located.is_null()
    found = pl.DataFrame({"point": located, "named": named, "told": told, "otherwise": fallback})
    ids = found.select(pl.coalesce(pl.all()).alias("place_id"))["place_id"].set(outside, None)
    reason = pl.Series("reason", [""] * rows.height).set(ids.is_null(), NOWHERE)
    point = [pl.Series("lon", lon), pl.Series("lat", lat)]
    keep = [axis.set(located.is_null(), None) for axis in point]
    placed = rows.with_columns(ids, *keep).join(
        _places(), on="place_id", how="left", maintain_order="left"
    )
    return Placed(placed, reason.set(outside, OUTSIDE))


def _points(rows: pl.DataFrame, crs: str) -> tuple[Floats, Floats, Mask]:
    """WGS-84 points; what is no point at all, or 0, 0, is none."""
    lon, lat = (rows[axis].to_numpy().astype(float) for axis in ("lon", "lat"))
    usable = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    usable &= ~((lon == 0) & (lat == 0))
    x, y = TO_WGS84[crs](np.where(usable, lon, 0.0), np.where(usable, lat, 0.0))
    return np.where(usable, x, np.nan), np.where(usable, y, np.nan), usable


def _fill_in(said: pl.Series, lon: Floats, lat: Floats, pointed: Mask) -> None:
    """The points of addresses that the city knows by that very name, or by an alias."""
    known = _known_addresses()
    if not known:
        return
    asked = said.set(pl.Series(pointed), None)
    points = {text: known.get(plain(text)) for text in asked.drop_nulls().unique()}
    for at, text in enumerate(asked.to_list()):
        if text is not None and (point := points[text]) is not None:
            lon[at], lat[at] = point


def _known_addresses() -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    rows = Address.objects.filter(closed_on=None).values_list("plain", "aliases", "lon", "lat")
    for name, aliases, lon, lat in rows.iterator(chunk_size=5000):
        for alias in aliases:
            found.setdefault(plain(alias), (lon, lat))
        found[name] = lon, lat
    return found


def _places() -> pl.DataFrame:
    rows = list(Place.objects.values_list("pk", "first", "name"))
    schema = {"place_id": pl.Int64, "place_number": pl.Int64, "place_name": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
