"""Every load at length with `-m long`; what they reckon with is tried here, in memory.

The figures are in docs/evidence/load.md and docs/evidence/latency.md.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from bench.load import __main__ as loads
from bench.load.crowd import Crowd, Someone, Told, part, someone, summed
from bench.load.listening import EVENT, Ear
from bench.load.overload import recovery
from shiyu.live.feed import Change
from shiyu.site.commands import serve_
from shiyu.site.room import AT_ONCE, WAITING_MOST
from tests import own_loop

ROOT = Path(__file__).resolve().parents[2]
LONG: dict[str, list[str]] = {
    "day": ["rate=20", "minutes=10", "steps=10", "top=60", "cases=20000"],
    "create": ["clients=8", "minutes=5"],
    "hotline": ["rows=100000", "kills=10"],
    "streams": ["count=2000", "rate=20", "seconds=60"],
    "fanout": ["count=2000"],
    "jobs": ["rate=50", "minutes=10"],
    "plans": ["cases=20000"],
    "soak": ["rate=10", "minutes=40"],
    "refusing": [],
    "overload": ["rate=15", "times=5", "seconds=60"],
}


@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_each_load_at_length(name: str, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SHIYU_")}

    ended = subprocess.run(
        [sys.executable, "-m", "bench.load", name, *LONG[name], "--json", str(told)],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        timeout=3_600,
    )

    assert told.exists(), ended.stderr[-2000:]
    found = json.loads(told.read_text())
    assert found["well"], found


def test_each_load_is_told_and_proved() -> None:
    there = {path.stem for path in (ROOT / "bench" / "load").glob("*.py") if runs(path)}

    assert there == {*LONG, "latency"}, "say in LONG how long a new load is proved"
    assert all(f"\n{name} " in (loads.__doc__ or "") for name in there)


def runs(path: Path) -> bool:
    return "\ndef run(" in path.read_text()


def test_what_is_due_is_timed_from_when_it_was_due_though_nobody_was_free() -> None:
    async def slow(_one: Someone, _chance: random.Random) -> tuple[str, int, bool]:
        await asyncio.sleep(0.1)
        return "page", 200, False

    async def one_person() -> dict[str, object]:
        people = [someone({"duty": "intake", "cookie": "c"}, 0, 1)]
        crowd = Crowd(people, slow)
        found = await crowd.run(rate=40, seconds=0.2)
        part(people)
        return found | {"longest": max(one.seconds for one in crowd.told)}

    found = own_loop.run(one_person())

    assert found["nobody_free"]
    assert found["longest"] > 0.15


def test_who_was_turned_away_is_not_counted_as_answered() -> None:
    told = [Told("list", 0, 0.1, 200), Told("list", 0, 0.001, 503, says_when=True)]
    told += [Told("list", 0, 0.001, 503), Told("broken", 0, 9.0, 0)]

    found = summed(told, rate=4, seconds=1)

    assert (found["ms"]["count"], found["turned_away"], found["errors"]) == (1, 2, 1)
    assert found["without_retry_after"] == 1


def test_recovery_is_the_last_that_was_not_well() -> None:
    well = [Told("list", at / 10, 0.1, 200) for at in range(200)]

    assert recovery(well, 200) == 0.0
    assert recovery([*well, Told("list", 3.0, 0.001, 503, says_when=True)], 200) == 3.0
    assert recovery([*well, Told("list", 4.0, 2.0, 200)], 200) == 4.0
    assert recovery([*well, Told("list", 19.8, 2.0, 200)], 200) is None


def test_a_listener_understands_what_the_feed_says_even_in_pieces() -> None:
    frames = b"".join(Change((7, n), "case", 12, n, 1210, frozenset()).frame() for n in range(3))
    assert len(EVENT.findall(frames)) == 3
    ear = Ear(1, "c", {12})
    for at in range(0, len(frames), 5):
        ear.data_received(frames[at : at + 5])

    assert set(ear.heard) == {0, 1, 2}
    assert ear.last == b"7-2"


def test_units_and_image_let_in_as_many_as_serve_does() -> None:
    threads = serve_.THREADS + WAITING_MOST + serve_.SPARE_THREADS
    unit = (ROOT / "ops/systemd/shiyu-web.service").read_text()
    image = (ROOT / "ops/container/Containerfile").read_text()

    for words in (unit, image.replace('", "', " ")):
        assert f"--blocking-threads {threads} " in words
        assert f"--backpressure {serve_.CONNECTIONS} " in words
    assert f"{AT_ONCE}={serve_.THREADS} " in unit
    assert f'{AT_ONCE}: "{serve_.THREADS}"' in (ROOT / "ops/container/compose.yml").read_text()
