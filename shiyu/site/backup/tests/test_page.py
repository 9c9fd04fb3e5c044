"""What the page of backups says, and what the keeper writes down for it (备份和演练)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shiyu.site.backup import state
from shiyu.site.backup.page import verdicts_of
from shiyu.site.backup.plan import Plan
from shiyu.site.backup.state import Seen, in_trouble, read_seen, write_seen

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


def well(**other: Any) -> Seen:
    drill = {"at": ago(days=2), "well": True, "back_s": 41.2, "loss_s": 12.0, "says": ""}
    said: dict[str, Any] = {
        "looked_at": ago(seconds=20),
        "kept_at": ago(seconds=20),
        "to": "/mnt/backup",
        "keep": 7,
        "every_hours": 24.0,
        "drill_days": 7.0,
        "bases": [{"name": "a", "ended_at": ago(hours=5), "bytes": 2_000_000}],
        "archived_until": ago(seconds=40),
        "drills": [drill],
    }
    return Seen(**said | other)


def test_where_all_is_well_nothing_is_to_be_done() -> None:
    assert [one.title for one in verdicts_of(well(), NOW) if not one.well] == []


WRONG: dict[str, tuple[Seen, str, str]] = {
    "the keeper is silent": (well(looked_at=ago(minutes=9)), "随时备份", "shiyu-keeper"),
    "the disk is away": (well(trouble="is its disk mounted?"), "随时备份", "shiyu doctor"),
    "no base": (well(bases=[]), "整库备份", "shiyu backup"),
    "WAL is missing": (well(gap="WAL is missing"), "整库备份", "shiyu backup"),
    "an old base": (
        well(bases=[{"name": "a", "ended_at": ago(days=3), "bytes": 1}]),
        "整库备份",
        "shiyu backup",
    ),
    "archiving fails": (well(archiving="fails"), "日志归档", "shiyu doctor"),
    "archiving is off": (well(archiving="off"), "日志归档", "--restart"),
    "no drill": (well(drills=[]), "恢复演练", "--drill"),
    "a drill that failed": (
        well(drills=[{"at": ago(days=1), "well": False, "says": "a picture is missing"}]),
        "恢复演练",
        "--drill",
    ),
    "an old drill": (
        well(drills=[{"at": ago(days=30), "well": True, "back_s": 1, "loss_s": 1}]),
        "恢复演练",
        "--drill",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_with_what_to_do(what: str) -> None:
    seen, title, command = WRONG[what]

    (wrong,) = [one for one in verdicts_of(seen, NOW) if not one.well]

    assert wrong.title == title
    assert command in wrong.command
    assert wrong.todo


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHIYU_HOME", str(tmp_path))
    return tmp_path


def test_trouble_keeps_what_was_seen_before(folder: Path) -> None:
    write_seen(well())

    write_seen(in_trouble(Plan("/mnt/backup"), "is its disk mounted?"))

    seen = read_seen()
    assert seen is not None
    assert seen.trouble == "is its disk mounted?"
    assert seen.bases == well().bases
    assert seen.kept_at == well().kept_at
    assert (folder / state.FILE).stat().st_mode & 0o777 == 0o640


def test_a_file_of_another_version_counts_for_none(folder: Path) -> None:
    (folder / state.FILE).write_text('{"strange": 1}')

    assert read_seen() is None


@pytest.mark.django_db
def test_the_administrator_of_the_system_sees_it_and_a_clerk_does_not(
    client: Any, world: Any, folder: Path
) -> None:
    client.force_login(world.people["administrator"])
    assert "还没有备份方案" in client.get("/backups/").content.decode()
    now = datetime.now(UTC).isoformat()
    write_seen(well(looked_at=now, kept_at=now, archiving="fails", bases=[]))

    page = client.get("/backups/").content.decode()

    assert "有 3 项要处理" in page or "有 2 项要处理" in page
    assert "/mnt/backup" in page
    client.force_login(world.people["intake"])
    assert client.get("/backups/").status_code == 403
