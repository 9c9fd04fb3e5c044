"""A large city made by the command, killed on the way, taken up again, verified (long)."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from shiyu.common.embedded import Cluster
from shiyu.history.large.aside import STANDS, TABLES

CASES = 6_000
SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
MAKE = [*SHIYU, "demo", "make", "--size", "city-1", "--cases", str(CASES), "--seed", "3"]
PATIENCE_S = 1_800
ON_THE_WAY_S = 3


@pytest.mark.long
def test_a_large_city_killed_on_the_way_is_whole_and_clean(tmp_path: Path) -> None:
    home = tmp_path / "city"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SHIYU_")}
    environment |= {"SHIYU_HOME": str(home)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
        )

    cluster = Cluster(home)
    cluster.hold()
    try:
        assert run(*SHIYU, "migrate").returncode == 0
        stood = _stands(home)
        _killed_while_writing(environment)
        assert _stands(home) != stood
        assert "规模" in run(*SHIYU, "demo", "make").stderr  # another size is refused
        made = run(*MAKE)
        assert made.returncode == 0, made.stderr
        assert _stands(home) == stood
        verified = run(*SHIYU, "verify")
        assert verified.returncode == 0, verified.stdout
        assert f"verified {CASES} cases" in verified.stdout
        assert "The demo city is there." in run(*MAKE).stdout
    finally:
        cluster.release()
        cluster.remove()


def _killed_while_writing(environment: dict[str, str]) -> None:
    """Begin, and kill all processes of it without a word soon after the draw."""
    begun = subprocess.Popen(
        MAKE, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert begun.stdout is not None
    assert any("drawing: " in words for words in begun.stdout)
    time.sleep(ON_THE_WAY_S)
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()


def _stands(home: Path) -> list[str]:
    """The indexes, keys and references of the tables that are filled."""
    known = json.loads((home / "connection.json").read_text())
    with psycopg.connect(
        host=known["host"],
        port=known["port"],
        dbname=known["database"],
        user="owner",
        password=known["passwords"]["owner"],
    ) as connection:
        return [row[0] for row in connection.execute(STANDS, {"tables": list(TABLES)})]
