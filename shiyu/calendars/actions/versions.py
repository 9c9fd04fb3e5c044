"""The versions of a calendar: which stand, what a change makes of them, how one is kept (版本)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from shiyu.calendars import events
from shiyu.calendars.models import Calendar
from shiyu.calendars.rules import in_force, must_keep_calendars, office_days, successor
from shiyu.common.errors import NotFound, Refused
from shiyu.journal.actions import record
from shiyu.people.actors import Actor

_LOCK = 7_301_955  # advisory: one edit of calendars at a time


def lock(actor: Actor) -> None:
    must_keep_calendars(actor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def standing(code: str) -> list[Calendar]:
    rows = list(Calendar.objects.filter(code=code).standing())
    if not rows:
        raise NotFound(_("没有代码为“%(code)s”的日历") % {"code": code})
    return rows


def days_from(
    code: str,
    valid_from: date,
    holidays: Iterable[str],
    workdays: Iterable[str],
    published_until: int | None,
) -> dict[str, Any]:
    """These days from a day on; earlier ones as they are."""
    before = in_force(standing(code), valid_from)
    first = valid_from.isoformat()
    return {
        "holidays": sorted({d for d in before.holidays if d < first} | set(holidays)),
        "workdays": sorted({d for d in before.workdays if d < first} | set(workdays)),
        "published_until": published_until,
    }


def revised(standing: list[Calendar], first_day: date, changes: dict[str, Any]) -> list[Calendar]:
    """The versions that a change from a day on makes, unsaved, the first of them first."""
    base = in_force(standing, first_day)
    later = [row for row in standing if row.valid_from > first_day]
    first = successor(base, max(first_day, base.valid_from), changes)
    return [first, *(successor(row, row.valid_from, changes) for row in later)]


def numbered(row: Calendar) -> Calendar:
    """With the next edition of its first day."""
    same_day = Calendar.objects.filter(code=row.code, valid_from=row.valid_from)
    newest = same_day.order_by("-edition").values_list("edition", flat=True).first()
    row.edition = (newest or 0) + 1
    return row


def must_work(calendar: Calendar) -> None:
    """Refuse a version without office hours or working days, or one that makes no sense."""
    try:
        days = office_days(calendar)
    except ValueError as error:
        raise Refused(str(error)) from error
    if not days.hours or not days.weekdays:
        raise Refused(_("工作日历至少要有一段办公时间和一个工作的星期"))


def save(calendar: Calendar, *, actor: Actor, fields: list[str]) -> Calendar:
    must_work(calendar)
    calendar.save(force_insert=True)
    facts = {"valid_from": calendar.valid_from, "edition": calendar.edition, "fields": fields}
    record(calendar.subject, "edit", actor=actor, facts=facts)
    transaction.on_commit(
        lambda: events.changed.send(
            Calendar,
            code=calendar.code,
            unit_id=calendar.unit_id,
            first_day=calendar.valid_from,
        )
    )
    return calendar
