"""What must be well before work is sent here, each asked within seconds (就绪)."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from shiyu.common.connection import conninfo
from shiyu.common.fence import narrowed
from shiyu.common.home import home
from shiyu.site import pools, room

CONNECT_S = 2
STATEMENT_MS = 1000
FROM_POOL_S = 0.5
QUEUE_STUCK_S = 15 * 60
QUEUE = "queue"

APPLIED = "SELECT app, name FROM django_migrations"
OLDEST = """
SELECT coalesce(extract(epoch FROM max(now() - greatest(j.scheduled_at, e.at))), 0)::float
  FROM procrastinate_jobs j
  LEFT JOIN LATERAL (SELECT max(at) AS at FROM procrastinate_events e
                      WHERE e.job_id = j.id AND e.type = 'deferred') e ON true
 WHERE j.status = 'todo' AND j.queue_name IN ('interactive', 'periodic')
   AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was looked at; `seen` is for whoever runs the machine."""

    name: str
    well: bool
    seen: str


def parts() -> list[Part]:
    """Disk and pool, then the database and what only it can say."""
    return [disk(), pool(), *load(), *_of_the_database()]


def disk() -> Part:
    """Whether what is reported can be kept: a file is written and flushed, then it is gone."""
    files = Path(settings.MEDIA_ROOT)
    places = [place for place in (home(), files, home() / "metrics") if os.access(place, os.W_OK)]
    keeps_photos = os.environ.get("SHIYU_ROLE", "web") == "web" and files.exists()
    if not places or (keeps_photos and files not in places):
        return Part("disk", False, "nothing may be written")
    for place in places:
        try:
            with tempfile.TemporaryFile(dir=place) as file:
                file.write(b"x" * 4096)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return Part("disk", False, f"{place}: {error.strerror or error}")
    return Part("disk", True, "writable")


def pool() -> Part:
    """Whether a request would be given a connection soon."""
    found = pools.pool()
    if found is None:
        return Part("pool", True, "none opened yet")
    try:
        connection = found.getconn(timeout=FROM_POOL_S)
    except (PoolTimeout, TooManyRequests, PoolClosed) as error:
        stands = found.get_stats()
        waiting = stands.get("requests_waiting", 0)
        seen = f"{type(error).__name__}: {stands.get('pool_size', 0)} in use, {waiting} waiting"
        return Part("pool", False, seen)
    except psycopg.Error as error:
        return Part("pool", False, _kind(error))
    found.putconn(connection)
    return Part("pool", True, f"{found.get_stats().get('pool_available', 0)} ready")


def load() -> list[Part]:
    """How much is asked of this process; never unwell, for the load would only fell the next."""
    return [Part("load", True, room.room.told())] if room.room else []


def _of_the_database() -> Iterator[Part]:
    words = conninfo("web") | {"connect_timeout": CONNECT_S}
    try:
        with psycopg.connect(**narrowed(words), autocommit=True) as connection:
            connection.execute(
                "SELECT set_config('statement_timeout', %s, false)", [str(STATEMENT_MS)]
            )
            yield Part("database", True, "lets us in")
            yield _migrated(connection)
            yield _queue(connection)
    except psycopg.Error as error:
        yield Part("database", False, _kind(error))


def _migrated(connection: "psycopg.Connection[Any]") -> Part:
    """Whether the tables are at least as new as this code; newer ones are no fault."""
    try:
        applied = {(app, name) for app, name in connection.execute(APPLIED)}
    except psycopg.errors.UndefinedTable:
        applied = set()
    missing = sorted(wanted() - applied)
    named = ", ".join(f"{app}.{name}" for app, name in missing[:3])
    seen = f"{len(missing)} missing: {named}" if missing else "as this version needs"
    return Part("migrations", not missing, seen)


def _queue(connection: "psycopg.Connection[Any]") -> Part:
    try:
        row = connection.execute(OLDEST).fetchone()
    except psycopg.errors.UndefinedTable:
        return Part(QUEUE, False, "no tables")
    oldest = float(row[0]) if row else 0.0
    return Part(QUEUE, oldest <= QUEUE_STUCK_S, f"the oldest job waits for {oldest:.0f} s")


@cache
def wanted() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as this code has them."""
    from django.db.migrations.loader import MigrationLoader

    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def _kind(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"
