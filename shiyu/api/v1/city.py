"""What a client needs to know of the city: kinds, places, units, calendars (城市基础数据)."""

import json
from datetime import date
from typing import Annotated, Any

import shapely
from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Path, Query

from shiyu.api.audience import ANY_KEY
from shiyu.api.v1 import paging
from shiyu.api.v1.finding import place_called
from shiyu.api.v1.paging import PAGE, USUAL, Cursor, Limit
from shiyu.api.v1.routes import Given, route
from shiyu.api.v1.shapes import Out
from shiyu.api.v1.texts import Code, Lat, Lon
from shiyu.calendars.models import Calendar
from shiyu.catalogue.models import Kind, Standard
from shiyu.catalogue.rules import kinds_in_use
from shiyu.common.errors import NotFound
from shiyu.people.models import Unit
from shiyu.places import locator
from shiyu.places.models import Place
from shiyu.places.rules import below

CodeInPath = Annotated[Code, Path()]


class StandardOut(Out):
    """One condition under which a case of this kind is filed (立案标准)."""

    id: int
    ordinal: int
    version: int
    filing_condition: str
    closing_condition: str
    handling: str
    evidence: list[str]
    legal_basis: str
    valid_from: date
    valid_until: date | None


class KindWhole(Out):
    """A kind of case with its conditions in force today."""

    code: str
    name: str
    category: str
    major_code: str
    major_name: str
    in_grid: bool
    settles: bool
    for_public: bool
    standards: list[StandardOut]


class KindPage(Out):
    """Kinds by code."""

    items: list[KindWhole]
    next: str | None


class PlaceWhole(Out):
    """A place and where it hangs in the tree."""

    code: str
    name: str
    level: str
    parent: str | None
    lon: float | None
    lat: float | None


class PlacePage(Out):
    """Places in the order of the tree."""

    items: list[PlaceWhole]
    next: str | None


class Geometry(Out):
    """GeoJSON, WGS-84."""

    type: str
    coordinates: list[Any]


class CellProperties(Out):
    """Which place a shape is."""

    code: str
    name: str
    level: str


class Feature(Out):
    """A place with its boundary."""

    type: str
    properties: CellProperties
    geometry: Geometry | None


class Features(Out):
    """A page of boundaries as GeoJSON (RFC 7946), with where the next page begins."""

    type: str
    features: list[Feature]
    next: str | None


class Located(Out):
    """In which place a point lies; outside the city, the nearest one and how far it is."""

    inside: bool
    place: CellProperties | None
    metres: float | None


class UnitWhole(Out):
    """A unit (机构)."""

    code: str
    name: str
    short_name: str
    kind: str
    tier: str
    parent: str | None
    place: str
    ended_on: date | None


class UnitPage(Out):
    """Units by code."""

    items: list[UnitWhole]
    next: str | None


class CalendarOut(Out):
    """One version of a working calendar (工作日历)."""

    code: str
    name: str
    unit: str | None
    timezone: str
    valid_from: date
    hours: list[list[str]]
    weekdays: list[int]
    holidays: list[str]
    workdays: list[str]
    published_until: int | None


class Calendars(Out):
    """The working calendars that hold."""

    items: list[CalendarOut]


@route(
    "GET",
    "/kinds",
    audience=ANY_KEY,
    answer=KindPage,
    name="list_kinds",
    query=(*PAGE, "category"),
    tag="city",
    summary="案件类别",
)
def list_kinds(
    request: HttpRequest,
    category: Annotated[Kind.Category | None, Query()] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Given:
    """Kinds in use, with the conditions under which a case of them is filed today."""
    rows = kinds_in_use().order_by("code").prefetch_related(_in_force())
    if category is not None:
        rows = rows.filter(category=category)
    last = paging.after(request, cursor)
    found = list((rows.filter(code__gt=last) if last else rows)[: limit + 1])
    end = found[limit - 1].code if len(found) > limit else None
    return paging.page(request, KindPage, [_kind(k) for k in found], limit=limit, last=end)


@route("GET", "/kinds/{code}", audience=ANY_KEY, answer=KindWhole, tag="city", summary="一个类别")
def get_kind(request: HttpRequest, code: CodeInPath) -> KindWhole:
    """One kind, also one that is no longer in use."""
    found = Kind.objects.filter(code=code).prefetch_related(_in_force()).first()
    if found is None:
        raise NotFound(_("没有代码为“%(code)s”的记录") % {"code": code})
    return _kind(found)


@route(
    "GET",
    "/places",
    audience=ANY_KEY,
    answer=PlacePage,
    name="list_places",
    query=(*PAGE, "under", "level"),
    tag="city",
    summary="区域",
)
def list_places(
    request: HttpRequest,
    under: Annotated[Code | None, Query(description="只看它和它的下辖")] = None,
    level: Annotated[Place.Level | None, Query()] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Given:
    """Places in the order of the tree: each before what lies in it."""
    rows = below(place_called(under, "under")) if under else Place.objects.defer("boundary")
    rows = rows.select_related("parent").defer("parent__boundary", "boundary").order_by("first")
    if level is not None:
        rows = rows.filter(level=level)
    last = paging.after(request, cursor)
    found = list((rows.filter(first__gt=last) if last else rows)[: limit + 1])
    end = found[limit - 1].first if len(found) > limit else None
    return paging.page(request, PlacePage, [_place(p) for p in found], limit=limit, last=end)


@route(
    "GET",
    "/places/locate",
    audience=ANY_KEY,
    answer=Located,
    query=("lon", "lat"),
    tag="city",
    summary="定位",
)
def locate(
    request: HttpRequest, lon: Annotated[Lon, Query()], lat: Annotated[Lat, Query()]
) -> Located:
    """The smallest place a WGS-84 point lies in."""
    found = locator.locate(lon, lat)
    if isinstance(found, locator.Spot):
        return Located(inside=True, place=_spot(found), metres=None)
    metres = round(found.metres, 1) if found.nearest else None
    near = _spot(found.nearest) if found.nearest else None
    return Located(inside=False, place=near, metres=metres)


@route("GET", "/places/{code}", audience=ANY_KEY, answer=PlaceWhole, tag="city", summary="一个区域")
def get_place(request: HttpRequest, code: CodeInPath) -> PlaceWhole:
    """One place."""
    rows = Place.objects.select_related("parent").defer("boundary", "parent__boundary")
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound(_("没有代码为“%(code)s”的记录") % {"code": code})
    return _place(found)


@route(
    "GET",
    "/places/{code}/boundaries",
    audience=ANY_KEY,
    answer=Features,
    cost=5,
    query=(*PAGE, "level"),
    tag="city",
    summary="边界（GeoJSON）",
)
def boundaries(
    request: HttpRequest,
    code: CodeInPath,
    level: Annotated[Place.Level, Query()] = Place.Level.CELL,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Given:
    """Boundaries of the places of one level in a place, as GeoJSON in WGS-84."""
    rows = below(place_called(code, "code")).filter(level=level).order_by("first")
    rows = rows.defer(None)
    last = paging.after(request, cursor)
    found = list((rows.filter(first__gt=last) if last else rows)[: limit + 1])
    end = found[limit - 1].first if len(found) > limit else None
    cursor, link = paging.following(request, end)
    shown = [_feature(place) for place in found[:limit]]
    return Given(Features(type="FeatureCollection", features=shown, next=cursor), headers=link)


@route(
    "GET",
    "/units",
    audience=ANY_KEY,
    answer=UnitPage,
    name="list_units",
    query=(*PAGE, "kind"),
    tag="city",
    summary="机构",
)
def list_units(
    request: HttpRequest,
    kind: Annotated[Unit.Kind | None, Query()] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Given:
    """Units at work today, by code."""
    rows = Unit.objects.exclude(ended_on__lt=timezone.localdate()).select_related("parent")
    rows = rows.order_by("code")
    if kind is not None:
        rows = rows.filter(kind=kind)
    last = paging.after(request, cursor)
    found = list((rows.filter(code__gt=last) if last else rows)[: limit + 1])
    end = found[limit - 1].code if len(found) > limit else None
    return paging.page(request, UnitPage, [_unit(u) for u in found], limit=limit, last=end)


@route("GET", "/calendars", audience=ANY_KEY, answer=Calendars, tag="city", summary="工作日历")
def list_calendars(request: HttpRequest) -> Calendars:
    """Office hours, holidays and make-up days by which working time is counted."""
    return Calendars(
        items=[_calendar(c) for c in Calendar.objects.standing().select_related("unit")]
    )


def _in_force() -> Prefetch:
    today = timezone.localdate()
    standards = Standard.objects.valid_on(today).order_by("ordinal")
    return Prefetch("standards", queryset=standards)


def _kind(kind: Kind) -> KindWhole:
    return KindWhole(
        code=kind.code,
        name=kind.name,
        category=kind.category,
        major_code=kind.major_code,
        major_name=kind.major_name,
        in_grid=kind.in_grid,
        settles=kind.settles,
        for_public=kind.for_public,
        standards=[_standard(standard) for standard in kind.standards.all()],
    )


def _standard(standard: Standard) -> StandardOut:
    return StandardOut(
        id=standard.pk,
        ordinal=standard.ordinal,
        version=standard.version,
        filing_condition=standard.filing_condition,
        closing_condition=standard.closing_condition,
        handling=standard.handling,
        evidence=list(standard.evidence),
        legal_basis=standard.legal_basis,
        valid_from=standard.valid_from,
        valid_until=standard.valid_until,
    )


def _place(place: Place) -> PlaceWhole:
    return PlaceWhole(
        code=place.code,
        name=place.name,
        level=place.level,
        parent=place.parent.code if place.parent else None,
        lon=place.lon,
        lat=place.lat,
    )


def _spot(spot: locator.Spot) -> CellProperties:
    return CellProperties(code=spot.code, name=spot.name, level=spot.level)


def _feature(place: Place) -> Feature:
    geometry = None
    if place.boundary is not None:
        drawn = json.loads(shapely.to_geojson(shapely.from_wkb(bytes(place.boundary))))
        geometry = Geometry(type=drawn["type"], coordinates=drawn["coordinates"])
    told = CellProperties(code=place.code, name=place.name, level=place.level)
    return Feature(type="Feature", properties=told, geometry=geometry)


def _unit(unit: Unit) -> UnitWhole:
    return UnitWhole(
        code=unit.code,
        name=unit.name,
        short_name=unit.short_name,
        kind=unit.kind,
        tier=unit.tier,
        parent=unit.parent.code if unit.parent else None,
        place=unit.place_code,
        ended_on=unit.ended_on,
    )


def _calendar(calendar: Calendar) -> CalendarOut:
    return CalendarOut(
        code=calendar.code,
        name=calendar.name,
        unit=calendar.unit.code if calendar.unit else None,
        timezone=calendar.timezone,
        valid_from=calendar.valid_from,
        hours=calendar.hours,
        weekdays=calendar.weekdays,
        holidays=calendar.holidays,
        workdays=calendar.workdays,
        published_until=calendar.published_until,
    )
