"""The witness: each minute the head of the chain, signed, in a file outside the database (见证).

Whoever rewrites the database, even as its superuser, contradicts this file. Keep it on another
disk or machine (`SHIYU_WITNESS`), and copies of it elsewhere.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from shiyu.common.home import home
from shiyu.journal.digests import chosen, digest_named
from shiyu.journal.keys import Key, keep, new_key, own_key
from shiyu.journal.marks import BACK, HEAD, KEY, Mark, Reading, check_marks, read_mark, write_mark
from shiyu.journal.merkle import leaf_of, root_of
from shiyu.journal.seals import Connection, heads_between

TAIL = 64 * 1024
EVERY_S = 60.0
AT_REST_S = 3600.0
"""Without a new batch a mark an hour says that there was none."""

LINES_AFTER = "SELECT coalesce(sum(lines), 0)::bigint FROM journal_seal WHERE no > %s AND no <= %s"
LAST_BATCH = "SELECT no, head FROM journal_seal ORDER BY no DESC LIMIT 1"
HEAD_OF = "SELECT head FROM journal_seal WHERE no = %s"
COPIED = "SELECT coalesce(max(seq), 0) FROM journal_mark"
COPY = """
INSERT INTO journal_mark (seq, at, kind, first_batch, last_batch, said)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


class Disagrees(Exception):
    """The database does not hold what was witnessed: it was taken back, or rewritten."""


def witness_file() -> Path:
    """Where marks are kept: `SHIYU_WITNESS`, else beside this server's data."""
    return Path(os.environ.get("SHIYU_WITNESS") or home() / "witness.jsonl").expanduser()


def attest(connection: Connection, *, now: datetime | None = None) -> Mark | None:
    """Witness the head if it is time; what this file already says is copied to the database.

    Raises  OSError when the file cannot be written, Disagrees when the database contradicts it.
    """
    now = now or datetime.now(UTC)
    row = connection.execute(LAST_BATCH).fetchone()
    if row is None:
        return None
    batch, head = row[0], bytes(row[1])
    with _held(witness_file()) as file:
        last = last_mark(file)
        head_mark = _last_head(file, last)
        _agree(connection, head_mark)
        mark = None
        if _is_due(head_mark, batch, now):
            key = own_key()
            last = last or _append(file, _first_key(key, now))
            mark = _append(file, _head_mark(connection, last, head_mark, (batch, head), key, now))
        _copy_to(connection, file)
    return mark


def exchange_key(*, now: datetime | None = None) -> Mark:
    """Begin signing with a fresh key: the old one signs that it follows (更换密钥)."""
    old, (fresh, seed) = own_key(), new_key()
    with _held(witness_file()) as file:
        last = last_mark(file) or _append(file, _first_key(old, now))
        mark = write_mark(KEY, after=last, by=old, at=now, public=fresh.public, reason="exchanged")
        _append(file, mark)  # first: should we be stopped here, the old key goes on signing
        keep(seed)
        return mark


def taken_back(connection: Connection, *, now: datetime | None = None) -> Mark:
    """State that a restore has taken the database back, so that its loss is no secret (恢复登记).

    The chain goes on from the last mark that the database still agrees with.

    Raises  ValueError when nothing witnessed is missing.
    """
    with _held(witness_file()) as file:
        last = last_mark(file)
        marks = (mark for mark in _backwards(file) if mark.kind != KEY)
        stands = next((mark for mark in marks if _agrees(connection, mark)), None)
        if last is None or stands == _last_head(file, last):
            raise ValueError("nothing that was witnessed is missing")
        batch, lines, head = (stands.batch, stands.lines, stands.head) if stands else (0, 0, "")
        says = {"batch": batch, "lines": lines, "head": head}
        return _append(file, write_mark(BACK, after=last, by=own_key(), at=now, **says))


def public_keys() -> dict[str, str]:
    """Every key that this server's witness file introduces, by name."""
    reading = Reading()
    path = witness_file()
    if path.exists():
        with path.open("rb") as file:
            for _mark in check_marks(file, reading):
                pass
    return reading.keys


def last_mark(file: IO[bytes]) -> Mark | None:
    """The last whole mark of a witness file."""
    return next(_backwards(file), None)


def _backwards(file: IO[bytes]) -> Iterator[Mark]:
    """Whole marks from the end of the file to its beginning."""
    end = file.seek(0, os.SEEK_END)
    rest = b""
    while end > 0:
        start = max(0, end - TAIL)
        file.seek(start)
        block = file.read(end - start) + rest
        lines = block.split(b"\n")
        rest, end = (lines.pop(0), start) if start else (b"", 0)
        for line in reversed(lines):
            try:
                yield read_mark(line.decode())
            except ValueError:
                continue


def _last_head(file: IO[bytes], last: Mark | None) -> Mark | None:
    if last is None or last.kind != KEY:
        return last
    return next((mark for mark in _backwards(file) if mark.kind != KEY), None)


def _agree(connection: Connection, mark: Mark | None) -> None:
    """What the last mark says of its batch must still stand in the database."""
    if mark is not None and not _agrees(connection, mark):
        says = f"batch {mark.batch}, witnessed at {mark.at}, is missing or another in the database"
        raise Disagrees(says)


def _agrees(connection: Connection, mark: Mark) -> bool:
    if mark.batch == 0:
        return True
    row = connection.execute(HEAD_OF, [mark.batch]).fetchone()
    return row is not None and bytes(row[0]).hex() == mark.head


def _is_due(last: Mark | None, batch: int, now: datetime) -> bool:
    if last is None:
        return True
    age = (now - datetime.fromisoformat(last.at)).total_seconds()
    return age >= (EVERY_S if batch > last.batch else AT_REST_S)


def _first_key(key: Key, now: datetime | None) -> Mark:
    return write_mark(KEY, after=None, by=key, at=now, public=key.public, reason="first")


def _head_mark(
    connection: Connection,
    last: Mark,
    before: Mark | None,
    stands: tuple[int, bytes],
    key: Key,
    now: datetime,
) -> Mark:
    batch, head = stands
    since = before.batch if before else 0
    algorithm = chosen()
    digest = digest_named(algorithm)
    leaves = [leaf_of(h, digest) for h in heads_between(connection, since + 1, batch)]
    row = connection.execute(LINES_AFTER, [since, batch]).fetchone()
    assert row
    return write_mark(
        HEAD,
        after=last,
        by=key,
        at=now,
        first=since + 1,
        batch=batch,
        lines=(before.lines if before else 0) + row[0],
        head=head.hex(),
        root=root_of(leaves, digest).hex() if leaves else "",
        algorithm=algorithm,
    )


@contextmanager
def _held(path: Path) -> Iterator[IO[bytes]]:
    """The file, made if need be, for one writer at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _append(file: IO[bytes], mark: Mark) -> Mark:
    """Add a line and see it onto the disk; what a full disk left of a line before is ended."""
    end = file.seek(0, os.SEEK_END)
    torn = False
    if end:
        file.seek(end - 1)
        torn = file.read(1) != b"\n"
    line = (b"\n" if torn else b"") + mark.said.encode() + b"\n"
    written = file.write(line)
    if written != len(line):
        raise OSError(f"only {written} of {len(line)} bytes could be written")
    os.fsync(file.fileno())
    return mark


def _copy_to(connection: Connection, file: IO[bytes]) -> None:
    """Pages on other machines show and serve marks from the database's copy."""
    row = connection.execute(COPIED).fetchone()
    copied = row[0] if row else 0
    fresh = []
    for mark in _backwards(file):
        if mark.seq <= copied:
            break
        fresh.append((mark.seq, mark.at, mark.kind, mark.first, mark.batch, mark.said))
    if fresh:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(COPY, fresh[::-1])
