"""Going through all open cases once, batch by batch, for a calendar that changed (重算进度).

Each batch is one transaction that also moves the run's cursor: whoever is killed loses a batch
at most, and the next one goes on from there. The run's row is held by who works on it, so any
number of workers may be asked.
"""

import time
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from shiyu.calendars.models import Retimed, Retiming
from shiyu.calendars.rules import Calendars, calendars_if, read_calendars
from shiyu.cases.models import Watch
from shiyu.cases.retiming.batch import Terms, reckon
from shiyu.cases.retiming.columns import (
    Cases,
    Parts,
    Times,
    array,
    count,
    read_cases,
    top,
    write_times,
)
from shiyu.cases.retiming.reckoning import NEVER
from shiyu.cases.retiming.warning import Newly, warn_of
from shiyu.common.worktime import NeverCounted
from shiyu.journal.actions import moment, record
from shiyu.people.actors import Actor

SMALLEST_BATCH, FIRST_BATCH, LARGEST_BATCH = 500, 1000, 20_000
AIM_S, LONGEST_S = 0.7, 1.4
"""A batch holds locks and an open transaction: near the first, never long over the second."""
ANNOUNCE = """
    INSERT INTO journal_change (topic, ref, version)
    SELECT 'case', * FROM unnest(%s::bigint[], %s::integer[])
"""
COPY_ROWS = """
    COPY calendars_retimed (retiming_id, case_id, number, place_number, unit_id, turn, old_due,
                            new_due) FROM STDIN
"""
Turn = Retimed.Turn
Rows = NDArray[np.int64]


@dataclass(slots=True)
class _Made:
    """What a batch came to."""

    cases: Cases
    parts: Parts
    of_cases: Times
    of_parts: Times

    @property
    def changed_parts(self) -> Rows:
        return np.flatnonzero(self.of_parts.differ(self.parts.stored))

    @property
    def changed_cases(self) -> Rows:
        """Cases that changed, or a part of which did."""
        own = np.flatnonzero(self.of_cases.differ(self.cases.stored))
        return np.union1d(own, self.parts.case[self.changed_parts])


def sweep(pk: int, *, until: float | None = None) -> bool:
    """Go on with a run till it is done; returns whether it is, or somebody else is at it.

    until  `time.monotonic()` at which to leave off; it goes on from there another time.
    """
    terms: Terms | None = None
    looks: dict[int, Calendars] = {}  # of a drawn-up revision, which does not change any more
    size = FIRST_BATCH
    while until is None or time.monotonic() < until:
        begun = time.monotonic()
        with transaction.atomic():
            run = _taken(pk)
            if run is None:
                return True
            calendars = looks.get(pk) or _calendars(run)
            if calendars is None:
                return True
            if run.kind == Retiming.Kind.LOOK:
                looks[pk] = calendars
            if terms is None or terms.calendars is not calendars:
                terms = Terms(calendars)
            try:
                done = _step(run, terms, size)
            except NeverCounted as error:
                _end(run, Retiming.State.FAILED, str(error))
                return True
        if done:
            return True
        size = _next_size(size, time.monotonic() - begun)
    return False


def _taken(pk: int) -> Retiming | None:
    """The run, held for this transaction; None when another worker holds it or it has ended."""
    runs = Retiming.objects.select_for_update(skip_locked=True, of=("self",))
    open_ = (Retiming.State.WAITING, Retiming.State.RUNNING)
    run = runs.select_related("revision").filter(pk=pk, state__in=open_).first()
    if run is not None and run.state == Retiming.State.WAITING:
        run.state, run.begun_at, run.top = Retiming.State.RUNNING, moment(), top()
        run.total = count(first_day=run.first_day, until=run.top)
        run.save()
    return run


def _calendars(run: Retiming) -> Calendars | None:
    """What the run reckons with; None when a later edit has taken its place."""
    if run.kind == Retiming.Kind.LOOK:
        assert run.revision is not None
        return calendars_if(run.revision)
    calendars = read_calendars()
    if calendars.version != run.version:
        _end(run, Retiming.State.STOPPED, "")
        return None
    return calendars


def _step(run: Retiming, terms: Terms, size: int) -> bool:
    """One batch; returns whether it was the last."""
    applies = run.kind == Retiming.Kind.APPLY
    cases, parts = read_cases(
        run.cursor, until=run.top, most=size, first_day=run.first_day, lock=applies
    )
    if not len(cases):
        _end(run, Retiming.State.DONE, "")
        return True
    made = _Made(cases, parts, *reckon(cases, parts, terms))
    if applies:
        _apply(run, made)
    _note(run, made)
    run.cursor = int(cases.ids[-1])
    run.looked += len(cases)
    run.save()
    return False


def _apply(run: Retiming, made: _Made) -> None:
    """Write what changed, tell the live pages, and warn of what is late at once."""
    cases, parts = made.changed_cases, made.changed_parts
    write_times("cases_case", made.cases.ids[cases], _rows(made.of_cases, cases))
    write_times("cases_assignment", made.parts.ids[parts], _rows(made.of_parts, parts))
    refs = made.cases.ids[cases].tolist()
    versions = (made.cases.versions[cases] + 1).tolist()
    with connection.cursor() as cursor:
        cursor.execute(ANNOUNCE, [array(refs), array(versions)])
    newly = Newly(
        case_ids=made.cases.ids[cases],
        of_cases=(_rows(made.cases.stored, cases), _rows(made.of_cases, cases)),
        part_ids=made.parts.ids[parts],
        of_parts=(_rows(made.parts.stored, parts), _rows(made.of_parts, parts)),
    )
    run.told += warn_of(newly, told=run.told)


def _note(run: Retiming, made: _Made) -> None:
    """Count and list what changed (变动清单)."""
    rows = made.changed_cases
    if not len(rows):
        return
    now = int(moment().timestamp() * 1_000_000)
    old, new = made.cases.stored.due[rows], made.of_cases.due[rows]
    turns = _turns(old, new, now)
    run.changed += len(rows)
    run.turned_late += turns.count(Turn.LATE)
    run.late_no_more += turns.count(Turn.IN_TIME)
    run.earlier += int(((old != NEVER) & (new != NEVER) & (new < old)).sum())
    run.later += int(((old != NEVER) & (new != NEVER) & (new > old)).sum())
    ids, places = made.cases.ids[rows].tolist(), made.cases.places[rows].tolist()
    with connection.cursor() as cursor, cursor.copy(COPY_ROWS) as copy:
        for position, row in enumerate(rows.tolist()):
            copy.write_row(
                (
                    *(run.pk, ids[position], made.cases.numbers[row], places[position], None),
                    turns[position].value,
                    _written(old[position]),
                    _written(new[position]),
                )
            )


def _turns(old: Rows, new: Rows, now: int) -> list[Retimed.Turn]:
    """What each change amounts to for who looks at the list."""
    was_late = (old != NEVER) & (old <= now)
    is_late = (new != NEVER) & (new <= now)
    known = (old != NEVER) & (new != NEVER)
    found = np.select(
        [is_late & ~was_late, was_late & ~is_late, known & (new < old), known & (new > old)],
        [0, 1, 2, 3],
        default=4,
    )
    names = (Turn.LATE, Turn.IN_TIME, Turn.EARLIER, Turn.LATER, Turn.OTHER)
    return [names[kind] for kind in found.tolist()]


def _written(microseconds: int) -> str | None:
    if microseconds == NEVER:
        return None
    return f"{np.datetime64(int(microseconds), 'us')}+00"


def _end(run: Retiming, state: str, says: str) -> None:
    run.state, run.says, run.ended_at = state, says[:200], moment()
    run.save()
    if run.kind == Retiming.Kind.APPLY and state == Retiming.State.DONE:
        Watch.objects.filter(name="calendars").update(until=run.ended_at, version=run.version)
        subject = f"calendar:{run.revision.code}" if run.revision else "calendar:city"
        facts = {"retiming": run.pk, "changed": run.changed, "late": run.turned_late}
        record(subject, "retimed", actor=Actor.program("cases"), facts=facts)


def _next_size(size: int, took: float) -> int:
    if took > LONGEST_S:
        return max(size // 2, SMALLEST_BATCH)
    return min(size * 2, LARGEST_BATCH) if took < AIM_S else size


def _rows(times: Times, rows: Rows) -> Times:
    return Times(times.due[rows], times.yellow[rows], times.paused[rows])
