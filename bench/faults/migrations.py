"""T-F10: each migration is broken off at each statement and run again; the schema is the same.

All migrations there are, in their order: what comes later is included by itself. One in a
transaction must leave nothing behind; one outside is broken off before each of its statements and
in the midst of those that wait for others (CONCURRENTLY), and run again. `whole` more times the
command `shiyu migrate` itself is killed at random moments from an empty database to the end.
"""

import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from bench.faults.place import Facts
from bench.faults.schema import Databases, differences
from bench.served import SHIYU
from shiyu.common.connection import URLS
from shiyu.common.embedded import Cluster
from shiyu.site.start import django_ready

PLAIN, BROKEN, BEFORE = "plain", "broken", "before"
WAITS = "CONCURRENTLY"
LOCK_HELD_WITHIN_S = 10.0


def run(stride: float = 1, whole: float = 3) -> Facts:
    """stride  of migrations in a transaction only each so-manieth statement; 1: each."""
    for name in [name for name in os.environ if name.startswith("SHIYU_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="shiyu-bench-") as folder:
        Path(folder).chmod(0o711)
        os.environ["SHIYU_HOME"] = folder
        cluster = Cluster(Path(folder), throwaway=True)
        databases = Databases(cluster, cluster.hold())
        try:
            found = _each(databases, int(stride))
            found["killed_whole"] = [_killed(databases) for _ in range(int(whole))]
        finally:
            cluster.stop()
            cluster.release()
    killed = all(not row["different"] for row in found["killed_whole"])
    found["well"] = bool(not found["wrong"] and found["broken_off"] and killed)
    return found


def _each(databases: Databases, stride: int) -> Facts:
    for name in (PLAIN, BROKEN):
        databases.make(name)
        for role in ("owner",):
            grants = Path(__file__).parents[2] / "shiyu" / "common" / "grants.sql"
            with databases.connect(name, role) as owner:
                owner.execute(grants.read_bytes())
    os.environ["SHIYU_OWNER_URL"] = _urls(databases, PLAIN)["SHIYU_OWNER_URL"]
    django_ready("owner")
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    breaking = Breaking(databases, executor)
    wrong: list[str] = []
    for migration, _backwards in plan:
        wrong += breaking.one(migration, stride)
        if wrong:  # the two databases are no longer alike
            break
    connection.close()
    return {
        "migrations": breaking.migrations,
        "outside_a_transaction": breaking.outside,
        "statements": breaking.statements,
        "broken_off": breaking.broken_off,
        "in_the_midst": breaking.midst,
        "wrong": wrong,
    }


class Breaking:
    """Two databases side by side: one migrated plainly, one broken off and migrated again."""

    def __init__(self, databases: Databases, executor: Any) -> None:
        self.databases, self.executor = databases, executor
        self.migrations = self.statements = self.broken_off = self.midst = 0
        self.outside: list[str] = []

    def one(self, migration: Any, stride: int) -> list[str]:
        self.migrations += 1
        at = (migration.app_label, migration.name)
        self.before = self.executor.loader.project_state(at, at_end=False)
        self.said: list[str] = []
        if not migration.atomic:
            self.outside.append(".".join(at))
            self.databases.make(BEFORE, like=PLAIN)
        ended = self._apply(migration, PLAIN)
        if ended:
            return [f"{'.'.join(at)} does not run at all: {ended}"]
        count, statements = len(self.said), list(self.said)
        self.statements += count
        if migration.atomic:
            found = self._in_transaction(migration, range(1, count + 1, stride))
        else:
            found = self._outside(migration, statements)
        return found + self._compare(migration, BROKEN, PLAIN, "in the end")

    def _in_transaction(self, migration: Any, numbers: range) -> list[str]:
        """Nothing stays of it, wherever it is broken off; then it runs."""
        before = self.databases.parts(BROKEN)
        for number in numbers:
            ended = self._apply(migration, BROKEN, break_at=number)
            if not ended:
                return [f"{migration}: not broken off at statement {number}"]
            self.broken_off += 1
            if self.databases.parts(BROKEN) != before:
                said = [*differences(before, self.databases.parts(BROKEN))]
                return [f"{migration}: something stays after statement {number}: {said}"]
        ended = self._apply(migration, BROKEN)
        return [f"{migration}: {ended}"] if ended else []

    def _outside(self, migration: Any, statements: list[str]) -> list[str]:
        """Broken off before each statement, and in those that wait; run again each time."""
        wrong = []
        points = [(n, False) for n in range(1, len(statements) + 1)]
        points += [(n, True) for n, said in enumerate(statements, 1) if WAITS in said.upper()]
        for number, midst in points:
            self.databases.make(BROKEN, like=BEFORE)
            ended = self._apply(migration, BROKEN, break_at=number, midst=midst)
            if not ended:
                wrong.append(f"{migration}: not broken off at statement {number}")
                continue
            self.broken_off += 1
            self.midst += midst
            again = self._apply(migration, BROKEN)
            where = f"statement {number}{' in its midst' if midst else ''}"
            if again:
                wrong.append(f"{migration}: after {where} it does not run again: {again}")
            else:
                wrong += self._compare(migration, BROKEN, PLAIN, where)
        self.databases.make(BROKEN, like=PLAIN)
        return wrong

    def _compare(self, migration: Any, one: str, other: str, when: str) -> list[str]:
        here, there = self.databases.parts(one), self.databases.parts(other)
        return [f"{migration}, {when}: {line}" for line in differences(there, here)]

    def _apply(self, migration: Any, name: str, *, break_at: int = 0, midst: bool = False) -> str:
        """Carry it out there; empty if it went well, else what became of it."""
        from django.db import DatabaseError, connection

        connection.close()
        connection.settings_dict["NAME"] = name
        self.executor.recorder.ensure_schema()
        watch = _Watch(self.databases, name, break_at, midst)
        self.said = watch.said
        try:
            with connection.execute_wrapper(watch):
                self.executor.apply_migration(self.before.clone(), migration)
        except (DatabaseError, psycopg.Error) as error:
            return f"{type(error).__name__}: {str(error).splitlines()[0]}"
        finally:
            connection.close()
            watch.join()
        return ""


class _Watch:
    """Counts statements; ends the server's process before one of them, or in its midst."""

    def __init__(self, databases: Databases, name: str, break_at: int, midst: bool) -> None:
        self.databases, self.name = databases, name
        self.break_at, self.midst = break_at, midst
        self.said: list[str] = []
        self.thread: threading.Thread | None = None

    def __call__(
        self, execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: Any
    ) -> Any:
        self.said.append(str(statement))
        if len(self.said) == self.break_at:
            pid = context["connection"].connection.info.backend_pid
            if self.midst:
                self._break_soon(pid)
            else:
                self._end(pid)
        return execute(statement, params, many, context)

    def _end(self, pid: int) -> None:
        with self.databases.connect() as server:
            server.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    def _break_soon(self, pid: int) -> None:
        """Somebody's open transaction is in its way; it is ended while it waits for that."""
        holder = self.databases.connect(self.name)
        holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        for (table,) in holder.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'cases%'"
            " OR relkind = 'r' AND relname LIKE 'journal%'"
        ).fetchall():
            holder.execute(f'LOCK TABLE "{table}" IN ROW EXCLUSIVE MODE')

        def work() -> None:
            until = time.monotonic() + LOCK_HELD_WITHIN_S
            waits = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
            with self.databases.connect() as server:
                while not server.execute(waits, [pid]).fetchone() and time.monotonic() < until:
                    time.sleep(0.02)
            self._end(pid)
            holder.close()

        self.thread = threading.Thread(target=work)
        self.thread.start()

    def join(self) -> None:
        if self.thread is not None:
            self.thread.join()


def _killed(databases: Databases) -> Facts:
    """The command killed again and again, from nothing to the end."""
    name, kills = "killed", Counter[str]()
    databases.make(name)
    environment = {**os.environ, **_urls(databases, name)}
    while kills.total() < 200:
        command = subprocess.Popen(
            [*SHIYU, "migrate"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            command.wait(random.uniform(2.0, 8.0) + kills.total() * 0.5)
        except subprocess.TimeoutExpired:
            command.send_signal(signal.SIGKILL)
            command.wait()
            kills["killed"] += 1
            continue
        if command.returncode == 0:
            break
        kills["ended by itself"] += 1
    here, plain = databases.parts(name), databases.parts(PLAIN)
    return {**kills, "different": [*differences(_granted(plain), _granted(here))]}


def _granted(parts: set[str]) -> set[str]:
    """Without the rights to Django's own table, which the command takes back in the end."""
    return {part for part in parts if not part.startswith("('table', 'django_migrations'")}


def _urls(databases: Databases, name: str) -> dict[str, str]:
    written = databases.written
    return {
        url: f"postgresql://{role}:{written['passwords'][role]}@{written['host']}:"
        f"{written['port']}/{name}"
        for role, url in URLS.items()
    }
