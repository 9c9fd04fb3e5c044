"""`shiyu import reports`: what it says, what it writes, and what a kill leaves behind."""

import csv
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from shiyu.cases.models import Case, Report
from shiyu.cases.tests.world import World
from shiyu.site.commands.import_ import command

SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
SHARED = Path(os.environ.get("SHIYU_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
REPLIES = SHARED / "messages_zh" / "messages_with_replies.csv"
HEAD = ["工单编号", "来电时间", "诉求内容", "地址"]
ROWS, REAL = 30_000, 400
LOADED = "SELECT count(*) FROM cases_report"


def written(path: Path, count: int) -> Path:
    with path.open("w", encoding="gb18030", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEAD)
        table.writerows(
            (f"DH{n:06d}", f"2026-01-{n % 28 + 1:02d} 08:{n % 60:02d}", f"路灯坏了{n}", "书店街")
            for n in range(count)
        )
    return path


def run(*words: object) -> Any:
    return CliRunner().invoke(command, ["reports", *(str(word) for word in words)])


@pytest.mark.django_db
def test_it_says_what_became_of_the_file_and_keeps_what_it_refused(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIYU_ROLE", "web")
    path = written(tmp_path / "工单.csv", 3)
    with path.open("a", encoding="gb18030") as file:
        file.write("DH9,昨天,停电,书店街\r\n")

    tried = run(path, "--preset", "12345", "--dry-run")
    assert (tried.exit_code, Case.objects.count()) == (0, 0)
    done = run(path, "--preset", "12345", "--json")
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["read"], figures["new"], figures["rejected"]) == (4, 3, 1)
    refused = (tmp_path / "工单.csv.rejects.csv").read_text(encoding="utf-8-sig")
    assert list(csv.reader(refused.splitlines()))[1:] == [["5", "上报时间看不懂"]]
    again = run(path, "--preset", "12345")
    assert "新接 0，已有 3，退回 1" in again.output
    assert Report.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words", [["--columns", "id=没有"], ["--timezone", "Mars/Olympus"], ["--place", "000"]]
)
def test_what_is_asked_wrongly_writes_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("SHIYU_ROLE", "web")
    ended = run(written(tmp_path / "a.csv", 2), "--preset", "12345", *words)

    assert ended.exit_code == 1
    assert Case.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.skipif(not REPLIES.is_file(), reason=f"no {REPLIES}")
def test_real_messages_are_read_row_for_row(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its places are masked, so all of it is put where the person says."""
    monkeypatch.setenv("SHIYU_ROLE", "web")
    with REPLIES.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[: REAL + 1]
    path = tmp_path / "real.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(rows)
    ids = [row[0] for row in rows[1:]]
    words = ["--preset", "12345", "--place", "410204", "--columns", "closed=,place="]
    world.procedure.__class__.objects.update(valid_from="2010-01-01")
    ended = run(path, *words, "--rejects", tmp_path / "r.csv", "--json")
    assert ended.exit_code == 0, (ended.output, ended.exception)
    figures = json.loads(ended.stdout.splitlines()[-1])

    assert figures["read"] == len(ids)
    assert figures["new"] == len(set(ids)) - figures["rejected"]
    assert figures["new"] > 0.98 * len(ids)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_moment_it_goes_on_to_exactly_the_file(
    world: World, tmp_path: Path, database: Any
) -> None:
    path = written(tmp_path / "a.csv", ROWS)
    words = [*SHIYU, "import", "reports", str(path), "--preset", "12345", "--json"]
    chance = random.Random()
    with database.connect("web", database.name) as connection:
        for _round in range(4):
            running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            goal = connection.execute(LOADED).fetchone()[0] + chance.randrange(1, 6000)
            while running.poll() is None and connection.execute(LOADED).fetchone()[0] < goal:
                time.sleep(0.02)
            running.kill()
            running.communicate()
        ended = subprocess.run(words, capture_output=True, text=True)
        figures = json.loads(ended.stdout.splitlines()[-1])
        loaded = connection.execute(LOADED).fetchone()[0]
        cases = connection.execute("SELECT count(*) FROM cases_case").fetchone()[0]

    assert figures["new"] + figures["already_there"] == ROWS == loaded == cases
    for what in ("invariants", "clock", "facts"):
        said = subprocess.run([*SHIYU, "verify", what], capture_output=True, text=True)
        assert said.returncode == 0, said.stdout + said.stderr
