"""The way back to a moment: beside the living city, verified there, then by one step (恢复).

`restore_beside` leaves a whole city in a folder of its own; `switching.py` exchanges it with the
living one. Either may be broken off and begun again.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from shiyu.common.binaries import DatabaseTrouble
from shiyu.common.connection import EMBEDDED_FILE, URLS, is_embedded
from shiyu.common.embedded import Cluster
from shiyu.common.home import home
from shiyu.site.backup import sealed_keys, server
from shiyu.site.backup.carrying import erasures_into, keys_of, pictures, witness_until
from shiyu.site.backup.keeping import later_lines
from shiyu.site.backup.plan import write_whole
from shiyu.site.backup.recovering import Recovered, recover
from shiyu.site.backup.store import Store, Trouble, lines_of

ABOUT = "restored.json"
MAKING, DONE = "making", "verified"
SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
Tell = Callable[[str], None]


@dataclass
class Restored:
    """What a restore came to; kept in the restored folder."""

    state: str
    base: str
    asked: str
    last_at: str = ""
    timeline: int = 0
    photos: int = 0
    photos_missing: list[str] = field(default_factory=list)
    settled: dict[str, Any] = field(default_factory=dict)
    verified: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def write(self, into: Path) -> None:
        write_whole(into / ABOUT, json.dumps(asdict(self), ensure_ascii=False, indent=1))


def read_restored(into: Path) -> Restored | None:
    try:
        return Restored(**json.loads((into / ABOUT).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def restore_beside(
    store: Store,
    into: Path,
    at: datetime | None,
    tell: Tell,
    *,
    passphrase_file: str = "",
    with_keys: bool = True,
    living: bool = True,
) -> Restored:
    """A whole city as of that moment in a folder of its own, made safe to open and verified.

    living  ask the city that runs for the WAL and the erasures it has not put away yet.
    """
    base = store.base_for(at)
    gap = store.gap_after(base)
    if gap:
        raise Trouble(f"{gap}. Only the moments before it can be had from the backup {base.name}.")
    keys = keys_of(store, base, passphrase_file) if with_keys else {}
    _begin(into)
    found = Restored(MAKING, base.name, at.isoformat() if at else "newest")
    found.write(into)
    clock = _Clock(found)
    later, more_wal = _ask_the_living(store, at, tell) if living else ([], None)
    recovered = recover(store, base, into, at, tell, more_wal=more_wal)
    found.last_at = recovered.last_at.isoformat() if recovered.last_at else ""
    found.timeline = recovered.timeline
    clock.stop("database")
    sealed_keys.put_into(into, keys)
    moment = at or datetime.now(UTC)
    witness_until(store, into, moment)
    _open_city(store, into, recovered, found, moment, later, tell, clock, copy=with_keys)
    found.state = DONE
    found.write(into)
    return found


def _open_city(
    store: Store,
    into: Path,
    recovered: Recovered,
    found: Restored,
    moment: datetime,
    later: list[dict[str, Any]],
    tell: Tell,
    clock: "_Clock",
    *,
    copy: bool,
) -> None:
    """Its database running: photos, settling, verification."""
    recovered.cluster.hold()
    try:
        tell("looking after the pictures")
        found.photos, found.photos_missing = pictures(store, into, recovered.cluster, copy=copy)
        clock.stop("pictures")
        tell("making it safe to open")
        found.settled = settle(store, into, moment, later)
        clock.stop("settling")
        tell("verifying journal, facts, clocks, invariants")
        found.verified = verify(into)
        clock.stop("verifying")
    finally:
        recovered.cluster.release()


def settle(
    store: Store,
    into: Path,
    moment: datetime,
    more: list[dict[str, Any]],
    *,
    only_again: bool = False,
) -> dict[str, Any]:
    """Run the settling in the restored city; what came after that moment is told to it."""
    rows = {row["line"]: row for row in [*lines_of(store.later), *more]}
    later = [row for row in rows.values() if datetime.fromisoformat(row["at"]) > moment]
    reached = json.loads(store.reached.read_text()) if store.reached.exists() else {}
    erasures_into(store, into)
    about = into / "settling.json"
    said = {"reached": reached, "later": later, "only_again": only_again}
    write_whole(about, json.dumps(said, ensure_ascii=False, default=str))
    words = [sys.executable, "-m", "shiyu.site.backup.settling", str(about)]
    ended = inside(into, words)
    about.unlink()
    if ended.returncode:
        raise Trouble(f"The restored city cannot be made safe to open: {_last(ended)}")
    found: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    return found


def verify(into: Path, what: str = "all") -> list[str]:
    """`shiyu verify` in the restored city; its summing lines. Raises Trouble with the faults."""
    ended = inside(into, [*SHIYU, "verify", what])
    said = [line for line in ended.stdout.splitlines() if line[:1] in "✓✗"]
    if ended.returncode:
        faults = "; ".join(line for line in said if line.startswith("✗")) or _last(ended)
        raise Trouble(f"The restored city does not verify: {faults} (it lies in {into})")
    return said


def random_moment(store: Store) -> datetime | None:
    """A random second that can be reached from the newest base; None where there is none later."""
    base, until = store.base_for(None), store.archived_until()
    begin = base.ended + timedelta(seconds=1)
    if until is None or until <= begin:
        return None
    return begin + (until - begin) * (secrets.randbelow(1_000_000) / 1_000_000)


class _Clock:
    """How long each part took."""

    def __init__(self, found: Restored) -> None:
        self.found, self.at = found, time.monotonic()

    def stop(self, part: str) -> None:
        now = time.monotonic()
        self.found.seconds[part] = round(now - self.at, 1)
        self.at = now


def _begin(into: Path) -> None:
    """A folder for this restore alone; half of an earlier one is taken away."""
    found = read_restored(into)
    if found is not None and found.state != DONE:
        Cluster(into).stop()
        shutil.rmtree(into)
    if into.exists() and any(into.iterdir()):
        raise Trouble(f"{into} is not empty: name another folder with --into.")
    into.mkdir(mode=0o711, parents=True, exist_ok=True)


def _ask_the_living(
    store: Store, at: datetime | None, tell: Tell
) -> tuple[list[dict[str, Any]], Path | None]:
    """The WAL and the erasures that the living city has and the backups have not yet.

    One that cannot be started any more is not needed: its backups know all but the last minute.
    """
    if not is_embedded() or not (home() / EMBEDDED_FILE).exists():
        return [], None
    more = next((p / "pg_wal" for p in home().glob("postgres-*") if p.name[9:].isdigit()), None)
    cluster = Cluster(home())
    tell("asking the living city")
    try:
        cluster.hold()
        with server.superuser(cluster) as living:
            server.finish_wal(living, store, patience_s=20)
            return (list(later_lines(living, at)) if at else []), more
    except (psycopg.Error, DatabaseTrouble) as trouble:
        tell(f"the living city cannot be asked: {trouble}")
        return [], more
    finally:
        cluster.release()


def inside(into: Path, words: list[str]) -> "subprocess.CompletedProcess[str]":
    """A command of ours in the restored city, whatever the environment names otherwise."""
    clean = {
        k: v
        for k, v in os.environ.items()
        if k not in {*URLS.values(), "SHIYU_WITNESS", "SHIYU_ERASURES"}
    }
    clean |= {"SHIYU_HOME": str(into)}
    return subprocess.run(words, env=clean, capture_output=True, text=True, check=False)


def _last(ended: "subprocess.CompletedProcess[str]") -> str:
    said = (ended.stderr.strip() or ended.stdout.strip() or "no reason given").splitlines()
    return said[-1]
