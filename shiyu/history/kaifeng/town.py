"""The demo city as its stories need it: who sits where, what holds, how time counts (城市底数)."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import numpy as np
import shapely
from django.utils import timezone

from shiyu.calendars.rules import Calendars, read_calendars
from shiyu.catalogue.models import Kind, Procedure, Responsibility, Standard
from shiyu.common.worktime import Allowance, Season, WorkCalendar, minute_of
from shiyu.files.bulk import Shown
from shiyu.files.models import Photo
from shiyu.history.kaifeng.pictures import motif_of
from shiyu.history.kaifeng.places import ROOT
from shiyu.people.actors import Actor, duties_in_force
from shiyu.people.models import Person, Tier, Unit
from shiyu.places.models import Place

DAYLIGHT = (("07:30", "20:30"),)
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
SHARE_OF_BRANCH = 0.6
URBAN = {
    "410202": 15.0,
    "410203": 12.0,
    "410204": 16.0,
    "410205": 11.0,
    "410212": 12.0,
    "410221": 7.0,
    "410222": 6.0,
    "410223": 6.0,
    "410225": 6.0,
    "410271": 9.0,
}
"""How much of what is reported lies in each county."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A grid cell with all above it."""

    place: Place
    community: str  # its name
    township: str  # their codes
    county: str
    in_town: bool


class Album:
    """The drawings that stand for photos, by motif: as found, and mended."""

    def __init__(self, drawings: dict[tuple[str, bool], Photo]) -> None:
        self._drawings = drawings

    def shows(self, kind: Kind, role: str) -> tuple[Shown, ...]:
        """A drawing of this kind in a role of a photo: at the scene as it was found."""
        found = self._drawings.get((motif_of(kind.name), role != Photo.Role.SCENE))
        return (Shown(role, found),) if found else ()


@dataclass(slots=True)
class Town:
    """What the stories read, once."""

    now: datetime
    procedure: Procedure
    standards: dict[int, list[Standard]]  # by kind
    leads: dict[int, Unit]  # by standard
    helpers: dict[int, list[Unit]]
    units: dict[int, Unit]
    centres: dict[str, Unit]  # by place code
    branches: dict[tuple[int, str], Unit]  # by department and county
    actors: dict[str, Actor]
    holders: dict[tuple[str, int], list[str]]  # by duty and unit
    cells: list[Cell]
    weights: np.ndarray
    places: dict[str, Place]
    calendars: Calendars
    daylight: WorkCalendar
    album: Album
    slowness: dict[int, float] = field(default_factory=dict)

    def someone(self, chance: Random, duty: str, unit: int) -> str:
        """One of those who hold a duty in a unit, by the journal's name."""
        return chance.choice(self.holders[duty, unit])

    def centre(self, cell: Cell, tier: str) -> Unit:
        """The centre that takes in what is reported here, at a tier."""
        if tier == Tier.CITY:
            return self.centres[ROOT]
        return self.centres[cell.township if tier == Tier.TOWNSHIP else cell.county]

    def lead(self, chance: Random, standard: Standard, centre: Unit) -> Unit:
        """Whom this centre would send a case of this standard to."""
        lead = self.leads[standard.pk]
        branch = self.branches.get((lead.pk, centre.place_code))
        if branch is not None and chance.random() < SHARE_OF_BRANCH:
            return branch
        return lead

    @property
    def calendar(self) -> WorkCalendar:
        """The city's own."""
        return self.calendars.city

    def office(self, at: datetime, minutes: float, unit: Unit | None = None) -> datetime:
        """So many office minutes of a unit later, seconds kept."""
        return _later(self.calendars.for_unit(unit.pk if unit else None), at, minutes)

    def by_day(self, at: datetime, minutes: float) -> datetime:
        """So many minutes later, counting the hours in which grid workers walk."""
        return _later(self.daylight, at, minutes)

    def handled(self, standard: Standard, start: datetime, share: float, unit: Unit) -> datetime:
        """When so large a share of a unit's limit is used up, counted as the clock counts."""
        limit = Allowance.parse(standard.handling, season=_season(standard))
        calendar = self.calendars.for_unit(unit.pk)
        line, minute = calendar.timeline(limit), minute_of(start)
        budget = limit.minutes
        if limit.unit.name == "WORK_DAY" and self.procedure.workday == "end_of_day":
            office = calendar.office(limit.season)
            budget = office.measure(minute, office.closing(minute, limit.amount))
        found = line.add(minute, max(1, int(budget * share)))
        return calendar.zone.datetime_of(found).replace(second=start.second)

    def is_urgent(self, standard: Standard) -> bool:
        return "紧急" in standard.handling


def read_town(now: datetime, chance: Random, album: Album) -> Town:
    """Read the city that was founded."""
    actors, holders = _people(now)
    cells, places = read_cells()
    units = {unit.pk: unit for unit in Unit.objects.filter(ended_on=None)}
    standards = _standards(now)
    leads, helpers = _responsible(units)
    calendars = read_calendars()
    procedure = Procedure.objects.order_by("-version").first()
    if procedure is None:
        raise RuntimeError("the demo city has no procedure")
    return Town(
        now=now,
        procedure=procedure,
        standards=standards,
        leads=leads,
        helpers=helpers,
        units=units,
        centres={u.place_code: u for u in units.values() if u.kind == Unit.Kind.CENTRE},
        branches={(u.parent_id or 0, u.place_code): u for u in units.values() if _is_branch(u)},
        actors=actors,
        holders=holders,
        cells=cells,
        weights=_weights(cells),
        places=places,
        calendars=calendars,
        daylight=WorkCalendar.of(calendars.zone.info.key, hours=DAYLIGHT, weekdays=EVERY_DAY),
        album=album,
        slowness={pk: chance.lognormvariate(0, 0.28) for pk in sorted(units)},
    )


def points(cells: list[Cell], chance: np.random.Generator) -> list[tuple[float, float]]:
    """A point inside each of these cells."""
    shapes = shapely.from_wkb([bytes(cell.place.boundary or b"") for cell in cells])
    west, south, east, north = shapely.bounds(shapes).T
    inner = shapely.point_on_surface(shapes)
    lons, lats = shapely.get_x(inner), shapely.get_y(inner)
    missing = np.arange(len(cells))
    for _try in range(12):
        x = chance.uniform(west[missing], east[missing])
        y = chance.uniform(south[missing], north[missing])
        good = shapely.contains_xy(shapes[missing], x, y)
        lons[missing[good]], lats[missing[good]] = x[good], y[good]
        missing = missing[~good]
        if not len(missing):
            break
    return list(zip(np.round(lons, 6).tolist(), np.round(lats, 6).tolist(), strict=True))


def _people(now: datetime) -> tuple[dict[str, Actor], dict[tuple[str, int], list[str]]]:
    """Everybody with their duties, and who holds which duty in which unit."""
    named = dict(Person.objects.order_by("pk").values_list("pk", "name"))
    held = duties_in_force(named, timezone.localtime(now).date())
    actors = {
        f"person:{pk}": Actor("person", pk, name, held.get(pk, ())) for pk, name in named.items()
    }
    holders: dict[tuple[str, int], list[str]] = {}
    for ref, actor in actors.items():
        for scope in actor.held:
            holders.setdefault((scope.duty, scope.unit_id), []).append(ref)
    actors["program:calendar"] = Actor.program("calendar")
    return actors, holders


def read_cells() -> tuple[list[Cell], dict[str, Place]]:
    """All grid cells, and all places by code.

    The county is asked of the tree: the zone's townships carry the codes of their old districts.
    """
    places = list(Place.objects.order_by("first"))
    by_id = {place.pk: place for place in places}
    cells = []
    for place in places:
        if place.level == Place.Level.CELL and place.boundary:
            community = by_id[place.parent_id or 0]
            township = by_id[community.parent_id or 0]
            county = by_id[township.parent_id or 0].code
            in_town = township.code[6] == "0"
            cells.append(Cell(place, community.name, township.code, county, in_town))
    return cells, {place.code: place for place in places}


def _weights(cells: list[Cell]) -> np.ndarray:
    """How likely a report is in each cell: by county, town streets far before villages."""
    raw = np.array([6.0 if cell.in_town else 1.0 for cell in cells])
    counties = np.array([cell.county for cell in cells])
    for county, share in URBAN.items():
        mine = counties == county
        raw[mine] *= share / raw[mine].sum()
    return raw / raw.sum()


def _standards(now: datetime) -> dict[int, list[Standard]]:
    found: dict[int, list[Standard]] = {}
    in_force = Standard.objects.valid_on(timezone.localtime(now).date())
    for standard in in_force.select_related("kind").order_by("kind", "ordinal"):
        found.setdefault(standard.kind_id, []).append(standard)
    return found


def _responsible(units: dict[int, Unit]) -> tuple[dict[int, Unit], dict[int, list[Unit]]]:
    """Whom each standard names to lead, and whom to help."""
    leads: dict[int, Unit] = {}
    helpers: dict[int, list[Unit]] = {}
    for named in Responsibility.objects.order_by("id"):
        unit = units[named.unit_id]
        if named.role == Responsibility.Role.LEAD:
            leads[named.standard_id] = unit
        elif named.role == Responsibility.Role.CO:
            helpers.setdefault(named.standard_id, []).append(unit)
    return leads, helpers


def _is_branch(unit: Unit) -> bool:
    return unit.kind == Unit.Kind.DEPARTMENT and unit.tier == Tier.COUNTY


def _season(standard: Standard) -> Season | None:
    if not standard.season_first:
        return None
    return Season.parse(standard.season_first, standard.season_last)


def _later(calendar: WorkCalendar, at: datetime, minutes: float) -> datetime:
    """Seconds are kept, unless the counting began only with a later opening."""
    found = calendar.office().add(minute_of(at), max(1, int(minutes)))
    return calendar.zone.datetime_of(found).replace(second=at.second)
