"""What is watched while processes are killed: how long an outage lasts, are the tables whole."""

import contextlib
import http.client
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from bench.faults.patience import patient
from shiyu.common.binaries import attempt, installations
from shiyu.common.connection import conninfo
from shiyu.common.embedded import Cluster

LOOK_EVERY_S = 0.1
GIVE_UP_AFTER_S = patient(120)


OLDEST = """
SELECT coalesce(extract(epoch FROM max(clock_timestamp() - alive)), 0) FROM (
    SELECT greatest(worker.last_heartbeat, (SELECT max(at) FROM procrastinate_events e
             WHERE e.job_id = j.id AND e.type = 'started')) AS alive
      FROM procrastinate_jobs j LEFT JOIN procrastinate_workers worker ON worker.id = j.worker_id
     WHERE j.status = 'doing') AS jobs
"""
NAMES = {
    "pages": "shiyu.site.wsgi",
    "live feed": "shiyu.live.asgi",
    "sealer": "shiyu.site.sealer",
    "worker interactive": "shiyu.site.work interactive",
    "worker periodic": "shiyu.site.work periodic",
    "worker bulk": "shiyu.site.work bulk",
    "worker outside": "shiyu.site.work outside",
}


def below(root: int) -> dict[int, str]:
    """The processes under one, with their command lines; a fork has its parent's."""
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    found: dict[int, str] = {}
    edge = {root}
    while edge:
        below = {int(r[0]): r[2] for r in rows if int(r[1]) in edge and int(r[0]) not in found}
        found |= below
        edge = set(below)
    return found


def ages() -> dict[int, int]:
    """For how many seconds each process of the machine has been there."""
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,etimes="], capture_output=True, text=True, check=True
    )
    return {int(pid): int(age) for pid, age in map(str.split, listed.stdout.splitlines())}


def freeze(pid: int, seconds: float) -> None:
    """Stop a process so that it seems dead, and let it go on later as if nothing had been."""
    os.kill(pid, signal.SIGSTOP)

    def thaw() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    timer = threading.Timer(seconds, thaw)
    timer.daemon = True
    timer.start()


def time_outage(port: int, told: list[tuple[float, float]]) -> None:
    """Seconds until the database lets in again, and until the pages answer again."""
    begun = time.monotonic()
    database = _until(_lets_in, begun)
    told.append((database, _until(lambda: answers(port), begun)))


class Doing:
    """For how long a job was "doing" with nobody alive at it, at most (T-F2: 90 s)."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def end(self) -> float:
        self.stop.set()
        self.thread.join(30)
        return round(self.longest_s, 1)

    def _look(self) -> None:
        while not self.stop.wait(1):
            with contextlib.suppress(psycopg.Error):  # the database is among what is killed
                with psycopg.connect(**conninfo("backup")) as connection:
                    row = connection.execute(OLDEST).fetchone()
                self.longest_s = max(self.longest_s, float(row[0]) if row else 0.0)


def worst(killer: Any) -> dict[str, float]:
    """The longest outages of the database, and of the pages behind it."""
    for watch in killer.outages:
        watch.join()
    if not killer.back_s:
        return {}
    database, pages = zip(*killer.back_s, strict=True)
    middle = sorted(pages)[len(pages) // 2]
    return {"database": max(database), "pages": max(pages), "pages_median": middle}


def amcheck(home: Path) -> str:
    """What PostgreSQL's own check of all tables and indexes finds; empty if nothing."""
    written = Cluster(home).start()
    found = [here for here in installations() if (here.bin / "pg_amcheck").exists()]
    if not found:
        return ""
    os.environ["PGPASSWORD"] = written["passwords"]["postgres"]
    words = [found[0].tool("pg_amcheck"), "-h", written["host"], "-p", str(written["port"])]
    words += ["-U", "postgres", "--install-missing", "--heapallindexed", written["database"]]
    ended = attempt(words)
    return (ended.stdout + ended.stderr).strip()[:500] if ended.returncode else ""


def _until(well: Any, begun: float) -> float:
    while time.monotonic() - begun < GIVE_UP_AFTER_S:
        if well():
            break
        time.sleep(LOOK_EVERY_S)
    return round(time.monotonic() - begun, 1)


def _lets_in() -> bool:
    try:
        psycopg.connect(**conninfo("web")).close()
    except psycopg.Error:
        return False
    return True


def answers(port: int) -> bool:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asking.request("GET", "/account/login/", headers={"Host": "127.0.0.1"})
        return asking.getresponse().status < 500
    except OSError:
        return False
    finally:
        asking.close()
