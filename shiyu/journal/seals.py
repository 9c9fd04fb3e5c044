"""Sealed batches: what each says of its lines and of the batch before it (封存批次)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from shiyu.journal.digests import digest_named
from shiyu.journal.encoding import HEAD, MICROSECONDS, compact

SIZE = 32
FIELDS = f"""no, algorithm, lines, {MICROSECONDS.format("first_at")},
    {MICROSECONDS.format("last_at")}, first_id, last_id, root, previous, head, span, emptied,
    {MICROSECONDS.format("sealed_at")}"""
MEMBERS = "ids, leaves"
BY_LINE = f"""
SELECT {FIELDS}, {MEMBERS} FROM journal_seal
 WHERE span = %(span)s AND (until_xid, until_id) >= (%(xid)s::xid8, %(id)s)
 ORDER BY until_xid, until_id LIMIT 1
"""  # noqa: S608
BY_TIME = f"""
SELECT {FIELDS}, {MEMBERS} FROM journal_seal
 WHERE first_at <= %(at)s AND last_at >= %(at)s AND first_id <= %(id)s AND last_id >= %(id)s
   AND %(id)s = ANY(ids) LIMIT 1
"""  # noqa: S608
LINE_AT = "SELECT recorded_at, xid::text FROM journal_line WHERE subject = %s AND id = %s"

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """One sealed batch; times are microseconds since 1970-01-01T00:00:00Z.

    lines              how many; their earliest and latest `recorded_at`, smallest and largest id.
    root               of the tree over the lines' leaves.
    previous, head     the chain: each head is a hash over all that stands here and the head before.
    span               counts restores: transaction ids order lines within one span only.
    emptied            no finished transaction's line was left unsealed after it.
    """

    no: int
    algorithm: str
    lines: int
    first_at: int
    last_at: int
    first_id: int
    last_id: int
    root: bytes
    previous: bytes
    head: bytes
    span: int
    emptied: bool
    sealed_at: int

    @property
    def said(self) -> str:
        """What the head is a hash of."""
        return compact(
            [
                *(HEAD, self.no, self.algorithm, self.lines, self.first_at, self.last_at),
                *(self.first_id, self.last_id, self.root.hex(), self.previous.hex()),
                *(self.span, self.emptied, self.sealed_at),
            ]
        )

    @property
    def is_sound(self) -> bool:
        """Whether the head is the hash of what is said."""
        try:
            return head_of(self.said, self.algorithm) == self.head
        except KeyError:
            return False


@dataclass(frozen=True, slots=True)
class Members:
    """The lines of a batch in their order: ids, and the leaf of each."""

    ids: Sequence[int]
    leaves: Sequence[bytes]


def head_of(said: str, algorithm: str) -> bytes:
    """The head of a batch that says this."""
    return digest_named(algorithm)(b"\x02" + said.encode())


def seal_said(said: str) -> Seal:
    """A batch from what it says.

    Raises  ValueError, KeyError or TypeError for anything else.
    """
    form, no, algorithm, lines, first, last, first_id, last_id, *rest = json.loads(said)
    root, previous, span, emptied, sealed_at = rest
    if form != HEAD:
        raise ValueError("not a sealed batch")
    hashes = bytes.fromhex(root), bytes.fromhex(previous), head_of(said, algorithm)
    bounds = (lines, first, last, first_id, last_id)
    return Seal(no, algorithm, *bounds, *hashes, span, emptied, sealed_at)


def read_seals(connection: Connection, *, members: bool = True) -> Iterator[tuple[Seal, Members]]:
    """Every batch from the first, streamed; without its lines if `members` is False."""
    columns = f"{FIELDS}, {MEMBERS}" if members else FIELDS
    with connection.cursor(name="seals", binary=True) as cursor:
        cursor.itersize = 64
        cursor.execute(f"SELECT {columns} FROM journal_seal ORDER BY no")  # noqa: S608
        for row in cursor:
            yield _seal(row), _members(row) if members else Members((), ())


def seal_of_line(connection: Connection, subject: str, number: int) -> tuple[Seal, Members] | None:
    """The batch that holds a line; None as long as it is not sealed."""
    found = connection.execute(LINE_AT, [subject, number]).fetchone()
    if found is None:
        return None
    at, xid = found
    spans = connection.execute("SELECT no FROM journal_span ORDER BY no DESC").fetchall()
    asked = [(BY_LINE, {"span": span, "xid": xid, "id": number}) for (span,) in spans]
    for query, values in [*asked, (BY_TIME, {"at": at, "id": number})]:
        row = connection.execute(query, values).fetchone()
        if row is not None and number in row[13]:
            return _seal(row), _members(row)
    return None


def heads_between(connection: Connection, first: int, last: int) -> list[bytes]:
    """The heads of the batches first..last, in order."""
    rows = connection.execute(
        "SELECT head FROM journal_seal WHERE no BETWEEN %s AND %s ORDER BY no", [first, last]
    )
    return [bytes(head) for (head,) in rows]


def _seal(row: Sequence[Any]) -> Seal:
    hashes = (bytes(value) for value in row[7:10])
    return Seal(*row[:7], *hashes, *row[10:13])


def _members(row: Sequence[Any]) -> Members:
    leaves = bytes(row[14])
    parts = [leaves[i : i + SIZE] for i in range(0, len(leaves), SIZE)]
    return Members(row[13], parts)
