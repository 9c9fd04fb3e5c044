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

from bench.faults.judging import judge
from bench.faults.place import Facts
from bench.faults.schema import Databases, differences
from bench.served import SHIYU
from shiyu.common.connection import URLS
from shiyu.common.embedded import Cluster
from shiyu.site.start import django_ready

PLAIN, BROKEN, BEFORE, REFERENCE = "plain", "broken", "before", "reference"
WAITS = "CONCURRENTLY"
LOCK_HELD_WITHIN_S = 10.0


def run(most: float = 0, whole: float = 3) -> Facts:
    """most  of a migration in a transaction only so many statements, spread evenly; 0: each."""
    for name in [name for name in os.environ if name.startswith("SHIYU_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="shiyu-bench-") as folder:
        Path(folder).chmod(0o711)
        os.environ["SHIYU_HOME"] = folder
        cluster = Cluster(Path(folder), throwaway=True)
        databases = Databases(cluster, cluster.hold())
        try:
            found = _each(databases, int(most))
            found["killed_whole"] = [_killed(databases) for _ in range(int(whole))]
        finally:
            cluster.stop()
            cluster.release()
    killed = all(not row["different"] for row in found["killed_whole"])
    return judge(
        found,
        nothing_wrong=not found["wrong"],
        broken_off=found["broken_off"],
        killed_whole_ends_the_same=killed,
    )


def _each(databases: Databases, most: int) -> Facts:
    databases.make(PLAIN)
    grants = Path(__file__).parents[2] / "shiyu" / "common" / "grants.sql"
    with databases.connect(PLAIN, "owner") as owner:
        owner.execute(grants.read_bytes())
    os.environ["SHIYU_OWNER_URL"] = _urls(databases, PLAIN)["SHIYU_OWNER_URL"]
    django_ready("owner")
    from django.db import connection

    from shiyu.site.migrating import WholeExecutor

    executor = WholeExecutor(connection)
    # Django's own list of them is made before the first, outside of each.
    executor.recorder.ensure_schema()
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    breaking = Breaking(databases, executor)
    wrong: list[str] = []
    for migration, _backwards in plan:
        wrong += breaking.one(migration, most)
        if wrong:  # what follows would be judged by what went wrong here
            break
    connection.close()
    databases.make(REFERENCE)
    subprocess.run([*SHIYU, "migrate"], env={**os.environ, **_urls(databases, REFERENCE)})
    here, there = _granted(databases.parts(PLAIN)), _granted(databases.parts(REFERENCE))
    return {
        "migrations": breaking.migrations,
        "of_the_program": breaking.ours,
        "outside_a_transaction": breaking.outside,
        "statements": breaking.statements,
        "broken_off": breaking.broken_off,
        "in_the_midst": breaking.midst,
        "wrong": [*wrong, *differences(there, here)],
    }


class Breaking:
    """A database in which each migration is broken off before it is carried out in peace."""

    def __init__(self, databases: Databases, executor: Any) -> None:
        self.databases, self.executor = databases, executor
        self.migrations = self.ours = self.statements = self.broken_off = self.midst = 0
        self.outside: list[str] = []

    def one(self, migration: Any, most: int) -> list[str]:
        """Other people's migrations are carried out only: they are tried where they are made."""
        self.migrations += 1
        at = (migration.app_label, migration.name)
        self.before = self.executor.loader.project_state(at, at_end=False)
        self.before.apps  # noqa: B018 - rendered once, not for each try
        self.said: list[str] = []
        if not migration.__module__.startswith("shiyu."):
            return self._in_peace(migration)
        self.ours += 1
        if migration.atomic:
            return self._in_transaction(migration, most)
        self.outside.append(".".join(at))
        self.databases.make(BEFORE, like=PLAIN)
        return self._in_peace(migration) or self._outside(migration, list(self.said))

    def _in_peace(self, migration: Any) -> list[str]:
        ended = self._apply(migration, PLAIN)
        self.statements += len(self.said)
        return [f"{migration} does not run: {ended}"] if ended else []

    def _in_transaction(self, migration: Any, most: int) -> list[str]:
        """Nothing stays of it, wherever it is broken off; then it runs.

        How many statements there are is known when one more than the last is asked for.
        """
        before = self.databases.parts(PLAIN)
        number, step = 1, 1
        while ended := self._apply(migration, PLAIN, break_at=number):
            if len(self.said) < number:
                return [f"{migration} does not run: {ended}"]
            self.broken_off += 1
            if self.databases.parts(PLAIN) != before:
                said = [*differences(before, self.databases.parts(PLAIN))]
                return [f"{migration}: something stays after statement {number}: {said}"]
            step = step * 2 if most and number >= most else 1
            number += step
        self.statements += len(self.said)
        return []

    def _outside(self, migration: Any, statements: list[str]) -> list[str]:
        """Broken off before each statement, and in those that wait; run again each time."""
        wrong = []
        points = [(n, False) for n in range(1, len(statements) + 1)]
        points += [(n, True) for n, said in enumerate(statements, 1) if WAITS in said.upper()]
        for number, midst in points:
            self.databases.make(BROKEN, like=BEFORE)
            ended = self._apply(migration, BROKEN, break_at=number, midst=midst)
            if not ended and midst:  # it had nobody to wait for
                continue
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
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'django_migrations'"
            " AND relnamespace = 'public'::regnamespace"
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
    here, there = databases.parts(name), databases.parts(REFERENCE)
    return {**kills, "different": [*differences(there, here)]}


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
