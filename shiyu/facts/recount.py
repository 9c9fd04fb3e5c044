"""The facts counted anew from the journal alone (复算).

The other of the two books. It shares nothing with `counting` but the names of the measures: it
knows a case's lines only as the journal holds them, plays the parts through `cases.replay`, and
has its own table of what a line means. Kind and place are the last that a line names.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from shiyu.cases.models import Case
from shiyu.cases.replay import Standing, Step, apply
from shiyu.cases.story import STEPS
from shiyu.common import together
from shiyu.facts.counting import Entry
from shiyu.places.rules import the_city

BATCH = 2000
CLOCK_SLACK = timedelta(minutes=10)
LINES = """
    SELECT substr(l.subject, 6)::bigint, l.verb, l.occurred_at, l.actor, l.facts,
           l.remark_id IS NOT NULL
      FROM journal_line l
     WHERE l.subject = ANY(%s) AND l.recorded_at >= %s
     ORDER BY l.id
"""
CASES = """
    SELECT id, taken_in_at, place_id, coalesce(kind_id, 0), channel, centre_id
      FROM cases_case WHERE id = ANY(%s)
"""
ALL = "SELECT id FROM cases_case ORDER BY id"
OF_DAYS = """
    SELECT DISTINCT substr(subject, 6)::bigint FROM journal_line
     WHERE subject LIKE 'case:%%' AND occurred_at >= %s AND occurred_at < %s AND recorded_at >= %s
     ORDER BY 1
"""


class Key(NamedTuple):
    """What a fact is counted under."""

    day: date
    measure: str
    place: int
    unit: int
    kind: int
    channel: str
    outcome: str


Figures = tuple[int, int, int, int]
Counted = dict[Key, Figures]


class Told(NamedTuple):
    """One journal line as it is stored."""

    verb: str
    at: datetime
    actor: str
    facts: Mapping[str, Any]
    worded: bool


class Stored(NamedTuple):
    """What a case's row says, for journals from before the first line named it."""

    taken_in_at: datetime
    place: int
    kind: int
    channel: str
    centre: int


@dataclass(slots=True)
class Retold:
    """One case as its lines tell it, with what each counted."""

    zone: ZoneInfo
    place: int = 0
    kind: int = 0
    channel: str = ""
    centre: int = 0
    by_source: int = 0
    answerable: int = 0  # the unit that the last closing is counted under
    standing: Standing = field(default_factory=Standing)
    lateness: dict[int, list[date]] = field(default_factory=dict)
    pardoned: set[int] = field(default_factory=set)
    counted: list[Entry] = field(default_factory=list)

    def tell(self, line: Told) -> list[Entry]:
        """Take in the next line; returns what it counted."""
        before = len(self.counted)
        units = tuple(self.standing.active)
        if line.verb in STEPS:
            apply(self.standing, _step(line))
        self._keys(line)
        self._count(line, line.at.astimezone(self.zone).date(), units)
        return self.counted[before:]

    def _keys(self, line: Told) -> None:
        facts = line.facts
        if line.verb == "report":
            self.channel, self.by_source = facts["channel"], facts.get("source_unit") or 0
        if line.verb in {"report", "correct"}:
            self.place = facts.get("place") or self.place
        if line.verb in {"report", "correct", "file", "settle"}:
            self.kind = facts.get("kind") or self.kind
        if line.verb in {"report", "escalate", "hand_over"}:
            self.centre = facts.get("centre") or self.centre

    def _count(self, line: Told, day: date, units_before: tuple[int, ...]) -> None:
        facts, took = line.facts, _by_clock(line.facts)
        here, lead = self.centre, self.standing.lead or 0
        match line.verb:
            case "report":
                self._add(day, "reported", here)
            case "joined" if "report" in facts:
                self._add(day, "joined", here)
            case "accept":
                self._add(day, "accepted", here, took.get("accept"))
            case "dismiss":
                self._add(day, "dismissed", here)
            case "file":
                self._add(day, "filed", here, took.get("filing"))
            case "escalate":
                self._add(day, "escalated", facts["from"])
            case "dispatch":
                self._add(day, "dispatched", here, took.get("dispatch"))
                for unit in facts["units"]:
                    self._add(day, "sent", unit)
            case "recall":
                self._add(day, "recalled", here)
            case "object":
                self._add(day, "objected", facts["unit"])
            case "sign":
                self._add(day, "signed", facts["unit"], took.get("sign"))
            case "extend":
                self._add(day, "extended", facts["unit"])
            case "suspend":
                self._add(day, "suspended", lead)
            case "handle":
                self._add(day, "answered", facts["unit"])
            case "rework":
                for unit in facts.get("units") or units_before:
                    self._add(day, "reworked", unit)
            case "verify":
                self._add(day, "verified", here, took.get("verify"))
                self._handled(day, took)
            case "urge":
                self._add(day, "urged", lead)
            case "close":
                self._closed(day, lead, facts["outcome"], took)
            case "settle":
                self._add(day, "settled", facts.get("handled_by_unit") or 0)
                self._closed(day, facts.get("handled_by_unit") or 0, "fixed", took)
            case "import_close":
                self._closed(day, self.by_source, "as_recorded", took)
            case "reopen":
                self._add(day, "reopened", lead)
            case "merge":
                self._add(day, "merged", here)
            case "withdraw":
                self._add(day, "withdrawn", here)
            case "void":
                self._add(day, "voided", here)
            case "exempt":
                self.pardoned.add(facts["unit"])
                for late_day in self.lateness.get(facts["unit"], ()):
                    self._add(late_day, "exempted", facts["unit"])
            case "rate":
                self._rated(day, facts)

    def _handled(self, day: date, took: Mapping[object, tuple[int, bool | None]]) -> None:
        for unit in self.standing.active:
            verdict = took.get(("handling", unit))
            self._add(day, "handled", unit, verdict)
            if verdict and verdict[1]:
                self.lateness.setdefault(unit, []).append(day)
                if unit in self.pardoned:
                    self._add(day, "exempted", unit)

    def _closed(
        self, day: date, unit: int, outcome: str, took: Mapping[object, tuple[int, bool | None]]
    ) -> None:
        self.answerable = unit
        self._add(day, "closed", unit, took.get("case"), outcome)

    def _rated(self, day: date, facts: Mapping[str, Any]) -> None:
        level = facts["satisfaction"]
        said = (1, int(level < 3), level) if level else (0, 0, 0)
        self.counted.append(Entry(day, "rated", self.answerable, facts["solved"], 1, *said))

    def _add(
        self,
        day: date,
        measure: str,
        unit: int,
        took: tuple[int, bool | None] | None = None,
        outcome: str = "",
    ) -> None:
        minutes, late = took or (0, None)
        judged = 0 if late is None else 1
        entry = Entry(day, measure, unit, outcome, 1, judged, 1 if late else 0, minutes)
        self.counted.append(entry)


def retold(case: Case) -> tuple[Retold, list[Entry]]:
    """One case told anew from its lines so far, and what the last of them counted.

    Lines that are held back, to be written with the rest of a move, are among them.
    """
    stored = Stored(
        case.taken_in_at, case.place_id, case.kind_id or 0, case.channel, case.centre_id
    )
    last: list[Entry] = []
    story = _begun(stored, ZoneInfo(the_city().timezone))
    for _pk, line in _lines({case.pk: stored}):
        last = story.tell(line)
    for row in together.waiting("journal_line"):
        if row["subject"] == case.subject:
            last = story.tell(_held_line(row))
    return story, last


def _held_line(row: Mapping[str, Any]) -> Told:
    facts, worded = row["facts"].obj, row["remark_id"] is not None
    return Told(row["verb"], row["occurred_at"], row["actor"], facts, worded)


@dataclass(slots=True)
class Recounted:
    """How far a recount has come."""

    cases: int = 0
    lines: int = 0
    facts: int = 0
    faults: int = 0


def recount(
    done: Recounted, first: date | None = None, last: date | None = None
) -> Iterator[Counted]:
    """The facts of these days from the journal, some cases at a time; a key may come again.

    Left out, of all days. What a day counts is all told by cases with a line of that day.
    """
    zone = ZoneInfo(the_city().timezone)
    ids = _ids(first, last, zone)
    for start in range(0, len(ids), BATCH):
        batch = _cases(ids[start : start + BATCH])
        stories = {pk: _begun(stored, zone) for pk, stored in batch.items()}
        for pk, line in _lines(batch):
            stories[pk].tell(line)
            done.lines += 1
        done.cases += len(batch)
        yield _summed(stories.values(), first, last)


def _summed(stories: Iterable[Retold], first: date | None, last: date | None) -> Counted:
    sums: dict[Key, Counter[str]] = {}
    for story in stories:
        for day, measure, unit, outcome, *figures in story.counted:
            if (first and day < first) or (last and day > last):
                continue
            key = Key(day, measure, story.place, unit, story.kind, story.channel, outcome)
            counter = sums.setdefault(key, Counter())
            counter.update(dict(zip("njmt", figures, strict=True)))
    return {key: (c["n"], c["j"], c["m"], c["t"]) for key, c in sums.items()}


def _begun(stored: Stored, zone: ZoneInfo) -> Retold:
    return Retold(zone, stored.place, stored.kind, stored.channel, stored.centre)


def _ids(first: date | None, last: date | None, zone: ZoneInfo) -> list[int]:
    with connection.cursor() as cursor:
        if first is None or last is None:
            cursor.execute(ALL)
        else:
            begin = datetime.combine(first, datetime.min.time(), zone)
            end = datetime.combine(last + timedelta(days=1), datetime.min.time(), zone)
            cursor.execute(OF_DAYS, (begin, end, begin - CLOCK_SLACK))
        return [row[0] for row in cursor.fetchall()]


def _cases(ids: list[int]) -> dict[int, Stored]:
    with connection.cursor() as cursor:
        cursor.execute(CASES, (ids,))
        return {row[0]: Stored(*row[1:]) for row in cursor.fetchall()}


def _lines(cases: Mapping[int, Stored]) -> Iterator[tuple[int, Told]]:
    since = min(stored.taken_in_at for stored in cases.values())
    subjects = [f"case:{pk}" for pk in cases]
    with connection.cursor() as cursor:
        cursor.execute(LINES, (subjects, since))
        for pk, verb, at, actor, facts, worded in cursor:
            yield pk, Told(verb, at, actor, json.loads(facts), worded)


def _step(line: Told) -> Step:
    facts = line.facts
    return Step(
        line.verb,
        line.at,
        line.actor,
        facts.get("unit"),
        tuple(facts.get("units", ())),
        facts.get("lead"),
        facts.get("outcome", ""),
        line.worded or bool(facts.get("answered")),
    )


def _by_clock(facts: Mapping[str, Any]) -> dict[object, tuple[int, bool | None]]:
    """Verdicts by the clock's name, of handling by name and unit."""
    return {
        (name, unit) if name == "handling" else name: (minutes, late)
        for name, unit, minutes, late in facts.get("took", ())
    }
