"""Telling of lights that changed because a due time moved, not because time passed (补充预警).

The watcher (`actions.watching`) asks what became due since it last looked. A due time that is
moved to before that would never be asked for: it is told of here, in the transaction that
moves it. The watcher's row is shared meanwhile, so that nothing falls between the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connection

from shiyu.cases.actions import tell
from shiyu.cases.actions.watching import MINDERS, WORKING
from shiyu.cases.lifecycle import OPEN
from shiyu.cases.models import Assignment, Case
from shiyu.cases.retiming.columns import Numbers, Times
from shiyu.cases.retiming.reckoning import NEVER
from shiyu.journal.actions import moment
from shiyu.notices.actions import owe

MOST_TOLD = 500
"""Notices about single cases in one recomputation; who publishes was shown all of them before."""


@dataclass(frozen=True, slots=True)
class Newly:
    """What a batch changed: times before and after, of cases and of parts."""

    case_ids: Numbers
    of_cases: tuple[Times, Times]
    part_ids: Numbers
    of_parts: tuple[Times, Times]


def warn_of(newly: Newly, *, told: int) -> int:
    """Owe the notices of what is late or nearly late only now; returns how many cases.

    told  how many this recomputation has told of already.
    """
    until = _looked_until()
    if until is None or told >= MOST_TOLD:
        return 0
    now, most = moment(), MOST_TOLD - told
    since = int(until.timestamp() * 1_000_000)
    found = 0
    for kind, late in (("overdue", True), ("due_soon", False)):
        parts = _crossed(newly.part_ids, newly.of_parts, since, late=late)
        cases = _crossed(newly.case_ids, newly.of_cases, since, late=late)
        found += _tell_units(parts[: most - found], kind, now)
        found += _tell_centres(cases[: most - found], kind, now)
    return found


def _looked_until() -> datetime | None:
    """How far the watcher has looked; it waits until this transaction is over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT until FROM cases_watch WHERE name = 'lights' FOR SHARE")
        row = cursor.fetchone()
    return row[0] if row else None


def _crossed(ids: Numbers, times: tuple[Times, Times], since: int, *, late: bool) -> list[int]:
    """Those whose light changed by the move of their times alone."""
    before, after = times
    old, new = (before.due, after.due) if late else (before.yellow, after.yellow)
    was = (old != NEVER) & (old <= since)
    is_ = (new != NEVER) & (new <= since) & ~after.paused
    if not late:
        is_ &= after.due > since
    found: list[int] = ids[np.flatnonzero(is_ & ~was)].tolist()
    return found


def _tell_units(ids: Sequence[int], kind: str, now: datetime) -> int:
    parts = Assignment.objects.filter(
        pk__in=ids, state__in=WORKING, paused=False, case__stage__in=OPEN
    ).select_related("case__kind", "case__place", "unit")
    for part in parts:
        _owe(part.case, tell.handlers_of([part.unit_id]), kind, now)
    return len(parts)


def _tell_centres(ids: Sequence[int], kind: str, now: datetime) -> int:
    cases = Case.objects.filter(
        pk__in=ids, stage__in=OPEN, paused=False, clock__in=MINDERS
    ).select_related("kind", "place")
    for case in cases:
        _owe(case, tell.holders_of(MINDERS[case.clock], case), kind, now)
    return len(cases)


def _owe(case: Case, people: Iterable[int], kind: str, now: datetime) -> None:
    facts = tell.facts_for(case)
    owe(sorted(people), case.subject, kind, facts=facts, at=now, urgent=kind == "overdue")
