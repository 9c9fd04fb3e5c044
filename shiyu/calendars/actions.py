"""Everything that can be done to a calendar. Nothing else writes the table."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from chinese_calendar import constants as table
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from shiyu.calendars import events
from shiyu.calendars.models import Calendar, Retiming, Revision
from shiyu.calendars.rules import (
    CONTENTS,
    contents,
    in_force,
    must_keep_calendars,
    office_days,
    read_version,
    revisions_of,
    successor,
    version_of,
)
from shiyu.common.errors import NotFound, OutOfOrder, Refused
from shiyu.common.worktime import zone
from shiyu.journal.actions import moment, record
from shiyu.people.actors import Actor

CITY = "city"
EARLIEST = date(2000, 1, 1)
HOURS = [["08:00", "12:00"], ["14:00", "18:00"]]
_LOCK = 7_301_955  # advisory: one edit of calendars at a time


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
    _lock(actor)
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
    return _save(calendar, actor=actor, fields=["hours", "weekdays", "holidays", "workdays"])


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
    _lock(actor)
    changes = _days_from(code, valid_from, holidays, workdays, published_until)
    return _revise(code, valid_from, changes, actor=actor)


@transaction.atomic
def fill_from_holiday_table(code: str = CITY, *, actor: Actor) -> Calendar:
    """Add the years of the published table that this calendar has not got yet (导入法定节假日).

    Years that are there stay as people have edited them. Returns the version in force at the
    end; without a new year, the one that is there.
    """
    _lock(actor)
    latest = _standing(code)[-1]
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


@transaction.atomic
def draw_up_hours(
    code: str,
    *,
    actor: Actor,
    valid_from: date,
    hours: Sequence[Sequence[str]],
    weekdays: Iterable[int],
) -> Revision:
    """Prepare other office hours from a day on, to be looked at before publishing (拟定)."""
    changes = {"hours": [list(pair) for pair in hours], "weekdays": sorted(weekdays)}
    return _draw_up(code, Revision.What.HOURS, valid_from, changes, actor=actor)


@transaction.atomic
def draw_up_days(
    code: str,
    *,
    actor: Actor,
    valid_from: date,
    holidays: Iterable[str],
    workdays: Iterable[str],
    published_until: int | None,
) -> Revision:
    """Prepare other holidays and make-up days from a day on, to be looked at first (拟定)."""
    _lock(actor)
    changes = _days_from(code, valid_from, holidays, workdays, published_until)
    return _draw_up(code, Revision.What.DAYS, valid_from, changes, actor=actor)


@transaction.atomic
def draw_up_undoing(published: Revision, *, actor: Actor) -> Revision:
    """Prepare going back to what a revision changed, to be looked at first (恢复).

    Only the last one of a calendar: after another it would take that one back as well.
    """
    _lock(actor)
    last = revisions_of(published.code).first()
    if published.published_at is None or last is None or last.pk != published.pk:
        raise OutOfOrder(_("这次修订之后日历又改过，不能直接恢复。请按现在的日历修订"))
    if read_version() != _version_after(published):
        raise OutOfOrder(_("这次修订之后日历又改过，不能直接恢复。请按现在的日历修订"))
    return Revision.objects.create(
        code=published.code,
        what=Revision.What.BACK,
        first_day=published.first_day,
        versions=published.former,
        former=published.versions,
        based_on=read_version(),
        undoes=published,
        drawn_by_id=_person_of(actor),
    )


@transaction.atomic
def look_ahead(revision: Revision, *, actor: Actor) -> Retiming:
    """Ask for what a revision would do to the due times of open cases (预览影响)."""
    _lock(actor)
    if revision.published_at is not None:
        raise OutOfOrder(_("这次修订已经发布"))
    revision.retimings.filter(kind=Retiming.Kind.LOOK).delete()
    run = Retiming.objects.create(
        revision=revision, kind=Retiming.Kind.LOOK, first_day=revision.first_day
    )
    transaction.on_commit(lambda: events.retiming_asked.send(Retiming, pk=run.pk))
    return run


@transaction.atomic
def publish(revision: Revision, *, actor: Actor, turned_late: int | None) -> Revision:
    """Put a revision in force; the due times of open cases follow (发布日历).

    turned_late  how many cases the person was told will turn late: what they confirm.

    Raises  OutOfOrder  while nobody has looked at what it does, or if a calendar changed since.
    """
    _lock(actor)
    revision = Revision.objects.select_for_update(of=("self",)).get(pk=revision.pk)
    if revision.published_at is not None:
        raise OutOfOrder(_("这次修订已经发布"))
    if revision.based_on != read_version():
        raise OutOfOrder(_("拟定之后日历又改过。请重新拟定这次修订，再看它的影响"))
    looked = revision.retimings.filter(kind=Retiming.Kind.LOOK).first()
    if looked is None or looked.state != Retiming.State.DONE:
        raise OutOfOrder(_("影响还没有算完，算完再发布"))
    if looked.turned_late and turned_late != looked.turned_late:
        says = _("发布后有 %(count)s 件案件变为超期。确认要发布，填写这个数字")
        raise Refused(says % {"count": looked.turned_late}, field="turned_late")
    standing = _standing(revision.code)
    for version in revision.versions:
        first = date.fromisoformat(version["valid_from"])
        made = _numbered(successor(in_force(standing, first), first, contents(version)))
        _save(made, actor=actor, fields=_changed(revision))
    revision.published_at = moment()
    revision.save(update_fields=["published_at"])
    _begin_retiming(revision)
    return revision


def _begin_retiming(revision: Revision) -> None:
    run = Retiming.objects.create(
        revision=revision,
        kind=Retiming.Kind.APPLY,
        first_day=revision.first_day,
        version=read_version(),
    )
    transaction.on_commit(lambda: events.retiming_asked.send(Retiming, pk=run.pk))


def _draw_up(
    code: str, what: str, first_day: date, changes: dict[str, Any], *, actor: Actor
) -> Revision:
    _lock(actor)
    standing = _standing(code)
    made = _revised(standing, first_day, changes)
    for row in made:
        _must_work(row)
    first = made[0].valid_from
    before = [successor(in_force(standing, r.valid_from), r.valid_from, {}) for r in made]
    if [version_of(row) for row in made] == [version_of(row) for row in before]:
        raise Refused(_("和现在的日历一样，没有要发布的"))
    return Revision.objects.create(
        code=code,
        what=what,
        first_day=first,
        versions=[version_of(row) for row in made],
        former=[version_of(row) for row in before],
        based_on=read_version(),
        drawn_by_id=_person_of(actor),
    )


def _changed(revision: Revision) -> list[str]:
    """The fields in which a revision's versions differ from what stood there."""
    pairs = list(zip(revision.versions, revision.former, strict=True))
    return [name for name in CONTENTS if any(new[name] != old[name] for new, old in pairs)]


def _version_after(revision: Revision) -> int:
    run = revision.retimings.filter(kind=Retiming.Kind.APPLY).first()
    return run.version if run else -1


def _person_of(actor: Actor) -> int | None:
    return actor.id if actor.kind == "person" else None


def _revise(code: str, first_day: date, changes: dict[str, Any], *, actor: Actor) -> Calendar:
    """A new version from this day on, the changes carried into all later versions too."""
    _lock(actor)
    made = [_numbered(row) for row in _revised(_standing(code), first_day, changes)]
    for row in made:
        _save(row, actor=actor, fields=sorted(changes))
    return made[-1]


def _revised(standing: list[Calendar], first_day: date, changes: dict[str, Any]) -> list[Calendar]:
    """The versions that a change from a day on makes, unsaved, the first of them first."""
    base = in_force(standing, first_day)
    later = [row for row in standing if row.valid_from > first_day]
    first = successor(base, max(first_day, base.valid_from), changes)
    return [first, *(successor(row, row.valid_from, changes) for row in later)]


def _numbered(row: Calendar) -> Calendar:
    """With the next edition of its first day."""
    same_day = Calendar.objects.filter(code=row.code, valid_from=row.valid_from)
    newest = same_day.order_by("-edition").values_list("edition", flat=True).first()
    row.edition = (newest or 0) + 1
    return row


def _must_work(calendar: Calendar) -> None:
    """Refuse a version without office hours or working days, or one that makes no sense."""
    try:
        days = office_days(calendar)
    except ValueError as error:
        raise Refused(str(error)) from error
    if not days.hours or not days.weekdays:
        raise Refused(_("工作日历至少要有一段办公时间和一个工作的星期"))


def _save(calendar: Calendar, *, actor: Actor, fields: list[str]) -> Calendar:
    _must_work(calendar)
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


def _lock(actor: Actor) -> None:
    must_keep_calendars(actor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _standing(code: str) -> list[Calendar]:
    rows = list(Calendar.objects.filter(code=code).standing())
    if not rows:
        raise NotFound(_("没有代码为“%(code)s”的日历") % {"code": code})
    return rows


def _known_zone(name: str) -> None:
    try:
        zone(name)
    except ValueError as error:
        raise Refused(str(error), field="timezone") from error


def _days_from(
    code: str,
    valid_from: date,
    holidays: Iterable[str],
    workdays: Iterable[str],
    published_until: int | None,
) -> dict[str, Any]:
    """These days from a day on; earlier ones as they are."""
    before = in_force(_standing(code), valid_from)
    first = valid_from.isoformat()
    return {
        "holidays": sorted({d for d in before.holidays if d < first} | set(holidays)),
        "workdays": sorted({d for d in before.workdays if d < first} | set(workdays)),
        "published_until": published_until,
    }


def _table_years() -> list[int]:
    """The years of the published table that is installed, in order."""
    return sorted({day.year for day in table.holidays})


def _with(mine: Iterable[str], published: Iterable[date], years: set[int]) -> list[str]:
    kept = {day for day in mine if int(day[:4]) not in years}
    return sorted(kept | {day.isoformat() for day in published if day.year in years})
