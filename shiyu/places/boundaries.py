"""Taking in the boundaries of a whole map, all of it or nothing, every fault said (导入边界)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from django.db import connection, transaction
from django.utils.translation import gettext as _

from shiyu.common.sheets import Outcome, Reject
from shiyu.journal.actions import record
from shiyu.people.actors import Actor
from shiyu.places import rules
from shiyu.places.actions import lock_map, map_changed, widen_bounds
from shiyu.places.geometry import (
    SLIVER_SHARE,
    Drawing,
    Drawn,
    gaps,
    overlaps,
    read_boundaries,
    square_metres,
)
from shiyu.places.models import Place

BOUND = """
    UPDATE places_place
       SET boundary = drawn.shape, boundary_source = %s, lon = drawn.lon, lat = drawn.lat
      FROM unnest(%s::bigint[], %s::bytea[], %s::float8[], %s::float8[])
           AS drawn(id, shape, lon, lat)
     WHERE places_place.id = drawn.id
"""


@transaction.atomic
def import_boundaries(
    features: Sequence[Mapping[str, Any]],
    *,
    source: str,
    actor: Actor,
    crs: str = "wgs84",
    code_property: str = "",
    accept_valid: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Take in boundaries from GeoJSON features, with every fault said (导入边界).

    Refused are unknown codes, what is no area, and what overlaps a neighbour by more than a
    hundredth of itself. Mended, slightly overlapping and gaping boundaries are taken and told.
    """
    rules.must_edit_map(actor)
    lock_map()
    drawing = read_boundaries(features, crs=crs, code_property=code_property)
    places = _bounded_or_drawn(drawing)
    _refuse_unknown(drawing, places)
    for level in Place.Level.values:
        _compare_neighbours(drawing, places, level)
    _tell_gaps(drawing, places)
    changed = [d for d in drawing.usable if places[d.code].boundary]
    outcome = Outcome(
        read=drawing.read,
        added=len(drawing.usable) - len(changed),
        changed=len(changed),
        rejected=sorted(drawing.rejected, key=lambda reject: reject.row),
        notes=sorted(drawing.notes, key=lambda note: note.row),
    )
    if dry_run or (outcome.rejected and not accept_valid) or not drawing.usable:
        return outcome
    _bound([(places[d.code].pk, d) for d in drawing.usable], source)
    record("city:1", "import_boundaries", actor=actor, facts={"drawn": len(drawing.usable)})
    outcome.applied = True
    return outcome


def _bounded_or_drawn(drawing: Drawing) -> dict[str, Place]:
    """The places the file speaks of, and all that have a boundary already."""
    drawn = {d.code for d in drawing.usable}
    places = Place.objects.filter(boundary__isnull=False) | Place.objects.filter(code__in=drawn)
    return {place.code: place for place in places}


def _refuse_unknown(drawing: Drawing, places: Mapping[str, Place]) -> None:
    unknown = [d for d in drawing.usable if d.code not in places]
    drawing.usable = [d for d in drawing.usable if d.code in places]
    why = _("没有这个代码的区域")
    drawing.rejected += [Reject(d.row, f"{why} {d.code}", text=d.code) for d in unknown]


def _compare_neighbours(drawing: Drawing, places: Mapping[str, Place], level: str) -> None:
    """Find overlaps among the boundaries of one level, those drawn and those that stay."""
    drawn = [d for d in drawing.usable if places[d.code].level == level]
    if not drawn:
        return
    codes = {d.code for d in drawn}
    stay = [p for p in places.values() if p.level == level and p.code not in codes and p.boundary]
    everyone = drawn + [Drawn(0, p.code, shapely.from_wkb(bytes(p.boundary or b""))) for p in stay]
    refused: set[str] = set()
    for a, b, area in overlaps([d.shape for d in everyone]):
        share = area / float(
            min(square_metres(everyone[a].shape), square_metres(everyone[b].shape))
        )
        for one, other in ((everyone[a], everyone[b]), (everyone[b], everyone[a])):
            if not one.row:
                continue
            said = _("与 %(other)s 重叠 %(area).0f 平方米（占较小者 %(share).2f%%）") % {
                "other": other.code,
                "area": area,
                "share": share * 100,
            }
            (drawing.rejected if share > SLIVER_SHARE else drawing.notes).append(
                Reject(one.row, said, text=one.code)
            )
            if share > SLIVER_SHARE:
                refused.add(one.code)
    drawing.usable = [d for d in drawing.usable if d.code not in refused]


def _tell_gaps(drawing: Drawing, places: Mapping[str, Place]) -> None:
    """Note what lies in a parent, or among its children, and belongs to no child."""
    shapes = {p.code: shapely.from_wkb(bytes(p.boundary)) for p in places.values() if p.boundary}
    shapes |= {d.code: d.shape for d in drawing.usable}
    by_id = {p.pk: p for p in places.values()}
    parents = {places[d.code].parent_id for d in drawing.usable}
    families: dict[int | None, list[str]] = {parent: [] for parent in parents}
    for code in shapes:
        if places[code].parent_id in families:
            families[places[code].parent_id].append(code)
    for parent, children in families.items():
        above = by_id.get(parent) if parent else None
        within = shapes.get(above.code) if above else None
        if above is not None and within is not None:
            _tell_strays(drawing, [d for d in drawing.usable if d.code in children], above, within)
        for gap in gaps([shapes[code] for code in children], within):
            inner = gap.point_on_surface()
            said = _("%(above)s内有 %(area).0f 平方米不属于任何下级区域（在 %(x).5f, %(y).5f）") % {
                "above": above.name if above else "",
                "area": square_metres(gap),
                "x": inner.x,
                "y": inner.y,
            }
            drawing.notes.append(Reject(0, said))


def _tell_strays(
    drawing: Drawing, children: Sequence[Drawn], above: Place, within: shapely.Geometry
) -> None:
    """Note what a drawn boundary has outside its parent's, past a drawing error."""
    shapes = np.array([d.shape for d in children], dtype=object)
    strays = square_metres(shapely.difference(shapes, within))
    for drawn, stray, whole in zip(children, strays, square_metres(shapes), strict=True):
        if stray > SLIVER_SHARE * whole:
            told = {"area": stray, "above": above.name}
            said = _("有 %(area).0f 平方米在上级%(above)s之外") % told
            drawing.notes.append(Reject(drawn.row, said, text=drawn.code))


def _bound(drawn: Sequence[tuple[int, Drawn]], source: str) -> None:
    shapes = np.array([d.shape for _pk, d in drawn], dtype=object)
    inner = shapely.point_on_surface(shapes)
    lons, lats = shapely.get_x(inner).tolist(), shapely.get_y(inner).tolist()
    wkb = list(shapely.to_wkb(shapes))
    with connection.cursor() as cursor:
        cursor.execute(BOUND, [source[:40], [pk for pk, _d in drawn], wkb, lons, lats])
    widen_bounds(*(float(edge) for edge in shapely.total_bounds(shapes)))
    map_changed()
