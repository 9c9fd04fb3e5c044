"""Until when somebody is not to be disturbed: their own hours, else the city's (免打扰)."""

from datetime import datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from shiyu.notices.models import House, Wishes
from shiyu.notices.preferences import quiet_of
from shiyu.places.models import City


def the_house() -> House:
    """What holds for the whole city; an unsaved one with nothing in it before it is kept."""
    return House.objects.filter(pk=1).first() or House(pk=1)


def quiet_until(now: datetime, wishes: Wishes | None) -> datetime | None:
    """When the quiet hours that hold now end for somebody; None when they may be told now."""
    if wishes is not None and wishes.quiet == Wishes.Quiet.NEVER:
        return None
    if wishes is not None and wishes.quiet == Wishes.Quiet.OWN:
        hours = quiet_of(wishes.quiet_from, wishes.quiet_to)
    else:
        house = the_house()
        hours = quiet_of(house.quiet_from, house.quiet_to)
    return hours.until(now, zone()) if hours else None


def zone() -> tzinfo:
    """The city's own time zone, also where no page is being asked for."""
    name = City.objects.values_list("timezone", flat=True).first()
    return _zone(name or settings.TIME_ZONE)


@lru_cache(maxsize=4)
def _zone(name: str) -> tzinfo:
    return ZoneInfo(name)
