"""Reading a map against the one that is there: every fault with its area and its shape (质检).

The rules of refusal are those of `boundaries.import_boundaries`; here each fault is kept with
what it looks like, so that a person sees it before anything is put in force.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from shiyu.common.errors import Refused
from shiyu.places.coordinates import metres_between
from shiyu.places.geometry import (
    SLIVER_SHARE,
    SYSTEMS,
    Drawing,
    Drawn,
    gaps,
    overlaps,
    read_boundaries,
    square_metres,
)
from shiyu.places.models import City, Place

FAR_KM = 50
NEARER_BY_M = 150
MOST_FAULTS = 2_000
MOST_FEATURES = 60_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to look at; `refused` when the row cannot be taken (问题图斑)."""

    kind: str  # row, mended, overlap, gap, stray, system
    row: int
    code: str
    says: str
    area: float = 0.0
    shape: str = ""
    refused: bool = False


@dataclass(slots=True)
class Checked:
    """What a file comes to: its usable boundaries and all that is to be looked at."""

    drawing: Drawing
    places: dict[str, Place]
    faults: list[Fault]

    def as_json(self) -> list[dict[str, Any]]:
        """The faults as a survey keeps them, the refused first."""
        ordered = sorted(self.faults, key=lambda f: (not f.refused, -f.area))
        return [asdict(fault) for fault in ordered[:MOST_FAULTS]]


def check(features: Sequence[Mapping[str, Any]], *, crs: str, code_property: str = "") -> Checked:
    """Read features in a coordinate system and find fault with them."""
    if len(features) > MOST_FEATURES:
        raise Refused(_("一次最多 %(most)d 个图斑") % {"most": MOST_FEATURES}, field="file")
    drawing = read_boundaries(features, crs=crs, code_property=code_property)
    faults = [Fault("row", r.row, r.text, r.reason, refused=True) for r in drawing.rejected]
    mended = {d.row: d.shape for d in drawing.usable}
    for note in drawing.notes:
        shape = mended.get(note.row)
        area = float(square_metres(shape)) if shape is not None else 0.0
        faults.append(Fault("mended", note.row, note.text, note.reason, area, _hex(shape)))
    places = _places_of(drawing)
    faults += _unknown(drawing, places)
    faults += _wrong_system(features, drawing, places, crs=crs, code_property=code_property)
    for level in Place.Level.values:
        faults += _overlaps(drawing, places, level)
    faults += list(_gaps(drawing, places))
    return Checked(drawing, places, faults)


def _places_of(drawing: Drawing) -> dict[str, Place]:
    codes = [d.code for d in drawing.usable]
    open_ = Place.objects.filter(closed_on=None)
    rows = open_.filter(boundary__isnull=False) | open_.filter(code__in=codes)
    return {place.code: place for place in rows}


def _unknown(drawing: Drawing, places: Mapping[str, Place]) -> list[Fault]:
    unknown = [d for d in drawing.usable if d.code not in places]
    drawing.usable = [d for d in drawing.usable if d.code in places]
    why = _("没有这个代码的区域，或已撤销")
    return [Fault("row", d.row, d.code, f"{why}：{d.code}", refused=True) for d in unknown]


def _wrong_system(
    features: Sequence[Mapping[str, Any]],
    drawing: Drawing,
    places: Mapping[str, Place],
    *,
    crs: str,
    code_property: str,
) -> list[Fault]:
    """Say so when the file lies far from the city, or fits it better in another system."""
    off = _offset(drawing, places)
    if off is None:
        return _far_from_city(drawing)
    if off > FAR_KM * 1000:
        drawing.usable = []
        says = _("这些边界离本市已有的边界约 %(km).0f 公里，不像是本市的") % {"km": off / 1000}
        return [Fault("system", 0, "", says, refused=True)]
    better: list[tuple[float, str]] = []
    for other in SYSTEMS:
        if other in (crs, "cgcs2000") or (other == "wgs84" and crs == "cgcs2000"):
            continue
        read = read_boundaries(features, crs=other, code_property=code_property)
        read.usable = [d for d in read.usable if d.code in places]
        fit = _offset(read, places)
        if fit is not None and off - fit > NEARER_BY_M and fit < off / 3:
            better.append((fit, other))
    if not better:
        return []
    fit, other = min(better)
    told = {"off": off, "fit": fit, "other": NAMES[other], "chosen": NAMES[crs]}
    says = _(
        "按 %(chosen)s 读，离已有边界 %(off).0f 米；按 %(other)s 读只有 %(fit).0f 米。请核对坐标系"
    )
    return [Fault("system", 0, "", says % told)]


NAMES = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09", "cgcs2000": "CGCS2000"}


def _offset(drawing: Drawing, places: Mapping[str, Place]) -> float | None:
    """How far the drawn places lie from where they lay, in the median, metres."""
    pairs = [
        (d.shape, shapely.from_wkb(bytes(was)))
        for d in drawing.usable
        if (was := places[d.code].boundary) is not None
    ]
    if not pairs:
        return None
    new = shapely.centroid(np.array([pair[0] for pair in pairs], dtype=object))
    old = shapely.centroid(np.array([pair[1] for pair in pairs], dtype=object))
    apart = metres_between(
        shapely.get_x(new), shapely.get_y(new), shapely.get_x(old), shapely.get_y(old)
    )
    return float(np.median(apart))


def _far_from_city(drawing: Drawing) -> list[Fault]:
    city = City.objects.filter(pk=1, west__isnull=False).first()
    if city is None or not drawing.usable:
        return []
    west, south, east, north = shapely.total_bounds([d.shape for d in drawing.usable])
    middle = (float(west + east) / 2, float(south + north) / 2)
    edges = [city.west, city.south, city.east, city.north]
    home = [float(edge) for edge in edges if edge is not None]
    centre = ((home[0] + home[2]) / 2, (home[1] + home[3]) / 2)
    away = float(np.max(metres_between(*middle, *centre)))
    if away <= FAR_KM * 1000:
        return []
    drawing.usable = []
    says = _("这些边界离本市中心约 %(km).0f 公里，不像是本市的") % {
        "km": float(np.max(away)) / 1000
    }
    return [Fault("system", 0, "", says, refused=True)]


def _overlaps(drawing: Drawing, places: Mapping[str, Place], level: str) -> list[Fault]:
    """Overlaps among one level, of what is drawn with itself and with what stays."""
    drawn = [d for d in drawing.usable if places[d.code].level == level]
    if not drawn:
        return []
    codes = {d.code for d in drawn}
    stay = [p for p in places.values() if p.level == level and p.code not in codes and p.boundary]
    everyone = drawn + [Drawn(0, p.code, shapely.from_wkb(bytes(p.boundary or b""))) for p in stay]
    faults: list[Fault] = []
    refused: set[str] = set()
    for a, b, area in overlaps([d.shape for d in everyone]):
        one, other = everyone[a], everyone[b]
        if not one.row and not other.row:
            continue
        if not one.row:
            one, other = other, one
        share = area / float(min(square_metres(one.shape), square_metres(other.shape)))
        said = _("与 %(other)s 重叠 %(area).0f 平方米（占较小者 %(share).2f%%）") % {
            "other": other.code,
            "area": area,
            "share": share * 100,
        }
        common = shapely.intersection(one.shape, other.shape)
        is_refused = share > SLIVER_SHARE
        faults.append(Fault("overlap", one.row, one.code, said, area, _hex(common), is_refused))
        if is_refused:
            refused.update(d.code for d in (one, other) if d.row)
    drawing.usable = [d for d in drawing.usable if d.code not in refused]
    return faults


def _gaps(drawing: Drawing, places: Mapping[str, Place]) -> Iterable[Fault]:
    """What lies in a parent and in no child, and what of a child lies outside its parent."""
    shapes = {p.code: shapely.from_wkb(bytes(p.boundary)) for p in places.values() if p.boundary}
    shapes |= {d.code: d.shape for d in drawing.usable}
    by_id = {p.pk: p for p in places.values()}
    families: dict[int | None, list[str]] = {places[d.code].parent_id: [] for d in drawing.usable}
    for code in shapes:
        if places[code].parent_id in families:
            families[places[code].parent_id].append(code)
    for parent, children in families.items():
        above = by_id.get(parent) if parent else None
        within = shapes.get(above.code) if above else None
        name = above.name if above else ""
        for gap in gaps([shapes[code] for code in children], within):
            area = float(square_metres(gap))
            said = _("%(above)s内有 %(area).0f 平方米不属于任何下级区域")
            code = above.code if above else ""
            yield Fault("gap", 0, code, said % {"above": name, "area": area}, area, _hex(gap))
        if within is not None:
            yield from _strays(drawing, set(children), name, within)


def _strays(
    drawing: Drawing, children: set[str], above: str, within: BaseGeometry
) -> Iterable[Fault]:
    for drawn in drawing.usable:
        if drawn.code not in children:
            continue
        stray = shapely.difference(drawn.shape, within)
        area = float(square_metres(stray))
        if area > SLIVER_SHARE * float(square_metres(drawn.shape)):
            said = _("有 %(area).0f 平方米在上级%(above)s之外") % {"area": area, "above": above}
            yield Fault("stray", drawn.row, drawn.code, said, area, _hex(stray))


def _hex(shape: BaseGeometry | None) -> str:
    return "" if shape is None else str(shapely.to_wkb(shape, hex=True))
