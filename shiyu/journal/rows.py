"""The journal's rows as they are recorded, handed out by batch, in bounded memory (日志行)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shiyu.journal.encoding import ENCODED, MICROSECONDS
from shiyu.journal.sealing import BEHIND, reached
from shiyu.journal.seals import Connection, Members, Seal

AT_ONCE = 4096
HELD_MOST = 1_000_000
"""Rows read ahead for batches that overlap in time; honest ones overlap by one transaction."""

ROWS = f"""
SELECT line.id, {MICROSECONDS.format("line.recorded_at")}, line.subject,
       ({BEHIND}) AND line.xid < pg_snapshot_xmax(pg_current_snapshot()), {ENCODED}
  FROM journal_line line ORDER BY line.recorded_at, line.id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it stands in the table, encoded."""

    id: int
    at: int
    subject: str
    data: bytes


class TooWide(Exception):
    """A batch claims more time than memory holds; only a forged one does."""


class Rows:
    """Reads the table once, in the order of recording, and keeps what no batch has claimed yet.

    waiting  lines that no batch has taken in yet, counted and not kept.
    extra    rows whose id another row carries already.
    excused  ids of a batch that is forged itself: theirs are no faults of their own.
    """

    def __init__(self, connection: Connection) -> None:
        self.kept: dict[int, Row] = {}
        self.extra: list[Row] = []
        self.excused: set[int] = set()
        self.waiting = self.read = 0
        self._ahead: Row | None = None
        self._source = self._stream(connection)

    def claim(self, seal: Seal, members: Members) -> list[Row | None]:
        """The rows of a batch in its order; None for one that is not there."""
        self.advance(seal.last_at)
        return [self.kept.pop(number, None) for number in members.ids]

    def advance(self, until: int | None) -> None:
        """Read on up to this time of recording, or to the end."""
        while True:
            row = self._ahead or next(self._source, None)
            self._ahead = None
            if row is None:
                return
            if until is not None and row.at > until:
                self._ahead = row
                return
            if row.id in self.kept:
                self.extra.append(row)
            self.kept.setdefault(row.id, row)
            if len(self.kept) > HELD_MOST:
                raise TooWide

    def _stream(self, connection: Connection) -> Iterator[Row]:
        with connection.cursor(name="lines", binary=True) as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(ROWS, reached(connection).place)
            number: int
            at: int
            data: Any
            for number, at, subject, waiting, data in cursor:
                self.read += 1
                if waiting:
                    self.waiting += 1
                else:
                    yield Row(number, at, subject, bytes(data))
