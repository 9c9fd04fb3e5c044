"""Does what is stored follow from the journal? Replays every case (核验)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from shiyu.calendars.rules import Calendars, read_calendars
from shiyu.cases import timing
from shiyu.cases.lifecycle import FINAL
from shiyu.cases.models import Assignment, Case
from shiyu.cases.replay import Standing, Step, replay
from shiyu.cases.story import STEPS, step_of
from shiyu.common.errors import Refused
from shiyu.journal.actions import moment
from shiyu.journal.models import Line

BATCH = 1000
STANDING_FIELDS = ("stage", "round", "outcome", "awaits")
TIME_FIELDS = ("clock", "due_at", "yellow_at", "paused")
LINE_FIELDS = ("subject", "verb", "occurred_at", "actor", "facts", "remark_id")
PART_FIELDS = ("state", "lead", "sent_at", "signed_at", "handled_at")

INVARIANTS: Mapping[str, str] = {
    "a case has a line of its report": """
        SELECT 'case:' || c.id, c.id FROM cases_case c WHERE NOT EXISTS (
            SELECT FROM journal_line l WHERE l.subject = 'case:' || c.id AND l.verb = 'report')""",
    "a line names a case that exists": """
        SELECT l.subject, l.id FROM journal_line l WHERE l.subject LIKE 'case:%' AND NOT EXISTS (
            SELECT FROM cases_case c WHERE c.id = substr(l.subject, 6)::bigint)""",
    "a case that is not merged has a report": """
        SELECT 'case:' || c.id, c.id FROM cases_case c WHERE c.stage <> 'merged' AND NOT EXISTS (
            SELECT FROM cases_report r WHERE r.case_id = c.id)""",
    "a case carries the number of its place": """
        SELECT 'case:' || c.id, c.id FROM cases_case c JOIN places_place p ON p.id = c.place_id
        WHERE p.first <> c.place_number""",
    "a handled case has a part that answered": """
        SELECT 'case:' || c.id, c.id FROM cases_case c
        WHERE c.stage IN ('handled', 'verified') AND NOT EXISTS (
            SELECT FROM cases_assignment a WHERE a.case_id = c.id AND a.state = 'handled')""",
    "who handled a case did not verify it": """
        SELECT h.subject, h.id FROM journal_line h JOIN journal_line v
          ON v.subject = h.subject AND v.verb = 'verify' AND v.actor = h.actor AND v.id > h.id
        WHERE h.verb IN ('handle', 'settle')""",
    "a remark that a line commits to is there, or erased": """
        SELECT l.subject, l.id FROM journal_line l WHERE l.remark_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM journal_remark r WHERE r.id = l.remark_id)""",
    "a suspended case knows when it resumes": """
        SELECT 'case:' || id, id FROM cases_case
        WHERE stage = 'suspended' AND resumes_on IS NULL""",
    "an order's child is an order too": """
        SELECT 'case:' || c.id, c.id FROM cases_case c JOIN cases_case p ON p.id = c.parent_id
        WHERE c.direction <> 'down' OR p.direction <> 'down'""",
}
"""What must never be false, as SQL that gives the records for which it is."""
FIRST = (
    "WITH broken (subject, id) AS MATERIALIZED ({}) SELECT subject FROM broken ORDER BY id LIMIT 1"
)
"""Made whole before the first is taken: hoping for an early one would look up line by line."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the stored record and its journal part ways."""

    subject: str
    says: str


@dataclass(frozen=True, slots=True)
class Look:
    """What one batch is looked at with: a moment, and the calendars as they stand."""

    now: datetime
    calendars: Calendars


@dataclass(slots=True)
class Audited:
    """How far an audit has come."""

    cases: int = 0
    lines: int = 0
    faults: int = 0


def replay_all(audited: Audited) -> Iterator[Fault | None]:
    """Replay every case against its stored standing and due times.

    Yields a Fault for each difference, and None after each batch so that a caller can show
    progress.
    """
    last = 0
    while True:
        batch = _batch(last)
        if not batch:
            return
        last = batch[-1].pk
        for fault in _audit_batch(batch, audited):
            audited.faults += 1
            yield fault
        yield None


def broken_invariants() -> Iterator[Fault]:
    """The first record for each invariant that does not hold."""
    for name, sql in INVARIANTS.items():
        with connection.cursor() as cursor:
            cursor.execute(FIRST.format(sql))
            row = cursor.fetchone()
        if row is not None:
            yield Fault(row[0], _("不成立：%(name)s") % {"name": name})


def _batch(after: int) -> Sequence[Case]:
    cases = Case.objects.filter(pk__gt=after).order_by("pk")
    cases = cases.prefetch_related("procedure", "standard", "assignments")
    return list(cases[:BATCH])


def _audit_batch(batch: Sequence[Case], audited: Audited) -> Iterator[Fault]:
    at = Look(moment(), read_calendars())
    steps = _steps_of({case.subject: case for case in batch}, audited)
    for case in batch:
        audited.cases += 1
        difference = _difference(case, steps.get(case.subject, []), at)
        if difference:
            yield Fault(case.subject, difference)


def _steps_of(cases: Mapping[str, Case], audited: Audited) -> dict[str, list[Step]]:
    first = min(case.taken_in_at for case in cases.values())
    lines = Line.objects.filter(subject__in=list(cases), recorded_at__gte=first).order_by("id")
    steps: dict[str, list[Step]] = {}
    for line in lines.values_list(*LINE_FIELDS, named=True).iterator(chunk_size=5000):
        audited.lines += 1
        if line.verb in STEPS:
            steps.setdefault(line.subject, []).append(step_of(line))
    return steps


def _difference(case: Case, steps: list[Step], at: Look) -> str:
    """The first thing in which a case is not what its lines amount to, or ""."""
    if any(b.at < a.at for a, b in pairwise(steps)):
        return _("时间先后颠倒")
    try:
        standing = replay(steps)
    except Refused as refusal:
        return _("过程推不出来：%(why)s") % {"why": refusal.message}
    return _standing_differs(case, standing) or _times_differ(case, standing, steps, at)


def _standing_differs(case: Case, standing: Standing) -> str:
    for name in STANDING_FIELDS:
        if getattr(case, name) != getattr(standing, name):
            return _tell(name, getattr(case, name), getattr(standing, name))
    if (case.closed_at is None) != (standing.stage not in FINAL):
        return _tell("closed_at", case.closed_at, standing.stage)
    stored = {a.unit_id: a for a in case.assignments.all() if a.state != "left"}
    derived = {u: p for u, p in standing.parts.items() if p.state != "left"}
    if stored.keys() != derived.keys():
        return _tell("units", sorted(stored), sorted(derived))
    for unit, part in derived.items():
        for name in PART_FIELDS:
            if getattr(stored[unit], name) != getattr(part, name):
                where = f"unit {unit} {name}"
                return _tell(where, getattr(stored[unit], name), getattr(part, name))
    return ""


def _times_differ(case: Case, standing: Standing, steps: list[Step], at: Look) -> str:
    stored = {name: getattr(case, name) for name in TIME_FIELDS}
    parts = [a for a in case.assignments.all() if a.unit_id in standing.parts]
    kept = {a.unit_id: (a.due_at, a.yellow_at, a.paused) for a in parts}
    timing.refresh(case, parts, steps, now=at.now, calendars=at.calendars)
    for name, value in stored.items():
        if getattr(case, name) != value:
            return _tell(name, value, getattr(case, name))
    for part in parts:
        if (found := _times(part)) != kept[part.unit_id]:
            return _tell(f"unit {part.unit_id}", kept[part.unit_id], found)
    return ""


def _times(part: Assignment) -> tuple[datetime | None, datetime | None, bool]:
    return part.due_at, part.yellow_at, part.paused


def _tell(name: str, stored: Any, derived: Any) -> str:
    return _("%(name)s 记为 %(stored)s，按日志应为 %(derived)s") % {
        "name": name,
        "stored": _short(stored),
        "derived": _short(derived),
    }


def _short(value: Any) -> str:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else str(value)
