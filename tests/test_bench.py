"""The benches: they end, tell what they measured, and nothing acknowledged is lost.

Of the two that write, one has its turn each day (SHIYU_BENCH=NAME names it), both with `-m long`.
"""

import datetime
import json
import os
import subprocess
import sys

import pytest

WRITING = ("intake", "loop")
SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]


def bench(*words, within=400):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SHIYU_")}
    return subprocess.run(
        [*SHIYU, "bench", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=within,
    )


def of_today():
    turn = datetime.datetime.now(datetime.UTC).toordinal() % len(WRITING)
    return os.environ.get("SHIYU_BENCH") or WRITING[turn]


def test_the_short_bench_of_today_ends_with_everything_acknowledged_in_the_database():
    ends_whole(of_today())


@pytest.mark.long
@pytest.mark.parametrize("what", WRITING)
def test_a_short_bench_ends_with_everything_acknowledged_in_the_database(what):
    ends_whole(what)


def ends_whole(what):
    ended = bench(what, "--clients", "1", "--seconds", "2", "--json")

    assert ended.returncode == 0, ended.stderr
    outcome = json.loads(ended.stdout)
    (measured,) = outcome["clients"]
    assert outcome["what"] == what
    assert outcome["whole"] is True
    assert outcome["verify"].startswith("✓")
    for kept in (outcome["kept"], outcome["floor_kept"]):
        assert kept["acknowledged"] > 0
        assert (kept["lost"], kept["duplicates"]) == (0, 0)
        assert kept["in_flight"] <= 1
    assert set(measured) == {"clients", "pages", "floor", "ratio"}
    for target in ("pages", "floor"):
        found = measured[target]
        assert found["requests"] > 0
        assert set(found["request_ms"]) == {"p50", "p95"}
        assert set(found["cores_used"]) == {"pages", "database", "generator"}
        assert (found["refused"], found["failures"]) == ({}, {})


@pytest.mark.long
def test_a_short_bench_of_lists_ends_with_every_page_measured_beside_its_bare_sql():
    ended = bench("lists", "--cases", "300", "--rounds", "1", "--json", within=600)

    assert ended.returncode == 0, ended.stderr
    (small,) = json.loads(ended.stdout)["sizes"]
    assert small["cases"] >= 300
    assert {"intake: to_accept", "case closed", "daily figures", "resident: home"} <= set(
        small["pages"]
    )
    for page in small["pages"].values():
        assert page["p95"] >= page["p50"] > 0


def test_a_number_of_clients_that_is_none_is_one_sentence():
    ended = bench("intake", "--clients", "1,many")

    assert ended.returncode == 2
    assert "not a list of numbers" in ended.stderr
    assert "Traceback" not in ended.stderr
