"""T-F12: memory that runs out, and pictures and tables made to use it up (内存).

While clients work: pictures that claim to be enormous are sent by a resident; the worker of bulk
jobs is given no more memory than it has (`RLIMIT_AS`, as `MemoryMax` would) and an export is asked
for, then it is killed in the midst of jobs as the kernel would, again and again. The others go on;
the limit lifted, the next export is made; what brought its worker down too often is given up.
"""

import contextlib
import http.client
import os
import re
import resource
import secrets
import signal
import struct
import sys
import time
import zlib
from collections import Counter

import psycopg

from bench.faults.partition import Probe, until_answers
from bench.faults.place import Facts, Place, kept, place, verified
from bench.killed_watch import NAMES, below
from bench.served import carry_out
from shiyu.common.connection import conninfo

HELD_S = 12.0
SIDE = 60_000
FORM = re.compile(rb'name="(csrfmiddlewaretoken|form_token|once)"[^>]*value="([^"]+)"')
OWE = """
from shiyu.site.start import django_ready
django_ready()
from procrastinate.contrib.django import app
from shiyu.desk.later import MAKE_EXPORT, QUEUE
key = "00000000-0000-0000-0000-000000000000"
print(app.configure_task(MAKE_EXPORT, queue=QUEUE).defer(key=key))
"""
JOBS = "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2"


def run(seconds: float = HELD_S) -> Facts:
    with place() as city:
        city.serve()
        probe = Probe(city.port)
        with city.crowd(systems=2, residents=1, exports=1) as crowd:
            time.sleep(4)
            probe.begin()
            found: Facts = {"bombs": dict(_bombs(city))}
            found |= _squeezed(city, seconds)
            longest, answers = probe.end()
            found |= {"reads": dict(answers), "longest_s": round(longest, 1)}
            until_answers(city.port)
            time.sleep(seconds)
        found |= {"failures": dict(crowd.failures), "done": dict(crowd.done)}
        with psycopg.connect(**conninfo("backup")) as connection:
            rows = connection.execute(JOBS).fetchall()
        found["jobs"] = {f"{queue} {status}": n for queue, status, n in rows}
        city.end()
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        found["well"] = bool(
            found["acknowledged"]
            and not (found["lost"] or found["doubled"] or found["failures"])
            and set(found["reads"]) == {"200"}
            and not set(found["bombs"]) & {"500", "502", "broken"}
            and found["done"].get("exports")
            and found["verify"]
        )
        return found


def _squeezed(city: Place, seconds: float) -> Facts:
    """No byte more for whoever carries out bulk jobs; then it may have what it wants again."""
    pids = _bulk(city)
    for pid in pids:
        with open(f"/proc/{pid}/statm") as file:
            has = int(file.read().split()[0]) * resource.getpagesize()
        resource.prlimit(pid, resource.RLIMIT_AS, (has + (1 << 20), resource.RLIM_INFINITY))
    for _ in range(3):
        carry_out([sys.executable, "-c", OWE], log=city.log)
    time.sleep(seconds)
    still = [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
    for pid in still:
        with contextlib.suppress(ProcessLookupError):
            everything = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(pid, resource.RLIMIT_AS, everything)
    for pid in _bulk(city):  # as the kernel does when a machine has none left
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return {"squeezed": len(pids), "outlived_it": len(still)}


def _bulk(city: Place) -> list[int]:
    assert city.serving
    sign = NAMES["worker bulk"]
    return [p for p, words in below(city.serving.process.pid).items() if sign in words]


def _bombs(city: Place) -> Counter[str]:
    """Pictures of a few kilobytes that would be gigabytes, through the resident's own form."""
    told: Counter[str] = Counter()
    for picture in (_flood(), _flood(bits=16), _flood()[:200], b"\xff\xd8\xff\xe0" + b"\0" * 4000):
        try:
            told[str(_send(city.port, picture))] += 1
        except (OSError, http.client.HTTPException):
            told["broken"] += 1
    return told


def _flood(bits: int = 8) -> bytes:
    """A PNG of 60,000 by 60,000 points, all alike."""

    def chunk(kind: bytes, said: bytes) -> bytes:
        checked = struct.pack(">I", zlib.crc32(kind + said))
        return struct.pack(">I", len(said)) + kind + said + checked

    head = struct.pack(">IIBBBBB", SIDE, SIDE, bits, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * (1 << 24), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _send(port: int, picture: bytes) -> int:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        asking.request("GET", "/report/photo/", headers={"Host": "127.0.0.1"})
        answer = asking.getresponse()
        cookies = "; ".join(
            value.split(";")[0]
            for name, value in answer.getheaders()
            if name.lower() == "set-cookie"
        )
        fields = dict(FORM.findall(answer.read()))
        edge = secrets.token_hex(16).encode()
        parts = [
            b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (edge, k, v)
            for k, v in fields.items()
        ]
        parts.append(
            b'--%s\r\nContent-Disposition: form-data; name="photos"; filename="a.png"\r\n'
            b"Content-Type: image/png\r\n\r\n%s\r\n--%s--\r\n" % (edge, picture, edge)
        )
        kind = f"multipart/form-data; boundary={edge.decode()}"
        head = {"Content-Type": kind, "Cookie": cookies, "Host": "127.0.0.1"}
        head["Origin"] = f"http://127.0.0.1:{port}"
        asking.request("POST", "/report/photo/", b"".join(parts), head)
        return asking.getresponse().status
    finally:
        asking.close()
