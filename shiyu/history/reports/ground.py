"""The ground a file's city stands on: places, units, kinds, a desk (建城).

Everything is found again by name or code, so that a second run, or a longer file of the same
source, adds only what is new.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import h3
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from django.db import transaction
from django.utils import timezone

from shiyu.calendars.actions import found_calendar
from shiyu.catalogue.actions import publish_standards, set_procedure
from shiyu.catalogue.draft import Draft, Owed
from shiyu.catalogue.models import Kind, Procedure
from shiyu.common.errors import Refused
from shiyu.people.actions import appoint, create_person, create_post, create_unit, give_duty
from shiyu.people.actors import Actor
from shiyu.people.models import Person, Unit
from shiyu.places.actions import found_city
from shiyu.places.bulk import write_places
from shiyu.places.models import City, Place
from shiyu.places.plan import Planned

FINEST, COARSEST, CELLS_MOST = 9, 4, 4000
GROUP_STEP = 3
"""Cells are grouped under the h3 cell so many sizes up."""
DEFAULT_HANDLING = "5工作日"
"""For what the source gives no due time: data of the standard, to be edited by the city."""
DESK_DUTIES = ("intake", "dispatch", "command", "verify")
CENTRE = "CENTRE"
ACTOR = Actor.program("importer")


@dataclass(frozen=True, slots=True)
class Ground:
    """The records that the rows of a file are joined to."""

    city: City
    root: Place
    centre: Unit
    procedure: Procedure
    places: pl.DataFrame  # key, place_id, place_number
    kinds: pl.DataFrame  # kind, kind_id
    units: pl.DataFrame  # unit, unit_id
    keys: pl.Series  # for each row the key of its place; null: the whole city
    password: str  # of the account `desk`, when it was made just now


def city_code(source: str) -> str:
    """The code by which a city knows which source it was built from."""
    return f"from-{source}"[:24]


@transaction.atomic
def prepare(
    rows: pl.DataFrame, inside: npt.NDArray[np.bool_], *, source: str, name: str, zone: str
) -> Ground:
    """Found the city of a source, or find it again, with whatever this file adds to it.

    Raises  Refused when this database holds another city.
    """
    city, password = _city(source, name, zone, _first_day(rows))
    root = Place.objects.get(level=Place.Level.CITY)
    centre = Unit.objects.get(code=CENTRE)
    units = _units(rows, root)
    kinds = _kinds(rows, units, _first_day(rows))
    keys = _keys(rows, inside)
    return Ground(
        city,
        root,
        centre,
        Procedure.objects.order_by("-version")[0],
        _places(rows, keys, root),
        kinds,
        _frame("unit", "unit_id", {name: unit.pk for name, unit in units.items()}),
        keys,
        password,
    )


def _first_day(rows: pl.DataFrame) -> date:
    first = rows["created_at"].min()
    return first.date() if hasattr(first, "date") else date(2000, 1, 1)  # type: ignore[union-attr]


def _city(source: str, name: str, zone: str, first_day: date) -> tuple[City, str]:
    city = City.objects.first()
    if city is not None:
        if city.code == city_code(source):
            return city, ""
        raise Refused(
            f"这个数据库里已有城市“{city.name}”。一个数据库只管一个城市：用 SHIYU_HOME 另指一处"
        )
    city = found_city(
        name=name,
        short_name=name[:20],
        code=city_code(source),
        number_prefix="R",
        actor=ACTOR,
        timezone=zone,
        code_patterns={},
    )
    found_calendar(actor=ACTOR, timezone=zone)
    set_procedure(valid_from=first_day, actor=ACTOR, intake_tiers={"": "city"}, limits={})
    centre = create_unit(
        CENTRE,
        f"{name}指挥中心",
        kind=Unit.Kind.CENTRE,
        tier="city",
        place_code=city.code,
        short_name="指挥中心",
        actor=ACTOR,
    )
    return city, _desk(centre)


def _desk(centre: Unit) -> str:
    """One account to look at the city and to work on; its password is told once."""
    password = secrets.token_urlsafe(12)
    desk: Person = create_person("desk", "值班员", actor=ACTOR, password=password)
    post = create_post(centre, "值班员", actor=ACTOR)
    root = Place.objects.get(level=Place.Level.CITY)
    for duty in DESK_DUTIES:
        give_duty(
            post,
            duty,
            place_code=root.code,
            first=root.first,
            last=root.last,
            actor=ACTOR,
        )
    appoint(desk, post, starts_on=timezone.localdate(), actor=ACTOR)
    return password


def _units(rows: pl.DataFrame, root: Place) -> dict[str, Unit]:
    departments = Unit.objects.filter(kind=Unit.Kind.DEPARTMENT)
    known = {unit.name: unit for unit in departments}
    for name in sorted(set(rows["unit"].drop_nulls().unique()) - known.keys()):
        known[name] = create_unit(
            f"U{len(known) + 1:04d}",
            name,
            kind=Unit.Kind.DEPARTMENT,
            tier="city",
            place_code=root.code,
            actor=ACTOR,
        )
    return known


def _kinds(rows: pl.DataFrame, units: dict[str, Unit], first_day: date) -> pl.DataFrame:
    """The kinds of the file; the unit that most often had a kind leads it."""
    known = dict(Kind.objects.values_list("name", "pk"))
    counts = rows.group_by("kind", "unit").len().sort("len", descending=True)
    leads = dict(counts.group_by("kind").first().select("kind", "unit").iter_rows())
    drafts = [
        Draft(
            category="appeal",
            major_code="00",
            major_name="历史导入",
            minor_code=f"{len(known) + n:03d}",
            minor_name=kind,
            filing_condition=kind,
            handling=DEFAULT_HANDLING,
            evidence=(),
            owed=(Owed(leads[kind], "lead", "city"),) if leads[kind] else (),
            source="历史导入：时限为默认值，来源给定时限的以来源为准",
            for_public=True,
            in_grid=True,
        )
        for n, kind in enumerate(sorted(set(leads) - known.keys()), 1)
    ]
    if drafts:
        publish_standards(drafts, valid_from=first_day, actor=ACTOR, units=units)
        known = dict(Kind.objects.values_list("name", "pk"))
    return _frame("kind", "kind_id", known)


def _keys(rows: pl.DataFrame, inside: npt.NDArray[np.bool_]) -> pl.Series:
    """Which place each row belongs to: an h3 cell, or its area when the file has no points."""
    if not rows["pointed"].any():
        return rows["place"].alias("key")
    points = rows.select("lat", "lon").filter(inside)
    distinct = points.unique()
    finest = [h3.latlng_to_cell(y, x, FINEST) for y, x in distinct.iter_rows()]
    coarser = _coarser(set(finest))
    cells = distinct.with_columns(pl.Series("key", [coarser[cell] for cell in finest]))
    found = points.join(cells, on=["lat", "lon"], how="left", maintain_order="left")["key"]
    nowhere = pl.Series("key", [None] * rows.height, dtype=pl.String)
    return nowhere.scatter(inside.nonzero()[0], found)


def _coarser(finest: set[str]) -> dict[str, str]:
    """For each finest cell the one of the city's size: as it is there, else not too many."""
    there = Place.objects.filter(level=Place.Level.CELL).values_list("code", flat=True).first()
    size = h3.get_resolution(there) if there else FINEST
    found = {cell: h3.cell_to_parent(cell, size) for cell in finest}
    while not there and len(set(found.values())) > CELLS_MOST and size > COARSEST:
        size -= 1
        found = {cell: h3.cell_to_parent(cell, size) for cell in finest}
    return found


def _places(rows: pl.DataFrame, keys: pl.Series, root: Place) -> pl.DataFrame:
    """Write the places that are new; the rows' keys are their codes or their names."""
    wanted = sorted(keys.drop_nulls().unique())
    if rows["pointed"].any():
        there = set(Place.objects.values_list("code", flat=True))
        new = _cells([cell for cell in wanted if cell not in there], there, root)
        name_of = "code"
    else:
        there = set(Place.objects.values_list("name", flat=True))
        first = Place.objects.filter(level=Place.Level.TOWNSHIP).count()
        areas = [name for name in wanted if name not in there]
        new = [
            Planned(f"A{first + n:05d}", name, Place.Level.TOWNSHIP, root.code)
            for n, name in enumerate(areas, 1)
        ]
        name_of = "name"
    write_places(new, actor=ACTOR)
    found = Place.objects.exclude(pk=root.pk).values_list(name_of, "pk", "first")
    return pl.DataFrame(
        list(found),
        schema={"key": pl.String, "place_id": pl.Int64, "place_number": pl.Int64},
        orient="row",
    )


def _cells(cells: Sequence[str], there: set[str], root: Place) -> list[Planned]:
    """h3 cells with their hexagons, under groups; h3 areas are made up, not official."""
    by_group: dict[str, list[str]] = {}
    for cell in cells:
        up = max(h3.get_resolution(cell) - GROUP_STEP, 0)
        by_group.setdefault(h3.cell_to_parent(cell, up), []).append(cell)
    planned: list[Planned] = []
    groups = Place.objects.filter(level=Place.Level.TOWNSHIP).count()
    for group, members in by_group.items():
        if group not in there:
            groups += 1
            planned.append(Planned(group, f"片区 {groups}", Place.Level.TOWNSHIP, root.code))
        planned += [
            Planned(
                cell,
                f"网格 {cell[:10].upper()}",
                Place.Level.CELL,
                group,
                boundary=shapely.Polygon([(x, y) for y, x in h3.cell_to_boundary(cell)]),
                boundary_source="h3 示意",
            )
            for cell in members
        ]
    return planned


def _frame(key: str, value: str, known: dict[str, int]) -> pl.DataFrame:
    rows = list(known.items())
    return pl.DataFrame(rows, schema={key: pl.String, value: pl.Int64}, orient="row")
