"""Places with their boundaries as GeoJSON in WGS-84 (区划边界)."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import shapely

PLACES = """
SELECT p.id, p.code, p.name, p.level, a.code, p.boundary_source, p.boundary, p.lon, p.lat
  FROM places_place p LEFT JOIN places_place a ON a.id = p.parent_id ORDER BY p.first
"""
HEAD = b'{"type": "FeatureCollection", "features": [\n'
TAIL = b"\n]}\n"


def features(connection: psycopg.Connection[Any]) -> Iterator[bytes]:
    """The pieces of one FeatureCollection, a place each (RFC 7946, no other datum than WGS-84)."""
    yield HEAD
    with connection.cursor("places") as rows:
        rows.itersize = 500
        rows.execute(PLACES)
        for n, row in enumerate(rows):
            yield (b",\n" if n else b"") + _feature(row)
    yield TAIL


def _feature(row: tuple[Any, ...]) -> bytes:
    pk, code, name, level, parent, source, boundary, lon, lat = row
    geometry: Any = None
    if boundary is not None:
        geometry = json.loads(shapely.to_geojson(shapely.from_wkb(bytes(boundary))))
    elif lon is not None and lat is not None:
        geometry = {"type": "Point", "coordinates": [lon, lat]}
    about = {
        "code": code,
        "name": name,
        "level": level,
        "parent": parent,
        "boundary_source": source,
    }
    feature = {"type": "Feature", "id": pk, "geometry": geometry, "properties": about}
    return json.dumps(feature, ensure_ascii=False).encode()
