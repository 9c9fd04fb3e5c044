"""What the checkup asks of the journal's seals and of its witness (封存、见证)."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from shiyu.journal.marks import Mark
from shiyu.journal.sealing import COUNTED_MOST, unsealed
from shiyu.journal.witness import EVERY_S, last_mark, witness_file
from shiyu.site.checkup.finding import Finding

SEALED_WITHIN_S = 60.0
WITNESSED_WITHIN_S = 5 * EVERY_S
LAST_BATCH = "SELECT no, encode(head, 'hex') FROM journal_seal ORDER BY no DESC LIMIT 1"
HEAD_OF = "SELECT encode(head, 'hex') FROM journal_seal WHERE no = %s"


def sealed(connection: "psycopg.Connection[Any]") -> Finding:
    """How many lines wait to be sealed, and since when: a writer that never ends holds them up."""
    waiting, oldest_s = unsealed(connection)
    count = f"more than {COUNTED_MOST}" if waiting >= COUNTED_MOST else str(waiting)
    seen = f"{count} lines wait to be sealed"
    if waiting:
        seen += f", the oldest for {oldest_s:.0f} s"
    advice = (
        "Keep `shiyu worker` running. If it is, a transaction that never ends holds sealing up: "
        "SELECT pid, xact_start FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY 2."
    )
    return Finding("sealing", oldest_s <= SEALED_WITHIN_S, seen, advice, fatal=False)


def witnessed(connection: "psycopg.Connection[Any]") -> Finding:
    """Whether the head of the chain is on the disk outside the database, lately and the same."""
    path, name = witness_file(), "witness"
    row = connection.execute(LAST_BATCH).fetchone()
    if row is None:
        return Finding(name, True, "nothing to witness yet")
    try:
        _writable(path)
        mark = _last(path)
    except OSError as error:
        advice = "Make room or give this user write access, or set SHIYU_WITNESS; it is retried."
        return Finding(name, False, f"{path} cannot be written ({error})", advice, fatal=False)
    if mark is None:
        advice = "Keep `shiyu worker` running."
        return Finding(name, False, f"nothing witnessed in {path}", advice, fatal=False)
    if mark.kind != "key" and mark.batch:
        found = connection.execute(HEAD_OF, [mark.batch]).fetchone()
        if found is None or found[0] != mark.head:
            seen = f"batch {mark.batch}, witnessed at {mark.at}, is missing or another"
            advice = "Run `shiyu verify journal`; after a restore, `shiyu witness taken-back`."
            return Finding(name, False, seen, advice, fatal=False)
    age = (datetime.now(UTC) - datetime.fromisoformat(mark.at)).total_seconds()
    seen = f"batch {mark.batch} of {row[0]}, {age:.0f} s ago"
    well = mark.batch == row[0] or age <= WITNESSED_WITHIN_S
    return Finding(name, well, seen, "Keep `shiyu worker` running.", fatal=False)


def _last(path: Path) -> Mark | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return last_mark(file)


def _writable(path: Path) -> None:
    """Raises OSError if a mark could not be added: no right, no room, no such place."""
    if path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
    with tempfile.TemporaryFile(dir=path.parent) as file:
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())
