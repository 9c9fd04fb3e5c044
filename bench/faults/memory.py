"""T-F12: memory that runs out, and pictures and tables made to use it up (内存).

While clients work: pictures that claim to be enormous are sent by a resident; the worker of bulk
jobs is killed as the kernel would and, begun anew, has a fifth of the memory that it needs
(`RLIMIT_AS`) while exports are asked for. The others go on; the limit lifted, exports are made.
"""

import asyncio
import contextlib
import os
import re
import resource
import signal
import struct
import sys
import time
import zlib
from collections import Counter

import psycopg

from bench.browser import WRONG, Browser, Line, Unexpected
from bench.faults.full import go_on
from bench.faults.judging import judge, unharmed
from bench.faults.partition import Probe
from bench.faults.patience import patient, wait_until
from bench.faults.place import Facts, Place, kept, place, verified
from bench.killed_watch import NAMES, below
from bench.served import carry_out
from shiyu.common.connection import conninfo

HELD_S = 12.0
READY_S = 60.0
SIDE = 60_000
LITTLE = 128 << 20
"""A fifth of what such a process has."""
OWE = """
from shiyu.site.start import django_ready
django_ready()
from procrastinate.contrib.django import app
from shiyu.desk.later import MAKE_EXPORT, QUEUE
key = "00000000-0000-0000-0000-000000000000"
print(app.configure_task(MAKE_EXPORT, queue=QUEUE).defer(key=key))
"""
NO_MEMORY = re.compile(r"MemoryError|Cannot allocate memory|can't start new thread")
REFUSED = ("200 ", "422 ")
"""The form again, with a sentence on what is wrong."""
JOBS = "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2"


def run(seconds: float = HELD_S) -> Facts:
    with place() as city:
        city.serve()
        probe = Probe(city.port)
        with city.crowd(systems=2, residents=1, exports=1) as crowd:
            time.sleep(4)
            probe.begin()
            found: Facts = {"bombs": dict(asyncio.run(_bombs(city.port)))}
            found |= _squeezed(city, seconds)
            longest, answers = probe.end()
            found |= {"reads": dict(answers), "longest_s": round(longest, 1)}
            time.sleep(seconds)
            wait_until(lambda: crowd.done.get("exports"), 60)
        found |= {"failures": dict(crowd.failures), "done": dict(crowd.done)}
        with psycopg.connect(**conninfo("backup")) as connection:
            rows = connection.execute(JOBS).fetchall()
        found["jobs"] = {f"{queue} {status}": n for queue, status, n in rows}
        city.end()
        found["memory_errors"] = _told_of_it(city)
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        return judge(
            found,
            **unharmed(found),
            no_client_failed=not found["failures"],
            reads_go_on=go_on(found["reads"]),
            pictures_refused=found["bombs"] and all(b.startswith(REFUSED) for b in found["bombs"]),
            memory_ran_out=found["memory_errors"] or not found["outlived_it"],
            exports_made_after=found["done"].get("exports"),
        )


def _squeezed(city: Place, seconds: float) -> Facts:
    """Too little for whoever carries out bulk jobs to begin with; then what it wants again.

    One that begins anew: what has made a table before asks for nothing more, as was seen.
    """
    pids = _begun_anew(city)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_AS, (LITTLE, resource.RLIM_INFINITY))
    for _ in range(3):
        carry_out([sys.executable, "-c", OWE], log=city.log)
    time.sleep(seconds)
    # On a slow machine it has not come so far yet as to ask for what there is not.
    wait_until(lambda: _told_of_it(city) or not any(map(_is_there, pids)), 20)
    still = [pid for pid in pids if _is_there(pid)]
    for pid in still:
        with contextlib.suppress(ProcessLookupError):
            everything = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(pid, resource.RLIMIT_AS, everything)
    for pid in _bulk(city):  # as the kernel does when a machine has none left
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return {"squeezed": len(pids), "outlived_it": len(still)}


def _is_there(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def _told_of_it(city: Place) -> int:
    return len(NO_MEMORY.findall(city.log.read_text(errors="replace")))


def _begun_anew(city: Place) -> list[int]:
    """Those who carry out bulk jobs, killed and just there again."""
    before = _bulk(city)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + patient(READY_S)
    while not (there := set(_bulk(city)) - set(before)) and time.monotonic() < until:
        time.sleep(0.02)
    return sorted(there)


def _bulk(city: Place) -> list[int]:
    assert city.serving
    sign = NAMES["worker bulk"]
    return [p for p, words in below(city.serving.process.pid).items() if sign in words]


async def _bombs(port: int) -> Counter[str]:
    """Pictures of a few kilobytes that would be gigabytes, through the resident's own form."""
    told: Counter[str] = Counter()
    line = Line(port)
    line.go.set()
    for number, picture in enumerate(
        (_flood(), _flood(bits=16), _flood()[:200], b"\xff\xd8\xff\xe0" + b"\0" * 4000)
    ):
        phone = Browser(line, f"10.7.7.{number + 1}")
        try:
            page = await phone.get("/report/photo/", name="photo")
            files = [("photos", "a.png", picture)]
            fields = page.form("/report/photo/")
            answer = await phone.post("/report/photo/", fields, name="photo", files=files)
            said = WRONG.search(answer.text)
            told[f"{answer.status} {said[1].strip() if said else ''}".strip()] += 1
        except Unexpected:
            told["broken"] += 1
    line.close()
    return told


def _flood(bits: int = 8) -> bytes:
    """A PNG of 60,000 by 60,000 points, all alike."""

    def chunk(kind: bytes, said: bytes) -> bytes:
        checked = struct.pack(">I", zlib.crc32(kind + said))
        return struct.pack(">I", len(said)) + kind + said + checked

    head = struct.pack(">IIBBBBB", SIDE, SIDE, bits, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * (1 << 24), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
