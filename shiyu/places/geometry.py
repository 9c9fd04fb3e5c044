"""Boundaries from a GeoJSON file: what is wrong with each, said row by row (边界检查).

Nothing is changed silently: a ring that crosses itself is mended and said to be, overlaps and
gaps are given in square metres, and what cannot be used is refused with the reason.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from shiyu.common.errors import Refused
from shiyu.common.sheets import Reject
from shiyu.places.coordinates import gcj02_from_bd09, wgs84_from_gcj02

CODE_NAMES = ("code", "代码", "区划代码", "区域代码", "网格编码", "adcode", "gb", "bm", "id")
SYSTEMS = ("wgs84", "gcj02", "bd09", "cgcs2000")
"""CGCS2000 and WGS-84 differ by centimetres: far less than a boundary is surveyed to."""
DEGREE_M = 111_195.08
SMALLEST_FAULT_M2 = 1.0
SLIVER_SHARE = 0.01
"""An overlap below this share of the smaller place is a drawing error: told, not refused."""


@dataclass(slots=True)
class Drawn:
    """One usable boundary of the file, in WGS-84, under the number of its feature."""

    row: int
    code: str
    shape: BaseGeometry


@dataclass(slots=True)
class Drawing:
    """What a file of boundaries holds: the usable ones, the refused, and what to look at."""

    read: int
    usable: list[Drawn]
    rejected: list[Reject]
    notes: list[Reject]


def parse_geojson(text: str) -> list[Mapping[str, Any]]:
    """The features of a GeoJSON text.

    Raises  Refused  if it is not a FeatureCollection.
    """
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(_("不是 GeoJSON：读不懂这个文件")) from None
    features = read.get("features") if isinstance(read, dict) else None
    if not isinstance(features, list) or read.get("type") != "FeatureCollection":
        raise Refused(_("不是 GeoJSON：应是 FeatureCollection"))
    return [feature if isinstance(feature, dict) else {} for feature in features]


def read_boundaries(
    features: Sequence[Mapping[str, Any]], *, crs: str, code_property: str = ""
) -> Drawing:
    """Every feature as a valid boundary in WGS-84, or the reason why it is not one."""
    if crs not in SYSTEMS:
        raise Refused(_("坐标系应是 %(known)s 之一") % {"known": "、".join(SYSTEMS)}, field="crs")
    drawing = Drawing(len(features), [], [], [])
    seen: dict[str, int] = {}
    for row, feature in enumerate(features, 1):
        code = _code_of(feature, code_property)
        try:
            if not code:
                raise Refused(_("没有区域代码"))
            if code in seen:
                raise Refused(
                    _("代码 %(code)s 与第%(row)d行重复") % {"code": code, "row": seen[code]}
                )
            seen[code] = row
            drawn, said = _usable(feature.get("geometry"), crs)
        except Refused as refusal:
            drawing.rejected.append(Reject(row, refusal.message, text=code))
            continue
        drawing.usable.append(Drawn(row, code, drawn))
        if said:
            drawing.notes.append(Reject(row, said, text=code))
    return drawing


def square_metres(shapes: Any) -> Any:
    """Area on the ground of shapes in degrees, good to about half a percent."""
    bounds = shapely.bounds(shapes)
    middle = (bounds[..., 1] + bounds[..., 3]) / 2
    return np.nan_to_num(shapely.area(shapes) * DEGREE_M**2 * np.cos(np.radians(middle)))


def overlaps(shapes: Sequence[BaseGeometry]) -> list[tuple[int, int, float]]:
    """Pairs of shapes that share more than a square metre, with the area in m²."""
    array = np.asarray(shapes, dtype=object)
    if len(array) < 2:
        return []
    first, second = shapely.STRtree(array).query(array, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    areas = square_metres(shapely.intersection(array[first], array[second]))
    return [
        (int(a), int(b), float(area))
        for a, b, area in zip(first, second, areas, strict=True)
        if area > SMALLEST_FAULT_M2
    ]


def gaps(shapes: Sequence[BaseGeometry], within: BaseGeometry | None = None) -> list[BaseGeometry]:
    """Stretches over a square metre that belong to none: of `within`, else holes among them."""
    if not len(shapes):
        return []
    union = shapely.union_all(np.asarray(shapes, dtype=object))
    if within is None:
        found = [shapely.Polygon(hole) for part in _polygons(union) for hole in part.interiors]
    else:
        found = list(_polygons(shapely.difference(within, union)))
    return [gap for gap in found if square_metres(gap) > SMALLEST_FAULT_M2]


def _usable(geometry: Any, crs: str) -> tuple[BaseGeometry, str]:
    """A valid polygon in WGS-84, and what was mended about it."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        kind = geometry.get("type") if isinstance(geometry, dict) else _("空")
        raise Refused(_("边界应是面，不是 %(kind)s") % {"kind": kind})
    try:
        drawn = shapely.force_2d(shape(geometry))
    except (ShapelyError, ValueError, TypeError, IndexError, KeyError, AttributeError):
        raise Refused(_("坐标写法不对，拼不成面")) from None
    _check_degrees(drawn)
    if crs not in ("wgs84", "cgcs2000"):
        drawn = shapely.transform(drawn, lambda points: _to_wgs84(points, crs))
    return _mended(drawn)


def _check_degrees(drawn: BaseGeometry) -> None:
    points = shapely.get_coordinates(drawn)
    if drawn.is_empty or not len(points):
        raise Refused(_("边界是空的"))
    if not np.isfinite(points).all():
        raise Refused(_("有坐标不是数字"))
    lon, lat = np.abs(points).max(axis=0)
    if lon <= 90 < lat <= 180:
        raise Refused(_("纬度超过 90 度，经纬度可能写反了"))
    if lon > 180 or lat > 90:
        raise Refused(_("坐标不是经纬度（最大 %(x).0f，%(y).0f）") % {"x": lon, "y": lat})


def _to_wgs84(points: Any, crs: str) -> Any:
    lon, lat = points[:, 0], points[:, 1]
    if crs == "bd09":
        lon, lat = gcj02_from_bd09(lon, lat)
    return np.column_stack(wgs84_from_gcj02(lon, lat))


def _mended(drawn: BaseGeometry) -> tuple[BaseGeometry, str]:
    """The shape as it is if valid, else mended, with areas before and after."""
    if drawn.is_valid:
        if square_metres(drawn) < SMALLEST_FAULT_M2:
            raise Refused(_("面积不到 1 平方米"))
        return drawn, ""
    why = shapely.is_valid_reason(drawn)
    pieces = list(_polygons(shapely.make_valid(drawn)))
    mended = (
        pieces[0] if len(pieces) == 1 else shapely.MultiPolygon(pieces)
    )  # of none: an empty one
    area = float(square_metres(mended)) if pieces else 0.0
    if area < SMALLEST_FAULT_M2:
        raise Refused(_("边界无效（%(why)s），修不好") % {"why": _in_words(why)})
    said = _("边界%(why)s，已修复为%(pieces)d块，面积 %(area).0f 平方米")
    return mended, said % {"why": _in_words(why), "pieces": len(pieces), "area": area}


def _in_words(reason: str) -> str:
    """GEOS's reason, e.g. "Self-intersection[114.3 34.8]", for a person."""
    kind, _bracket, where = reason.partition("[")
    known = {
        "Self-intersection": _("自相交"),
        "Ring Self-intersection": _("环自相交"),
        "Hole lies outside shell": _("洞在外圈之外"),
        "Nested holes": _("洞套洞"),
        "Nested shells": _("面套面"),
        "Interior is disconnected": _("内部不连通"),
        "Duplicate Rings": _("环重复"),
        "Too few points in geometry component": _("点太少"),
    }
    place = _("（在 %(where)s）") % {"where": where.rstrip("]")} if where else ""
    return known.get(kind.strip(), kind.strip()) + place


def _polygons(mixed: BaseGeometry) -> Iterable[shapely.Polygon]:
    """The polygons in any geometry; lines and points that mending leaves over are dropped."""
    for part in shapely.get_parts(shapely.get_parts(mixed)):
        if part.geom_type == "Polygon" and not part.is_empty:
            yield part


def _code_of(feature: Mapping[str, Any], code_property: str) -> str:
    """The code among a feature's properties, whatever it is called there."""
    properties = feature.get("properties")
    given = (
        {str(k).lower(): v for k, v in properties.items()} if isinstance(properties, dict) else {}
    )
    names = (code_property.lower(),) if code_property else CODE_NAMES
    for name in names:
        value = given.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is not None and str(value).strip():
            return str(value).strip()[:40]
    return "" if code_property else str(feature.get("id") or "").strip()[:40]
