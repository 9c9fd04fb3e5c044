"""Finding places, and who may change them."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common import ready
from shiyu.common.errors import NotAllowed, NotFound, OutOfOrder
from shiyu.people.actors import Actor
from shiyu.people.duties import LOOKING, Duty
from shiyu.places.models import City, Place, RosterEntry

CHINESE_CODES = {
    "city": r"[0-9]{6}",
    "county": r"[0-9]{6}",
    "township": r"[0-9]{9}",
    "community": r"[0-9]{12}",
    "cell": r"[0-9]{14,16}",
}
"""Usual lengths: 6 county + 3 township + 3 community, and a cell's 2 to 4 more."""


def the_city() -> City:
    """The city of this database (本市)."""
    city = city_if_founded()
    if city is None:
        raise OutOfOrder(_("本系统还没有建立城市，请先运行 shiyu createcity"))
    return city


def city_if_founded() -> City | None:
    """The same, and none where there is none yet."""
    return _CITY.first(1)


_CITY = ready.Select(lambda pk: City.objects.filter(pk=pk), ready.ANY, stands=True)


def place_of(number: int) -> Place:
    """The place with this preorder number, as a case carries it."""
    found = Place.objects.filter(first=number).defer("boundary").first()
    if found is None:
        raise NotFound(_("没有这个区域"))
    return found


def place_by_code(code: str) -> Place:
    """The place with this code."""
    found = Place.objects.filter(code=code).defer("boundary").first()
    if found is None:
        raise NotFound(_("没有代码为 %(code)s 的区域") % {"code": code})
    return found


def below(place: Place) -> QuerySet[Place]:
    """A place and everything in it (下辖区域)."""
    return Place.objects.filter(first__range=(place.first, place.last)).defer("boundary")


def path_of(number: int) -> list[Place]:
    """The places that hold this one, from the city down to itself."""
    holding = Place.objects.filter(first__lte=number, last__gte=number)
    return list(holding.defer("boundary").order_by("first"))


def paths_of(numbers: Iterable[int]) -> dict[int, list[Place]]:
    """`path_of` for the rows of a list, in as many queries as the tree has levels."""
    wanted = set(numbers)
    known = {p.pk: p for p in Place.objects.filter(first__in=wanted).defer("boundary")}
    leaves = {p.first: p for p in known.values()}
    missing = _parents(known.values()) - known.keys()
    while missing:
        above = Place.objects.filter(pk__in=missing).defer("boundary")
        known |= {p.pk: p for p in above}
        missing = _parents(above) - known.keys()
    return {number: _upwards(leaves[number], known) for number in wanted if number in leaves}


def _parents(places: Iterable[Place]) -> set[int]:
    return {place.parent_id for place in places if place.parent_id is not None}


def _upwards(place: Place, known: dict[int, Place]) -> list[Place]:
    path = [place]
    while path[0].parent_id is not None:
        path.insert(0, known[path[0].parent_id])
    return path


def visible_places(actor: Actor) -> QuerySet[Place]:
    """The places in which this actor looks at cases; their names are public anyway."""
    places = Place.objects.defer("boundary")
    if actor.kind == "program":
        return places
    within = Q(pk__in=())
    for scope in actor.scopes(*(duty.value for duty in LOOKING)):
        within |= Q(first__range=(scope.first, scope.last))
    return places.filter(within)


def may_edit_map(actor: Actor) -> bool:
    """Whether the actor may change places, boundaries and rosters (区域维护)."""
    return actor.kind == "program" or actor.holds(Duty.SYSTEM_ADMIN)


def must_edit_map(actor: Actor) -> None:
    """Refuse whoever may not change the map."""
    if not may_edit_map(actor):
        raise NotAllowed(_("您没有维护区域的权限"))


def roster_of(place: Place) -> QuerySet[RosterEntry]:
    """Who holds the posts of the people on a place today (五长等)."""
    today = timezone.localdate()
    in_force = Q(ends_on__isnull=True) | Q(ends_on__gte=today)
    entries = RosterEntry.objects.filter(in_force, place=place, starts_on__lte=today)
    return entries.select_related("person").order_by("title", "person__pinyin")
