"""T-F4: each disk in turn is full; reads go on, writes are refused with a sentence, all heals.

Each volume is a small memory file system of its own: pictures, the archive of WAL, the WAL of the
database, its data, the logs, what processes count. It is filled while clients work (residents with
photos, two systems, somebody who never repeats), stays full, and is freed again; nothing is
started anew.
"""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bench.city import take_photo
from bench.faults.judging import judge, unharmed
from bench.faults.partition import Probe, until_answers
from bench.faults.patience import patient, since, wait_until
from bench.faults.place import Facts, Place, kept, place, verified
from bench.faults.writing import Writing
from bench.killed_load import Crowd
from shiyu.common.binaries import DatabaseTrouble, give_to_server
from shiyu.common.embedded import Cluster
from shiyu.site.backup.carrying import is_whole
from shiyu.site.backup.server import superuser
from shiyu.site.backup.store import Trouble

FULL_S = 12.0
SIZES = {
    "files": "24m",
    "archive": "96m",
    "wal": "640m",
    "data": "512m",
    "logs": "8m",
    "metrics": "8m",
}
HEALED_WITHIN_S = 60
READS_STOP = {"wal"}
"""PostgreSQL ends itself when WAL cannot be written: nothing can be read until there is room."""
ALLOWED = ("answered 507", "answered 503")
"""What a client that does not repeat it may be told: the disk is full, come again."""


def run(only: float = 0) -> Facts:
    """only  the number of one volume in the order above, counted from 1; all: 0."""
    found: Facts = {"volumes": {}}
    for volume in [list(SIZES)[int(only) - 1]] if only else SIZES:
        found["volumes"][volume] = _one(volume)
    not_met = {name: row["not_met"] for name, row in found["volumes"].items() if row["not_met"]}
    return found | {"not_met": not_met, "well": not not_met}


def _one(volume: str) -> Facts:
    with place() as city, _small(city, volume) as folder:
        if volume == "archive":
            city.run("backup", "--to", str(folder / "b"), "--drill-days", "0")
        photo = city.home / "photo.jpg"
        take_photo(photo)
        city.plan["photo"] = str(photo)
        city.serve()
        with city.crowd(systems=2, residents=1) as crowd:
            time.sleep(4)
            found = _while_full(city, volume, folder)
            healed = time.monotonic()
            found["back_s"] = since(healed, until_answers(city.port, patient(120)))
            found["working_again_s"] = round(_resumed(crowd, healed), 1)
        found |= {"repeats": dict(crowd.repeats), "failures": dict(crowd.failures)}
        city.end()
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        found["half_files"] = half_files(city.home / "files")
        return _judged(volume, found)


def _while_full(city: Place, volume: str, folder: Path) -> Facts:
    """Nothing more can be written there; who reads and who writes meanwhile hears what."""
    probe, writing = Probe(city.port), Writing(city)
    filler = _fill(folder)
    probe.begin()
    writing.begin()
    until = time.monotonic() + FULL_S
    while time.monotonic() < until:  # what others free is taken, too
        if volume == "wal":
            _use_up(city)
        _fill(folder)
        time.sleep(0.5)
    longest, answers = probe.end()
    found: Facts = {"reads": dict(answers), "longest_s": round(longest, 1), **writing.end()}
    for more in folder.glob(f"{filler.name[:6]}*"):
        more.unlink()
    return found


def _use_up(city: Place) -> None:
    """What of WAL has its room already is left behind, so that more would be needed."""
    away = (psycopg.Error, Trouble, DatabaseTrouble)
    with contextlib.suppress(*away), superuser(Cluster(city.home)) as server:
        server.execute("SELECT pg_switch_wal()")


def _resumed(crowd: Crowd, healed: float) -> float:
    before = sum(crowd.done.values())
    wait_until(lambda: sum(crowd.done.values()) > before, HEALED_WITHIN_S)
    return time.monotonic() - healed


def go_on(reads: dict[str, int]) -> bool:
    """Pages are answered; a slow machine may tell a few to come again, which is no fault."""
    told = sum(reads.values())
    later = reads.get("503", 0) if patient(1) > 1 else 0
    return bool(told) and reads.get("200", 0) + later == told and reads.get("200", 0) > later


def _judged(volume: str, found: Facts) -> Facts:
    strange = [why for why in found["failures"] if not any(word in why for word in ALLOWED)]
    return judge(
        found,
        **unharmed(found),
        no_half_file=not found["half_files"],
        every_refusal_says_enough=not found["unclear"],
        no_client_failed_strangely=not strange,
        no_write_is_our_fault=not set(found["writes"]) & {"500", "502"},
        reads_go_on=volume in READS_STOP or go_on(found["reads"]),
        working_again_in_time=found["working_again_s"] < patient(HEALED_WITHIN_S),
    )


@contextlib.contextmanager
def _small(city: Place, volume: str) -> Iterator[Path]:
    """The folder of that volume on a small file system of its own, with what it holds."""
    (data,) = (p for p in city.home.glob("postgres-*") if p.name[9:].isdigit())
    folder = {
        "files": city.home / "files",
        "archive": city.home / "archive",
        "wal": data / "pg_wal",
        "data": data / "base",
        "logs": city.home / "logs",
        "metrics": city.home / "metrics",
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
    folder.chmod(0o711 if volume == "logs" else 0o700)
    if volume == "logs":
        _log_there(city, folder)
    if volume in {"wal", "data"}:
        give_to_server(folder, *folder.rglob("*"))
    cluster.start()
    try:
        yield folder
    finally:
        city.end()
        cluster.stop()
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _log_there(city: Place, folder: Path) -> None:
    """What the program and its database print goes onto that disk."""
    city.log = folder / "faults.log"
    server = folder / "postgres.log"
    server.touch(mode=0o600)
    give_to_server(server)
    own = city.home / "postgres.log"
    own.unlink(missing_ok=True)
    own.symlink_to(server)


def _fill(folder: Path) -> Path:
    """Files that take all that is left, to the last block."""
    filler = folder / "filler"
    mark = filler.with_name(f"{filler.name}{time.monotonic_ns()}")
    for size in (1 << 20, 4096, 512):
        with contextlib.suppress(OSError), mark.open("ab", buffering=0) as file:
            while file.write(b"\0" * size) == size:
                pass
    return filler


def half_files(files: Path) -> int:
    """Drafts and pictures whose content is not what they are named after."""
    wrong = len(list(files.glob("??/.*")))
    for path in files.glob("??/*.jpg"):
        if len(path.name) == 68:
            wrong += not is_whole(path, path.stem, ".jpg")
    return wrong
