"""Warning in time: what became yellow or red since the last look, each told once (时限预警)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from shiyu.cases.actions import tell
from shiyu.cases.lifecycle import DISPATCH, INTAKE, OPEN, VERIFY
from shiyu.cases.models import Assignment, Case, Watch
from shiyu.journal.actions import moment
from shiyu.notices.actions import owe

WORKING = (Assignment.State.SENT, Assignment.State.SIGNED)
MINDERS = {"accept": INTAKE, "filing": INTAKE, "dispatch": DISPATCH, "verify": VERIFY}
"""Whose work it is while a clock of the centre runs; a handling clock is its unit's."""


@transaction.atomic
def warn() -> int:
    """Owe the notices of all lights that changed since the last look; returns how many cases.

    The look's own time is kept in the same transaction, so a stop loses nothing and doubles
    nothing.
    """
    Watch.objects.get_or_create(name="lights", defaults={"until": moment()})
    watch = Watch.objects.select_for_update().get(name="lights")
    now = moment(watch.until)
    told = 0
    for field, kind in (("yellow_at", "due_soon"), ("due_at", "overdue")):
        told += _warn_units(watch.until, now, field, kind)
        told += _warn_centres(watch.until, now, field, kind)
    watch.until = now
    watch.save()
    return told


def _warn_units(since: datetime, now: datetime, field: str, kind: str) -> int:
    parts = Assignment.objects.filter(
        **{f"{field}__gt": since, f"{field}__lte": now},
        state__in=WORKING,
        paused=False,
        case__stage__in=OPEN,
    ).select_related("case__kind", "case__place", "unit")
    for part in parts:
        _owe(part.case, tell.handlers_of([part.unit_id]), kind, now)
    return len(parts)


def _warn_centres(since: datetime, now: datetime, field: str, kind: str) -> int:
    cases = Case.objects.filter(
        **{f"{field}__gt": since, f"{field}__lte": now},
        stage__in=OPEN,
        paused=False,
        clock__in=MINDERS,
    ).select_related("kind", "place")
    for case in cases:
        _owe(case, tell.holders_of(MINDERS[case.clock], case), kind, now)
    return len(cases)


def _owe(case: Case, people: Iterable[int], kind: str, now: datetime) -> None:
    owe(
        sorted(people),
        case.subject,
        kind,
        facts=tell.facts_for(case),
        at=now,
        urgent=kind == "overdue",
    )
