"""Where a case lies and which centre takes it in (定位与承办中心)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet, Subquery
from django.utils.translation import gettext as _

from shiyu.cases.heirs import centre_in_place
from shiyu.common.errors import Refused
from shiyu.common.ready import ANY, Select
from shiyu.people.models import Tier, Unit
from shiyu.places import locator
from shiyu.places.models import Place
from shiyu.places.rules import paths_of

TIERS = [Tier.CITY, Tier.COUNTY, Tier.TOWNSHIP, Tier.COMMUNITY]


@dataclass(frozen=True, slots=True)
class Site:
    """The place of a case; `exact` when a point was located in it."""

    place: Place
    exact: bool


def locate(lon: float | None, lat: float | None) -> Site:
    """The deepest place a WGS-84 point lies in; the whole city for a report without a point.

    Raises  Refused when the point is no point, or lies outside the city: says how far.
    """
    if lon is None or lat is None:
        return Site(Place.objects.defer("boundary").get(level=Place.Level.CITY), exact=False)
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise Refused(_("位置应是经度和纬度，如 114.35, 34.79"), field="address")
    found = locator.locate(lon, lat)
    if isinstance(found, locator.Outside):
        if found.nearest is None:
            raise Refused(_("这个位置不在本市。请核对，或拨打当地 12345"), field="address")
        raise Refused(
            _("这个位置不在本市（离最近的%(place)s %(km).1f 公里）。请核对，或拨打当地 12345")
            % {"place": found.nearest.name, "km": found.metres / 1000},
            field="address",
        )
    return Site(_PLACE(found.id)[0], exact=True)


def centre_for(place: Place, tier: str) -> Unit:
    """The centre that takes in cases of this place at a tier, or the next one above that exists.

    Raises  Refused when the city has no centre at all.
    """
    return _or_heir(_nearest(_CENTRES(place.first), tier), place.first, tier)


def centres_for(numbers: Iterable[int], tier: str) -> dict[int, Unit]:
    """`centre_for` for many places, by their preorder numbers, in a few queries.

    Raises  Refused when the city has no centre at all.
    """
    centres = list(Unit.objects.filter(kind=Unit.Kind.CENTRE, ended_on__isnull=True))
    codes = {n: {p.code for p in path} for n, path in paths_of(numbers).items()}
    nearest = {n: _nearest([c for c in centres if c.place_code in codes[n]], tier) for n in codes}
    return {n: _or_heir(centre, n, tier) for n, centre in nearest.items()}


def _or_heir(centre: Unit, place_number: int, tier: str) -> Unit:
    """Where the tier's own centre has ended, the one that took over from it comes first."""
    if centre.tier == tier:
        return centre
    return centre_in_place(place_number, tier) or centre


def _nearest(centres: Iterable[Unit], tier: str) -> Unit:
    by_tier = {unit.tier: unit for unit in centres}
    for wanted in reversed(TIERS[: TIERS.index(Tier(tier)) + 1]):
        if wanted in by_tier:
            return by_tier[wanted]
    raise Refused(_("这个地方还没有指挥中心"))


def centre_above(centre: Unit) -> Unit:
    """The centre of the next tier, to which a case is escalated.

    Raises  Refused for the city's own centre.
    """
    above = centre.parent
    while above is not None and above.kind != Unit.Kind.CENTRE:
        above = above.parent
    if above is None:
        raise Refused(_("市级中心之上没有可上报的中心"))
    return above


def _centres(place_number: int) -> QuerySet[Unit]:
    """The centres of all places that hold this one (各级中心)."""
    holding = Place.objects.filter(first__lte=place_number, last__gte=place_number)
    centres = Unit.objects.filter(kind=Unit.Kind.CENTRE, ended_on__isnull=True)
    return centres.filter(place_code__in=Subquery(holding.order_by().values("code")))


_CENTRES = Select(_centres, ANY, stands=True)
_PLACE = Select(lambda pk: Place.objects.defer("boundary").filter(pk=pk), ANY, stands=True)
