"""The city's places: their tree, where a point lies, their boundaries (区域)."""

import json
from typing import Annotated, Any

import shapely
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query

from shiyu.api.audience import ANY_KEY
from shiyu.api.v1 import paging
from shiyu.api.v1.finding import place_called
from shiyu.api.v1.paging import PAGE, USUAL, Cursor, Limit
from shiyu.api.v1.routes import Given, route
from shiyu.api.v1.shapes import Out
from shiyu.api.v1.texts import Code, CodeInPath, Lat, Lon
from shiyu.common.errors import NotFound
from shiyu.places import locator
from shiyu.places.models import Place
from shiyu.places.rules import below


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
    found, last = paging.cut(request, rows, cursor, limit, by="first")
    return paging.page(request, PlacePage, [_place(p) for p in found], limit=limit, last=last)


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
    found, last = paging.cut(request, rows, cursor, limit, by="first")
    cursor, link = paging.following(request, last)
    shown = [_feature(place) for place in found[:limit]]
    return Given(Features(type="FeatureCollection", features=shown, next=cursor), headers=link)


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
