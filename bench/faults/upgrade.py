"""T-F10 and T-F14: the version of before is at work; the database is migrated under it, then this
version takes over behind a proxy while clients work, streams are open and photos half sent.

The version of before comes from the repository (`git archive`): the last commit with another set
of migrations, or the one named by `FAULTS_BEFORE`. The proxy is a plain one: it passes each
connection to whoever serves just now.
"""

import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.city import take_photo
from bench.faults.full import half_files
from bench.faults.judging import judge, unharmed
from bench.faults.network import pump
from bench.faults.open_ends import OpenEnds
from bench.faults.partition import Probe, until_answers
from bench.faults.patience import patient
from bench.faults.place import Facts, Place, kept, verified
from bench.faults.writing import Writing
from bench.served import SHIYU, Process, Trouble, carry_out, free_port, own_home
from shiyu.common.home import PROJECT

STALL_S = 2.0


class Served(Process):
    """`shiyu serve` of one version, from its own tree."""

    def __init__(self, tree: Path, *, log: Path, workers: bool) -> None:
        self.port = free_port(2)
        words = [*SHIYU, "serve", "--port", str(self.port), "--live-port", str(self.port + 1)]
        words += ["--with-workers"] if workers else []
        super().__init__(["env", "-C", str(tree), *words], log=log, SHIYU_PROXIES="1")


class Proxy:
    """Passes each connection on to the server of now."""

    def __init__(self, port: int, to: int) -> None:
        self.to = to
        self.door = socket.create_server(("127.0.0.1", port), backlog=128)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.door.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.to), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=pump, args=(one, other), daemon=True).start()


def run(seconds: float = 8) -> Facts:
    before = _before()
    with tempfile.TemporaryDirectory(prefix="shiyu-bench-before-") as folder, own_home() as home:
        tree = Path(folder)
        _unpack(before, tree)
        log = home / "faults.log"
        log.touch()
        there = ["env", "-C", folder]  # Python takes the package from where it is started
        carry_out([*there, *SHIYU, "migrate"], log=log)
        city_of_then = [sys.executable, "-m", "bench.city", str(home / "plan.json")]
        carry_out([*there, *city_of_then], log=log)
        plan = json.loads((home / "plan.json").read_text()) | {"photo": str(home / "photo.jpg")}
        take_photo(home / "photo.jpg")
        city = Place(home, log, plan, free_port(2))
        return {"before_is": before[:10]} | _take_over(city, tree, seconds)


def _take_over(city: Place, tree: Path, seconds: float) -> Facts:
    old = Served(tree, log=city.log, workers=True)
    new: Served | None = None
    found: Facts = {}
    _answers(old)
    proxy, feed = Proxy(city.port, old.port), Proxy(city.port + 1, old.port + 1)
    probe, ends = Probe(city.port), OpenEnds(city)
    try:
        with city.crowd(systems=2, residents=1) as crowd, ends:
            found |= _beside(city, probe, lambda: time.sleep(seconds), "before")
            found |= _beside(city, probe, lambda: _migrate(city, found), "migrating")
            found |= _beside(city, probe, lambda: time.sleep(seconds), "old_on_new")
            found["repeats_while_migrating"] = dict(crowd.repeats)
            new = Served(PROJECT, log=city.log, workers=True)
            _answers(new)
            probe.begin()
            proxy.to, feed.to = new.port, new.port + 1
            ends.switch()
            begun = time.monotonic()
            old.process.terminate()
            old.process.wait(patient(60))
            found["old_ended_s"] = round(time.monotonic() - begun, 1)
            time.sleep(seconds)
            _longest, answers = probe.end()
            found |= {"answers_in_takeover": dict(answers), "repeats": dict(crowd.repeats)}
            found["failures"] = dict(crowd.failures)
        found |= ends.told()
    finally:
        old.end()
        if new is not None:
            new.end()
        for one in (proxy, feed):
            one.door.close()
    found |= kept(rows=city.ledger.rows())
    found |= verified(city)
    found["half_files"] = half_files(city.home / "files")
    longest = max(found["migrating"][name] for name in ("longest_read_s", "longest_write_s"))
    usual = max(found["before"][name] for name in ("longest_read_s", "longest_write_s"))
    found["stall_s"] = round(max(0.0, longest - usual), 1)
    strange = {"500", "502", "broken"} & {*found["answers_in_takeover"]}
    return judge(
        found,
        **unharmed(found),
        no_client_failed=not found["failures"],
        something_migrated=found["migrated"],
        migrate_ended_well=not found["migrate_ended"],
        calm_before=_is_calm(found["before"]),
        calm_while_migrating=_is_calm(found["migrating"]),
        calm_with_old_code_on_new_schema=_is_calm(found["old_on_new"]),
        calm_in_takeover=not strange,
        stall_in_time=found["stall_s"] <= patient(STALL_S),
        photos_half_sent=found["uploads_half_sent_at_the_end_of_the_old"],
        every_photo_taken_in=not set(found["uploads"]) - {"302", "303"},
        no_half_file=not found["half_files"],
        no_change_missed=not any(found["changes_missed"]),
    )


def _answers(served: Served) -> None:
    if until_answers(served.port, patient(300)) is None:
        served.end()
        raise Trouble(f"nothing answered at port {served.port}")


def _beside(city: Place, probe: Probe, work: Callable[[], object], name: str) -> Facts:
    """Pages read and reports written while that is done: the longest of them, all answers."""
    writing = Writing(city)
    probe.begin()
    writing.begin()
    work()
    longest, answers = probe.end()
    told = writing.end()
    return {
        name: {
            "longest_read_s": round(longest, 1),
            "longest_write_s": round(writing.longest, 1),
            "reads": dict(answers),
            **told,
        }
    }


def _migrate(city: Place, found: Facts) -> None:
    begun = time.monotonic()
    migrated = city.run("migrate")
    lines = (migrated.stdout + migrated.stderr).strip().splitlines()
    found["migrated"] = [line.strip() for line in lines if "..." in line]
    found["migrate"] = lines[-1:]
    found["migrate_s"] = round(time.monotonic() - begun, 1)
    found["migrate_ended"] = migrated.returncode


def _is_calm(row: Facts) -> bool:
    return not ({"500", "502", "broken"} & {*row["reads"], *row["writes"]})


def _before() -> str:
    """The commit before the newest migration came, or the one that is named."""
    if named := os.environ.get("FAULTS_BEFORE"):
        return named
    words = ["git", "log", "-1", "--diff-filter=A", "--format=%H", "--", "shiyu/*/migrations/*.py"]
    found = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True)
    newest = found.stdout.split()[0]
    words = ["git", "rev-parse", f"{newest}~1"]
    return subprocess.run(words, cwd=PROJECT, capture_output=True, text=True).stdout.strip()


def _unpack(commit: str, tree: Path) -> None:
    """That version's tree, with what is built for the browser as it is now."""
    words = ["git", "archive", commit, "shiyu", "bench", "pyproject.toml"]
    packed = subprocess.run(words, cwd=PROJECT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as file:
        file.extractall(tree, filter="data")
    built = PROJECT / "shiyu" / "site" / "static" / "built"
    if built.exists():
        (tree / "shiyu" / "site" / "static" / "built").symlink_to(built)
