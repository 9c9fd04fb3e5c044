"""Writes without a page: a calendar is founded, changed from a day on, filled in (编辑日历)."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from chinese_calendar import constants as table
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from shiyu.calendars.actions.versions import days_from, lock, numbered, revised, save, standing
from shiyu.calendars.models import Calendar
from shiyu.common.errors import Refused
from shiyu.common.worktime import zone
from shiyu.people.actors import Actor

CITY = "city"
EARLIEST = date(2000, 1, 1)
HOURS = [["08:00", "12:00"], ["14:00", "18:00"]]


@transaction.atomic
def found_calendar(
    code: str = CITY,
    *,
    actor: Actor,
    name: str = "",
    unit_id: int | None = None,
    timezone: str = settings.TIME_ZONE,
    hours: Sequence[Sequence[str]] = HOURS,
    weekdays: Iterable[int] = (1, 2, 3, 4, 5),
    holidays: Iterable[str] = (),
    workdays: Iterable[str] = (),
) -> Calendar:
    """Begin a calendar of the city or of a unit; the same code again is refused (建立日历)."""
    lock(actor)
    if Calendar.objects.filter(code=code).exists():
        raise Refused(_("代码为“%(code)s”的日历已经有了") % {"code": code}, field="code")
    whose = Q(unit__isnull=True) if unit_id is None else Q(unit_id=unit_id)
    if Calendar.objects.filter(whose).exists():
        raise Refused(_("这个单位已经有自己的日历"), field="unit")
    _known_zone(timezone)
    calendar = Calendar(
        code=code,
        name=name or _("全市工作日历"),
        unit_id=unit_id,
        timezone=timezone,
        valid_from=EARLIEST,
        hours=[list(pair) for pair in hours],
        weekdays=sorted(weekdays),
        holidays=sorted(holidays),
        workdays=sorted(workdays),
    )
    return save(calendar, actor=actor, fields=["hours", "weekdays", "holidays", "workdays"])


@transaction.atomic
def set_hours(
    code: str,
    *,
    actor: Actor,
    valid_from: date,
    hours: Sequence[Sequence[str]],
    weekdays: Iterable[int] | None = None,
) -> Calendar:
    """Change office hours, and the weekdays worked, from a day on (调整办公时间)."""
    changes: dict[str, Any] = {"hours": [list(pair) for pair in hours]}
    if weekdays is not None:
        changes["weekdays"] = sorted(weekdays)
    return _revise(code, valid_from, changes, actor=actor)


@transaction.atomic
def set_days(
    code: str,
    *,
    actor: Actor,
    valid_from: date,
    holidays: Iterable[str],
    workdays: Iterable[str],
    published_until: int | None,
) -> Calendar:
    """Replace the holidays and make-up days that lie on or after a day (编辑节假日表).

    Earlier days keep what they had, so nothing that has been counted changes.
    """
    lock(actor)
    changes = days_from(code, valid_from, holidays, workdays, published_until)
    return _revise(code, valid_from, changes, actor=actor)


@transaction.atomic
def fill_from_holiday_table(code: str = CITY, *, actor: Actor) -> Calendar:
    """Add the years of the published table that this calendar has not got yet (导入法定节假日).

    Years that are there stay as people have edited them. Returns the version in force at the
    end; without a new year, the one that is there.
    """
    lock(actor)
    latest = standing(code)[-1]
    known = latest.published_until or 0
    years = [year for year in _table_years() if year > known and year >= EARLIEST.year]
    if not years:
        return latest
    first = EARLIEST if known == 0 else date(years[0], 1, 1)
    fresh = set(years)
    changes = {
        "holidays": _with(latest.holidays, table.holidays, fresh),
        "workdays": _with(latest.workdays, table.workdays, fresh),
        "published_until": years[-1],
    }
    return _revise(code, first, changes, actor=actor)


def _revise(code: str, first_day: date, changes: dict[str, Any], *, actor: Actor) -> Calendar:
    """A new version from this day on, the changes carried into all later versions too."""
    lock(actor)
    made = [numbered(row) for row in revised(standing(code), first_day, changes)]
    for row in made:
        save(row, actor=actor, fields=sorted(changes))
    return made[-1]


def _known_zone(name: str) -> None:
    try:
        zone(name)
    except ValueError as error:
        raise Refused(str(error), field="timezone") from error


def _table_years() -> list[int]:
    """The years of the published table that is installed, in order."""
    return sorted({day.year for day in table.holidays})


def _with(mine: Iterable[str], published: Iterable[date], years: set[int]) -> list[str]:
    kept = {day for day in mine if int(day[:4]) not in years}
    return sorted(kept | {day.isoformat() for day in published if day.year in years})
