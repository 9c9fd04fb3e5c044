"""The one bulk writer of places: whole trees and maps at once, under the rules of actions.py."""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from django.db import connection, transaction
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.common.pinyin import pinyin_key
from shiyu.common.sheets import Outcome
from shiyu.journal.actions import record
from shiyu.people.actors import Actor
from shiyu.places import rules
from shiyu.places.actions import lock_map, map_changed, renumber, widen_bounds
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
