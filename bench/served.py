"""What is measured, each in processes of its own: the pages, the floor, the database, the load.

Everything lies in one temporary directory with its own embedded PostgreSQL, set up as for a city:
nothing is made faster for the measure. No variable of a real city's server is passed on.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from bench import floor
from shiyu.common.connection import conninfo
from shiyu.common.embedded import Cluster
from shiyu.common.home import PROJECT

SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
READY_WITHIN_S = 240
STOP_WITHIN_S = 30
LOWEST_PORT = 10_000
THREADS = 4  # of each process, as `shiyu serve` has it
TICKS = os.sysconf("SC_CLK_TCK")


class Trouble(Exception):
    """Why nothing can be measured, in one sentence."""


@contextlib.contextmanager
def own_home() -> Iterator[Path]:
    """A city's directory for this run alone, its database running; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="shiyu-bench-"))
    home.chmod(0o711)
    for name in [name for name in os.environ if name.startswith("SHIYU_")]:
        del os.environ[name]
    os.environ["SHIYU_HOME"] = str(home)
    cluster = Cluster(home)
    try:
        cluster.hold()
        yield home
    finally:
        cluster.stop()
        cluster.release()
        shutil.rmtree(home, ignore_errors=True)


def carry_out(words: list[str], *, log: Path) -> str:
    """Run one command to its end; what it said last."""
    ended = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    with log.open("a") as file:
        file.write(ended.stdout + ended.stderr)
    said = (ended.stdout.strip() or ended.stderr.strip() or "nothing").splitlines()
    if ended.returncode:
        raise Trouble(f"{' '.join(words[-2:])} ended with {ended.returncode}: {said[-1]}")
    return said[-1]


class Process:
    """One process in our charge, in a group of its own."""

    def __init__(self, words: list[str], *, log: Path, **environment: str) -> None:
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                words,
                cwd=PROJECT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                process_group=0,
            )

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_WITHIN_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    @property
    def cpu_s(self) -> float:
        return cpu_of(self.process.pid)


class Pages(Process):
    """`shiyu serve` as it is, told that a proxy stands before it: each client has its address."""

    def __init__(self, *, log: Path) -> None:
        self.port = free_port(2)
        words = [*SHIYU, "serve", "--port", str(self.port), "--live-port", str(self.port + 1)]
        super().__init__(words, log=log, SHIYU_PROXIES="1")
        wait_for(self)


class Floor(Process):
    """The floor under Granian with as many processes and threads as the pages."""

    def __init__(self, *, log: Path) -> None:
        with psycopg.connect(**conninfo("owner"), autocommit=True) as connection:
            connection.execute(floor.TABLE)
        self.port = free_port()
        words = [sys.executable, "-m", "granian", "--host", "127.0.0.1", "--port", str(self.port)]
        words += ["--interface", "wsgi", "--workers", str(min(os.cpu_count() or 1, 4))]
        words += ["--blocking-threads", str(THREADS), "--backpressure", "128"]
        words += ["--log-level", "warning", "bench.floor:application"]
        super().__init__(words, log=log, FLOOR_DATABASE=make_conninfo("", **conninfo("owner")))
        wait_for(self)


class Load(Process):
    """The load generator, asked by one line of JSON and answering by another."""

    def __init__(self, about: dict[str, Any], *, log: Path) -> None:
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bench.http_load"],
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                process_group=0,
            )
        self._write(about)

    def ask(self, **asked: Any) -> dict[str, Any]:
        self._write(asked)
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise Trouble("the load generator ended; its words are in the log above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _write(self, said: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()


def wait_for(served: "Pages | Floor") -> None:
    """Until something listens, or the process has ended."""
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at:
        if served.process.poll() is not None:
            raise Trouble(f"what should serve ended with {served.process.returncode}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", served.port), timeout=1).close()
            return
        time.sleep(0.1)
    served.end()
    raise Trouble(f"nothing answered at port {served.port} within {READY_WITHIN_S} s")


def free_port(row: int = 1) -> int:
    """The first of so many ports in a row that nobody uses.

    Not one of those that the kernel gives to outgoing connections: it may be taken a moment later.
    """
    for _ in range(200):
        port = random.randrange(LOWEST_PORT, _first_given() - row)
        if all(_is_free(port + more) for more in range(row)):
            return port
    raise Trouble("no free port was found")


def _first_given() -> int:
    """From where on the kernel gives ports to whoever asks for any."""
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        first = 32_768
    return first if first > LOWEST_PORT + 1_000 else 65_000


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def database_cpu_s(home: Path) -> float:
    """Processor time of the whole PostgreSQL of this home."""
    files = list(home.glob("postgres-*/postmaster.pid"))
    return sum(cpu_of(int(file.read_text().split("\n")[0])) for file in files)


def cpu_of(root: int) -> float:
    """Processor seconds of a process and all below it, also of those that have ended."""
    parents: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = stat.read_text().rpartition(") ")[2].split()
            pid = int(stat.parent.name)
            parents.setdefault(int(fields[1]), []).append(pid)
            used[pid] = sum(int(ticks) for ticks in fields[11:15]) / TICKS
    found, edge = 0.0, [root]
    while edge:
        pid = edge.pop()
        found += used.get(pid, 0.0)
        edge += parents.get(pid, [])
    return found
