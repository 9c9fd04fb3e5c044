"""T-F11: a standby has every commit before it is acknowledged, is promoted under load, and the old
primary, started again as it was, is not let near the program.

Two clusters of this machine; `synchronous_commit = remote_apply`. The program is given both hosts
with `target_session_attrs=read-write`, as the handbook says. The fence is the old one's address:
taken away (here: it is not started at its port again) before the standby is promoted.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from bench.faults.partition import Probe, until_answers
from bench.faults.place import Facts, Place, kept, place, verified
from bench.served import free_port
from shiyu.common.binaries import attempt, give_to_server, installations
from shiyu.common.connection import URLS
from shiyu.common.embedded import Cluster
from shiyu.site.backup.server import superuser

NAME = "shiyu_standby"


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
        with city.crowd(systems=2, residents=1):
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
            back = until_answers(city.port) - failed
            time.sleep(seconds)
            _longest, answers = probe.end()
        city.end()
        found |= {"back_s": round(back, 1), "answers": dict(answers)}
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        found["old_primary"] = _old_comes_back(city, written, data, port)
    finally:
        for name in urls:
            os.environ.pop(name, None)
    found["well"] = bool(
        found["acknowledged"]
        and not (found["lost"] or found["doubled"])
        and found["verify"]
        and found["program_now_at_standby"]
        and found["old_primary"]["follows"]
    )
    return found


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
