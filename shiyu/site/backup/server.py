"""The database server that is backed up: asked, and told where its WAL goes (归档设置)."""

import shlex
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shiyu.common.binaries import Installation, installations
from shiyu.common.connection import URLS, conninfo, is_embedded
from shiyu.common.embedded import Cluster
from shiyu.common.home import home
from shiyu.site.backup.store import Store, Trouble

ARCHIVE_TIMEOUT_S = 60
PROGRAM = Path(__file__).with_name("archive.py")
Connection = psycopg.Connection[Any]

STATE = """
SELECT current_setting('archive_mode'), coalesce(current_setting('archive_command', true), ''),
       last_archived_wal, last_archived_time, last_failed_wal, last_failed_time
  FROM pg_stat_archiver
"""


@dataclass(frozen=True, slots=True)
class Archiving:
    """How the server's archiver does."""

    mode: str
    command: str
    last_wal: str | None
    last_at: datetime | None
    failed_wal: str | None
    failed_at: datetime | None

    @property
    def fails(self) -> bool:
        """Whether the last attempt failed."""
        if self.failed_at is None:
            return False
        return self.last_at is None or self.failed_at > self.last_at


def connect() -> Connection:
    """As the role backup, which reads everything and changes nothing."""
    words = conninfo("backup")
    if not words:
        raise Trouble(f"Set {URLS['backup']} to the address of the database for the role backup.")
    try:
        return psycopg.connect(**words, autocommit=True)
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[0]
        raise Trouble(f"The database does not let the role backup in: {said}") from error


def superuser(cluster: Cluster, database: str = "") -> Connection:
    """As the superuser of the embedded cluster, whose password this server keeps."""
    written = cluster.start()
    return psycopg.connect(
        host=written["host"],
        port=written["port"],
        dbname=database or written["database"],
        user="postgres",
        password=written["passwords"]["postgres"],
        autocommit=True,
        connect_timeout=10,
    )


def system_of(connection: Connection) -> str:
    """The number of this cluster, as its WAL carries it."""
    row = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
    assert row
    return str(row[0])


def timeline_of(connection: Connection) -> int:
    row = connection.execute("SELECT timeline_id FROM pg_control_checkpoint()").fetchone()
    assert row
    return int(row[0])


def size_of(connection: Connection) -> int:
    row = connection.execute(
        "SELECT coalesce(sum(pg_database_size(oid)), 0)::bigint FROM pg_database WHERE datallowconn"
    ).fetchone()
    assert row
    return int(row[0])


def archiving(connection: Connection) -> Archiving:
    row = connection.execute(STATE).fetchone()
    assert row
    return Archiving(*row)


def tools_for(connection: Connection) -> Installation:
    """PostgreSQL's programs of the server's own major version."""
    major = connection.info.server_version // 10_000
    for found in installations():
        if found.major == major and (found.bin / "pg_basebackup").exists():
            return found
    raise Trouble(
        f"The database is PostgreSQL {major}, whose pg_basebackup is not on this machine: "
        f"install the client programs of PostgreSQL {major}, or name them with SHIYU_POSTGRES."
    )


def archive_command(store: Store) -> str:
    """The words for postgresql.conf; PostgreSQL puts path and name in."""
    words = [sys.executable, "-I", "-S", str(PROGRAM), "put", "\0path", str(store.wal), "\0name"]
    said = " ".join(shlex.quote(word).replace("%", "%%") for word in words)
    return said.replace(shlex.quote("\0path"), '"%p"').replace(shlex.quote("\0name"), '"%f"')


def restore_command(store: Store, *more: Path) -> str:
    words = [sys.executable, "-I", "-S", str(PROGRAM), "get", "\0name", "\0path", str(store.wal)]
    said = " ".join(shlex.quote(word).replace("%", "%%") for word in [*words, *map(str, more)])
    return said.replace(shlex.quote("\0path"), '"%p"').replace(shlex.quote("\0name"), '"%f"')


def settings(store: Store) -> dict[str, str]:
    return {
        "archive_mode": "on",
        "archive_command": archive_command(store),
        "archive_timeout": str(ARCHIVE_TIMEOUT_S),
    }


def point_at(store: Store, *, restart: bool = False) -> str:
    """Have the embedded server archive here; what is left to do, empty if nothing."""
    wanted = settings(store)
    if not is_embedded():
        with connect() as given:
            return _left_to_do(given, store, wanted)
    cluster = Cluster(home())
    with superuser(cluster) as server:
        if _differs(server, wanted):
            for name, value in wanted.items():
                change = sql.SQL("ALTER SYSTEM SET {} = {}")
                server.execute(change.format(sql.Identifier(name), sql.Literal(value)))
            server.execute("SELECT pg_reload_conf()")
        if archiving(server).mode == "on":
            return ""
    if not restart:
        return (
            "This database was made before backups were: its archive begins at its next start. "
            "Stop and start `shiyu serve`, or say --restart (some seconds without the database)."
        )
    cluster.stop()
    cluster.start()
    return ""


def finish_wal(connection: Connection, store: Store, *, patience_s: float = 60.0) -> bool:
    """End the WAL file in hand and wait until it is archived; as superuser."""
    row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    assert row
    wanted = store.wal / f"{row[0]}.gz"
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if wanted.exists():
            return True
        if archiving(connection).fails:
            return False
        time.sleep(0.1)
    return False


def _differs(server: Connection, wanted: dict[str, str]) -> bool:
    rows = dict(
        server.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted)]
        ).fetchall()
    )
    return any(rows.get(name) != value for name, value in wanted.items())


def _left_to_do(given: Connection, store: Store, wanted: dict[str, str]) -> str:
    """What the administrator of a named database must set there."""
    state = archiving(given)
    if state.mode != "off" and not state.fails and str(store.wal) in state.command:
        return ""
    lines = "\n".join(f"  {name} = '{value}'" for name, value in wanted.items())
    return (
        "Until its administrator sets this in postgresql.conf (and restarts it once), only whole "
        f"backups are taken and nothing in between:\n{lines}"
    )
