"""`shiyu city from-reports`: its last line, its refusals, and what a kill leaves behind."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from time import strptime, struct_time
from typing import Any

import pytest

from shiyu.cases.models import Case
from shiyu.history.reports.tests.exports import COLUMNS, made_up, write
from shiyu.journal.models import Line

SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
FROM_REPORTS = [*SHIYU, "city", "from-reports"]
KEYS = ["read", "imported", "already_there", "rejected", "open", "closed", "with_due"]
KEYS += ["closed_late", "outside_bounds"]
SHARED = Path(os.environ.get("SHIYU_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
BALTIMORE = SHARED / "city311" / "baltimore_311_sample.csv"
ROWS = 17_000
LOADED = "SELECT count(*) FROM cases_report"
BUSY = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND application_name = 'shiyu worker'
"""

pytestmark = pytest.mark.django_db(transaction=True)


def from_reports(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*FROM_REPORTS, *words], capture_output=True, text=True, timeout=300)


def verify(what: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*SHIYU, "verify", what], capture_output=True, text=True, timeout=300)


def test_the_last_line_has_the_figures_and_refused_rows_their_reasons(tmp_path: Path) -> None:
    rows = made_up(60)
    rows[7] = (rows[7][0], "soon", *rows[7][2:])
    path = write(tmp_path / "town.csv", rows)

    ended = from_reports(path, "--columns", COLUMNS, "--timezone", "America/New_York", "--json")

    assert ended.returncode == 0, ended.stderr
    figures = json.loads(ended.stdout.splitlines()[-1])
    assert list(figures) == KEYS
    assert (figures["read"], figures["imported"], figures["rejected"]) == (60, 59, 1)
    refused = (tmp_path / "town.csv.rejects.csv").read_text(encoding="utf-8-sig")
    assert list(csv.reader(refused.splitlines())) == [["line", "reason"], ["9", "上报时间看不懂"]]
    assert "登录账号 desk，密码 " in ended.stderr
    assert Case.objects.count() == 59


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--columns", "id=id,created=created", "--bounds", "1,2,3"], "--bounds 应是"),
        (["--columns", COLUMNS, "--rejects", "/nowhere/at/all.csv"], "--rejects 另指一处"),
    ],
)
def test_what_is_asked_wrongly_ends_with_one_sentence(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    ended = from_reports(write(tmp_path / "town.csv", made_up(3)), *words)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert sentence in ended.stderr.splitlines()[-1]
    assert not Case.objects.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["town.csv"]


def test_killed_at_any_moment_it_goes_on_to_the_same_city(tmp_path: Path, database: Any) -> None:
    path = write(tmp_path / "town.csv", made_up(ROWS))
    words = [str(path), "--columns", COLUMNS, "--timezone", "America/New_York"]
    with database.connect("worker", database.name) as looking:
        started = subprocess.Popen([*FROM_REPORTS, *words], stderr=subprocess.DEVNULL)
        while not looking.execute(LOADED).fetchone()[0]:
            assert started.poll() is None
            time.sleep(random.uniform(0.01, 0.3))
        started.send_signal(signal.SIGKILL)
        started.wait()
        left = settled(looking)

    ended = from_reports(*words, "--json")

    figures = json.loads(ended.stdout.splitlines()[-1])
    assert (figures["imported"], figures["already_there"]) == (ROWS - left, left)
    assert Line.objects.filter(verb="report").count() == Case.objects.count() == ROWS
    assert Line.objects.filter(verb="import_close").count() == figures["closed"]
    checked = verify("invariants")
    assert (checked.returncode, checked.stdout.splitlines()[-1][:1]) == (0, "✓")


def settled(looking: Any) -> int:
    """How many rows there are once the killed program's last transaction has ended."""
    while looking.execute(BUSY).fetchone()[0]:
        time.sleep(0.05)
    return int(looking.execute(LOADED).fetchone()[0])


@pytest.mark.skipif(not BALTIMORE.exists(), reason="the shared data is not here")
def test_baltimore_closed_late_is_what_the_file_itself_says(tmp_path: Path) -> None:
    ended = from_reports(
        BALTIMORE, "--preset", "baltimore311", "--rejects", tmp_path / "rejects.csv", "--json"
    )

    figures = json.loads(ended.stdout.splitlines()[-1])
    assert figures["read"] == figures["imported"] + figures["rejected"] == 10_000
    assert (figures["closed_late"], figures["closed"], figures["with_due"]) == counted(BALTIMORE)
    late = Case.objects.raw("SELECT id FROM cases_case WHERE closed_at > fixed_due_at")
    assert len(list(late)) == figures["closed_late"]
    assert verify("all").returncode == 0


def counted(path: Path) -> tuple[int, int, int]:
    """Closed late, closed, with a due time: by the plain csv module, local times compared."""

    def when(text: str) -> struct_time | None:
        return strptime(text, "%m/%d/%Y %I:%M:%S %p") if text not in ("", "NA") else None

    with path.open(newline="", encoding="utf-8-sig") as file:
        pairs = [(when(r["CloseDate"]), when(r["DueDate"])) for r in csv.DictReader(file)]
    late = sum(1 for closed, due in pairs if closed and due and closed > due)
    return late, sum(1 for c, _ in pairs if c), sum(1 for _, due in pairs if due)
