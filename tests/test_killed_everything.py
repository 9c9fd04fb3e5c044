"""Every process killed over and over in the middle of everything: nothing lost, doubled, false."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 1_500


@pytest.mark.long
def test_whatever_was_acknowledged_outlives_the_death_of_every_process(tmp_path: Path) -> None:
    """Pages, feed, sealer, workers, database, the command itself; then `shiyu verify` is clean."""
    told = tmp_path / "killed.json"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SHIYU_")}
    words = ["-m", "bench.killed", "--seconds", "120", "--every", "6", "--json", str(told)]

    ended = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    found = json.loads(told.read_text())
    assert found["well"], found
    assert ended.returncode == 0
    assert {"pages", "database", "serve"} <= set(found["kills"])
    assert found["acknowledged_moves"] > 0
