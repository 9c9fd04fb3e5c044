"""The export itself: one snapshot of everything, streamed table by table (迁出).

Each table is written twice, as CSV for people and as JSON Lines for programs; a manifest has the
rows, the length and the SHA-256 of every file. Nothing is held in memory but one row.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shiyu.files.store import SIZES, path_of
from shiyu.history.moving import opened
from shiyu.history.moving.places import features
from shiyu.history.moving.tables import Connection, Table, dictionary, tables_of
from shiyu.history.moving.target import AT_ONCE, Entry, Target

FORMAT = "shiyu-export-1"
MANIFEST, SUMS, MEANING, PLACES = (
    "manifest.json",
    "SHA256SUMS",
    "dictionary.json",
    "places.geojson",
)
SNAPSHOT = """
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL statement_timeout TO 0;
    SET LOCAL transaction_timeout TO 0;
    SET LOCAL idle_in_transaction_session_timeout TO 0
"""
"""Without the limits for a page's questions: a large table takes minutes, pictures may take hours
in between. It writes nothing and so keeps nobody waiting."""
PHOTOS = "SELECT DISTINCT sha256 FROM files_photo ORDER BY sha256"
CSV, LINES = "csv", "jsonl"
TOGETHER = 2_000

Told = Callable[[str, int, int], None]
Block = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Left:
    """What has left: how many tables, rows and files, and the hash of the manifest."""

    tables: int
    rows: int
    files: int
    missing: tuple[str, ...]
    sha256: str


def leave(
    connection: Connection,
    path: Path,
    *,
    about: dict[str, Any],
    progress: Told = lambda _table, _done, _all: None,
) -> Left:
    """Write everything the city owns to a folder or a zip.

    connection  one of its own, outside any transaction; all is read as of one moment.
    about       what the manifest says of city, time, purpose and who asked.
    progress    is told the table, how many of its rows are written, and about how many it has.

    Raises  Refused: the target is there already. OSError: no room, no right; nothing is left then.
    """
    with Target(path) as target:
        own = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if own:
            connection.execute(SNAPSHOT)
        try:
            left = _write(connection, target, about, progress)
        finally:
            if own:
                connection.rollback()
        return left


def _write(connection: Connection, target: Target, about: dict[str, Any], progress: Told) -> Left:
    tables, staying = tables_of(connection)
    told = [_table(connection, target, table, progress) for table in tables]
    target.put(PLACES, features(connection))
    missing = tuple(_photos(connection, target))
    meaning = json.dumps(dictionary(tables), ensure_ascii=False, indent=1)
    target.put(MEANING, [meaning.encode()])
    manifest = {
        "format": FORMAT,
        "program": _version(),
        **about,
        "tables": told,
        "left_out": staying,
        "files": [_said(entry) for entry in target.entries],
        "missing_files": list(missing),
    }
    written = target.put(MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=1).encode()])
    sums = "".join(f"{entry.sha256}  {entry.path}\n" for entry in target.entries)
    target.put(SUMS, [sums.encode()])
    rows = sum(table["rows"] for table in told)
    return Left(len(told), rows, len(target.entries), missing, written.sha256)


def _table(connection: Connection, target: Target, table: Table, progress: Told) -> dict[str, Any]:
    """One table in both forms; both have the same rows, since they are of one snapshot."""
    expected = _about_how_many(connection, table)
    if table.name == opened.REPORTERS:
        return _opened(connection, target, table, lambda n: progress(table.name, n, expected))
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    rows = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
        columns,
        sql.Identifier(table.name),
        sql.SQL(table.key),
    )
    counts = {
        CSV: _copy(
            connection,
            target,
            f"csv/{table.name}.csv",
            sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv, HEADER)").format(rows),
            lambda done: progress(table.name, done, expected),
        )
        - 1,
        LINES: _copy(
            connection,
            target,
            f"jsonl/{table.name}.jsonl",
            sql.SQL("COPY (SELECT row_to_json(r) FROM ({}) r) TO STDOUT").format(rows),
            lambda done: progress(table.name, done, expected),
            doubled=True,
        ),
    }
    return _said_of(table, counts[LINES])


def _opened(
    connection: Connection, target: Target, table: Table, progress: Callable[[int], None]
) -> dict[str, Any]:
    """Who reported, in clear: closed with a key that stays here, it would be lost elsewhere."""
    count = 0
    with target.entry(f"csv/{table.name}.csv") as entry:
        entry.write(f"{','.join(opened.COLUMNS)}\n".encode())
        for rows in opened.reporters(connection):
            entry.write(opened.as_csv(rows))
    with target.entry(f"jsonl/{table.name}.jsonl") as entry:
        for rows in opened.reporters(connection):
            entry.write(opened.as_lines(rows))
            count += len(rows)
            progress(count)
    return _said_of(table, count) | {"form": opened.FORM}


def _said_of(table: Table, rows: int) -> dict[str, Any]:
    """What the manifest says of a table."""
    return {
        "name": table.name,
        "about": table.about,
        "rows": rows,
        "personal": [column.name for column in table.columns if column.personal],
        "kept_back": dict(table.kept_back),
        "paths": [f"csv/{table.name}.csv", f"jsonl/{table.name}.jsonl"],
    }


def _copy(
    connection: Connection,
    target: Target,
    path: str,
    words: sql.Composed,
    progress: Callable[[int], None],
    *,
    doubled: bool = False,
) -> int:
    """One COPY into one file; returns how many rows came.

    doubled  backslashes come twice, as COPY's plain form has them; JSON holds no other sign
             that it would write otherwise.
    """
    count = 0
    with target.entry(path) as entry, connection.cursor().copy(words) as blocks:
        for some in batched(blocks):  # a row each, as the server sends them
            rows = b"".join(some)
            entry.write(rows.replace(b"\\\\", b"\\") if doubled else rows)
            count += len(some)
            progress(count)
    return count


def batched(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks by the thousand: hashing and writing them one by one costs more than reading them."""
    blocks = iter(blocks)
    while some := list(islice(blocks, TOGETHER)):
        yield some


def _about_how_many(connection: Connection, table: Table) -> int:
    words = (
        "SELECT greatest(sum(c.reltuples), 0)::bigint FROM pg_class c WHERE c.oid = %s::regclass"
    )
    found = connection.execute(words, (table.name,)).fetchone()
    return int(found[0]) if found else 0


def _photos(connection: Connection, target: Target) -> Iterator[str]:
    """Copy every picture that a row names; yields those that are not there."""
    with connection.cursor("photos") as rows:
        rows.execute(PHOTOS)
        for (sha256,) in rows:
            for size in SIZES:
                path = path_of(sha256, size)
                if not path.is_file():
                    yield path.name
                    continue
                target.put(f"files/{sha256[:2]}/{path.name}", _pieces(path))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(AT_ONCE):
            yield piece


def _said(entry: Entry) -> dict[str, Any]:
    return {"path": entry.path, "bytes": entry.bytes, "sha256": entry.sha256}


def _version() -> str:
    try:
        return version("shiyu")
    except PackageNotFoundError:
        return ""


def sha256_of(pieces: Iterator[bytes]) -> tuple[str, int]:
    """The hash and the length of what these pieces make."""
    digest, length = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        length += len(piece)
    return digest.hexdigest(), length
