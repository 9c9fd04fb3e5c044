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


@dataclass(frozen=True, slots=True)
class Ground:
    """The city's map, names and addresses as they stand, read once for a whole file (底图).

    crs        what the file's points mean.
    otherwise  the place of rows that say nowhere; left out, they have none.
    """

    crs: str
    otherwise: int | None
    root: int
    map_now: locator.Locator
    names: Names
    addresses: dict[str, tuple[float, float]]
    places: pl.DataFrame

    @classmethod
    def of_city(cls, *, crs: str = "wgs84", otherwise: Place | None = None) -> "Ground":
        return cls(
            crs=crs,
            otherwise=otherwise.pk if otherwise else None,
            root=Place.objects.get(parent=None).pk,
            map_now=locator.current(),
            names=Names.of_city(),
            addresses=_known_addresses(),
            places=_places(),
        )

    def place(self, rows: pl.DataFrame) -> Placed:
        """Find the place of each row.

        An address that the city's own table of addresses holds, word for word, has its point. One
        that names no place belongs to the whole city, as it would live.
        """
        lon, lat, pointed = _points(rows, self.crs)
        self._fill_in(rows["address"], lon, lat, pointed)
        at = self.map_now.locate_many(lon, lat)
        point_id = np.append(self.map_now.ids, -1)[at]
        located = pl.Series("point_id", point_id).set(pl.Series(at < 0), None)
        addressed = rows["address"].is_not_null() | rows["place"].is_not_null()
        fallback = pl.Series([self.root] * rows.height).set(~addressed, self.otherwise)
        outside = pl.Series(pointed) & located.is_null()
        named, told = self._named(rows, located.is_not_null(), addressed)
        found = pl.DataFrame(
            {"point": located, "named": named, "told": told, "otherwise": fallback}
        )
        ids = found.select(pl.coalesce(pl.all()).alias("place_id"))["place_id"].set(outside, None)
        reason = pl.Series("reason", [""] * rows.height).set(ids.is_null(), NOWHERE)
        point = [pl.Series("lon", lon), pl.Series("lat", lat)]
        keep = [axis.set(located.is_null(), None) for axis in point]
        where = ids.to_frame().join(self.places, on="place_id", how="left", maintain_order="left")
        placed = rows.with_columns(where.get_columns() + keep)
        return Placed(placed, reason.set(outside, OUTSIDE))

    def _named(
        self, rows: pl.DataFrame, located: pl.Series, addressed: pl.Series
    ) -> tuple[pl.Series, pl.Series]:
        """The places that addresses name; and titles and texts, where there is no address."""
        text = pl.concat_str("place", "address", separator=" ", ignore_nulls=True)
        said = rows.select(text.alias("said"), pl.concat_str("title", "text", ignore_nulls=True))
        named = self.names.places_of(said["said"].set(located, None))
        return named, self.names.places_of(said["title"].set(located | addressed, None))

    def _fill_in(self, said: pl.Series, lon: Floats, lat: Floats, pointed: Mask) -> None:
        """The points of addresses that the city knows by that very name, or by an alias."""
        if not self.addresses:
            return
        asked = said.set(pl.Series(pointed), None)
        points = {text: self.addresses.get(plain(text)) for text in asked.drop_nulls().unique()}
        for at, text in enumerate(asked.to_list()):
            if text is not None and (point := points[text]) is not None:
                lon[at], lat[at] = point


def _points(rows: pl.DataFrame, crs: str) -> tuple[Floats, Floats, Mask]:
    """WGS-84 points; what is no point at all, or 0, 0, is none."""
    lon, lat = (rows[axis].to_numpy().astype(float) for axis in ("lon", "lat"))
    usable = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    usable &= ~((lon == 0) & (lat == 0))
    x, y = TO_WGS84[crs](np.where(usable, lon, 0.0), np.where(usable, lat, 0.0))
    return np.where(usable, x, np.nan), np.where(usable, y, np.nan), usable


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
