"""Which calendar counts for whom, and which due times are only provisional (暂定)."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from shiyu.calendars.models import Calendar
from shiyu.common.errors import NotAllowed
from shiyu.common.worktime import (
    Allowance,
    Limit,
    OfficeDays,
    WorkCalendar,
    Zone,
    day_number,
    zone,
)
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty

NEWEST = "SELECT coalesce(max(id), 0) FROM calendars_calendar"


@dataclass(frozen=True, slots=True)
class Calendars:
    """All calendars as they stand: read once, then asked for any number of cases.

    version  rises with every edit; store it beside a due time to know what it rests on.
    """

    version: int
    zone: Zone
    city: WorkCalendar
    of_units: dict[int, WorkCalendar]
    published: dict[int | None, int]  # last year of the holiday table, by unit; None: the city

    def for_unit(self, unit_id: int | None) -> WorkCalendar:
        """The unit's own calendar if it keeps one, else the city's."""
        return self.city if unit_id is None else self.of_units.get(unit_id, self.city)

    def is_provisional(
        self, due: datetime | None, *, unit_id: int | None = None, limit: Limit | None = None
    ) -> bool:
        """Whether a due time lies past the last published holidays, so may move (暂定).

        limit  if given: round-the-clock limits and given due times never depend on holidays.
        """
        if due is None:
            return False
        if limit is not None and not (isinstance(limit, Allowance) and limit.unit.in_office_time):
            return False
        keeper = unit_id if unit_id in self.of_units else None
        last = self.published.get(keeper)
        return last is not None and due.astimezone(self.zone.info).year > last


_read: dict[str, Calendars] = {}  # the last reading of this process, by database


def read_calendars() -> Calendars:
    """All calendars as they stand; one small query, and a second one after an edit."""
    newest = _newest()
    known = _read.get("last")
    if known is None or known.version != newest:
        known = _read["last"] = _all(newest)
    return known


def _newest() -> int:
    """The last version written; plain SQL, since every page with a clock asks."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        return int(cursor.fetchone()[0])


def calendar_for(unit_id: int | None) -> WorkCalendar:
    """The calendar of a unit, or of the city (None), with all its versions in it."""
    return read_calendars().for_unit(unit_id)


def is_provisional(
    due: datetime | None, *, unit_id: int | None = None, limit: Limit | None = None
) -> bool:
    """See Calendars.is_provisional."""
    return read_calendars().is_provisional(due, unit_id=unit_id, limit=limit)


def unpublished_from(today: date) -> int | None:
    """The year whose holidays should be out by now but are not in our table, for a warning.

    The State Council publishes a year's holidays in the autumn before.
    """
    published = read_calendars().published.get(None)
    wanted = today.year + 1 if today.month == 12 else today.year
    return wanted if published is not None and published < wanted else None


def must_keep_calendars(actor: Actor) -> None:
    """Refuse whoever may not edit calendars."""
    if actor.kind != "program" and not actor.holds(Duty.SYSTEM_ADMIN):
        raise NotAllowed(_("没有编辑工作日历的权限"))


def office_days(calendar: Calendar) -> OfficeDays:
    """The rules of one version; raises ValueError with a sentence if they make no sense."""
    return OfficeDays.of(
        hours=calendar.hours,
        weekdays=calendar.weekdays,
        holidays=calendar.holidays,
        workdays=calendar.workdays,
    )


def _all(version: int) -> Calendars:
    rows: dict[int | None, list[Calendar]] = {}
    for row in Calendar.objects.standing():
        rows.setdefault(row.unit_id, []).append(row)
    city_rows = rows.get(None, [])
    city_zone = zone(city_rows[-1].timezone if city_rows else settings.TIME_ZONE)
    calendars = {keeper: _merged(versions) for keeper, versions in rows.items()}
    return Calendars(
        version=version,
        zone=city_zone,
        city=calendars.get(None) or _plain_weekdays(city_zone),
        of_units={unit: calendar for unit, calendar in calendars.items() if unit is not None},
        published={
            keeper: versions[-1].published_until
            for keeper, versions in rows.items()
            if versions[-1].published_until is not None
        },
    )


def _merged(versions: list[Calendar]) -> WorkCalendar:
    return WorkCalendar(
        zone(versions[-1].timezone),
        *((day_number(row.valid_from), office_days(row)) for row in versions),
    )


def _plain_weekdays(city_zone: Zone) -> WorkCalendar:
    """What counts in a city that has not founded a calendar yet."""
    info: ZoneInfo = city_zone.info
    return WorkCalendar.of(info.key, hours=[["08:00", "12:00"], ["14:00", "18:00"]])
