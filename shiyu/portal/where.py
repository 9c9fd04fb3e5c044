"""Where a point or an address lies, in words a resident knows (位置)."""

from dataclasses import dataclass
from math import isfinite

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.places import locator
from shiyu.places.models import Place
from shiyu.places.rules import path_of, paths_of

ENDINGS = r"(街道|社区|居委会|村委会|行政村|村|镇|乡)$"
CHOICES_MOST = 4
LEVELS = (Place.Level.TOWNSHIP, Place.Level.COMMUNITY)


@dataclass(frozen=True, slots=True)
class Choice:
    """A place somebody may mean (候选地点)."""

    code: str
    name: str


def inside(lon: float, lat: float) -> Place:
    """The place a point lies in.

    Raises  Refused outside the city, and for a point that is none.
    """
    if not (isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise Refused(_("位置应是经度和纬度，如 114.35, 34.79"), field="address")
    found = locator.locate(lon, lat)
    if isinstance(found, locator.Outside):
        raise Refused(_("这个位置不在本市。请核对，或拨打当地 12345"), field="address")
    return Place.objects.defer("boundary").get(pk=found.id)


def in_words(place: Place) -> str:
    """「鼓楼区 书店街街道 书店街社区」: without the city, and without its cell."""
    path = path_of(place.first)
    named = [p.name for p in path if p.level not in {Place.Level.CITY, Place.Level.CELL}]
    return " ".join(named) or path[0].name


def meant_by(address: str) -> list[Choice]:
    """Places whose name an address contains, or that begin with what was typed."""
    typed = "".join(address.split())
    if len(typed) < 2:
        return []
    found = _contained(typed) or Place.objects.filter(level__in=LEVELS, name__contains=typed)
    places = list(found.defer("boundary").order_by("first")[: CHOICES_MOST * 3])
    paths = paths_of([p.first for p in places])
    named = [(p, [above.name for above in paths[p.first][1:]]) for p in places]
    # Whoever names the county as well means the place in that county.
    exact = [(p, path) for p, path in named if any(_short(n) in typed for n in path[:-1])]
    return [Choice(p.code, " ".join(path)) for p, path in (exact or named)[:CHOICES_MOST]]


def place_with(code: str) -> Place:
    """A place by its code, as chosen from a list.

    Raises  Refused for a code that is nobody's.
    """
    found = Place.objects.defer("boundary").filter(code=code).first() if "\0" not in code else None
    if found is None:
        raise Refused(_("没有这个地点，请重新选"), field="place")
    return found


def _contained(typed: str) -> QuerySet[Place]:
    return Place.objects.filter(level__in=LEVELS).extra(
        where=[
            "length(regexp_replace(name, %s, '')) > 1",
            "position(regexp_replace(name, %s, '') in %s) > 0",
        ],
        params=[ENDINGS, ENDINGS, typed],
    )


def _short(name: str) -> str:
    return name.removesuffix("区").removesuffix("县") if len(name) > 2 else name
