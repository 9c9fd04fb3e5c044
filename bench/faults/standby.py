"""T-F11: a standby has every commit before it is acknowledged, is promoted under load, and the old
primary, started again as it was, is refused by the program; then it is rewound and follows.

Two clusters of this machine; `synchronous_commit = remote_apply`. The program is given both hosts
with `target_session_attrs=read-write`, as the handbook says. First the standby is away for a
while; then the primary is killed, the standby promoted; then the old one comes back at its own
address, first in the list, as a machine that was switched on again would, and every connection of
the program is ended, so that each has to choose anew (`shiyu/common/fence.py`).
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from bench.faults.judging import judge, unharmed
from bench.faults.partition import Probe, until_answers
from bench.faults.patience import since
from bench.faults.place import Facts, Place, kept, place, verified
from bench.faults.writing import Writing
from bench.killed_load import Crowd
from bench.served import free_port
from shiyu.common.binaries import attempt, give_to_server, installations
from shiyu.common.connection import URLS
from shiyu.common.embedded import Cluster
from shiyu.site.backup.server import superuser

NAME = "shiyu_standby"
AWAY_S = 12.0
NOT_WITHIN_S = 6.0
STAYING = """
SELECT application_name FROM pg_stat_activity
 WHERE application_name LIKE 'shiyu %' AND now() - backend_start > interval '3 seconds'
"""
"""A look at the timeline is gone at once; who stays works there."""


def run(seconds: float = 15) -> Facts:
    with place() as city:
        cluster = Cluster(city.home)
        written = cluster.start()
        (data,) = (p for p in city.home.glob("postgres-*") if p.name[9:].isdigit())
        port = free_port()
        standby = _follow(city, cluster, written, port)
        try:
            return _fail_over(city, cluster, written, data, standby, port, seconds)
        finally:
            _control(standby, "stop", "-m", "immediate")


def _follow(city: Place, cluster: Cluster, written: Facts, port: int) -> Path:
    """A second cluster that replays what the first writes, and confirms it."""
    standby = city.home / "standby"
    with superuser(cluster) as first:  # what pg_rewind needs to go back to
        first.execute("ALTER SYSTEM SET wal_keep_size = '1GB'")
        first.execute("SELECT pg_reload_conf()")
    (tools, *_) = installations()
    words = [tools.tool("pg_basebackup"), "-D", str(standby), "-R", "-X", "stream", "-c", "fast"]
    words += ["-C", "-S", NAME, "-d"]
    words += [
        f"host=127.0.0.1 port={written['port']} user=backup application_name={NAME}"
        f" password={written['passwords']['backup']}"
    ]
    subprocess.run(words, check=True, capture_output=True)
    give_to_server(standby, *standby.rglob("*"))
    log = city.home / "standby.log"
    log.touch(mode=0o600)
    give_to_server(log)
    _control(standby, "start", "-l", str(log), "-o", f"-p {port}")
    with superuser(cluster) as first:
        first.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
        first.execute("ALTER SYSTEM SET synchronous_commit = 'remote_apply'")
        first.execute("SELECT pg_reload_conf()")
        until = time.monotonic() + 30
        sync = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
        while not first.execute(sync).fetchone() and time.monotonic() < until:
            time.sleep(0.2)
    return standby


def _fail_over(
    city: Place,
    cluster: Cluster,
    written: Facts,
    data: Path,
    standby: Path,
    port: int,
    seconds: float,
) -> Facts:
    both = f"127.0.0.1:{written['port']},127.0.0.1:{port}"
    more = "target_session_attrs=read-write"
    urls = {
        name: f"postgresql://{role}:{quote(written['passwords'][role], safe='')}@{both}"
        f"/{written['database']}?{more}"
        for role, name in URLS.items()
    }
    city.serve(**urls)
    probe = Probe(city.port)
    found: Facts = {}
    try:
        with city.crowd(systems=2, residents=1) as crowd:
            time.sleep(seconds)
            found["standby_away"] = _away(city, standby, port, probe)
            time.sleep(seconds)
            probe.begin()
            failed = time.monotonic()
            first = int((data / "postmaster.pid").read_text().split("\n")[0])
            os.kill(first, signal.SIGKILL)  # the machine is gone, its address with it
            promoted = _control(standby, "promote")
            found["promoted"] = promoted.returncode == 0
            with psycopg.connect(urls[URLS["backup"]]) as connection:
                row = connection.execute("SELECT inet_server_port()").fetchone()
                found["program_now_at_standby"] = bool(row and row[0] == port)
            back = since(failed, until_answers(city.port))
            time.sleep(seconds)
            _longest, answers = probe.end()
            found["old_as_it_was"] = _refused(city, written, data, port, seconds, crowd, probe)
        found["failures"] = dict(crowd.failures)
        city.end()
        found |= {"back_s": back, "answers": dict(answers)}
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        found["old_primary"] = _old_comes_back(city, written, data, port)
    finally:
        for name in urls:
            os.environ.pop(name, None)
    old = found["old_as_it_was"]
    return judge(
        found,
        **unharmed(found),
        no_client_failed=not found["failures"],
        program_at_the_standby=found["program_now_at_standby"],
        nobody_at_the_old=not old["sessions_of_the_program"],
        the_old_acknowledges_nothing=not old["acknowledged_a_write"],
        work_went_on=old["done_meanwhile"],
        the_old_follows=found["old_primary"]["follows"],
    )


def _away(city: Place, standby: Path, port: int, probe: Probe) -> Facts:
    """The standby is stopped for a while: no commit is acknowledged, then all goes on."""
    writing = Writing(city)
    probe.begin()
    _control(standby, "stop", "-m", "fast")
    writing.begin()
    time.sleep(AWAY_S)
    log = city.home / "standby.log"
    _control(standby, "start", "-l", str(log), "-o", f"-p {port}")
    there = time.monotonic()
    back = since(there, until_answers(city.port))
    longest, answers = probe.end()
    told = writing.end()
    found = {"seconds": AWAY_S, "reads": dict(answers), "longest_read_s": round(longest, 1)}
    found |= {"back_s": back}
    return found | {"longest_write_s": round(writing.longest, 1), **told}


def _refused(
    city: Place, written: Facts, data: Path, port: int, seconds: float, crowd: Crowd, probe: Probe
) -> Facts:
    """The old one is up again as it was, and everybody has to connect anew."""
    log = city.home / "postgres.log"
    started = _control(data, "start", "-l", str(log), "-o", f"-p {written['port']}")
    try:
        _end_sessions(written, port)
        before = sum(crowd.done.values())
        probe.begin()
        time.sleep(2 * seconds)
        longest, answers = probe.end()
        with psycopg.connect(**_superuser(written, written["port"])) as old:
            rows = old.execute(STAYING).fetchall()
        return {
            "started": started.returncode == 0,
            "sessions_of_the_program": [name for (name,) in rows],
            "acknowledged_a_write": _acknowledges(written),
            "done_meanwhile": sum(crowd.done.values()) - before,
            "reads": dict(answers),
            "longest_read_s": round(longest, 1),
        }
    finally:
        _control(data, "stop", "-m", "fast")


def _end_sessions(written: Facts, port: int) -> None:
    with psycopg.connect(**_superuser(written, port), autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'shiyu %' AND backend_type = 'client backend'"
        )


def _acknowledges(written: Facts) -> bool:
    """Whether somebody who writes at the old one is told that it is done."""
    where = _superuser(written, written["port"]) | {"dbname": written["database"]}
    with psycopg.connect(**where, autocommit=True) as old:
        asking = old.pgconn
        asking.send_query(b"CREATE TABLE written_at_the_old_one (id int)")
        until = time.monotonic() + NOT_WITHIN_S
        while time.monotonic() < until:
            asking.consume_input()
            if not asking.is_busy():
                return True
            time.sleep(0.2)
        asking.finish()
    return False


def _superuser(written: Facts, port: int) -> Facts:
    return {
        "host": "127.0.0.1",
        "port": port,
        "user": "postgres",
        "dbname": "postgres",
        "password": written["passwords"]["postgres"],
    }


def _old_comes_back(city: Place, written: Facts, data: Path, port: int) -> Facts:
    """The old one may come back as a standby of the new only; rewound, it follows."""
    (tools, *_) = installations()
    shutil.rmtree(data / "pg_replslot" / NAME, ignore_errors=True)
    source = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
    os.environ["PGPASSWORD"] = written["passwords"]["postgres"]
    words = [tools.tool("pg_rewind"), "-D", str(data), f"--source-server={source}", "-R"]
    ended = attempt(words)
    del os.environ["PGPASSWORD"]
    found: Facts = {"rewound": ended.returncode == 0, "says": ended.stderr.strip()[-200:]}
    if ended.returncode:
        return found | {"follows": False}
    with (data / "postgresql.auto.conf").open("a") as conf:
        password = written["passwords"]["postgres"]
        conf.write(f"primary_conninfo = '{source} password={password}'\n")
        conf.write("primary_slot_name = ''\nsynchronous_standby_names = ''\n")
    log = city.home / "postgres.log"
    _control(data, "start", "-l", str(log), "-o", f"-p {written['port']}")
    try:
        where = f"host=127.0.0.1 port={written['port']} user=postgres dbname=postgres"
        with psycopg.connect(f"{where} password={written['passwords']['postgres']}") as old:
            row = old.execute("SELECT pg_is_in_recovery()").fetchone()
        return found | {"follows": bool(row and row[0])}
    finally:
        _control(data, "stop", "-m", "fast")


def _control(data: Path, what: str, *words: str) -> "subprocess.CompletedProcess[str]":
    (tools, *_) = installations()
    return attempt([tools.tool("pg_ctl"), what, "-D", str(data), "-s", "-w", *words])
