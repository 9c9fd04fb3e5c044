"""The folder of a city's backups: bases, archived WAL, pictures, keys, what came later (备份库).

shiyu-backup.json   whose it is           wal/      finished WAL, compressed, never rewritten
base/<UTC>/         one base backup each  files/    pictures, each once, by their SHA-256
keys/               sealed secrets        witness.jsonl, later.jsonl, reached.json, drills.jsonl
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shiyu.common.binaries import give_to_server
from shiyu.site.backup.archive import NAME_DIGITS, WHOSE
from shiyu.site.backup.plan import OLDEST_DAYS, flush_folder, write_whole

MARK = "shiyu-backup.json"
ABOUT = "about.json"
STAMP = "%Y%m%dT%H%M%SZ"
SEGMENTS_A_LOG = 256  # WAL files of 16 MB, as every cluster here is made


class Trouble(Exception):
    """Why a backup or a restore cannot be had, in one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Base:
    """One base backup: when, of what, from which WAL file on it can be brought forward."""

    name: str
    begun_at: str
    ended_at: str
    major: int
    timeline: int
    first_wal: str
    last_wal: str
    bytes: int
    manifest: str
    seconds: float
    sealed_keys: str = ""
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> datetime:
        return datetime.fromisoformat(self.ended_at)


class Store:
    """A city's backups in one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wal, self.base, self.files = root / "wal", root / "base", root / "files"
        self.keys, self.witness = root / "keys", root / "witness.jsonl"
        self.erasures = root / "erasures.jsonl"
        self.later, self.reached, self.drills = (
            root / name for name in ("later.jsonl", "reached.json", "drills.jsonl")
        )

    @classmethod
    def found(cls, root: Path) -> "Store":
        """The backups that are there; a disk that is not mounted is told, never written to."""
        store = cls(root)
        if not (root / MARK).is_file():
            raise Trouble(f"{root} holds no backups of a city: is its disk mounted?")
        return store

    @classmethod
    def made(cls, root: Path, system: str) -> "Store":
        """A folder for the backups of this cluster alone; the one of before is gone on with."""
        store = cls(root)
        if (root / MARK).is_file():
            if store.system != system:
                raise Trouble(f"{root} holds the backups of another database: name another folder.")
            return store
        if root.exists() and any(root.iterdir()):
            raise Trouble(f"{root} is not empty and holds no backups: name another folder.")
        root.mkdir(mode=0o711, parents=True, exist_ok=True)
        for folder in (store.base, store.files, store.keys):
            folder.mkdir(mode=0o700, exist_ok=True)
        store.wal.mkdir(mode=0o700, exist_ok=True)
        write_whole(store.wal / WHOSE, system)
        give_to_server(store.wal, store.wal / WHOSE)
        write_whole(root / MARK, json.dumps({"form": "shiyu-backup-1", "system": system}))
        return store

    @property
    def system(self) -> str:
        return str(json.loads((self.root / MARK).read_text())["system"])

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One at a time writes bases or takes them away."""
        with (self.root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Trouble(f"Another backup into {self.root} is under way.") from None
            yield

    def bases(self) -> list[Base]:
        """Whole base backups, the oldest first."""
        found = sorted(self.base.glob(f"[0-9]*/{ABOUT}"))
        return [Base(**json.loads(path.read_text())) for path in found]

    def data_of(self, base: Base) -> Path:
        return self.base / base.name / "data"

    def keep(self, base: Base, draft: Path) -> None:
        """A base counts from the moment its folder has its name."""
        write_whole(draft / ABOUT, json.dumps(asdict(base), indent=1))
        draft.rename(self.base / base.name)
        flush_folder(self.base)

    def base_for(self, at: datetime | None) -> Base:
        """The newest base from which that moment can be reached."""
        bases = self.bases()
        if not bases:
            raise Trouble(f"{self.root} holds no whole base backup: run `shiyu backup`.")
        fitting = [base for base in bases if at is None or base.ended <= at]
        if not fitting:
            said = bases[0].ended_at
            raise Trouble(f"The oldest backup ended at {said}: an earlier moment cannot be had.")
        return fitting[-1]

    def segments(self) -> list[tuple[str, Path]]:
        """Archived WAL files by name, oldest first, whatever their timeline."""
        names = [(path.name.removesuffix(".gz"), path) for path in self.wal.glob("*.gz")]
        return sorted((pair for pair in names if _is_segment(pair[0])), key=lambda p: p[0][8:])

    def archived_until(self) -> datetime | None:
        """When the newest WAL file came in; what was committed before is safe."""
        times = [path.stat().st_mtime for _, path in self.segments()[-2:]]
        return datetime.fromtimestamp(max(times), UTC) if times else None

    def gap_after(self, base: Base) -> str:
        """What WAL is missing between a base and the newest archived file; empty if nothing is."""
        have = {_ordinal(name) for name, _ in self.segments()}
        first = _ordinal(base.last_wal)
        wanted = range(first, max(have, default=first) + 1)
        missing = [ordinal for ordinal in wanted if ordinal not in have]
        # The base carries what was written while it was taken.
        missing = [ordinal for ordinal in missing if ordinal > first]
        if not missing:
            return ""
        names = [f"{base.first_wal[:8]}{_digits(ordinal)}" for ordinal in missing]
        more = f" and {len(names) - 1} more up to {names[-1]}" if len(names) > 1 else ""
        return f"WAL is missing from the archive: {names[0]}{more}"

    def forget(self, keep: int, *, now: datetime | None = None) -> list[str]:
        """Take away what is too many or too old, never the last base, and WAL nobody needs."""
        now = now or datetime.now(UTC)
        bases = self.bases()
        too_old = now - timedelta(days=OLDEST_DAYS)
        gone = [b for b in bases[:-1] if b in bases[: -max(keep, 1)] or b.ended < too_old]
        for base in gone:
            doomed = self.base / f".{base.name}.gone"
            (self.base / base.name).rename(doomed)
            shutil.rmtree(doomed)
        left = self.bases()
        if left:
            first = left[0].first_wal[8:]
            for name, path in self.segments():
                if name[8:] < first:
                    path.unlink()
        return [base.name for base in gone]

    def sweep(self) -> None:
        """Take away what an interrupted run left half done."""
        for path in self.base.glob(".*"):
            shutil.rmtree(path)


def append_line(path: Path, row: dict[str, Any]) -> None:
    """One more line in a file that only grows, flushed."""
    with path.open("a") as file:
        file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
        file.flush()
        os.fsync(file.fileno())


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Every whole line of such a file; a torn last one counts for nothing."""
    found = []
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
    return found


def _is_segment(name: str) -> bool:
    return len(name) == NAME_DIGITS and all(c in "0123456789ABCDEF" for c in name)


def _ordinal(name: str) -> int:
    return int(name[8:16], 16) * SEGMENTS_A_LOG + int(name[16:], 16)


def _digits(ordinal: int) -> str:
    return f"{ordinal // SEGMENTS_A_LOG:08X}{ordinal % SEGMENTS_A_LOG:08X}"
