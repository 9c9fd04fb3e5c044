"""A place as it is to be written, before it has a number (拟写入区域)."""

from dataclasses import dataclass

from shapely import Geometry


@dataclass(slots=True)
class Planned:
    """One place of an import, of the demo city or of a city made from reports.

    level     a value of Place.Level.
    boundary  WGS-84, valid; None where the place has none of its own.
    lon, lat  a point that stands for it; left out, a point within its boundary.
    """

    code: str
    name: str
    level: str
    parent_code: str = ""
    pinyin: str = ""
    boundary: Geometry | None = None
    boundary_source: str = ""
    lon: float | None = None
    lat: float | None = None
    row: int = 0
