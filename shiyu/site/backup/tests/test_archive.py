"""The archive and the folder of backups: nothing half, nothing written over, gaps named."""

import os
import struct
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shiyu.site.backup import archive, sealed_keys
from shiyu.site.backup.store import Base, Store, Trouble

SYSTEM = "7300000000000000001"
FIRST = "000000010000000000000002"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def segment(system: str = SYSTEM, words: bytes = b"") -> bytes:
    head = struct.pack("=HHIQIxxxxQ", 0xD118, 2, 1, 0, 0, int(system))
    return head + words.ljust(4000, b"\0")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.made(tmp_path / "backups", SYSTEM)


def run(*words: str | Path, limit: int = 0) -> "subprocess.CompletedProcess[str]":
    """The program as PostgreSQL runs it; `limit`: no file may grow beyond so many bytes."""

    def narrow() -> None:
        import resource
        import signal

        if limit:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-I", "-S", archive.__file__, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, preexec_fn=narrow)


def archived(store: Store, path: Path, content: bytes, name: str = FIRST, **how: int) -> int:
    path.write_bytes(content)
    return run("put", path, store.wal, name, **how).returncode


def test_a_file_goes_in_and_comes_out_as_it_was(store: Store, tmp_path: Path) -> None:
    content = segment(words=os.urandom(900))

    assert archived(store, tmp_path / "wal", content) == 0
    assert run("get", FIRST, tmp_path / "back", store.wal).returncode == 0
    assert (tmp_path / "back").read_bytes() == content
    assert run("get", FIRST[:-1] + "3", tmp_path / "back", store.wal).returncode == 1


def test_the_same_file_again_is_well_and_another_of_its_name_is_refused(
    store: Store, tmp_path: Path
) -> None:
    archived(store, tmp_path / "wal", segment(words=b"one"))
    before = (store.wal / f"{FIRST}.gz").read_bytes()

    assert archived(store, tmp_path / "wal", segment(words=b"one")) == 0
    assert archived(store, tmp_path / "wal", segment(words=b"two")) == 1
    assert (store.wal / f"{FIRST}.gz").read_bytes() == before


def test_another_citys_wal_and_a_disk_that_is_away_are_refused(
    store: Store, tmp_path: Path
) -> None:
    assert archived(store, tmp_path / "wal", segment("7300000000000000002")) == 1
    (store.wal / "whose").unlink()  # as a mount point without its disk
    assert archived(store, tmp_path / "wal", segment()) == 1
    assert list(store.wal.glob("*")) == []


def test_a_full_disk_leaves_nothing_half(store: Store, tmp_path: Path) -> None:
    content = segment(words=os.urandom(4000))

    assert archived(store, tmp_path / "wal", content, limit=0) == 0
    name = FIRST[:-1] + "3"
    assert run("put", tmp_path / "wal", store.wal, name, limit=2000).returncode == 1
    assert sorted(p.name for p in store.wal.iterdir()) == [f"{FIRST}.gz", "whose"]
    assert run("put", tmp_path / "wal", store.wal, name).returncode == 0


def test_a_broken_file_stops_a_recovery_and_is_not_its_end(store: Store, tmp_path: Path) -> None:
    archived(store, tmp_path / "wal", segment(words=os.urandom(900)))
    path = store.wal / f"{FIRST}.gz"
    path.write_bytes(path.read_bytes()[:-20])

    assert run("get", FIRST, tmp_path / "back", store.wal).returncode == archive.BROKEN


# ---- the folder ----------------------------------------------------------------------------------


def keep_base(store: Store, age_days: float, first: str = FIRST) -> str:
    ended = NOW - timedelta(days=age_days)
    name = f"{ended:%Y%m%dT%H%M%SZ}"
    about = Base(name, ended.isoformat(), ended.isoformat(), 18, 1, first, first, 1, "", 1.0)
    draft = store.base / f".{name}.making"
    draft.mkdir()
    store.keep(Base(**asdict(about)), draft)
    return name


def test_so_many_backups_stay_and_never_none(store: Store) -> None:
    names = [keep_base(store, age) for age in (60, 50, 3, 2, 1)]

    assert store.forget(9, now=NOW) == names[:2]  # older than 35 days
    assert store.forget(2, now=NOW) == names[2:3]
    assert store.forget(1, now=NOW + timedelta(days=300)) == names[3:4]
    assert [base.name for base in store.bases()] == names[4:]


def test_wal_that_no_backup_needs_goes_with_the_backup(store: Store, tmp_path: Path) -> None:
    names = [f"0000000100000000000000{n:02X}" for n in (2, 3, 4, 5)]
    for name in names:
        archived(store, tmp_path / "wal", segment(), name)
    keep_base(store, 2, names[0])
    keep_base(store, 1, names[2])

    store.forget(1, now=NOW)

    assert [name for name, _ in store.segments()] == names[2:]


def test_missing_wal_is_named(store: Store, tmp_path: Path) -> None:
    keep_base(store, 1, "0000000100000001000000FE")
    for name in ("0000000100000001000000FF", "000000010000000200000003"):
        archived(store, tmp_path / "wal", segment(), name)

    assert store.gap_after(store.bases()[0]) == (
        "WAL is missing from the archive: 000000010000000200000000 and 2 more up to "
        "000000010000000200000002"
    )


def test_what_was_broken_off_is_swept_and_never_counts(store: Store) -> None:
    (store.base / ".20261122T000000Z.making" / "data").mkdir(parents=True)

    assert store.bases() == []
    store.sweep()
    assert list(store.base.iterdir()) == []


@pytest.mark.parametrize(
    ("days_ago", "sentence"), [(None, "holds no whole"), (2.0, "cannot be had")]
)
def test_a_moment_that_cannot_be_reached_is_refused(
    store: Store, days_ago: float | None, sentence: str
) -> None:
    if days_ago:
        keep_base(store, 1)
    with pytest.raises(Trouble, match=sentence):
        store.base_for(NOW - timedelta(days=days_ago or 0))


def test_a_folder_with_other_things_or_of_another_city_is_refused(
    store: Store, tmp_path: Path
) -> None:
    with pytest.raises(Trouble, match="another database"):
        Store.made(store.root, "7300000000000000002")
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "letter.txt").write_text("mine")
    with pytest.raises(Trouble, match="not empty"):
        Store.made(tmp_path / "else", SYSTEM)
    with pytest.raises(Trouble, match="mounted"):
        Store.found(tmp_path / "else")


# ---- the secrets ---------------------------------------------------------------------------------


def test_secrets_open_with_their_passphrase_alone(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "witness").write_text("ab" * 32)
    found = sealed_keys.secrets_of(tmp_path)

    sealed = sealed_keys.seal(found, b"correct horse battery")

    assert "ab" * 8 not in sealed
    assert sealed_keys.unseal(sealed, b"correct horse battery") == found
    with pytest.raises(Trouble, match="does not open"):
        sealed_keys.unseal(sealed, b"correct horse batterz")


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("short\n")
    with pytest.raises(Trouble, match="too short"):
        sealed_keys.passphrase(str(tmp_path / "words"))
