"""The restored city takes the place of the living one, by one step (切换)."""

import ctypes
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from shiyu.common.binaries import DatabaseTrouble
from shiyu.common.connection import URLS, is_embedded
from shiyu.common.embedded import Cluster
from shiyu.common.home import home
from shiyu.journal.witness import witness_file
from shiyu.site.backup import server
from shiyu.site.backup.archive import unpacked
from shiyu.site.backup.keeping import later_lines
from shiyu.site.backup.plan import FILE as PLAN
from shiyu.site.backup.recovering import open_door
from shiyu.site.backup.restoring import (
    DONE,
    SHIYU,
    Restored,
    Tell,
    inside,
    read_restored,
    settle,
    verify,
)
from shiyu.site.backup.store import Store, Trouble


def switch(into: Path, store: Store, tell: Tell) -> Path:
    """Put the restored city in the place of the living one, by one step; where that one is now."""
    found, living = read_restored(into), home()
    if found is None or found.state != DONE:
        raise Trouble(f"{into} holds no restored city that was verified.")
    if not is_embedded():
        raise Trouble(
            f"This city has a database of its own ({URLS['web']}): serve the restored one by "
            f"SHIYU_HOME={into} without that variable, or have its administrator bring it over."
        )
    with alone(living):
        moment = _moment_of(found)
        later = _later_of_the_living(moment)
        Cluster(living).stop()
        before = _witness_whole(into)
        recovered = Cluster(into)
        recovered.hold()
        try:
            tell("carrying out again what came since")
            settle(store, into, moment, later, only_again=True)
            inside(into, [*SHIYU, "witness", "taken-back"])
            tell("verifying the journal with the whole witness")
            verify(into, "journal")
        finally:
            recovered.stop()
            recovered.release()
        for path in into.glob("postgres-*"):
            if path.name[9:].isdigit():
                _open_door(path, store)
        if (living / PLAN).exists():
            shutil.copy2(living / PLAN, into / PLAN)
        tell("exchanging the two")
        exchange(living, into)
        _witness_outside(living, before)
    return into


def exchange(one: Path, other: Path) -> None:
    """Exchange the names of two folders at once: at no moment is there no city or half of one."""
    at_cwd, exchange_names = -100, 2
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(at_cwd, bytes(one), at_cwd, bytes(other), exchange_names):
        why = os.strerror(ctypes.get_errno())
        raise Trouble(
            f"{one} and {other} cannot be exchanged ({why}): they must lie on one disk and be no "
            f"mount points. Serve the restored city by SHIYU_HOME={other} instead."
        )
    descriptor = os.open(one.parent, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


@contextmanager
def alone(living: Path) -> Iterator[None]:
    """Nobody uses the living city while it is exchanged."""
    lease = os.open(living / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(
                f"The city in {living} is in use: stop `shiyu serve` and `shiyu worker` first."
            ) from None
        yield
    finally:
        os.close(lease)


def _open_door(data: Path, store: Store) -> None:
    """Archive again, unless the archive knows this timeline by another history."""
    for path in (data / "pg_wal").glob("*.history"):
        kept = store.wal / f"{path.name}.gz"
        if kept.exists() and unpacked(str(kept)) != path.read_bytes():
            raise Trouble(
                f"Another restore has gone on as timeline {path.stem} meanwhile: restore again."
            )
    open_door(data)


def _later_of_the_living(moment: datetime) -> list[dict[str, Any]]:
    """What it did that must stand; nothing where it cannot be asked any more."""
    try:
        with server.superuser(Cluster(home())) as living:
            return list(later_lines(living, moment))
    except (psycopg.Error, DatabaseTrouble):
        return []


def _witness_whole(into: Path) -> int:
    """The witness goes on where it is; what the restore lost is put on record behind it."""
    if not witness_file().exists():
        return 0
    said = witness_file().read_bytes()
    (into / "witness.jsonl").write_bytes(said)
    return len(said)


def _witness_outside(living: Path, before: int) -> None:
    """A witness kept elsewhere is told the same, behind what it says."""
    if witness_file() != living / "witness.jsonl" and witness_file().exists():
        with witness_file().open("ab") as file:
            file.write((living / "witness.jsonl").read_bytes()[before:])
            file.flush()
            os.fsync(file.fileno())


def _moment_of(found: Restored) -> datetime:
    said = found.asked if found.asked != "newest" else found.last_at
    return datetime.fromisoformat(said) if said else datetime.now(UTC)
