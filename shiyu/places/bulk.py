"""The one bulk writer of places: whole trees and maps at once, under the rules of actions.py."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from django.db import connection, transaction
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.common.pinyin import pinyin_key
from shiyu.common.sheets import Outcome, Reject
from shiyu.journal.actions import record
from shiyu.people.actors import Actor
from shiyu.places import rules
from shiyu.places.actions import lock_map, map_changed, renumber, widen_bounds
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
from shiyu.places.plan import Planned
from shiyu.places.table import Known, check_places
from shiyu.places.tree import Interval, NoRoom, number_tree

COPY = """
    COPY places_place (id, code, name, pinyin, level, parent_id, first, last,
                       boundary, boundary_source, lon, lat) FROM STDIN
"""
NEW_IDS = """
    SELECT nextval(pg_get_serial_sequence('places_place', 'id')) FROM generate_series(1, %s)
"""
BOUND = """
    UPDATE places_place
       SET boundary = drawn.shape, boundary_source = %s, lon = drawn.lon, lat = drawn.lat
      FROM unnest(%s::bigint[], %s::bytea[], %s::float8[], %s::float8[])
           AS drawn(id, shape, lon, lat)
     WHERE places_place.id = drawn.id
"""


@transaction.atomic
def write_places(planned: Sequence[Planned], *, actor: Actor) -> int:
    """Add places below the city, parents before their children or there already.

    The caller has checked codes and levels (`check_places`); returns how many were written.

    Raises  Refused  if a parent is unknown.
    """
    rules.must_edit_map(actor)
    lock_map()
    if not planned:
        return 0
    try:
        _copy(planned, _numbered(planned))
    except NoRoom:
        renumber(Place.objects.get(parent=None), actor=actor)
        _copy(planned, _numbered(planned))
    shapes = [place.boundary for place in planned if place.boundary is not None]
    if shapes:
        widen_bounds(*(float(edge) for edge in shapely.total_bounds(shapes)))
    map_changed()
    record("city:1", "write_places", actor=actor, facts={"added": len(planned)})
    return len(planned)


@transaction.atomic
def import_places(
    planned: Sequence[Planned],
    *,
    actor: Actor,
    accept_valid: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Take in a table of places; all of it or, when told so, what is valid of it (导入区划).

    Places already there keep their place in the tree and take over a new name.
    """
    rules.must_edit_map(actor)
    city = lock_map()
    known = _known()
    usable, rejected = check_places(planned, known, city.code_patterns, city.code)
    new = [place for place in usable if place.code not in known]
    renamed = [p for p in usable if p.code in known and p.name != known[p.code].name]
    outcome = Outcome(
        read=len(planned),
        added=len(new),
        changed=len(renamed),
        unchanged=len(usable) - len(new) - len(renamed),
        rejected=rejected,
    )
    if dry_run or (rejected and not accept_valid):
        return outcome
    write_places(new, actor=actor)
    _rename(renamed, known, actor=actor)
    outcome.applied = True
    return outcome


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


def _known() -> dict[str, Known]:
    rows = Place.objects.values_list("code", "id", "name", "level", "parent__code")
    return {code: Known(pk, name, level, above or "") for code, pk, name, level, above in rows}


def _numbered(planned: Sequence[Planned]) -> dict[str, Interval]:
    """Numbers for new places: each new branch in what is free at the end of its parent."""
    codes = {place.code for place in planned}
    branches: dict[str, list[Planned]] = {}
    top: dict[str, str] = {}
    for place in planned:
        top[place.code] = top.get(place.parent_code, place.parent_code)
        if place.parent_code in codes and place.parent_code not in top:
            raise Refused(_("%(code)s 的上级应排在它前面") % {"code": place.code})
        branches.setdefault(top[place.code], []).append(place)
    free = _free_ends(list(branches))
    numbers: dict[str, Interval] = {}
    for parent, new in branches.items():
        if parent not in free:
            raise Refused(_("没有上级区域 %(code)s") % {"code": parent})
        at = {place.code: position for position, place in enumerate(new, 1)}
        parents = [-1, *(at.get(place.parent_code, 0) for place in new)]
        given = number_tree(parents, free[parent])[1:]
        numbers |= {place.code: where for place, where in zip(new, given, strict=True)}
    return numbers


def _free_ends(codes: list[str]) -> dict[str, Interval]:
    """For each place, the stretch after its last child; its first number stays its own."""
    rows = Place.objects.filter(code__in=codes).values_list("id", "code", "first", "last")
    ends: dict[int, int] = {}
    children = Place.objects.filter(parent__code__in=codes).values_list("parent_id", "last")
    for parent, last in children:
        ends[parent] = max(last, ends.get(parent, 0))
    return {code: Interval(ends.get(pk, first), last) for pk, code, first, last in rows}


def _copy(planned: Sequence[Planned], numbers: Mapping[str, Interval]) -> None:
    """Write the rows with one COPY; nothing is written if a number has no room."""
    known = dict(
        Place.objects.filter(code__in={p.parent_code for p in planned}).values_list("code", "id")
    )
    with connection.cursor() as cursor:
        cursor.execute(NEW_IDS, [len(planned)])
        ids = {p.code: row[0] for p, row in zip(planned, cursor.fetchall(), strict=True)}
        known |= ids
        with cursor.copy(COPY) as rows:
            for place, (lon, lat) in zip(planned, _centres(planned), strict=True):
                where = numbers[place.code]
                rows.write_row(
                    (
                        ids[place.code],
                        place.code,
                        place.name,
                        (place.pinyin or pinyin_key(place.name))[:200],
                        place.level,
                        known[place.parent_code],
                        where.first,
                        where.last,
                        shapely.to_wkb(place.boundary) if place.boundary is not None else None,
                        place.boundary_source,
                        lon,
                        lat,
                    )
                )


def _centres(planned: Sequence[Planned]) -> list[tuple[float | None, float | None]]:
    """The given point of each place, else one within its boundary."""
    shapes = np.array([place.boundary for place in planned], dtype=object)
    inner = shapely.point_on_surface(shapes)
    points = zip(planned, shapely.get_x(inner), shapely.get_y(inner), strict=True)
    return [
        (p.lon, p.lat) if p.lon is not None or p.boundary is None else (float(x), float(y))
        for p, x, y in points
    ]


def _rename(renamed: Sequence[Planned], known: Mapping[str, Known], *, actor: Actor) -> None:
    for place in renamed:
        pk = known[place.code].id
        named = Place.objects.filter(pk=pk)
        named.update(name=place.name, pinyin=pinyin_key(place.name)[:200])
        record(f"place:{pk}", "rename", actor=actor, facts={"code": place.code})
    if renamed:
        map_changed()


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
        for gap in gaps([shapes[code] for code in children], within):
            inner = gap.point_on_surface()
            said = _("%(above)s内有 %(area).0f 平方米不属于任何下级区域（在 %(x).5f, %(y).5f）") % {
                "above": above.name if above else "",
                "area": square_metres(gap),
                "x": inner.x,
                "y": inner.y,
            }
            drawing.notes.append(Reject(0, said))


def _bound(drawn: Sequence[tuple[int, Drawn]], source: str) -> None:
    shapes = np.array([d.shape for _pk, d in drawn], dtype=object)
    inner = shapely.point_on_surface(shapes)
    lons, lats = shapely.get_x(inner).tolist(), shapely.get_y(inner).tolist()
    wkb = list(shapely.to_wkb(shapes))
    with connection.cursor() as cursor:
        cursor.execute(BOUND, [source[:40], [pk for pk, _d in drawn], wkb, lons, lats])
    widen_bounds(*(float(edge) for edge in shapely.total_bounds(shapes)))
    map_changed()
