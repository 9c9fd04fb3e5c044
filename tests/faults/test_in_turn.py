"""Every fault proved: all of them at length with `-m long`, one of them with every run, in turn.

Which one a day has is reckoned from its date, so that each is met within a fortnight and a red
one can be had again: SHIYU_FAULT=NAME names it. The figures are in docs/evidence/faults.md.
"""

import datetime
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KILLED = ["-m", "bench.killed", "--seconds", "900"]

SHORT: dict[str, list[str]] = {
    "pages killed": ["-m", "bench.faults", "killing", "kind=1", "kills=3"],
    "worker killed and frozen": ["-m", "bench.faults", "killing", "kind=2", "kills=3"],
    "database killed": ["-m", "bench.faults", "killing", "kind=3", "kills=2"],
    "moment": ["-m", "bench.faults", "moment", "seconds=8"],
    "races": ["-m", "bench.faults", "races", "races=4", "ways=20"],
    "parted": ["-m", "bench.faults", "partition", "short=4", "long=12"],
    "disk of the pictures full": ["-m", "bench.faults", "full", "only=1"],
    "no connection left": ["-m", "bench.faults", "pool", "seconds=6"],
    "taken over by a new version": ["-m", "bench.faults", "upgrade", "seconds=4"],
    "no memory left": ["-m", "bench.faults", "memory", "seconds=6"],
    "wrong clocks": ["-m", "bench.faults", "clocks", "seconds=10"],
}
LONG: dict[str, list[str]] = {
    "pages killed": [*KILLED, "--only", "pages", "--kills", "50", "--every", "3"],
    "worker killed and frozen": [
        *(*KILLED[:2], "--seconds", "3000", "--only", "worker", "--kills", "100"),
        *("--every", "4", "--freeze", "20", "--at-once", "5", "--reap", "10"),
    ],
    "database killed": [*KILLED, "--only", "database", "--kills", "20", "--every", "12"],
    "moment": ["-m", "bench.faults", "moment", "seconds=60", "gigabytes=2"],
    "races": ["-m", "bench.faults", "races", "races=200", "ways=50"],
    "parted": ["-m", "bench.faults", "partition", "short=5", "long=30"],
    "each disk full": ["-m", "bench.faults", "full"],
    "no connection left": ["-m", "bench.faults", "pool", "seconds=30"],
    "taken over by a new version": ["-m", "bench.faults", "upgrade", "seconds=30"],
    "neighbours of every mood": ["-m", "bench.faults", "peers", "seconds=60"],
    "no memory left": ["-m", "bench.faults", "memory", "seconds=30"],
    "wrong clocks": ["-m", "bench.faults", "clocks", "seconds=60"],
    "each migration broken off": ["-m", "bench.faults", "migrations"],
    "a standby promoted": ["-m", "bench.faults", "standby", "seconds=20"],
}
ONLY_LONG = {"each migration broken off", "a standby promoted", "neighbours of every mood"}
"""Moods of six seconds are over before a text has come back: four minutes, and nothing shown."""
NEEDS_COMPILER = {"wrong clocks"}
NEEDS_ROOT = {"parted", "disk of the pictures full", "each disk full"}


def of_today() -> str:
    """The fault whose turn it is."""
    turn = datetime.datetime.now(datetime.UTC).toordinal() % len(SHORT)
    return os.environ.get("SHIYU_FAULT") or list(SHORT)[turn]


def prove(name: str, words: list[str], told: Path, patience_s: float) -> None:
    if name in NEEDS_ROOT and os.geteuid() != 0:
        pytest.skip("cutting networks and mounting small disks needs root")
    if name in NEEDS_COMPILER and not shutil.which("cc"):
        pytest.skip("wrong clocks are a library of ten lines, which needs a compiler")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SHIYU_")}

    ended = subprocess.run(
        [sys.executable, *words, "--json", str(told)],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        timeout=patience_s,
    )

    assert told.exists(), ended.stderr[-2000:]
    found = json.loads(told.read_text())
    assert found["well"], found


def test_the_fault_of_today(tmp_path: Path) -> None:
    """About a minute of processor; which one it is stands in the name of what it runs."""
    name = of_today()
    prove(name, SHORT[name], tmp_path / "told.json", 900)


@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_each_fault_at_length(name: str, tmp_path: Path) -> None:
    prove(name, LONG[name], tmp_path / "told.json", 3_600)


def test_each_fault_has_a_short_form_and_a_long_one() -> None:
    same = {"disk of the pictures full": "each disk full"}
    assert {same.get(name, name) for name in SHORT} == set(LONG) - ONLY_LONG
