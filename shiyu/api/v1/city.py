"""The city's units and working calendars (机构与工作日历)."""

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query

from shiyu.api.audience import ANY_KEY
from shiyu.api.v1 import paging
from shiyu.api.v1.paging import PAGE, USUAL, Cursor, Limit
from shiyu.api.v1.routes import Given, route
from shiyu.api.v1.shapes import Out
from shiyu.calendars.models import Calendar
from shiyu.people.models import Unit


class UnitWhole(Out):
    """A unit (机构)."""

    code: str
    name: str
    short_name: str
    kind: str
    tier: str
    parent: str | None
    place: str
    ended_on: date | None


class UnitPage(Out):
    """Units by code."""

    items: list[UnitWhole]
    next: str | None


class CalendarOut(Out):
    """One version of a working calendar (工作日历)."""

    code: str
    name: str
    unit: str | None
    timezone: str
    valid_from: date
    hours: list[list[str]]
    weekdays: list[int]
    holidays: list[str]
    workdays: list[str]
    published_until: int | None


class Calendars(Out):
    """The working calendars that hold."""

    items: list[CalendarOut]


@route(
    "GET",
    "/units",
    audience=ANY_KEY,
    answer=UnitPage,
    name="list_units",
    query=(*PAGE, "kind"),
    tag="city",
    summary="机构",
)
def list_units(
    request: HttpRequest,
    kind: Annotated[Unit.Kind | None, Query()] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Given:
    """Units at work today, by code."""
    rows = Unit.objects.exclude(ended_on__lt=timezone.localdate()).select_related("parent")
    rows = rows.order_by("code")
    if kind is not None:
        rows = rows.filter(kind=kind)
    found, last = paging.cut(request, rows, cursor, limit, by="code")
    return paging.page(request, UnitPage, [_unit(u) for u in found], limit=limit, last=last)


@route("GET", "/calendars", audience=ANY_KEY, answer=Calendars, tag="city", summary="工作日历")
def list_calendars(request: HttpRequest) -> Calendars:
    """Office hours, holidays and make-up days by which working time is counted."""
    return Calendars(
        items=[_calendar(c) for c in Calendar.objects.standing().select_related("unit")]
    )


def _unit(unit: Unit) -> UnitWhole:
    return UnitWhole(
        code=unit.code,
        name=unit.name,
        short_name=unit.short_name,
        kind=unit.kind,
        tier=unit.tier,
        parent=unit.parent.code if unit.parent else None,
        place=unit.place_code,
        ended_on=unit.ended_on,
    )


def _calendar(calendar: Calendar) -> CalendarOut:
    return CalendarOut(
        code=calendar.code,
        name=calendar.name,
        unit=calendar.unit.code if calendar.unit else None,
        timezone=calendar.timezone,
        valid_from=calendar.valid_from,
        hours=calendar.hours,
        weekdays=calendar.weekdays,
        holidays=calendar.holidays,
        workdays=calendar.workdays,
        published_until=calendar.published_until,
    )
