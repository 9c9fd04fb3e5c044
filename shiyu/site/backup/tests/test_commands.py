"""`shiyu backup`, `shiyu restore` and what doctor says of them, where something is not right."""

import json
import threading
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shiyu.common.home import home
from shiyu.site.backup import drilling
from shiyu.site.backup.alone import alone_in
from shiyu.site.backup.drilling import Drill
from shiyu.site.backup.plan import Plan, read_plan, write_plan
from shiyu.site.backup.store import Base, Store, Trouble
from shiyu.site.checkup import backups
from shiyu.site.checkup.finding import Finding
from shiyu.site.commands.backup_ import command as backup
from shiyu.site.commands.restore_ import command as restore
from shiyu.site.commands.restore_ import erased_again


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIYU_HOME", str(tmp_path / "home"))


def run(command: Any, *words: str) -> Result:
    return CliRunner().invoke(command, list(words))


def findings() -> dict[str, Finding]:
    return {found.name: found for found in backups.findings()}


@pytest.mark.parametrize(
    ("command", "words", "sentence"),
    [
        (backup, [], "Say where backups go, the first time"),
        (backup, ["--to", "nowhere", "--list"], "holds no backups of a city"),
        (restore, [], "Say where the backups are"),
        (restore, ["--from", "nowhere"], "is its disk mounted?"),
        (restore, ["--from", "STORE", "--to", "yesterday"], "yesterday is no moment"),
        (restore, ["--from", "STORE", "--to", "2999-01-01T00:00:00Z"], "is still to come"),
        (restore, ["--from", "STORE"], "holds no whole base backup"),
        (restore, ["--from", "STORE", "--switch", "HERE"], "holds no restored city"),
    ],
)
def test_what_cannot_be_done_ends_with_one_sentence(
    tmp_path: Path, command: Any, words: list[str], sentence: str
) -> None:
    Store.made(tmp_path / "store", "1")
    places = {"STORE": str(tmp_path / "store"), "HERE": str(tmp_path), "nowhere": str(tmp_path)}

    ended = run(command, *(places.get(word, word) for word in words))

    assert ended.exit_code == 1
    assert sentence in ended.output.strip().splitlines()[-1]


def test_a_list_names_each_backup_and_the_gap_after_it(tmp_path: Path) -> None:
    store = Store.made(tmp_path / "store", "1")
    make_base(store, timedelta(hours=3))
    write_plan(Plan(str(store.root)))

    ended = run(backup, "--list")

    assert ended.exit_code == 0
    assert "PostgreSQL 18  timeline 1" in ended.output
    assert read_plan() == Plan(str(store.root))


def make_base(store: Store, age: timedelta) -> Base:
    ended = datetime.now(UTC) - age
    first = "000000010000000000000002"
    name, at = f"{ended:%Y%m%dT%H%M%SZ}", ended.isoformat()
    base = Base(name, at, at, 18, 1, first, first, 1, "", 1.0)
    draft = store.base / f".{name}.making"
    draft.mkdir()
    store.keep(base, draft)
    return base


# ---- doctor --------------------------------------------------------------------------------------


def test_doctor_says_that_there_are_no_backups() -> None:
    (found,) = backups.findings()

    assert (found.well, found.seen, found.fatal) == (False, "none are taken", False)


def test_doctor_says_that_the_backups_disk_is_away(tmp_path: Path) -> None:
    write_plan(Plan(str(tmp_path / "away")))

    assert "is its disk mounted?" in findings()["backups"].seen


@pytest.mark.parametrize(("hours", "well"), [(20, True), (60, False)])
def test_doctor_says_when_the_newest_backup_is_old(
    tmp_path: Path, hours: float, well: bool
) -> None:
    store = Store.made(tmp_path / "store", "1")
    make_base(store, timedelta(hours=hours))
    write_plan(Plan(str(store.root)))

    assert backups._age(Plan(str(store.root)), store).well is well


@pytest.mark.parametrize(
    ("drill", "well", "says"),
    [
        (None, False, "none held yet"),
        (Drill("2026-01-01T00:00:00+00:00", False, says="WAL is missing"), False, "WAL is missing"),
        (Drill("2026-01-01T00:00:00+00:00", True, back_s=20), False, "days ago"),
        (Drill(datetime.now(UTC).isoformat(), True, back_s=20, loss_s=9), True, "cost 9 s"),
    ],
)
def test_doctor_says_how_the_last_drill_went(drill: Drill | None, well: bool, says: str) -> None:
    if drill:
        (home() / drilling.RESULT).write_text(json.dumps(asdict(drill)))

    found = backups._drilled(Plan("anywhere"))

    assert found.well is well
    assert says in found.seen


def test_a_drill_that_fails_is_on_record(tmp_path: Path) -> None:
    store = Store.made(tmp_path / "store", "1")

    ended = drilling.drill(store, lambda _: None)

    assert not ended.well
    assert drilling.last_drill() == ended
    assert len(store.drills.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "nothing"),
        ({"known": 3, "other": 1}, "nothing"),
        (
            {"erasures": 1, "reporters": 5, "remarks": 6, "photos": 0, "known": 2},
            "1 erasures of the list (5 names with numbers, 6 texts)",
        ),
        ({"erasures": 2, "reporters": 0}, "2 erasures of the list (nothing left of them)"),
    ],
)
def test_a_restore_says_how_much_it_erased_again(counts: dict[str, int], said: str) -> None:
    assert erased_again(counts) == said


def test_two_restores_in_one_folder_do_not_take_each_others_files_away(tmp_path: Path) -> None:
    said: list[str] = []
    order: list[str] = []

    def second() -> None:
        with alone_in(tmp_path / "drill", said.append, waits=True):
            order.append("second")

    with alone_in(tmp_path / "drill", said.append, waits=False):
        with (
            pytest.raises(Trouble, match="Another restore is at work"),
            alone_in(tmp_path / "drill", said.append, waits=False),
        ):
            pass
        waiting = threading.Thread(target=second)
        waiting.start()
        while not said:
            waiting.join(0.01)
        order.append("first")
    waiting.join()

    assert order == ["first", "second"]
    assert said == ["another drill is under way; waiting for it"]
