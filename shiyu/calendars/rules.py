"""Which calendar counts for whom, and which due times are only provisional (暂定)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from shiyu.calendars.models import Calendar, Revision
from shiyu.common import ready
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

CONTENTS = ("hours", "weekdays", "holidays", "workdays", "published_until")
"""What a version of a calendar says, and a revision may change."""
NEWEST = ready.Question("SELECT coalesce(max(id), 0) FROM calendars_calendar")


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


def read_calendars(newest: int | None = None) -> Calendars:
    """All calendars as they stand; one small query, and a second one after an edit.

    newest  what `read_version` says, where it has been read with something else.
    """
    newest = read_version() if newest is None else newest
    known = _read.get("last")
    if known is None or known.version != newest:
        known = _read["last"] = _all(newest)
    return known


def read_version() -> int:
    """The last version written, of any calendar; plain SQL, since every page with a clock asks."""
    ((version,),) = ready.standing(NEWEST)
    return int(version)


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


def may_keep_calendars(actor: Actor) -> bool:
    """Whether the actor may edit calendars (日历维护)."""
    return actor.kind == "program" or actor.holds(Duty.SYSTEM_ADMIN)


def must_keep_calendars(actor: Actor) -> None:
    """Refuse whoever may not edit calendars."""
    if not may_keep_calendars(actor):
        raise NotAllowed(_("没有编辑工作日历的权限"))


def office_days(calendar: Calendar) -> OfficeDays:
    """The rules of one version; raises ValueError with a sentence if they make no sense."""
    return OfficeDays.of(
        hours=calendar.hours,
        weekdays=calendar.weekdays,
        holidays=calendar.holidays,
        workdays=calendar.workdays,
    )


def calendars_if(revision: Revision) -> Calendars:
    """All calendars as they would stand if this revision were published; nothing is kept."""
    standing = list(Calendar.objects.standing())
    return _of_rows(revised(standing, revision), 0)


def revised(standing: Sequence[Calendar], revision: Revision) -> list[Calendar]:
    """These versions with a revision's in their places, unsaved (修订后的各版本)."""
    mine = {row.valid_from: row for row in standing if row.code == revision.code}
    others = [row for row in standing if row.code != revision.code]
    for version in revision.versions:
        first = date.fromisoformat(version["valid_from"])
        base = mine.get(first) or in_force(sorted(mine.values(), key=lambda r: r.valid_from), first)
        mine[first] = successor(base, first, contents(version))
    return others + sorted(mine.values(), key=lambda row: row.valid_from)


def in_force(standing: Sequence[Calendar], day: date) -> Calendar:
    """The version that holds on a day; the first one also before its first day."""
    return next((row for row in reversed(standing) if row.valid_from <= day), standing[0])


def successor(base: Calendar, valid_from: date, changes: Mapping[str, Any]) -> Calendar:
    """A new version like another but for these changes, unsaved, without an edition."""
    kept = {
        field.attname: getattr(base, field.attname)
        for field in Calendar._meta.concrete_fields
        if field.attname not in ("id", "made_at")
    }
    return Calendar(**{**kept, "valid_from": valid_from, **changes})


def contents(version: Mapping[str, Any]) -> dict[str, Any]:
    """What a version of a revision says, without its first day."""
    return {name: version[name] for name in CONTENTS}


def version_of(row: Calendar) -> dict[str, Any]:
    """A version of a calendar as a revision holds it."""
    said = {name: getattr(row, name) for name in CONTENTS}
    return {"valid_from": row.valid_from.isoformat(), **said}


def revisions_of(code: str) -> QuerySet[Revision]:
    """What has been published of a calendar, the newest first (修订记录)."""
    published = Revision.objects.filter(code=code, published_at__isnull=False)
    return published.select_related("drawn_by", "undoes").order_by("-published_at", "-id")


def _all(version: int) -> Calendars:
    return _of_rows(list(Calendar.objects.standing()), version)


def _of_rows(standing: Iterable[Calendar], version: int) -> Calendars:
    rows: dict[int | None, list[Calendar]] = {}
    for row in standing:
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
