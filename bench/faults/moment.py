"""T-F9: a city at work is backed up, taken back to a random second, then lost and brought back.

1. clients work while WAL is archived; somebody's words are erased; a table is dropped;
2. `shiyu restore --to` a random second: everything acknowledged by then is there, the erased words
   are not, `shiyu verify` and the stand-alone verifier hold;
3. the server is lost: processes killed, its whole directory removed; the newest there is comes
   back from the backup's disk alone; what was acknowledged and is not there is the loss.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench import killed_load
from bench.faults.judging import judge
from bench.faults.patience import patient, wait_until
from bench.faults.place import Facts, Place, held, kept, place, verified, where
from bench.killed_watch import below
from bench.served import Trouble
from shiyu.common.connection import conninfo
from shiyu.common.embedded import Cluster

PAD = """
CREATE TABLE IF NOT EXISTS bench_pad AS
SELECT n, repeat(md5(random()::text || n::text), 31) AS noise FROM generate_series(1, %s) n
"""
PAD_ROW_BYTES = 1_024
ERASE = """
from shiyu.site.start import django_ready
django_ready()
from shiyu.journal.erasing import erase
from shiyu.journal.models import Remark
from shiyu.cases.models import Report
from shiyu.people.actors import Actor
from shiyu.privacy.actions.erasing import erase_people
people = list(Report.objects.filter(reporter__isnull=False).order_by("id")[:5])
for r in people:
    erase_people([r.pk], why="demand:1", actor=Actor.program("bench"))
words = [r.remark_id for r in people]
one = Remark.objects.exclude(text="").exclude(pk__in=words).earliest("id")
erase(one, actor=Actor.program("bench"), ground="personal")
print(one.pk, *(r.pk for r in people))
"""
LEFT_OF_PEOPLE = """
SELECT (SELECT count(*) FROM cases_reporter WHERE report_id = ANY(%(who)s)),
       (SELECT count(*) FROM cases_report r JOIN journal_remark m ON m.id = r.remark_id
         WHERE r.id = ANY(%(who)s) AND m.text <> ''),
       (SELECT count(*) FROM cases_report WHERE id = ANY(%(who)s)),
       (SELECT count(*) FROM privacy_erasure)
"""
PEOPLE = 5
RESIDENTS = "SELECT count(*) FROM cases_reporter"


def run(seconds: float = 60, gigabytes: float = 0.0) -> Facts:
    disk = Path(tempfile.mkdtemp(prefix="shiyu-bench-backup-"))
    disk.chmod(0o711)
    try:
        with place() as city:
            return _run(city, disk, seconds, gigabytes)
    finally:
        shutil.rmtree(disk, ignore_errors=True)


def _run(city: Place, disk: Path, seconds: float, gigabytes: float) -> Facts:
    with psycopg.connect(**conninfo("owner"), autocommit=True) as owner:
        owner.execute(PAD, [int(gigabytes * 1e9 / PAD_ROW_BYTES)])
    words = city.home / "words"
    words.write_text("a long enough passphrase\n")
    # No drill by itself: this is one.
    first = ["backup", "--to", str(disk / "b"), "--passphrase-file", str(words)]
    begun = time.monotonic()
    backup = city.run(*first, "--drill-days", "0")
    found: Facts = {"backup_s": round(time.monotonic() - begun, 1), "backup": backup.returncode}
    if backup.returncode:
        return found | {"well": False, "says": backup.stderr[-500:]}
    city.serve()
    with city.crowd(systems=2, residents=1):
        if not wait_until(lambda: _residents() > PEOPLE, 120):
            raise Trouble("too few residents have reported to be erased")
        time.sleep(seconds / 2)
        middle = datetime.now(UTC)
        time.sleep(2)
        erased = _erase()
        time.sleep(seconds / 2)
    moment = middle - timedelta(seconds=random.uniform(0, seconds / 4))
    with psycopg.connect(**conninfo("owner"), autocommit=True) as owner:
        owner.execute("DROP TABLE bench_pad")  # by mistake
    found |= _back_to(city, disk, moment, erased)
    print(found, file=sys.stderr, flush=True)  # half of a long proof is not lost with the rest
    shutil.rmtree(disk / "moment", ignore_errors=True)
    with city.crowd(systems=2, residents=1):
        time.sleep(random.uniform(20, 80))  # anywhere between two WAL files
        gone = _killed(city)
        killed_load.GIVE_UP_AFTER_S = 1.0  # nobody will answer them any more
    found |= _lost(city, disk, gone)
    return judge(
        found,
        moment_acknowledged=found.get("moment_acknowledged"),
        moment_none_lost=found["moment_lost"] == 0,
        moment_verify=found.get("moment_verify"),
        moment_stand_alone=found.get("moment_stand_alone"),
        words_erased_again=found.get("erased_again"),
        people_erased=found.get("people_erased") == PEOPLE,
        people_gone=found.get("people_left") == 0,
        people_erased_again=found.get("people_erased_again") == PEOPLE,
        dropped_is_back=found.get("dropped_is_back"),
        newest_verified=found["newest_verified"],
        loss_in_time=0 <= found["loss_s"] <= patient(60),
        back_in_time=found["back_s"] <= patient(300),
    )


def _residents() -> int:
    with psycopg.connect(**conninfo("backup")) as connection:
        row: Any = connection.execute(RESIDENTS).fetchone()
    return int(row[0])


def _erase() -> list[int]:
    """Somebody's words, and five whole people, go after the moment that will be gone back to."""
    ended = subprocess.run([sys.executable, "-c", ERASE], capture_output=True, text=True)
    if ended.returncode:
        raise Trouble(ended.stderr[-500:])
    return [int(word) for word in ended.stdout.split()]


def _erased(there: "psycopg.Connection[Any]", erased: list[int]) -> Facts:
    """What a restored city still has of what had been erased."""
    words, *people = erased
    row = there.execute("SELECT text FROM journal_remark WHERE id = %s", [words]).fetchone()
    left = there.execute(LEFT_OF_PEOPLE, {"who": people}).fetchone()
    assert left
    reporters, said, reports, erasures = left
    return {
        "erased_again": row is None or row[0] == "",
        "people_erased": len(people),
        "people_there": reports,
        "people_left": reporters + said,
        "people_erased_again": erasures,
    }


def _back_to(city: Place, disk: Path, moment: datetime, erased: list[int]) -> Facts:
    into = disk / "moment"
    begun = time.monotonic()
    ended = city.run("restore", "--to", moment.isoformat(), "--into", str(into))
    took = round(time.monotonic() - begun, 1)
    if ended.returncode:
        return {"moment_s": took, "moment_lost": -1, "says": ended.stderr[-500:]}
    cluster = Cluster(into)
    cluster.hold()
    try:
        rows = kept(into, until=moment, rows=city.ledger.rows())
        checked = verified(city, into)
        with psycopg.connect(**where(into)) as there:
            gone = _erased(there, erased)
            pad = there.execute("SELECT to_regclass('bench_pad')").fetchone()
    finally:
        cluster.stop()
        cluster.release()
    return {
        "moment_s": took,
        "moment_acknowledged": rows["acknowledged"],
        "moment_lost": rows["lost"],
        "moment_verify": checked["verify"],
        "moment_stand_alone": checked["stand_alone"],
        "dropped_is_back": bool(pad and pad[0]),
        **gone,
    }


def _killed(city: Place) -> datetime:
    """Everything is killed at once, in the middle of work."""
    assert city.serving
    (postmaster,) = city.home.glob("postgres-*/postmaster.pid")
    under = list(below(city.serving.process.pid))
    gone = datetime.now(UTC)
    for pid in (int(postmaster.read_text().split("\n")[0]), city.serving.process.pid, *under):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    city.serving.process.wait()
    return gone


def _lost(city: Place, disk: Path, gone: datetime) -> Facts:
    """Its whole directory is gone, as after a fire; what the backup's disk has comes back."""
    rows = city.ledger.rows()
    aside = disk / "burnt"
    keep = city.log.read_bytes()
    for path in list(city.home.iterdir()):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path != city.log:
            path.unlink()
    passphrase = disk / "words"
    passphrase.write_text("a long enough passphrase\n")
    begun = time.monotonic()
    words = ["restore", "--from", str(disk / "b"), "--into", str(aside)]
    ended = city.run(*words, "--passphrase-file", str(passphrase))
    back = round(time.monotonic() - begun, 1)
    city.log.write_bytes(keep)
    if ended.returncode:
        return {"back_s": back, "newest_verified": False, "loss_s": -1, "why": ended.stderr[-500:]}
    cluster = Cluster(aside)
    cluster.hold()
    try:
        after = kept(aside, rows=rows)
        loss = _loss(aside, rows, gone)
    finally:
        cluster.stop()
        cluster.release()
    gigabytes = sum(path.stat().st_size for path in aside.rglob("*") if path.is_file()) / 1e9
    secrets = sorted(path.name for path in (aside / "secrets").iterdir())
    return {
        "back_s": back,
        "newest_verified": True,
        "newest_lost": after["lost"],
        "loss_s": loss,
        "restored_gb": round(gigabytes, 2),
        "secrets": secrets,
    }


def _loss(aside: Path, rows: list[Facts], gone: datetime) -> float:
    """From the first acknowledged move that is missing to the end; 0 where none is."""
    there = held(aside)
    missing = [
        datetime.fromisoformat(row["at"])
        for row in rows
        if "number" in row and (row["number"], row.get("verb", "report")) not in there
    ]
    return round((gone - min(missing)).total_seconds(), 1) if missing else 0.0
