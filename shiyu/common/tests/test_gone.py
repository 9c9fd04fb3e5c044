"""Counts of processes that are gone stay in the sums, and their files do not gather (计数文件)."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shiyu.common.gone import GONE, settled
from shiyu.common.reserved import Reserved

COUNTS = """
import os, signal, sys
from shiyu.common import measures
measures.REQUESTS.labels("a", "GET", "200").inc()
measures.REQUEST_SECONDS.labels("a").observe(0.02)
measures.STREAMS.set(3)
print("counted", flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[1] == "stays":
    sys.stdin.read()
"""


def counting(folder: Path, then: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTS, then],
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stdout.readline() == "counted\n"
    if then != "stays":
        process.communicate()
    return process


def sums(folder: Path, kind: str) -> dict[str, float]:
    """What the library would read of one kind."""
    found: dict[str, float] = {}
    for file in folder.glob(f"{kind}_*.db"):
        for key, value, *_ in Reserved.read_all_values_from_file(file):
            found[key] = found.get(key, 0.0) + value
    return found


def test_the_killed_and_the_ended_are_added_up_and_the_living_left_alone(tmp_path: Path) -> None:
    counting(tmp_path, "killed")
    counting(tmp_path, "ends")
    alive = counting(tmp_path, "stays")

    for _ in range(2):
        with settled(tmp_path):
            pass

    names = {file.name for file in tmp_path.glob("*.db")}
    own = {f"{kind}_{alive.pid}.db" for kind in ("counter", "histogram", "gauge_livesum")}
    assert names == own | {f"counter_{GONE}.db", f"histogram_{GONE}.db"}
    (requests,) = sums(tmp_path, "counter").values()
    assert requests == 3
    assert sums(tmp_path, "histogram")[next(k for k in sums(tmp_path, "histogram") if "_sum" in k)]
    assert sum(sums(tmp_path, "gauge_livesum").values()) == 3.0
    alive.communicate()


def test_two_with_the_same_number_count_apart(tmp_path: Path) -> None:
    name = str(tmp_path / "counter_1.db")
    first, second = Reserved(name), Reserved(name)
    for counts in (first, second):
        counts.write_value("a", counts.read_value("a")[0] + 1, 0.0)

    assert sums(tmp_path, "counter") == {"a": 2.0}
    assert len(list(tmp_path.glob("*.db"))) == 2
    first.close()
    third = Reserved(name)  # the number is given to another process: it counts on
    assert third.read_value("a")[0] == 1.0


def test_what_somebody_held_open_is_not_held_by_who_gets_his_number(tmp_path: Path) -> None:
    before = Reserved(str(tmp_path / "gauge_livesum_7.db"))
    before.write_value("streams", 5.0, 0.0)
    before.close()

    assert Reserved(str(tmp_path / "gauge_livesum_7.db")).read_value("streams")[0] == 0.0


def test_a_torn_file_spoils_no_sum(tmp_path: Path) -> None:
    whole = Reserved(str(tmp_path / "counter_1.db"))
    whole.write_value("a", 2.0, 0.0)
    whole.close()
    (tmp_path / "counter_2.db").write_bytes(b"\xff\x00\x00\x00\x00\x00\x00\x00\x99\x99\x99\x09")

    with settled(tmp_path):
        pass

    assert sums(tmp_path, "counter") == {"a": 2.0}
    assert [file.name for file in tmp_path.glob("*.db")] == [f"counter_{GONE}.db"]


def test_without_room_everything_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Reserved(str(tmp_path / "counter_1.db"))
    counts.write_value("a", 2.0, 0.0)
    counts.close()

    def full(*_words: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with settled(tmp_path):
        pass

    assert sums(tmp_path, "counter") == {"a": 2.0}
    assert [file.name for file in tmp_path.glob("*.db")] == ["counter_1.db"]
