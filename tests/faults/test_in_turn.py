"""Every fault proved: all of them at length with `-m long`, one of them with every run, in turn.

Which one a day has is reckoned from its date, so that each is met within a fortnight and a red
one can be had again: SHIYU_FAULT=NAME names it. The figures are in docs/evidence/faults.md.
"""

import contextlib
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.faults.judging import judge

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
NEEDS_DISKS = {"disk of the pictures full", "each disk full"}
NEEDS_NETWORKS = {"parted"}
NEEDS_ROOT = NEEDS_DISKS | NEEDS_NETWORKS
NEEDS_HISTORY = {"taken over by a new version"}
SHORT_WITHIN_S = 900


def of_today() -> str:
    """The fault whose turn it is."""
    turn = datetime.datetime.now(datetime.UTC).toordinal() % len(SHORT)
    return os.environ.get("SHIYU_FAULT") or list(SHORT)[turn]


def prove(name: str, words: list[str], folder: Path, patience_s: float, **more: str) -> None:
    """Run it to its end, or tell it to end; a red one says what was not met and what was said."""
    if why := cannot(name):
        pytest.skip(why)
    told, log, out = folder / "told.json", folder / "city.log", folder / "out.txt"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SHIYU_")}
    with out.open("wb") as said:
        proof = subprocess.Popen(
            [sys.executable, *words, "--json", str(told)],
            cwd=ROOT,
            env=clean | {"FAULTS_LOG": str(log)} | more,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            process_group=0,
        )
        try:
            proof.wait(patience_s)
        except subprocess.TimeoutExpired:
            end(proof)

    found = json.loads(told.read_text()) if told.exists() else {"well": False}
    if not found["well"]:
        pytest.fail(in_words(name, found, out, log), pytrace=False)


def end(proof: "subprocess.Popen[bytes]") -> None:
    """It ends its city itself when it is told to; what it leaves is ended, too."""
    proof.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        proof.wait(90)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(proof.pid, signal.SIGKILL)
    proof.wait()


def in_words(name: str, found: dict[str, Any], out: Path, log: Path) -> str:
    """What was not met, each figure on a line, and the end of what was printed."""
    figures = [f"  {key}: {json.dumps(said)[:600]}" for key, said in found.items()]
    last = [
        f"-- the last of {path.name}:\n" + path.read_text(errors="replace")[-2500:].strip()
        for path in (out, log)
        if path.exists()
    ]
    head = f"{name}: not met: {found.get('not_met', 'it came to no end')}"
    return "\n".join([head, *figures, *last])


def cannot(name: str) -> str:
    """Why this machine cannot try that fault; empty where it can."""
    if name in NEEDS_ROOT and os.geteuid() != 0:
        return "cutting networks and mounting small disks needs root"
    if name in NEEDS_DISKS and not may("mount", "-t", "tmpfs", "none", "/mnt"):
        return "no disk may be mounted here"
    if name in NEEDS_NETWORKS and not may("true", net=True):
        return "no network of its own may be made here"
    if name in NEEDS_COMPILER and not shutil.which("cc"):
        return "wrong clocks are a library of ten lines, which needs a compiler"
    if name in NEEDS_HISTORY and not has_history():
        return "the version of before is taken from the repository, which has no history here"
    return ""


def may(*words: str, net: bool = False) -> bool:
    """Whether that is allowed, tried in a world of its own that ends with it."""
    kind = ["--net"] if net else ["--mount"]
    with contextlib.suppress(OSError):
        return not subprocess.run(["unshare", *kind, *words], capture_output=True).returncode
    return False


def has_history() -> bool:
    """A clone of the newest commit alone has no version of before."""
    words = ["git", "log", "-2", "--diff-filter=A", "--format=%P", "--", "shiyu/*/migrations/*.py"]
    with contextlib.suppress(OSError):
        found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
        return found.returncode == 0 and len(found.stdout.split()) > 0
    return False


def test_the_fault_of_today(tmp_path: Path) -> None:
    """About a minute of processor; on a slow machine as right, and given longer."""
    name = of_today()
    prove(name, SHORT[name], tmp_path, SHORT_WITHIN_S, FAULTS_PATIENCE="8")


@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_each_fault_at_length(name: str, tmp_path: Path) -> None:
    prove(name, LONG[name], tmp_path, 3_600)


def test_each_fault_has_a_short_form_and_a_long_one() -> None:
    same = {"disk of the pictures full": "each disk full"}
    assert {same.get(name, name) for name in SHORT} == set(LONG) - ONLY_LONG


def test_a_red_proof_says_what_was_not_met_and_what_was_printed_last(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("the last word\n")
    found = {"lost": 2, "not_met": ["none_lost"], "well": False}

    said = in_words("races", found, tmp_path / "out.txt", tmp_path / "none.log")

    assert said.startswith("races: not met: ['none_lost']")
    assert "  lost: 2" in said
    assert said.endswith("the last word")


def test_a_proof_that_does_not_end_is_ended_and_red(tmp_path: Path) -> None:
    endless = ["-c", "import sys, time; print('begun', flush=True); time.sleep(600)"]

    with pytest.raises(pytest.fail.Exception, match="it came to no end") as red:
        prove("races", endless, tmp_path, 1)

    assert str(red.value).endswith("begun")


def test_demands_that_are_not_true_are_named() -> None:
    found = judge({"lost": 1}, none_lost=False, verify=True)

    assert found == {"lost": 1, "not_met": ["none_lost"], "well": False}
    assert judge({}, verify=True)["well"]
