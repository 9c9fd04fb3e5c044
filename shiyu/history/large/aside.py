"""What is taken away while a new city is filled, and put back as it was (先卸后建).

Indexes and references are dearer row by row than all at once. They are written down in a table
of their own in the same transaction that drops them, so that a making which was broken off finds
them again. Only in a city that is being made, and only as the owner of its tables.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

TABLES = (
    *("cases_case", "cases_assignment", "cases_report", "cases_reporter", "cases_rating"),
    *("cases_check", "cases_found", "journal_line", "journal_remark", "files_photo", "facts_daily"),
)
LEDGER = "making_city"
USED = "used"
"""How a hand tells of the processor time that it took, the database's for it included."""
FIRST = "journal_line_by_transaction"
"""Built first: sealing goes by it."""

Connection = psycopg.Connection[Any]
FAST = (
    "SET synchronous_commit = off",
    "SET lock_timeout = 0",
    "SET statement_timeout = 0",
    "SET maintenance_work_mem = '768MB'",
    "SET max_parallel_maintenance_workers = 0",
)
STANDS = """
SELECT regexp_replace(indexdef, 'INDEX \\S+ ON', 'INDEX ON') FROM pg_indexes
 WHERE tablename = ANY (%(tables)s) OR tablename LIKE 'journal\\_line\\_%%'
UNION ALL
SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
 WHERE conrelid = ANY (%(tables)s::regclass[]) AND contype IN ('f', 'u', 'p')
UNION ALL
SELECT relname || ' forced ' || relforcerowsecurity FROM pg_class
 WHERE oid = ANY (%(tables)s::regclass[])
ORDER BY 1
"""
"""All of it in words, to compare before and after."""
INDEXES = """
SELECT c.relname, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON '),
       i.indrelid::regclass::text, con.conname
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.contype = 'u'
 WHERE i.indrelid = ANY (%(tables)s::regclass[]) AND NOT i.indisprimary
   AND pg_get_indexdef(i.indexrelid) NOT LIKE '%%ARRAY[%%'
 ORDER BY c.relname <> %(first)s, pg_relation_size(i.indrelid) DESC, c.relname
"""
"""A list of values in a condition would be told otherwise once put back: such indexes stay, they
hold open cases and lead parts alone.
"""
REFERENCES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE conrelid = ANY (%(tables)s::regclass[]) AND contype = 'f' ORDER BY 1, 2
"""
FORCED = """
SELECT oid::regclass::text FROM pg_class
 WHERE oid = ANY (%(tables)s::regclass[]) AND relforcerowsecurity
"""

NOTE = f"INSERT INTO {LEDGER} (kind, what) VALUES (%s, %s)"  # noqa: S608
WRITTEN = f"SELECT what FROM {LEDGER} WHERE kind = 'chunk'"  # noqa: S608
STOOD = f"SELECT what FROM {LEDGER} WHERE kind = 'stood'"  # noqa: S608
NEXT = f"""
DELETE FROM {LEDGER} WHERE no = (
    SELECT no FROM {LEDGER} WHERE kind = %s ORDER BY no LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING what
"""  # noqa: S608


class NotAsBefore(Exception):
    """Something was not put back as it was."""


def prepared(connection: Connection) -> Connection:
    """A connection of the owner, for much at once."""
    for words in FAST:
        connection.execute(words)
    return connection


def used_by(connection: Connection) -> float:
    """Seconds of processor that the database spent on a connection; 0 where it runs elsewhere."""
    try:
        stat = Path(f"/proc/{connection.info.backend_pid}/stat").read_text()
    except OSError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def is_aside(connection: Connection) -> bool:
    """Whether a making was begun here and is not finished."""
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [LEDGER]).fetchone()
    return bool(row and row[0])


def take_away(connection: Connection) -> None:
    """Write down and drop what slows the filling down, all or nothing."""
    about = {"tables": list(TABLES), "first": FIRST}
    with connection.transaction():
        connection.execute(
            f"CREATE TABLE {LEDGER} (no bigserial PRIMARY KEY, kind text NOT NULL, "
            "what text NOT NULL)"
        )
        connection.execute(f"REVOKE ALL ON {LEDGER} FROM PUBLIC, web, worker")
        for (words,) in connection.execute(STANDS, about).fetchall():
            _note(connection, "stood", words)
        for table, name, words in connection.execute(REFERENCES, about).fetchall():
            _note(connection, "last", f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}")
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, words, table, unique in connection.execute(INDEXES, about).fetchall():
            _note(connection, "index", words)
            if unique:
                by = f"ADD CONSTRAINT {name} UNIQUE USING INDEX {name}"
                _note(connection, "last", f"ALTER TABLE {table} {by}")
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            else:
                connection.execute(f"DROP INDEX {name}")
        for (table,) in connection.execute(FORCED, about).fetchall():
            _note(connection, "last", f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")


def note_chunk(connection: Connection, chunk: int) -> None:
    """Say in a transaction that it wrote this chunk."""
    _note(connection, "chunk", str(chunk))


def chunks_written(connection: Connection) -> set[int]:
    rows = connection.execute(WRITTEN).fetchall()
    return {int(what) for (what,) in rows}


def put_back(connection: Connection, kind: str, *, most: int | None = None) -> Iterator[str]:
    """Build again what was taken away of a kind, one by one; several may do so at once.

    Yields what was built. Each is crossed out in the transaction that builds it.
    """
    built = 0
    while most is None or built < most:
        with connection.transaction():
            row = connection.execute(NEXT, [kind]).fetchone()
            if row is None:
                return
            connection.execute(row[0])
        built += 1
        yield row[0]


def finish(connection: Connection) -> None:
    """Compare with what stood before, and forget the ledger.

    Raises  NotAsBefore  with the first difference.
    """
    with connection.transaction():
        stood = _stood(connection)
        stands = [row[0] for row in connection.execute(STANDS, {"tables": list(TABLES)})]
        if differs := sorted(set(stood) ^ set(stands)):
            raise NotAsBefore(differs[0])
        connection.execute(f"DROP TABLE {LEDGER}")


def _stood(connection: Connection) -> Sequence[str]:
    rows = connection.execute(STOOD)
    return [row[0] for row in rows]


def _note(connection: Connection, kind: str, what: str) -> None:
    connection.execute(NOTE, [kind, what])


@contextmanager
def one_making(connection: Connection) -> Iterator[bool]:
    """Whether nobody else is making this city just now; keeps others out meanwhile."""
    row = connection.execute("SELECT pg_try_advisory_lock(hashtext('shiyu large city'))").fetchone()
    try:
        yield bool(row and row[0])
    finally:
        connection.execute("SELECT pg_advisory_unlock(hashtext('shiyu large city'))")
