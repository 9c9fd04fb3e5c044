"""A journal of its own to seal and to tamper with, and the ways in for its three kinds of hands."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from shiyu.journal import sealing
from shiyu.journal.audit import Audited, Fault, verify
from shiyu.journal.sealing import seal_all, unsealed
from shiyu.journal.witness import attest
from shiyu.journal.witnessed import Witnessed

PATIENCE_S = 300.0
ALONE = sealing.REACHED.replace("pg_snapshot_xmin", "pg_snapshot_xmax")
"""For tests in which nobody else writes: transactions of other databases hold nothing back."""
WRITE = """
INSERT INTO journal_line (occurred_at, subject, verb, actor, facts, remark_id, commitment)
SELECT clock_timestamp(), 'case:' || 1 + n %% 40, (ARRAY['report','accept','file'])[1 + n %% 3],
       'person:' || n %% 7, jsonb_build_object('unit', n, 'to', '书店街'), NULL, ''
  FROM generate_series(1, %s) n
"""


@dataclass
class Ledger:
    """web writes, worker seals, super may do anything (a superuser's connection)."""

    web: psycopg.Connection[Any]
    worker: psycopg.Connection[Any]
    super: psycopg.Connection[Any]
    home: Path
    minutes: int = 0
    audited: Audited = field(default_factory=Audited)

    def write(self, lines: int) -> None:
        self.web.execute(WRITE, [lines])

    def seal(self) -> int:
        return seal_all(self.worker)

    def seal_in_time(self) -> int:
        """Seal until nothing waits: another test's transaction may hold the horizon back."""
        sealed, until = 0, time.monotonic() + PATIENCE_S
        while True:
            sealed += self.seal()
            if not unsealed(self.worker)[0] or time.monotonic() > until:
                return sealed
            time.sleep(0.05)

    def witness(self) -> Any:
        """A mark for now, as if the next minute had come."""
        from datetime import UTC, datetime, timedelta

        self.minutes += 1
        return attest(self.worker, now=datetime.now(UTC) + timedelta(minutes=2 * self.minutes))

    def faults(self, path: Path | None = None, *, key: str = "") -> list[Fault]:
        """All that a verification finds."""
        self.audited = Audited()
        with reading(self.worker):
            found = verify(self.worker, Witnessed(path, key=key), self.audited)
            return [fault for fault in found if fault is not None]

    def tamper(self, *statements: str) -> None:
        """As superuser, past every trigger."""
        with self.super.transaction():
            self.super.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                self.super.execute(statement)

    def ids(self) -> list[int]:
        rows = self.super.execute("SELECT id FROM journal_line ORDER BY id").fetchall()
        return [number for (number,) in rows]


@contextlib.contextmanager
def reading(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """One moment of the database, in which nothing is written."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
