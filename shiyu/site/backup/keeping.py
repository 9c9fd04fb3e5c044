"""Between two base backups: pictures, the witness, and what may never be undone by a restore.

WAL is archived by the database itself. The rest is copied each minute (随时备份): new pictures,
new marks of the witness, and the lines of the journal that a restore to an earlier moment must
carry out again (erasures, revoked keys, closed accounts), with the database's counters, so that
no number that was given out is ever given to something else.
"""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shiyu.common.home import home
from shiyu.site.backup.plan import flush_folder, write_whole
from shiyu.site.backup.server import Connection
from shiyu.site.backup.store import Store, append_line, lines_of

AGAIN_BACK = timedelta(minutes=10)
"""Lines come in the order of commits, not of times: the last minutes are looked at again."""
NEVER_UNDONE = (
    *("erase", "revoke_key", "rotate_key", "deactivate"),
    *("end_appointment", "withdraw_duty", "set_password", "change_password"),
    *("remove_second_factor", "unlink_identity", "regrant_client"),
)
"""Moves of the journal that a restore must not silently take back."""

LATER = """
SELECT id, recorded_at, subject, verb, facts FROM journal_line
 WHERE recorded_at > %s AND verb = ANY(%s) ORDER BY id
"""
REACHED = """
SELECT now(), (SELECT coalesce(max(id), 0) FROM journal_line
                WHERE recorded_at > now() - interval '1 day'),
       (SELECT json_object_agg(schemaname || '.' || sequencename, last_value)
          FROM pg_sequences WHERE last_value IS NOT NULL)
"""
PICTURES = "SELECT id, sha256 FROM files_photo WHERE id > %s ORDER BY id LIMIT 500"
SIZES = (".jpg", ".small.jpg")


def keep_up(connection: Connection, store: Store) -> dict[str, int]:
    """One round; how many pictures and lines were new."""
    pictures = copy_pictures(connection, store)
    copy_lists(store)
    later = note_later(connection, store)
    note_reached(connection, store)
    return {"pictures": pictures, "later": later}


def copy_pictures(connection: Connection, store: Store) -> int:
    """Pictures that came since; the place where it stopped is kept beside them."""
    place = store.files / ".until"
    until, copied = _number(place), 0
    while rows := connection.execute(PICTURES, [until]).fetchall():
        for _pk, sha256 in rows:
            copied += _copy_picture(store, sha256)
        # A row may commit late with an early number: the last ones are looked at again.
        until = rows[-1][0]
        write_whole(place, str(max(until - 200, 0)))
        if len(rows) < 500:
            break
    return copied


def _copy_picture(store: Store, sha256: str) -> int:
    """Both sizes, whole and flushed; a picture gone meanwhile is passed over."""
    done = 0
    for size in SIZES:
        name = f"{sha256[:2]}/{sha256}{size}"
        target, source = store.files / name, home() / "files" / name
        if target.exists() or not source.exists():
            continue
        target.parent.mkdir(mode=0o700, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        with source.open("rb") as old, draft.open("wb") as new:
            shutil.copyfileobj(old, new)
            new.flush()
            os.fsync(new.fileno())
        draft.replace(target)
        flush_folder(target.parent)
        done = 1
    return done


def forget_pictures(store: Store, *, keep_days: int, now: datetime | None = None) -> int:
    """Take away copies of pictures that left the city long enough ago."""
    now = now or datetime.now(UTC)
    place = store.files / ".gone.json"
    before: dict[str, str] = json.loads(place.read_text()) if place.exists() else {}
    absent, removed = {}, 0
    for path in _pictures(store.files):
        name = str(path.relative_to(store.files))
        if (home() / "files" / name).exists():
            continue
        absent[name] = before.get(name, now.isoformat())
        if datetime.fromisoformat(absent[name]) < now - timedelta(days=keep_days):
            path.unlink()
            del absent[name]
            removed += 1
    write_whole(place, json.dumps(absent))
    return removed


def copy_lists(store: Store) -> None:
    """The witness's marks and the list of erased people, as far as they have grown."""
    from shiyu.journal.witness import witness_file
    from shiyu.privacy.outside import list_path

    follow(witness_file(), store.witness)
    follow(list_path(), store.erasures)


def follow(source: Path, kept: Path) -> bool:
    """Add what a growing file has more; one that does not follow is kept beside, never over."""
    if not source.exists():
        return False
    said = source.read_bytes()
    before = kept.read_bytes() if kept.exists() else b""
    if said == before:
        return False
    if not said.startswith(before):
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
        kept.rename(kept.with_name(f"{kept.stem}-until-{stamp}{kept.suffix}"))
        before = b""
    with kept.open("ab") as file:
        file.write(said[len(before) :])
        file.flush()
        os.fsync(file.fileno())
    return True


def later_lines(connection: Connection, after: datetime) -> Iterator[dict[str, Any]]:
    """What a restore to that moment would have to carry out again."""
    for pk, at, subject, verb, facts in connection.execute(LATER, [after, list(NEVER_UNDONE)]):
        yield {
            "line": pk,
            "at": at.isoformat(),
            "subject": subject,
            "verb": verb,
            "facts": facts,
        }


def note_later(connection: Connection, store: Store) -> int:
    """Write down the lines that are new since the last round."""
    known = lines_of(store.later)
    have = {row["line"] for row in known}
    last = max((datetime.fromisoformat(row["at"]) for row in known), default=None)
    since = (last - AGAIN_BACK) if last else datetime.now(UTC) - timedelta(days=1)
    fresh = [row for row in later_lines(connection, since) if row["line"] not in have]
    for row in fresh:
        append_line(store.later, row)
    return len(fresh)


def note_reached(connection: Connection, store: Store) -> None:
    """How far the city's counters are."""
    row = connection.execute(REACHED).fetchone()
    assert row
    at, line, sequences = row
    said = {"at": at.isoformat(), "line": line, "sequences": sequences or {}}
    write_whole(store.reached, json.dumps(said))


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _pictures(folder: Path) -> Iterator[Path]:
    yield from folder.glob("[0-9a-f][0-9a-f]/*.jpg")
