"""T-F4: each disk in turn is full; reads go on, writes are refused with a sentence, all heals.

Each volume is a small memory file system of its own: pictures, logs, the archive of WAL, the WAL
of the database, its data. It is filled while clients work, stays full, and is freed again.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.faults.partition import Probe, until_answers
from bench.faults.place import Facts, Place, kept, place, verified
from shiyu.common.embedded import Cluster
from shiyu.site.backup.carrying import is_whole

FULL_S = 8.0
SIZES = {"files": "24m", "archive": "96m", "wal": "640m", "data": "512m"}


def run(only: float = 0) -> Facts:
    """only  the number of one volume in the order above, counted from 1; all: 0."""
    found: Facts = {"volumes": {}}
    for volume in [list(SIZES)[int(only) - 1]] if only else SIZES:
        found["volumes"][volume] = _one(volume)
    found["well"] = all(row["well"] for row in found["volumes"].values())
    return found


def _one(volume: str) -> Facts:
    with place() as city, _small(city, volume) as folder:
        if volume == "archive":
            city.run("backup", "--to", str(folder / "b"), "--drill-days", "0")
        city.serve()
        probe = Probe(city.port)
        with city.crowd(systems=2, residents=1) as crowd:
            time.sleep(4)
            probe.begin()
            filler = _fill(folder)
            time.sleep(FULL_S)
            statuses = Counter(crowd.repeats)
            filler.unlink()
            healed = time.monotonic()
            back = until_answers(city.port) - healed
            longest, answers = probe.end()
            before = sum(crowd.done.values())
            until = time.monotonic() + 60
            while sum(crowd.done.values()) <= before and time.monotonic() < until:
                time.sleep(0.5)
            resumed = time.monotonic() - healed
        city.end()
        found: Facts = {"reads_while_full": dict(answers), "longest_s": round(longest, 1)}
        found |= {"repeats": dict(statuses), "failures": dict(crowd.failures)}
        found |= {"back_s": round(back, 1), "working_again_s": round(resumed, 1)}
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        found["half_files"] = _half(city.home / "files")
        found["well"] = bool(
            found["acknowledged"]
            and not (found["lost"] or found["doubled"] or found["cases_without_a_line"])
            and found["verify"]
            and not found["half_files"]
            and resumed < 60
        )
        return found


@contextlib.contextmanager
def _small(city: Place, volume: str) -> Iterator[Path]:
    """The folder of that volume on a small file system of its own, with what it holds."""
    (data,) = (p for p in city.home.glob("postgres-*") if p.name[9:].isdigit())
    folder = {
        "files": city.home / "files",
        "archive": city.home / "archive",
        "wal": data / "pg_wal",
        "data": data / "base",
    }[volume]
    cluster = Cluster(city.home)
    cluster.stop()
    aside = folder.with_name(f"{folder.name}.aside")
    folder.mkdir(exist_ok=True)
    shutil.copytree(folder, aside, symlinks=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZES[volume]},mode=711", "none", str(folder)],
        check=True,
    )
    shutil.copytree(aside, folder, symlinks=True, dirs_exist_ok=True)
    folder.chmod(0o700)
    cluster.start()
    try:
        yield folder
    finally:
        city.end()
        cluster.stop()
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    """A file that takes all that is left."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * (1 << 20))
    with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * 512)
    os.sync()
    return filler


def _half(files: Path) -> int:
    """Drafts and pictures whose content is not what they are named after."""
    wrong = len(list(files.glob("??/.*")))
    for path in files.glob("??/*.jpg"):
        if len(path.name) == 68:
            wrong += not is_whole(path, path.stem, ".jpg")
    return wrong
