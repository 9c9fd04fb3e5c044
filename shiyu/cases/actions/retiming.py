"""New due times for open cases after a calendar was edited (重算时限)."""

from collections.abc import Sequence

from django.db import transaction

from shiyu.calendars.rules import Calendars, read_calendars
from shiyu.cases import timing
from shiyu.cases.lifecycle import OPEN
from shiyu.cases.models import Assignment, Case, Watch
from shiyu.cases.replay import Step
from shiyu.cases.story import STEPS, step_of
from shiyu.journal.actions import announce, moment
from shiyu.journal.models import Line

BATCH = 500
CASE_TIMES = ("clock", "due_at", "yellow_at", "paused")
PART_TIMES = ("due_at", "yellow_at", "paused")


def follow_calendars() -> int:
    """Recompute open cases if a calendar was edited since the last time; returns how many changed.

    The version that was last followed is kept in the database, so an edit is never missed: a
    stop in the middle begins again, and what is right already is left alone.
    """
    calendars = read_calendars()
    new = {"until": moment(), "version": calendars.version}
    watch, is_new = Watch.objects.get_or_create(name="calendars", defaults=new)
    if is_new or watch.version == calendars.version:
        return 0
    changed = retime_open(calendars)
    Watch.objects.filter(name="calendars").update(**new)
    return changed


def retime_open(calendars: Calendars) -> int:
    """Bring the stored due times of every open case to what these calendars make of them."""
    changed, last = 0, 0
    while True:
        with transaction.atomic():
            batch = _batch(last)
            if not batch:
                return changed
            last = batch[-1].pk
            changed += _retime(batch, calendars)


def _batch(after: int) -> list[Case]:
    rows = Case.objects.filter(stage__in=OPEN, pk__gt=after).order_by("pk")
    rows = rows.select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("procedure", "standard").prefetch_related("assignments")
    return list(rows[:BATCH])


def _retime(batch: Sequence[Case], calendars: Calendars) -> int:
    now, steps = moment(), _steps(batch)
    cases: list[Case] = []
    parts: list[Assignment] = []
    for case in batch:
        own = [part for part in case.assignments.all() if part.state != Assignment.State.LEFT]
        before = _times(case), [_times(part) for part in own]
        timing.refresh(case, own, steps.get(case.subject, []), now=now, calendars=calendars)
        if before != (_times(case), [_times(part) for part in own]):
            case.version += 1
            cases.append(case)
            parts += own
    Case.objects.bulk_update(cases, [*CASE_TIMES, "version"])
    Assignment.objects.bulk_update(parts, PART_TIMES)
    for case in cases:
        announce("case", case.pk, case.version)
    return len(cases)


def _times(record: Case | Assignment) -> tuple[object, ...]:
    return record.due_at, record.yellow_at, record.paused


def _steps(batch: Sequence[Case]) -> dict[str, list[Step]]:
    first = min(case.taken_in_at for case in batch)
    subjects = [case.subject for case in batch]
    found: dict[str, list[Step]] = {}
    lines = Line.objects.filter(subject__in=subjects, recorded_at__gte=first).order_by("id")
    for line in lines:
        if line.verb in STEPS:
            found.setdefault(line.subject, []).append(step_of(line))
    return found
