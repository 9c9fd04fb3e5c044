"""Sealing: what finished transactions wrote is taken into batches, each over the last (封存).

The order of ids is not the order of commits. A transaction whose id lies below the oldest one
still writing has ended, and nobody else will ever write under that id: lines are therefore
sealed in the order of (transaction, id) up to that horizon, and none can come in behind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from shiyu.journal.digests import ZERO, chosen, digest_named
from shiyu.journal.encoding import ENCODED, MICROSECONDS
from shiyu.journal.merkle import leaf_of, root_of
from shiyu.journal.seals import Connection, Seal, head_of

LINES_MOST = 1024
"""Lines of a batch: a receipt's path has ten steps at most."""
BATCHES_A_TRANSACTION = 16
ONE_SEALS = 7_405_117  # an advisory lock's number, of no meaning

BEHIND = """(line.xid, line.id) > (%(xid)s::xid8, %(id)s)
   AND (line.xid = '0' OR line.id > %(behind)s)"""
"""Which lines are not sealed yet; those of a span before this one stay out."""
WAITING = f"""
SELECT line.id, line.xid::text, {MICROSECONDS.format("line.recorded_at")}, {ENCODED}
  FROM journal_line line WHERE {BEHIND} AND line.xid < %(horizon)s::xid8
 ORDER BY line.xid, line.id LIMIT %(most)s
"""  # noqa: S608
REACHED = """
SELECT span.no, span.last_id, seal.no, seal.head, seal.span, seal.until_xid::text, seal.until_id,
       pg_snapshot_xmin(pg_current_snapshot())::text,
       (extract(epoch FROM clock_timestamp())*1000000)::bigint
  FROM (SELECT no, last_id FROM journal_span ORDER BY no DESC LIMIT 1) span
  LEFT JOIN (SELECT * FROM journal_seal ORDER BY no DESC LIMIT 1) seal ON true
"""
UNSEALED = f"""
SELECT count(*), extract(epoch FROM clock_timestamp() - min(recorded_at))::float
  FROM (SELECT recorded_at FROM journal_line line WHERE {BEHIND}
         ORDER BY line.xid, line.id LIMIT %(most)s) waiting
"""  # noqa: S608
BY_INDEX = "SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"
"""After an import the database's guesses are old: it must not sort millions for each batch."""
FROM_MICROSECONDS = "timestamptz 'epoch' + %s * interval '1 microsecond'"
INSERT = f"""
INSERT INTO journal_seal (no, algorithm, lines, first_at, last_at, first_id, last_id, root,
    previous, head, span, emptied, sealed_at, until_xid, until_id, ids, leaves)
VALUES (%s, %s, %s, {FROM_MICROSECONDS}, {FROM_MICROSECONDS}, %s, %s, %s, %s, %s, %s, %s,
    {FROM_MICROSECONDS}, %s::xid8, %s, %s, %s)
"""  # noqa: S608
COUNTED_MOST = 100_000

Waiting = tuple[int, str, int, bytes]


@dataclass(frozen=True, slots=True)
class Reached:
    """How far sealing has come, and how far it may go now."""

    span: int
    behind: int
    no: int
    head: bytes
    xid: str
    id: int
    horizon: str
    now: int

    @property
    def place(self) -> dict[str, Any]:
        return {"xid": self.xid, "id": self.id, "behind": self.behind}


def seal_all(connection: Connection, *, told: Callable[[int], None] = lambda _n: None) -> int:
    """Seal all that may be sealed now, some batches a transaction; returns how many lines.

    Whoever finds another at it seals nothing. A process killed in the middle leaves nothing half.
    """
    algorithm, sealed = chosen(), 0
    while True:
        lines, more = _seal_some(connection, algorithm)
        sealed += lines
        told(sealed)
        if not more:
            return sealed


def unsealed(connection: Connection) -> tuple[int, float]:
    """Lines not sealed yet, counted up to 100,000, and the age of the oldest in seconds."""
    place = reached(connection).place | {"most": COUNTED_MOST}
    row = connection.execute(UNSEALED, place).fetchone()
    assert row
    return row[0], row[1] or 0.0


def reached(connection: Connection) -> Reached:
    """How far sealing has come; a span begun since starts with its own lines."""
    row = connection.execute(REACHED).fetchone()
    assert row
    span, behind, no, head, of_span, xid, number, horizon, now = row
    if of_span != span:
        xid, number = "0", 0
    head = ZERO if head is None else bytes(head)
    return Reached(span, behind, no or 0, head, xid, number, horizon, now)


def _seal_some(connection: Connection, algorithm: str) -> tuple[int, bool]:
    """One transaction of batches: how many lines, and whether there may be more."""
    most = LINES_MOST * BATCHES_A_TRANSACTION
    with connection.transaction():
        locked = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_SEALS])
        if locked.fetchone() != (True,):
            return 0, False
        connection.execute(BY_INDEX)
        at = reached(connection)
        asked = at.place | {"horizon": at.horizon, "most": most}
        waiting = connection.execute(WAITING, asked, binary=True).fetchall()
        if waiting:
            rows = _batches(waiting, at, algorithm, emptied=len(waiting) < most)
            with connection.cursor() as cursor:
                cursor.executemany(INSERT, rows)
    return len(waiting), len(waiting) == most


def _batches(
    waiting: Sequence[Waiting], at: Reached, algorithm: str, *, emptied: bool
) -> list[tuple[Any, ...]]:
    """The rows of the batches that these lines make."""
    rows, previous = [], at.head
    starts = range(0, len(waiting), LINES_MOST)
    for no, start in enumerate(starts, at.no + 1):
        lines = waiting[start : start + LINES_MOST]
        last = start == starts[-1]
        row, previous = _batch(lines, no, previous, at, algorithm, emptied=emptied and last)
        rows.append(row)
    return rows


def _batch(
    lines: Sequence[Waiting],
    no: int,
    previous: bytes,
    at: Reached,
    algorithm: str,
    *,
    emptied: bool,
) -> tuple[tuple[Any, ...], bytes]:
    """One batch over the head before it, as a row; and its own head."""
    digest = digest_named(algorithm)
    ids = [line[0] for line in lines]
    times = [line[2] for line in lines]
    leaves = [leaf_of(line[3], digest) for line in lines]
    seal = Seal(
        *(no, algorithm, len(lines), min(times), max(times), min(ids), max(ids)),
        *(root_of(leaves, digest), previous, b"", at.span, emptied, at.now),
    )
    head = head_of(seal.said, algorithm)
    bounds = (seal.first_at, seal.last_at, seal.first_id, seal.last_id)
    row = (no, algorithm, seal.lines, *bounds, seal.root, previous, head, at.span, emptied, at.now)
    return (*row, lines[-1][1], lines[-1][0], ids, b"".join(leaves)), head
