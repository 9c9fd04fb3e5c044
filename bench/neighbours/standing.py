"""The programs that are compared, each under its recommended server, with its own PostgreSQL.

All stand behind one nginx; all databases are the same program with the same settings. Everything
is a process of this run, listens at 127.0.0.1 and ends with it.
"""

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.neighbours import proxy
from bench.neighbours.make import helpdesk_environment, tracker_environment
from bench.served import (
    READY_WITHIN_S,
    SHIYU,
    Process,
    Trouble,
    carry_out,
    cpu_of,
    free_port,
    wait_for,
)
from shiyu.common.embedded import Cluster
from shiyu.common.home import PROJECT

GUNICORN_WORKERS = 6  # what django-helpdesk's own start script takes
STARMAN_WORKERS = 5  # Starman's own default
PROGRAMS = ("shiyu", "helpdesk", "tracker")


class Served(Process):
    """One program: its server's processes, its database, what a client knows of it."""

    def __init__(
        self, name: str, home: Path, port: int, front: int, words: list[str], **more: str
    ) -> None:
        self.name, self.home, self.port, self.front = name, home, port, front
        super().__init__(words, log=home / "server.log", **more)
        wait_for(self)  # type: ignore[arg-type]

    @property
    def roots(self) -> list[int]:
        """The first processes of the server and of its database."""
        files = self.home.glob("postgres-*/postmaster.pid")
        return [self.process.pid, *(int(file.read_text().split("\n")[0]) for file in files)]

    def cpu(self) -> list[float]:
        """Processor seconds so far of the server and of its database."""
        return [cpu_of(pid) for pid in self.roots]

    def memory_mb(self) -> list[float]:
        """Proportional set size of the server and of its database, all their processes."""
        return [round(sum(map(pss_kb, below(pid))) / 1024, 1) for pid in self.roots]


def shiyu(home: Path, port: int, front: int) -> Served:
    """`shiyu serve` with its workers; brought up to date first, when its code is newer."""
    os.environ["SHIYU_HOME"] = str(home)
    carry_out([*SHIYU, "migrate"], log=home / "server.log")
    words = [*SHIYU, "serve", "--port", str(port), "--live-port", str(port + 1), "--with-workers"]
    return Served("shiyu", home, port, front, words, SHIYU_HOME=str(home), SHIYU_PROXIES="1")


def helpdesk(home: Path, port: int, front: int) -> Served:
    """gunicorn as django-helpdesk's own start script has it, without its logs."""
    words = [str(home.parent / "hd" / "bin" / "gunicorn"), "helpdesk_site.wsgi:application"]
    words += ["--bind", f"127.0.0.1:{port}", "--workers", str(GUNICORN_WORKERS)]
    words += ["--timeout", "60", "--preload", "--log-level", "warning"]
    return Served("helpdesk", home, port, front, words, **helpdesk_environment(home))


def tracker(home: Path, port: int, front: int) -> Served:
    """`rt-server --server Starman`, as Request Tracker's own page on deployment has it."""
    words = ["/usr/share/request-tracker5/libexec/rt-server", "--server", "Starman"]
    words += ["--host", "127.0.0.1", "--port", str(port), "--workers", str(STARMAN_WORKERS)]
    words += ["--disable-keepalive"]
    more = tracker_environment(home) | {"TRACKER_PORT": str(front)}
    return Served("tracker", home, port, front, words, **more)


START = {"shiyu": shiyu, "helpdesk": helpdesk, "tracker": tracker}


@contextlib.contextmanager
def standing(home: Path, names: list[str]) -> Iterator[dict[str, Served]]:
    """All of them started, nginx before them; ended afterwards."""
    ports = {name: free_port(2) for name in PROGRAMS}
    fronts = {name: free_port(1) for name in PROGRAMS}
    with contextlib.ExitStack() as ended:
        found = {}
        for name in names:
            cluster = Cluster(home / name)
            cluster.hold()
            ended.callback(cluster.release)
            found[name] = START[name](home / name, ports[name], fronts[name])
            ended.callback(found[name].end)
        conf = proxy.write(home, ports, fronts)
        before = Process(
            ["/usr/sbin/nginx", "-c", str(conf), "-e", "stderr"], log=home / "nginx.log"
        )
        ended.callback(before.end)
        for one in found.values():
            _wait_until_open(one.front)
        yield found


def _wait_until_open(port: int) -> None:
    """Until nginx listens there."""
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    raise Trouble(f"nginx does not listen at port {port}")


def plan_of(name: str, home: Path) -> dict[str, Any]:
    """What a client needs to know of one program."""
    if name == "shiyu":
        import subprocess

        words = [sys.executable, "-m", "bench.neighbours.city"]
        where = {**os.environ, "SHIYU_HOME": str(home / name)}
        said = subprocess.run(words, cwd=PROJECT, env=where, capture_output=True, text=True)
        if said.returncode:
            raise SystemExit(said.stderr)
        found: dict[str, Any] = json.loads(said.stdout.strip().splitlines()[-1])
        return found
    plan: dict[str, Any] = json.loads((home / name / "about.json").read_text())
    plan |= {"address": "书店街 12 号门前", "run": datetime.now(UTC).strftime("%H%M%S")}
    plan["said"] = "井盖破了一个大洞，晚上看不见，昨天有人骑车摔倒，请尽快来修"
    plan["week"] = (datetime.now(UTC) - timedelta(days=7)).strftime("%Y-%m-%d")
    return plan


def below(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = stat.read_text().rpartition(") ")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, edge = [], [root]
    while edge:
        found.append(edge.pop())
        edge += children.get(found[-1], [])
    return found


def pss_kb(pid: int) -> int:
    """Proportional set size of one process; nothing of one that has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
