"""What the checkup asks of the database, as the roles that will use it."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import psycopg

from shiyu.common.binaries import OLDEST_MAJOR
from shiyu.common.connection import URLS, conninfo
from shiyu.site.checkup import flying, outside, record
from shiyu.site.checkup.finding import Finding
from shiyu.site.start import django_ready, first_line

ROLES = ["backup", "owner", "search", "web", "worker"]
MONTHS_AHEAD = 2
WORKER_SILENT_AFTER_S = 60

MISSING_ROLES = "SELECT wanted FROM unnest(%s::text[]) wanted EXCEPT SELECT rolname FROM pg_roles"
ABOVE_POLICIES = """
SELECT rolsuper OR rolbypassrls OR EXISTS (
           SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p'))
  FROM pg_roles WHERE rolname = current_user
"""
MISSING_PARTITIONS = """
SELECT to_char(month, 'YYYY-MM')
  FROM generate_series(date_trunc('month', now()),
                       date_trunc('month', now()) + make_interval(months => %s),
                       interval '1 month') AS month
 WHERE to_regclass('journal_line_' || to_char(month, 'YYYYMM')) IS NULL
"""
LIVING_WORKERS = """
SELECT count(*) FROM procrastinate_workers
 WHERE last_heartbeat > now() - make_interval(secs => %s)
"""

Connection = psycopg.Connection[Any]


def findings() -> Iterator[Finding]:
    """From "does it let us in" to "is there a city in it"."""
    try:
        connection = psycopg.connect(**conninfo("web", seeing="command line"), autocommit=True)
    except psycopg.Error as error:
        advice = f"Start it, or correct {URLS['web']}."
        yield Finding("database", False, first_line(error), advice)
        return
    with connection:
        yield _server(connection)
        yield _below_policies(connection)
        roles = _roles(connection)
        yield roles
        yield _owner()
        migrated = _migrated()
        yield migrated
        if roles.well and migrated.well:
            yield _partitions(connection)
            yield _city(connection)
            yield _workers(connection)
            yield from outside.findings(connection)
            yield record.sealed(connection)
            yield record.witnessed(connection)
            yield flying.canary()


def _server(connection: Connection) -> Finding:
    version = connection.info.server_version // 10_000
    encoding = connection.info.parameter_status("server_encoding")
    well = version >= OLDEST_MAJOR and encoding == "UTF8"
    advice = f"Use PostgreSQL {OLDEST_MAJOR} or later and a database made with ENCODING 'UTF8'."
    return Finding("database", well, f"PostgreSQL {version}, {encoding}, lets us in", advice)


def _below_policies(connection: Connection) -> Finding:
    """A superuser, or the owner of the tables, would see past every policy."""
    above = bool(_value(connection, ABOVE_POLICIES))
    who = connection.info.user
    seen = f"{who} would bypass the policies" if above else f"{who} is bound by the policies"
    return Finding("role of the pages", not above, seen, f"Let {URLS['web']} name the role web.")


def _roles(connection: Connection) -> Finding:
    missing = sorted(name for (name,) in connection.execute(MISSING_ROLES, [ROLES]))
    seen = f"missing: {', '.join(missing)}" if missing else "all there"
    script = files("shiyu.common") / "roles.sql"
    return Finding("roles", not missing, seen, f"Have an administrator run psql -f {script}.")


def _owner() -> Finding:
    """Needed for `shiyu migrate` only."""
    words = conninfo("owner")
    advice = f"Set {URLS['owner']} when you run `shiyu migrate`."
    if not words:
        return Finding("owner", False, f"{URLS['owner']} is not set", advice, fatal=False)
    try:
        psycopg.connect(**words).close()
    except psycopg.Error as error:
        return Finding("owner", False, first_line(error), advice, fatal=False)
    return Finding("owner", True, "may sign in to migrate")


def _migrated() -> Finding:
    django_ready("web")
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    left = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    seen = f"{left} migrations to carry out" if left else "up to date"
    return Finding("migrations", not left, seen, "Run `shiyu migrate`.")


def _partitions(connection: Connection) -> Finding:
    missing = [month for (month,) in connection.execute(MISSING_PARTITIONS, [MONTHS_AHEAD])]
    seen = f"none for {', '.join(missing)}" if missing else f"ready {MONTHS_AHEAD} months ahead"
    advice = "Keep `shiyu worker` running, or as owner SELECT journal_make_partitions(3)."
    return Finding("journal", not missing, seen, advice, fatal=False)


def _city(connection: Connection) -> Finding:
    found = connection.execute("SELECT name FROM places_city LIMIT 1").fetchone()
    seen = str(found[0]) if found else "none yet"
    advice = "Run `shiyu createcity`, or `make demo` for a made-up one."
    return Finding("city", bool(found), seen, advice, fatal=False)


def _workers(connection: Connection) -> Finding:
    living = _value(connection, LIVING_WORKERS, WORKER_SILENT_AFTER_S)
    advice = "Run `shiyu worker`, or `shiyu serve --with-workers`."
    return Finding("workers", bool(living), f"{living} at work", advice, fatal=False)


def _value(connection: Connection, query: str, *values: Any) -> Any:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None
