"""Open cases as columns, out of the tables and back into them (成批读写)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from shiyu.cases.lifecycle import OPEN
from shiyu.cases.retiming.reckoning import NEVER
from shiyu.cases.retiming.shapes import VERBS

Numbers = NDArray[np.int64]
MICROSECONDS = "(extract(epoch FROM {0}) * 1000000)::bigint"
A_DAY = timedelta(days=1)

OPEN_STAGES = sorted(stage.value for stage in OPEN)
MAY_CHANGE = """
    c.stage = ANY(%(open)s) AND c.id > %(after)s AND c.id <= %(top)s AND (
        c.due_at IS NULL OR c.due_at >= %(since)s OR EXISTS (
            SELECT FROM cases_assignment a WHERE a.case_id = c.id AND a.state <> 'left'
               AND (a.due_at IS NULL OR a.due_at >= %(since)s)))
"""
"""What was due before the first day that was edited stays as it is: nothing before it moved."""
COUNT = f"SELECT count(*) FROM cases_case c WHERE {MAY_CHANGE}"  # noqa: S608
TOP = "SELECT coalesce(max(id), 0) FROM cases_case"
CASES = f"""
    SELECT c.id, c.number, c.stage, c.procedure_id, c.standard_id, c.place_number, c.version,
           {MICROSECONDS.format("c.fixed_due_at")}, {MICROSECONDS.format("c.reported_at")},
           {MICROSECONDS.format("c.due_at")}, {MICROSECONDS.format("c.yellow_at")}, c.paused,
           c.taken_in_at
      FROM cases_case c WHERE {MAY_CHANGE} ORDER BY c.id LIMIT %(most)s
"""  # noqa: S608
LOCKED = CASES + " FOR NO KEY UPDATE OF c"
PARTS = f"""
    SELECT id, case_id, unit_id, state, {MICROSECONDS.format("due_at")},
           {MICROSECONDS.format("yellow_at")}, paused
      FROM cases_assignment WHERE case_id = ANY(%s::bigint[]) AND state <> 'left'
"""  # noqa: S608
STORIES = """
    SELECT subject,
           string_agg(verb || ':' || coalesce(facts->>'unit', '') || ':'
                      || coalesce(translate(facts->>'units', '[] ', ''), ''), ' ' ORDER BY id),
           string_agg(floor(extract(epoch FROM occurred_at) / 60)::bigint::text, ' ' ORDER BY id)
      FROM journal_line
     WHERE subject = ANY(%s::text[]) AND recorded_at >= %s AND verb = ANY(%s)
     GROUP BY subject
"""
TIME = "CASE WHEN t.{0} IS NULL THEN NULL ELSE 'epoch'::timestamptz + t.{0} * interval '1 us' END"
WRITE = """
    UPDATE {table} r SET due_at = {due}, yellow_at = {yellow}, paused = t.paused {more}
      FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[])
           AS t(id, due, yellow, paused)
     WHERE r.id = t.id
"""


@dataclass(slots=True)
class Times:
    """Due time, yellow time (microseconds since 1970, NEVER if none) and whether paused."""

    due: Numbers
    yellow: Numbers
    paused: NDArray[np.bool_]

    def differ(self, other: "Times") -> NDArray[np.bool_]:
        """In which rows the two are not the same."""
        return (
            (self.due != other.due) | (self.yellow != other.yellow) | (self.paused != other.paused)
        )


@dataclass(slots=True)
class Cases:
    """Open cases, one in each row, with their stories and the minutes of their lines."""

    ids: Numbers
    numbers: list[str]
    stages: list[str]
    procedures: list[int]
    standards: list[int | None]
    places: Numbers
    versions: Numbers
    fixed: Numbers
    reported: Numbers
    stored: Times
    stories: list[str]
    minutes: list[str]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(slots=True)
class Parts:
    """Parts of units in those cases; `case` is the row of the case."""

    ids: Numbers
    case: Numbers
    units: Numbers
    states: list[str]
    stored: Times


def top() -> int:
    """The last case there is."""
    with connection.cursor() as cursor:
        cursor.execute(TOP)
        return int(cursor.fetchone()[0])


def count(*, first_day: date | None, until: int) -> int:
    """How many open cases may change."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, _asked(0, until, first_day, 0))
        return int(cursor.fetchone()[0])


def read_cases(
    after: int, *, until: int, most: int, first_day: date | None, lock: bool
) -> tuple[Cases, Parts]:
    """The next open cases that may change, with their parts.

    lock  so that no move is made between the reading and the writing.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCKED if lock else CASES, _asked(after, until, first_day, most))
        rows = cursor.fetchall()
        ids = [row[0] for row in rows]
        stories: dict[str, tuple[str, str]] = {}
        parts: list[tuple[Any, ...]] = []
        if rows:
            since = min(row[12] for row in rows)
            cursor.execute(STORIES, [array(f"case:{pk}" for pk in ids), since, VERBS])
            stories = {subject: (story, at) for subject, story, at in cursor.fetchall()}
            cursor.execute(PARTS, [array(ids)])
            parts = cursor.fetchall()
    return _cases(rows, stories), _parts(parts, ids)


def write_times(table: str, ids: Numbers, times: Times) -> None:
    """Write new times of these rows; a case's version rises with them."""
    if not len(ids):
        return
    more = ", version = r.version + 1" if table == "cases_case" else ""
    words = WRITE.format(
        table=table, due=TIME.format("due"), yellow=TIME.format("yellow"), more=more
    )
    with connection.cursor() as cursor:
        values = (ids.tolist(), _plain(times.due), _plain(times.yellow), times.paused.tolist())
        cursor.execute(words, [array(column) for column in values])


def array(values: Iterable[object]) -> str:
    """Numbers, truths and plain names as PostgreSQL writes an array: at once, not one by one."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def instant(microseconds: int) -> datetime | None:
    """A time out of a column."""
    if microseconds == NEVER:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds))


def _plain(column: Numbers) -> list[int | None]:
    return [None if value == NEVER else value for value in column.tolist()]


def _asked(after: int, until: int, first_day: date | None, most: int) -> dict[str, Any]:
    since = datetime.combine(first_day or date(1970, 1, 2), time(), UTC) - A_DAY
    return {"open": OPEN_STAGES, "after": after, "top": until, "since": since, "most": most}


def _cases(rows: Sequence[Any], stories: dict[str, tuple[str, str]]) -> Cases:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 13
    told = [stories.get(f"case:{row[0]}", ("", "")) for row in rows]
    return Cases(
        ids=_column(columns[0]),
        numbers=list(columns[1]),
        stages=list(columns[2]),
        procedures=list(columns[3]),
        standards=list(columns[4]),
        places=_column(columns[5]),
        versions=_column(columns[6]),
        fixed=_column(columns[7]),
        reported=_column(columns[8]),
        stored=Times(_column(columns[9]), _column(columns[10]), np.array(columns[11], dtype=bool)),
        stories=[story for story, _at in told],
        minutes=[at for _story, at in told],
    )


def _parts(rows: Sequence[Any], case_ids: Sequence[int]) -> Parts:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    return Parts(
        ids=_column(columns[0]),
        case=np.searchsorted(np.array(case_ids, dtype=np.int64), _column(columns[1])),
        units=_column(columns[2]),
        states=list(columns[3]),
        stored=Times(_column(columns[4]), _column(columns[5]), np.array(columns[6], dtype=bool)),
    )


def _column(values: Iterable[int | None]) -> Numbers:
    return np.array([NEVER if value is None else value for value in values], dtype=np.int64)
