"""Every write on the city, its places and their rosters, one at a time (区域维护)."""

import re
from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

import shapely
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.pinyin import pinyin_key
from shiyu.journal.actions import record
from shiyu.people.actions.access import follow_places
from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.places import events, rules
from shiyu.places.models import City, Place, RosterEntry
from shiyu.places.tree import WHOLE, Interval, NoRoom, fit, number_tree

MIRROR = "UPDATE places_place SET first = -last, last = -first WHERE id = ANY(%s)"
RENUMBER = """
    UPDATE places_place SET first = given.first, last = given.last
      FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS given(id, first, last)
     WHERE places_place.id = given.id
"""


@transaction.atomic
def found_city(
    *,
    name: str,
    short_name: str,
    code: str,
    number_prefix: str,
    actor: Actor,
    timezone: str = "Asia/Shanghai",
    code_patterns: Mapping[str, str] | None = None,
    is_demo: bool = False,
) -> City:
    """Found the one city of this database, with the root of its places (建城).

    code_patterns  a regular expression for the codes of each level; {} to check none.
    """
    rules.must_edit_map(actor)
    if timezone not in available_timezones():
        raise Refused(_("没有时区 %(zone)s") % {"zone": timezone}, field="timezone")
    city = City(
        pk=1,
        name=name,
        short_name=short_name,
        code=code,
        timezone=ZoneInfo(timezone).key,
        number_prefix=number_prefix,
        is_demo=is_demo,
        code_patterns=dict(rules.CHINESE_CODES if code_patterns is None else code_patterns),
    )
    check_code(city, code, Place.Level.CITY)
    try:
        with transaction.atomic():
            city.save(force_insert=True)
    except IntegrityError:
        raise OutOfOrder(_("本系统已有城市，一个数据库只管一个城市")) from None
    _create(code, name, Place.Level.CITY, None, WHOLE)
    record("city:1", "found_city", actor=actor, facts={"code": code, "timezone": timezone})
    return city


@transaction.atomic
def add_place(
    parent: Place,
    *,
    code: str,
    name: str,
    level: str,
    actor: Actor,
    boundary: BaseGeometry | None = None,
    boundary_source: str = "",
) -> Place:
    """Add one place below another, in a free stretch of its numbers (新增区域).

    boundary  WGS-84.
    """
    rules.must_edit_map(actor)
    city = lock_map()
    parent = Place.objects.get(pk=parent.pk)
    check_code(city, code, level)
    if not is_below(level, parent.level):
        raise Refused(_("%(name)s下面不能设这一级区域") % {"name": parent}, field="level")
    if Place.objects.filter(code=code).exists():
        raise Refused(_("代码 %(code)s 已用于别的区域") % {"code": code}, field="code")
    interval = _free_stretch(parent, code, actor=actor)
    place = _create(code, name, level, Place.objects.get(pk=parent.pk), interval)
    if boundary is not None:
        _bound(place, boundary, boundary_source)
    map_changed()
    facts = {"code": code, "level": level, "parent": parent.code}
    record(f"place:{place.pk}", "add_place", actor=actor, facts=facts)
    return place


@transaction.atomic
def set_boundary(place: Place, boundary: BaseGeometry, *, source: str, actor: Actor) -> Place:
    """Give a place its boundary in WGS-84, in the stead of any it had (划界)."""
    rules.must_edit_map(actor)
    lock_map()
    place = Place.objects.get(pk=place.pk)
    _bound(place, boundary, source)
    map_changed()
    record(f"place:{place.pk}", "set_boundary", actor=actor, facts={"code": place.code})
    return place


@transaction.atomic
def enrol(
    place: Place,
    *,
    title: str,
    person: Person,
    starts_on: date,
    actor: Actor,
    ends_on: date | None = None,
) -> RosterEntry:
    """Put a person on a place's roster: 网格长, 街长, 楼长 or any other (入册)."""
    rules.must_edit_map(actor)
    title = title.strip()
    if not title:
        raise Refused(_("填写职务，如“网格长”"), field="title")
    if ends_on is not None and ends_on < starts_on:
        raise Refused(_("止日不能早于起日"), field="ends_on")
    there = RosterEntry.objects.filter(place=place, title=title, person=person)
    if there.filter(ends_on__isnull=True).exists():
        raise OutOfOrder(_("已在册，不必重复登记"))
    entry = RosterEntry.objects.create(
        place=place, title=title, person=person, starts_on=starts_on, ends_on=ends_on
    )
    facts = {"entry": entry.pk, "person": person.pk, "title": title, "from": starts_on.isoformat()}
    record(f"place:{place.pk}", "enrol", actor=actor, facts=facts)
    return entry


@transaction.atomic
def leave_roster(entry: RosterEntry, *, on: date, actor: Actor) -> RosterEntry:
    """End a person's time on a roster; the day named is the last (离册)."""
    rules.must_edit_map(actor)
    entry = RosterEntry.objects.select_for_update().get(pk=entry.pk)
    if entry.ends_on is not None and entry.ends_on <= on:
        raise OutOfOrder(_("已经离册"))
    if on < entry.starts_on:
        raise Refused(_("止日不能早于起日"), field="ends_on")
    entry.ends_on = on
    entry.save(update_fields=["ends_on"])
    facts = {"entry": entry.pk, "on": on.isoformat()}
    record(f"place:{entry.place_id}", "leave_roster", actor=actor, facts=facts)
    return entry


def lock_map() -> City:
    """The city, held so that one change of the map follows another."""
    city = City.objects.select_for_update().filter(pk=1).first()
    return city or rules.the_city()


def map_changed() -> None:
    """Tell every process that what it keeps of the map is old."""
    City.objects.filter(pk=1).update(map_version=F("map_version") + 1)


def widen_bounds(west: float, south: float, east: float, north: float) -> None:
    """Let the city's frame on the map hold these degrees as well."""
    City.objects.filter(pk=1).update(
        west=Least(Coalesce(F("west"), Value(west)), Value(west)),
        south=Least(Coalesce(F("south"), Value(south)), Value(south)),
        east=Greatest(Coalesce(F("east"), Value(east)), Value(east)),
        north=Greatest(Coalesce(F("north"), Value(north)), Value(north)),
    )


def check_code(city: City, code: str, level: str) -> None:
    """Refuse a code that is not written as the city's codes of this level are."""
    if not fits_pattern(city.code_patterns, code, level):
        told = {"code": code, "level": Place.Level(level).label}
        raise Refused(_("“%(code)s”不是%(level)s代码的格式") % told, field="code")


def fits_pattern(patterns: Mapping[str, str], code: str, level: str) -> bool:
    """Whether a code is written as the codes of its level are (代码格式)."""
    pattern = patterns.get(level)
    plain = 0 < len(code) <= 24 and code.isprintable() and " " not in code
    return plain and (pattern is None or re.fullmatch(pattern, code) is not None)


def is_below(level: str, above: str) -> bool:
    """Whether a place of one level may lie in a place of the other; levels may be left out."""
    order = Place.Level.values
    return order.index(level) > order.index(above)


def renumber(above: Place, *, actor: Actor) -> None:
    """Give everything below a place new numbers, evenly spread over its own (重编).

    Raises  NoRoom  if the place's own stretch is too small for what is in it.
    """
    places = list(rules.below(above).order_by("first"))
    at = {place.pk: position for position, place in enumerate(places)}
    parents = [at.get(place.parent_id or 0, -1) for place in places]
    parents[0] = -1
    given = number_tree(parents, Interval(above.first, above.last))
    ids = [place.pk for place in places]
    with connection.cursor() as cursor:
        cursor.execute(MIRROR, [ids])  # out of the way: each number is unique at every moment
        cursor.execute(RENUMBER, [ids, [i.first for i in given], [i.last for i in given]])
    numbers = {p.code: (i.first, i.last) for p, i in zip(places, given, strict=True)}
    follow_places(numbers, actor=Actor.program("places"))
    events.renumbered.send(Place, place_ids=ids)
    record("city:1", "renumber", actor=actor, facts={"below": above.code, "places": len(ids)})


def _free_stretch(parent: Place, code: str, *, actor: Actor) -> Interval:
    """Numbers for a new child, in the order of codes; renumbers what must be, and no more."""
    above: Place | None = parent
    while above is not None:
        own = Place.objects.values_list("first", "last").get(pk=parent.pk)
        siblings = list(parent.children.order_by("first").values_list("code", "first", "last"))
        at = sum(1 for sibling in siblings if sibling[0] < code)
        try:
            return fit(Interval(*own), [Interval(*s[1:]) for s in siblings], at)
        except NoRoom:
            above = _spread(above, actor=actor)
    raise Refused(_("区域编号已用尽"))


def _spread(above: Place, *, actor: Actor) -> Place | None:
    """Renumber the smallest subtree from here up that has room; gives the place to try next."""
    place: Place | None = above
    while place is not None:
        try:
            renumber(place, actor=actor)
            return place.parent
        except NoRoom:
            place = place.parent
    return None


def _create(code: str, name: str, level: str, parent: Place | None, where: Interval) -> Place:
    return Place.objects.create(
        code=code,
        name=name,
        pinyin=pinyin_key(name)[:200],
        level=level,
        parent=parent,
        first=where.first,
        last=where.last,
    )


def _bound(place: Place, boundary: BaseGeometry, source: str) -> None:
    if boundary.geom_type not in ("Polygon", "MultiPolygon"):
        raise Refused(_("边界应是面，不是 %(kind)s") % {"kind": boundary.geom_type})
    if boundary.is_empty or not boundary.is_valid:
        raise Refused(_("边界无效：%(why)s") % {"why": shapely.is_valid_reason(boundary)})
    inner = boundary.point_on_surface()
    place.boundary = shapely.to_wkb(boundary)
    place.boundary_source = source
    place.lon, place.lat = inner.x, inner.y
    place.save(update_fields=["boundary", "boundary_source", "lon", "lat"])
    widen_bounds(*boundary.bounds)
