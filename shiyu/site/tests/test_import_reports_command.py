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

from shiyu.cases import actions
from shiyu.cases.models import Case, Report
from shiyu.cases.tests.world import HERE, World
from shiyu.catalogue.models import Procedure
from shiyu.people.actors import Actor
from shiyu.site.commands.import_ import command

SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
SHARED = Path(os.environ.get("SHIYU_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
REPLIES = SHARED / "messages_zh" / "messages_with_replies.csv"
HEAD = ["工单编号", "来电时间", "诉求内容", "地址"]
ROWS, REAL = 30_000, 400
KILLS = 5
LOADED = "SELECT count(*) FROM cases_report"
COUNTED = {
    "cases": "SELECT count(*) FROM cases_case",
    "reports": LOADED,
    "numbers": "SELECT count(DISTINCT (source, source_ref)) FROM cases_report",
    "lines": "SELECT count(*) FROM journal_line WHERE subject LIKE 'case:%' AND verb = 'report'",
    "remarks": "SELECT count(*) FROM journal_remark WHERE subject LIKE 'case:%'",
    "callers": "SELECT count(*) FROM cases_reporter",
}


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
    Procedure.objects.create(version=2, valid_from="2010-01-01", limits=world.procedure.limits)
    ended = run(path, *words, "--rejects", tmp_path / "r.csv", "--json")
    assert ended.exit_code == 0, (ended.output, ended.exception)
    figures = json.loads(ended.stdout.splitlines()[-1])

    assert figures["read"] == len(ids)
    assert figures["new"] == len(set(ids)) - figures["rejected"]
    assert figures["new"] > 0.98 * len(ids)


def telling_all(path: Path, count: int) -> Path:
    """Rows that have all a report may have: every second a point, every third a caller."""
    head = [*HEAD, "来电人", "来电号码", "类别", "经度", "纬度"]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        for n in range(count):
            at = f"2026-{n % 9 + 1:02d}-{n % 28 + 1:02d} 08:{n % 60:02d}"
            caller = ("王女士", f"138{n:08d}") if n % 3 == 0 else ("", "")
            kind = "路灯不亮" if n % 4 == 0 else ""
            point = HERE if n % 2 else ("", "")
            table.writerow((f"DH{n:06d}", at, f"路灯坏了{n}", "书店街", *caller, kind, *point))
    return path


def report_live(world: World, number: int) -> None:
    """What the desk does meanwhile; a lock held too long by the import would end it."""
    actions.report(
        actions.Intake(
            source="live",
            source_ref=str(number),
            channel="hotline",
            text="路灯不亮",
            place=world.places["shudian"],
        ),
        actor=Actor("receipt", 0),
    )


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_moment_beside_a_living_city_it_goes_on_to_exactly_the_file(
    world: World, tmp_path: Path, database: Any
) -> None:
    path, live = telling_all(tmp_path / "a.csv", ROWS), 0
    words = [*SHIYU, "import", "reports", str(path), "--preset", "12345", "--json"]
    chance = random.Random()
    with database.connect("web", database.name) as connection:
        connection.autocommit = True
        for _round in range(KILLS):
            running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            goal = connection.execute(LOADED).fetchone()[0] + chance.randrange(1, 7000)
            while running.poll() is None and connection.execute(LOADED).fetchone()[0] < goal:
                report_live(world, live := live + 1)
                time.sleep(0.05)
            time.sleep(chance.random() / 2)
            running.kill()
            running.communicate()
        ended = subprocess.run(words, capture_output=True, text=True)
        figures = json.loads(ended.stdout.splitlines()[-1])
        counted = {what: connection.execute(sql).fetchone()[0] for what, sql in COUNTED.items()}

    assert (figures["read"], figures["rejected"]) == (ROWS, 0)
    assert figures["new"] + figures["already_there"] == ROWS
    callers, reported = len(range(0, ROWS, 3)), ROWS + live
    assert counted == {
        "cases": reported,
        "reports": reported,
        "numbers": reported,
        "lines": reported,
        "remarks": reported,
        "callers": callers,
    }
    for what in ("invariants", "clock", "facts", "journal"):
        said = subprocess.run([*SHIYU, "verify", what], capture_output=True, text=True)
        assert said.returncode == 0, said.stdout + said.stderr
