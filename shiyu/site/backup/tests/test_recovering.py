"""A real PostgreSQL taken back to a second in which something was still there."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shiyu.common.embedded import Cluster
from shiyu.site.backup import server
from shiyu.site.backup.plan import Plan
from shiyu.site.backup.recovering import TooLate, recover, tools_of
from shiyu.site.backup.store import Base, Store, Trouble
from shiyu.site.backup.switching import exchange
from shiyu.site.backup.taking import take

HOMES = ("SHIYU_DATABASE_URL", "SHIYU_OWNER_URL", "SHIYU_WORKER_URL", "SHIYU_BACKUP_URL")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, Store, Base]]:
    """A cluster with an archive, a base backup, and what was written after it."""
    place = tmp_path_factory.mktemp("city")
    place.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        for name in HOMES:
            patch.delenv(name, raising=False)
        patch.setenv("SHIYU_HOME", str(place / "home"))
        cluster = Cluster(place / "home")
        cluster.hold()
        with server.superuser(cluster) as living:
            living.execute("CREATE TABLE kept (at timestamptz DEFAULT clock_timestamp())")
            store = Store.made(place / "backups", server.system_of(living))
            assert server.point_at(store) == ""
            base = take(store, Plan(str(store.root)), lambda _: None)
        yield cluster, store, base
        cluster.stop()
        cluster.release()


def kept(cluster: Cluster) -> list[datetime]:
    with server.superuser(cluster) as database:
        return [at for (at,) in database.execute("SELECT at FROM kept ORDER BY at").fetchall()]


def test_a_dropped_table_is_back_as_it_was_at_that_second(
    city: tuple[Cluster, Store, Base], tmp_path: Path
) -> None:
    cluster, store, base = city
    with server.superuser(cluster) as living:
        living.execute("INSERT INTO kept DEFAULT VALUES")
        time.sleep(0.05)
        moment = datetime.now(UTC)
        time.sleep(0.05)
        living.execute("INSERT INTO kept DEFAULT VALUES")
        living.execute("DROP TABLE kept")
        assert server.finish_wal(living, store)
    tmp_path.chmod(0o711)

    found = recover(store, base, tmp_path / "aside", moment, lambda _: None, more_wal=None)

    try:
        assert len(kept(found.cluster)) == 1
        assert max(kept(found.cluster)) < moment
        assert found.timeline == 2
        with server.superuser(found.cluster) as restored:
            assert server.archiving(restored).mode == "off"  # never into the living one's archive
    finally:
        found.cluster.stop()
    with pytest.raises(TooLate, match="The archive ends at"):
        recover(store, base, tmp_path / "late", datetime.now(UTC), lambda _: None, more_wal=None)


def test_what_is_not_archived_yet_is_taken_from_the_living_database(
    city: tuple[Cluster, Store, Base], tmp_path: Path
) -> None:
    cluster, store, base = city
    with server.superuser(cluster) as living:
        living.execute("CREATE TABLE later (n int)")
        name = living.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
    assert name
    assert not (store.wal / f"{name[0]}.gz").exists()
    (wal,) = (path / "pg_wal" for path in cluster.home.glob("postgres-[0-9]*"))
    tmp_path.chmod(0o711)

    found = recover(store, base, tmp_path / "aside", None, lambda _: None, more_wal=wal)

    try:
        with server.superuser(found.cluster) as restored:
            assert restored.execute("SELECT to_regclass('later')").fetchone() != (None,)
    finally:
        found.cluster.stop()


def test_another_major_version_is_told_and_what_to_do() -> None:
    with pytest.raises(Trouble, match=r"The backup is of PostgreSQL 9; .* Install PostgreSQL 9"):
        tools_of(9)


def test_a_base_backup_that_was_changed_is_not_restored(
    city: tuple[Cluster, Store, Base], tmp_path: Path
) -> None:
    _, store, base = city
    broken = replace(base, name="broken")
    shutil.copytree(store.data_of(base), store.data_of(broken))
    path = store.data_of(broken) / "global" / "pg_filenode.map"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    tmp_path.chmod(0o711)

    with pytest.raises(Trouble, match=r"is broken: .*pg_filenode\.map"):
        recover(store, broken, tmp_path / "aside", None, lambda _: None, more_wal=None)


def test_an_archive_that_is_away_is_known_as_failing(city: tuple[Cluster, Store, Base]) -> None:
    cluster, store, _ = city
    store.wal.rename(store.root / "away")
    try:
        with server.superuser(cluster) as living:
            living.execute("CREATE TABLE IF NOT EXISTS more (n int)")
            assert not server.finish_wal(living, store, patience_s=20)
            assert server.archiving(living).fails
    finally:
        (store.root / "away").rename(store.wal)


def test_two_folders_change_places_at_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()

    exchange(tmp_path / "one", tmp_path / "two")

    assert [p.name for p in (tmp_path / "one").iterdir()] == ["two"]
