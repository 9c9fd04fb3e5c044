"""What came of one request, by its number: actions, changes, jobs, deliveries, seals (追踪).

The number begins with the time it was made, so the journal is asked for that time alone. What the
database does not keep (the request itself, jobs that are done) is in the log, if one is given.
Only names, ids and times: what a log may hold.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

import psycopg

from shiyu.common.trail import begun_at

Connection = psycopg.Connection[Any]
BEFORE = timedelta(minutes=1)
"""Clocks of several machines differ."""
LINES: LiteralString = """
SELECT recorded_at, id, subject, verb, actor, xid::text FROM journal_line
 WHERE recorded_at BETWEEN %(from)s AND %(until)s AND trail = %(number)s ORDER BY recorded_at, id
"""
SEALED: LiteralString = """
SELECT sealed_at, no FROM journal_seal
 WHERE span = (SELECT max(no) FROM journal_span WHERE last_id < %(id)s)
   AND (until_xid, until_id) >= (%(xid)s::xid8, %(id)s)
 ORDER BY until_xid, until_id LIMIT 1
"""
CHANGES: LiteralString = """
SELECT at, topic, ref, version FROM journal_change WHERE xid::text = ANY(%(xids)s) ORDER BY id
"""
JOBS: LiteralString = """
SELECT event.at, job.id, job.task_name, job.queue_name, event.type::text
  FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id
 WHERE job.args->>'trail' LIKE %(number)s || '-%%' ORDER BY event.id
"""
DELIVERIES: LiteralString = """
SELECT id, channel, kind, subject, state, owed_at FROM notices_delivery
 WHERE trail = %(number)s ORDER BY id
"""
TRIES: LiteralString = """
SELECT delivery_id, number, begun_at, left_at, ended_at, outcome, why FROM notices_attempt
 WHERE delivery_id = ANY(%(ids)s) ORDER BY begun_at, id
"""
SHOWN = (
    *("method", "status", "route", "task", "actor", "job", "queue", "delivery", "attempt"),
    *("outcome", "ms", "link"),
)
"""What of a line of the log is told."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing that happened: when, of what sort, in words."""

    at: datetime
    sort: str
    said: str


def trace(
    connection: Connection, number: str, *, within: timedelta, log: Iterable[str]
) -> list[Stop]:
    """Everything known of a number, in the order of time. Raises ValueError for none of ours."""
    begun = begun_at(number)
    asked = {"number": number, "from": begun - BEFORE, "until": begun + within}
    found = [*of_journal(connection, asked), *of_jobs(connection, asked)]
    found += [*of_deliveries(connection, asked), *of_log(log, number)]
    return sorted(found, key=lambda stop: stop.at)


def of_journal(connection: Connection, asked: dict[str, Any]) -> Iterator[Stop]:
    """Actions, the changes pages were told of, and where they are sealed."""
    lines = connection.execute(LINES, asked).fetchall()
    for at, number, subject, verb, actor, _xid in lines:
        yield Stop(at, "action", f"{subject} {verb} by {actor} (line {number})")
    xids = [xid for *_, xid in lines if xid != "0"]
    for at, topic, ref, version in connection.execute(CHANGES, {"xids": xids}):
        yield Stop(at, "live", f"{topic}:{ref} version {version}, to every page that may see it")
    if lines:
        _at, number, _subject, _verb, _actor, xid = lines[-1]
        seal = connection.execute(SEALED, {"id": number, "xid": xid}).fetchone()
        if seal is not None:
            yield Stop(seal[0], "sealed", f"line {number} in batch {seal[1]}")


def of_jobs(connection: Connection, asked: dict[str, Any]) -> Iterator[Stop]:
    """Jobs it ordered that are waiting, under way or failed; those done are in the log alone."""
    for at, number, task, queue, event in connection.execute(JOBS, asked):
        yield Stop(at, "job", f"#{number} {task} ({queue}) {event}")


def of_deliveries(connection: Connection, asked: dict[str, Any]) -> Iterator[Stop]:
    """What it owes somebody outside, and each attempt at it."""
    found = connection.execute(DELIVERIES, asked).fetchall()
    for number, channel, kind, subject, state, owed_at in found:
        said = f"delivery:{number} {channel} {kind} of {subject or '—'}, now {state}"
        yield Stop(owed_at, "owed", said)
    ids = [number for number, *_ in found]
    for number, attempt, begun, left, ended, outcome, why in connection.execute(
        TRIES, {"ids": ids}
    ):
        about = f"delivery:{number} attempt {attempt}"
        yield Stop(begun, "sending", f"{about} begun")
        if left is not None:
            yield Stop(left, "sending", f"{about} past the point of no return")
        if ended is not None:
            yield Stop(ended, "sending", " ".join(filter(None, [about, outcome, why])))


def of_log(lines: Iterable[str], number: str) -> Iterator[Stop]:
    """What a log of JSON lines says of it; other lines are passed over."""
    for line in lines:
        if number not in line:
            continue
        try:
            said = json.loads(line[line.index("{") :])
            at = datetime.fromisoformat(said["at"])
        except (ValueError, KeyError, TypeError):
            continue
        if said.get("request") != number:
            continue
        facts = [f"{name}={said[name]}" for name in SHOWN if name in said]
        if errors := said.get("error"):
            facts.append(f"error={errors[0]['kind']}")
        yield Stop(at, "log", " ".join([str(said.get("says", "")), *facts]))
