"""Each alarm fires on what it is for, by Prometheus's own word; one without a proof fails."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from shiyu.common.home import PROJECT

FOLDER = PROJECT / "ops" / "prometheus"
ALARMS = yaml.safe_load((FOLDER / "alerts.yml").read_text())
PROOFS = yaml.safe_load((FOLDER / "alerts.test.yml").read_text())
needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="there is no promtool (Debian: prometheus) to ask"
)


def named() -> set[str]:
    return {rule["alert"] for group in ALARMS["groups"] for rule in group["rules"]}


def test_each_alarm_has_a_proof_in_alerts_test_yml() -> None:
    proved = {proof["name"] for proof in PROOFS["tests"]}

    assert proved - {"a city that is well"} == named(), "add to ops/prometheus/alerts.test.yml"


@needs_promtool
def test_each_alarm_fires_and_none_in_a_city_that_is_well() -> None:
    done = _tested(FOLDER)

    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.parametrize(
    ("was", "planted", "expr"),
    [
        ("shiyu_workers < 1", "shiyu_workers < 0", "ShiyuNoWorkers"),
        ("shiyu_unsealed_lines > 50000", "shiyu_unsealed_lines > 30", "count(ALERTS{alertstate"),
    ],
)
def test_an_alarm_that_fires_too_late_or_too_early_is_caught(
    was: str, planted: str, expr: str, tmp_path: Path
) -> None:
    text = (FOLDER / "alerts.yml").read_text()
    assert was in text
    (tmp_path / "alerts.yml").write_text(text.replace(was, planted))
    shutil.copy(FOLDER / "alerts.test.yml", tmp_path)

    done = _tested(tmp_path)

    assert done.returncode != 0
    assert expr in done.stdout + done.stderr


def _tested(folder: Path) -> subprocess.CompletedProcess[str]:
    words = ["promtool", "test", "rules", "alerts.test.yml"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)
