"""Taking one base backup, checked before it counts (基础备份)."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from psycopg.conninfo import make_conninfo

from shiyu.common.binaries import Installation, attempt
from shiyu.common.connection import conninfo
from shiyu.common.home import home
from shiyu.site.backup import sealed_keys, server
from shiyu.site.backup.plan import Plan, write_whole
from shiyu.site.backup.store import STAMP, Base, Store, Trouble

ROOM = 1.2  # so many times the database must be free
WAL_BYTES = 64_000_000  # what is written while it is copied
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a backup would take: for a dry run, and for the question of room."""

    bytes: int
    free: int
    tools: Installation

    @property
    def fits(self) -> bool:
        return self.free > self.needed

    @property
    def needed(self) -> float:
        return self.bytes * ROOM + WAL_BYTES


def look(store: Store) -> Wanted:
    """What there is to take, and whether there is room for it."""
    with server.connect() as connection:
        tools = server.tools_for(connection)
        size = server.size_of(connection)
    place = next(p for p in (store.root, *store.root.parents) if p.exists())
    return Wanted(size, shutil.disk_usage(place).free, tools)


def take(store: Store, plan: Plan, tell: Tell) -> Base:
    """One base backup, whole and verified; nothing is left of one that was broken off."""
    wanted = look(store)
    if not wanted.fits:
        need, free = wanted.needed / 1e9, wanted.free / 1e9
        raise Trouble(f"{store.root} has {free:.1f} GB free; the backup needs {need:.1f} GB.")
    begun, clock = datetime.now(UTC), time.monotonic()
    name = begun.strftime(STAMP)
    draft = store.base / f".{name}.making"
    draft.mkdir(mode=0o700)
    try:
        data = draft / "data"
        _copy(wanted.tools, data, tell)
        tell("checking every file against its checksum")
        check(wanted.tools, data)
        base = _about(data, name, begun, time.monotonic() - clock, wanted.tools.major)
        base = _with_keys(base, store, plan)
        store.keep(base, draft)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return base


def check(tools: Installation, data: Path) -> None:
    """Every file of a base backup against its manifest, and the WAL it needs."""
    ended = attempt([tools.tool("pg_verifybackup"), "-q", str(data)])
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines() or ["no reason given"]
        raise Trouble(f"The backup {data.parent.name} is broken: {said[0]}")


def _copy(tools: Installation, data: Path, tell: Tell) -> None:
    """pg_basebackup; its progress is passed on, its complaint becomes a sentence."""
    words = conninfo("backup")
    password = str(words.pop("password", ""))
    for name in ("options", "dbname"):
        words.pop(name, None)
    command = [tools.tool("pg_basebackup"), "-D", str(data), "-Fp", "-X", "stream", "-c", "fast"]
    command += ["-P", "--no-password", "--manifest-checksums=SHA256", "-l", "shiyu"]
    command += ["-d", make_conninfo("", **words)]
    environment = {**os.environ, "PGPASSWORD": password, "LC_ALL": "C.UTF-8", "LC_MESSAGES": "C"}
    running = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    said: list[str] = []
    try:
        assert running.stderr
        for line in running.stderr:  # \r and \n alike, as a text file
            done = re.search(r"\((\d+)%\)", line)
            if done:
                tell(f"{done[1]} % of the database")
            elif line.strip():
                said.append(line.strip())
        if running.wait():
            raise Trouble(f"The backup was not taken: {_why(said)}")
    finally:
        if running.poll() is None:
            running.terminate()
            running.wait()


def _why(said: list[str]) -> str:
    errors = [line for line in said if "error" in line or "fatal" in line.lower()] or said
    line = errors[0] if errors else "pg_basebackup gave no reason"
    if "No space left" in line:
        return f"the disk is full ({line})"
    return line


def _about(data: Path, name: str, begun: datetime, seconds: float, major: int) -> Base:
    label = (data / "backup_label").read_text()
    first = re.search(r"START WAL LOCATION: \S+ \(file (\w+)\)", label)
    timeline = re.search(r"START TIMELINE: (\d+)", label)
    assert first
    assert timeline
    held = sorted(p.name for p in (data / "pg_wal").iterdir() if len(p.name) == 24)
    files = [path for path in data.rglob("*") if path.is_file()]
    return Base(
        name=name,
        begun_at=begun.isoformat(),
        ended_at=datetime.now(UTC).isoformat(),
        major=major,
        timeline=int(timeline[1]),
        first_wal=first[1],
        last_wal=held[-1],
        bytes=sum(path.stat().st_size for path in files),
        manifest=sha256((data / "backup_manifest").read_bytes()).hexdigest(),
        seconds=round(seconds, 1),
    )


def _with_keys(base: Base, store: Store, plan: Plan) -> Base:
    """The secrets go along sealed; without a passphrase only what tells the right ones."""
    found = sealed_keys.secrets_of(home())
    marks = sealed_keys.fingerprints(found)
    if not plan.passphrase_file:
        return replace(base, keys=marks)
    words = sealed_keys.passphrase(plan.passphrase_file)
    name = f"{base.name}.json"
    write_whole(store.keys / name, sealed_keys.seal(found, words))
    return replace(base, keys=marks, sealed_keys=name)


def say_to_terminal(sentence: str) -> None:
    """Progress on one line where somebody looks, nothing in a log."""
    if sys.stderr.isatty():
        print(f"\r  {sentence:<60}", end="", file=sys.stderr, flush=True)
