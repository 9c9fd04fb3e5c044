"""Who kills: one process of the city after another, each kind in turn (杀进程)."""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import threading
from collections import Counter
from pathlib import Path

from bench.killed_watch import NAMES, ages, answers, below, freeze, time_outage
from bench.served import SHIYU, Process, Trouble, free_port, wait_for


class Serving(Process):
    """`shiyu serve --with-workers` as a city runs it, told that a proxy stands before it."""

    def __init__(self, *, log: Path, port: int) -> None:
        self.port = port
        words = [*SHIYU, "serve", "--port", str(port), "--live-port", str(port + 1)]
        super().__init__([*words, "--with-workers"], log=log, SHIYU_PROXIES="1")


class Killer:
    """Takes one process after another: every name in turn, in an order of its own each round."""

    def __init__(self, home: Path, log: Path, how: argparse.Namespace) -> None:
        self.home, self.log, self.how = home, log, how
        self.outages: list[threading.Thread] = []
        self.back_s: list[tuple[float, float]] = []
        self.frozen = self.at_once = self.reaped = 0
        self.port = free_port(2)
        self.serving = Serving(log=log, port=self.port)
        try:
            wait_for(self.serving)  # type: ignore[arg-type]
        except Trouble:
            self.serving.end()
            raise
        self.killed: Counter[str] = Counter()
        self.waiting: list[str] = []
        self.importing: subprocess.Popen[bytes] | None = None
        self.edits: list[subprocess.Popen[bytes]] = []

    def end(self) -> None:
        """Nobody works any more; an edit whose look in advance was taken away waits for ever."""
        self.serving.end()
        for process in (*self.edits, *([self.importing] if self.importing else [])):
            process.kill()
            process.wait()

    def kill_one(self) -> None:
        found = self._at_work()
        if found:
            name = self._next(found)
            self._end(name, random.choice(found[name]))
        if self.at_once < self.how.at_once and self.killed.total() % 6 == 5:
            self.at_once += 1
            for every, pids in self._found().items():
                for pid in pids:
                    self._end(every, pid)
        self._reap()
        self.keep_serving()

    def _next(self, found: dict[str, list[int]]) -> str:
        """Each in turn; where so many of a kind are wanted, more often whom most are left of."""
        if self.how.want:
            names = sorted(found)
            return random.choices(names, [max(self._left(name), 0.1) for name in names])[0]
        self.waiting = [name for name in self.waiting if name in found]
        self.waiting = self.waiting or random.sample(sorted(found), len(found))
        return self.waiting.pop()

    def _reap(self) -> None:
        """The command that frees jobs, as its timer runs it, killed somewhere on its way."""
        if self.reaped < self.how.reap:
            self.reaped += 1
            with self.log.open("ab") as log:
                command = subprocess.Popen([*SHIYU, "reap"], stdout=log, stderr=log)
            with contextlib.suppress(subprocess.TimeoutExpired):
                command.wait(random.uniform(0.5, 4))
            command.kill()
            command.wait()

    def _end(self, name: str, pid: int) -> None:
        """Kill it outright; or, so often as was asked, let it seem dead for a while."""
        with contextlib.suppress(ProcessLookupError):
            if self.frozen < self.how.freeze and "worker" in name:
                self.frozen += 1
                freeze(pid, self.how.frozen_s)
            else:
                os.kill(pid, signal.SIGKILL)
                self.killed[name] += 1
        if name == "database":
            watch = threading.Thread(target=time_outage, args=(self.port, self.back_s))
            watch.start()
            self.outages.append(watch)

    def _left(self, name: str) -> float:
        """How many more of this one, its kind's shared among all who are of it."""
        for kind, wanted in self.how.want.items():
            if name.startswith(kind):
                alike = sum(other.startswith(kind) for other in (*NAMES, "database"))
                done = sum(n for other, n in self.killed.items() if other.startswith(kind))
                return float(wanted - done) / alike
        return 0.0

    def is_done(self) -> bool:
        """Whether all the kills that were asked for have been made."""
        if self.how.want:
            left = any(self._left(kind) > 0 for kind in self.how.want)
            return not left and self.frozen >= self.how.freeze
        wanted = self.how.kills
        return bool(wanted) and self.killed.total() >= wanted and self.frozen >= self.how.freeze

    def keep_serving(self) -> None:
        """Start the command again where it was killed, as a city's service manager would."""
        if self.serving.process.poll() is not None:
            self.serving = Serving(log=self.log, port=self.port)

    def _at_work(self) -> dict[str, list[int]]:
        """Those that have been there for a while: who is killed as it starts has done nothing."""
        old = {pid for pid, age in ages().items() if age >= self.how.alive_s}
        found = {name: [pid for pid in pids if pid in old] for name, pids in self._found().items()}
        if "pages" in found and not answers(self.port):
            del found["pages"]  # a slow machine has not started them yet
        return {name: pids for name, pids in found.items() if pids}

    def _found(self) -> dict[str, list[int]]:
        """Every process of the city, by what it is."""
        found: dict[str, list[int]] = {"serve": [self.serving.process.pid]}
        for pid, words in below(self.serving.process.pid).items():
            for name, sign in NAMES.items():
                if sign in words:
                    found.setdefault(name, []).append(pid)
                    break
        for file in self.home.glob("postgres-*/postmaster.pid"):
            postmaster = int(file.read_text().split("\n")[0])
            found["database"] = [postmaster]
            found["a process of the database"] = list(below(postmaster)) or [postmaster]
        if self.how.want:
            found = {name: pids for name, pids in found.items() if self._left(name) > 0}
        if self.how.only:
            found = {name: pids for name, pids in found.items() if self.how.only in name}
        if self.importing is not None and self.importing.poll() is None:
            found["import"] = [self.importing.pid]
        return found
