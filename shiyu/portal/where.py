"""Where a point or an address lies, in words a resident knows (位置)."""

from dataclasses import dataclass
from math import isfinite

from django.utils.translation import gettext as _

from shiyu.common import ready
from shiyu.common.errors import Refused
from shiyu.places import gazetteer, locator
from shiyu.places.models import Place
from shiyu.places.rules import path_of

CHOICES_MOST = 4
LEVELS = (Place.Level.TOWNSHIP, Place.Level.COMMUNITY)
COUNTY = Place.Level.COUNTY


@dataclass(frozen=True, slots=True)
class Choice:
    """A place somebody may mean; `named` when the address holds its whole name (候选地点)."""

    code: str
    name: str
    named: bool = False


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
    """The townships and communities an address names, the likeliest first; else its county."""
    found = gazetteer.find(address)
    near = [e for e in found if e.level in LEVELS] or [e for e in found if e.level == COUNTY]
    return [
        Choice(e.code, f"{e.path} {e.name}".strip(), named=e.name in address)
        for e in near[:CHOICES_MOST]
    ]


def place_with(code: str) -> Place:
    """A place by its code, as chosen from a list.

    Raises  Refused for a code that is nobody's.
    """
    found = _PLACE.first(code) if "\0" not in code else None
    if found is None:
        raise Refused(_("没有这个地点，请重新选"), field="place")
    return found


_PLACE = ready.Select(
    lambda code: Place.objects.defer("boundary").filter(code=code), "code", stands=True
)
