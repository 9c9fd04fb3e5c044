"""The keeper begins what is due, goes on copying meanwhile, and says trouble once."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shiyu.site.backup import keeper as keeper_module
from shiyu.site.backup.keeper import Keeper
from shiyu.site.backup.plan import Plan, write_plan
from shiyu.site.backup.store import Store, Trouble
from shiyu.site.backup.tests.test_commands import make_base


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("SHIYU_HOME", str(tmp_path / "home"))
    return Store.made(tmp_path / "store", "1")


def begun(keeper: Keeper) -> str:
    return keeper.under_way[0] if keeper.under_way else ""


def ended(keeper: Keeper) -> None:
    assert keeper.under_way
    keeper.under_way[1].wait(10)


@pytest.mark.parametrize(
    ("hours", "timeline", "due"), [(1, 1, "drill"), (30, 1, "backup"), (1, 2, "backup")]
)
def test_what_is_due_is_begun(
    store: Store, monkeypatch: pytest.MonkeyPatch, hours: float, timeline: int, due: str
) -> None:
    monkeypatch.setattr(keeper_module, "SHIYU", [sys.executable, "-c", "pass"])
    make_base(store, timedelta(hours=hours))
    keeper = Keeper()

    keeper._take_if_due(Plan(str(store.root)), store, timeline)

    assert begun(keeper) == due
    ended(keeper)


def test_what_failed_is_said_and_tried_again_after_an_hour(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = [sys.executable, "-c", "import sys; sys.exit('Error: the disk is full')"]
    monkeypatch.setattr(keeper_module, "SHIYU", fails)
    plan, keeper = Plan(str(store.root)), Keeper()

    keeper._take_if_due(plan, store, 1)
    ended(keeper)
    with pytest.raises(Trouble, match="backup: Error: the disk is full"):
        keeper._take_if_due(plan, store, 1)
    keeper._take_if_due(plan, store, 1)
    assert begun(keeper) == ""

    keeper.tried["backup"] = datetime.now(UTC) - timedelta(hours=2)
    keeper._take_if_due(plan, store, 1)
    assert begun(keeper) == "backup"
    ended(keeper)


def test_trouble_is_said_once(
    tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    write_plan(Plan(str(tmp_path / "away")))
    keeper = Keeper()

    keeper.look()
    keeper.look()

    assert capsys.readouterr().err.count("is its disk mounted?") == 1


def test_without_a_plan_nothing_is_done(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    Keeper().look()

    assert capsys.readouterr() == ("", "")
