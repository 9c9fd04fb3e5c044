"""Figures that only the database or the disk knows, asked for at each visit (监测指标).

A figure names queues, channels, states and measures, never a person, a case or a unit.
"""

import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from prometheus_client.core import GaugeMetricFamily as Family
from prometheus_client.registry import Collector

from shiyu.common.connection import conninfo
from shiyu.common.fence import narrowed
from shiyu.common.home import home
from shiyu.journal.marks import Wrong
from shiyu.journal.sealing import unsealed
from shiyu.journal.witness import last_mark, witness_file
from shiyu.site import readiness

STATEMENT_MS = 3000
Connection = psycopg.Connection[Any]
log = logging.getLogger("shiyu.watch")

JOBS = """
SELECT queue_name, status::text, count(*),
       coalesce(extract(epoch FROM now() - min(greatest(scheduled_at, at))), 0)::float
  FROM procrastinate_jobs
  LEFT JOIN LATERAL (SELECT max(e.at) AS at FROM procrastinate_events e
                      WHERE e.job_id = procrastinate_jobs.id AND e.type = 'deferred') e ON true
 WHERE status IN ('doing', 'failed')
    OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))
 GROUP BY 1, 2
"""
WORKERS = (
    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 min'"
)
DELIVERIES = """
SELECT channel, state, count(*),
       coalesce(extract(epoch FROM now() - min(owed_at)), 0)::float
  FROM notices_delivery
 WHERE state IN ('owed', 'sending', 'unknown')
    OR (state = 'failed' AND ended_at > now() - interval '1 hour')
 GROUP BY 1, 2
"""
CONNECTIONS = """
SELECT count(*), current_setting('max_connections')::int,
       coalesce(extract(epoch FROM max(now() - xact_start)), 0)::float
  FROM pg_stat_activity WHERE datname = current_database()
"""
TODAY = """
SELECT measure, sum(n), sum(missed) FROM facts_fact
 WHERE day = (now() AT TIME ZONE coalesce((SELECT timezone FROM places_city LIMIT 1), 'UTC'))::date
 GROUP BY 1
"""


class Figures(Collector):
    """Everything at once; what cannot be asked is left out, and `shiyu_watch_ok` says so."""

    def collect(self) -> Iterator[Family]:
        began = time.monotonic()
        families: list[Family] = []
        well = self._gather(families)
        families.append(_one("shiyu_watch_ok", "1 if every figure could be asked for.", well))
        took = time.monotonic() - began
        families.append(_one("shiyu_watch_seconds", "How long asking took.", took))
        yield from families

    def _gather(self, families: list[Family]) -> bool:
        tried = [_try(families, ask) for ask in (ready, disk, witness, canary, backups, kept_up)]
        well = all(tried)
        words = conninfo("worker") | {"connect_timeout": readiness.CONNECT_S}
        try:
            with psycopg.connect(**narrowed(words), autocommit=True) as connection:
                limit = [str(STATEMENT_MS)]
                connection.execute("SELECT set_config('statement_timeout', %s, false)", limit)
                for ask in (jobs, deliveries, sealing, activity, city):
                    families.extend(ask(connection))
        except psycopg.Error as error:
            log.warning("figures of the database are missing", exc_info=error)
            return False
        return well


def _try(families: list[Family], ask: Callable[[], Iterator[Family]]) -> bool:
    try:
        families.extend(ask())
    except (OSError, ValueError, Wrong) as error:
        log.warning("a figure is missing", exc_info=error)
        return False
    return True


def ready() -> Iterator[Family]:
    """The parts of /readyz."""
    family = Family("shiyu_ready", "1 if this part is well.", labels=["part"])
    for part in readiness.parts():
        family.add_metric([part.name], float(part.well))
    yield family


def disk() -> Iterator[Family]:
    free = Family("shiyu_disk_free_bytes", "Free space.", labels=["place"])
    size = Family("shiyu_disk_size_bytes", "Space in all.", labels=["place"])
    for name, place in (("home", home()), ("witness", witness_file().parent)):
        if place.exists():
            usage = shutil.disk_usage(place)
            free.add_metric([name], usage.free)
            size.add_metric([name], usage.total)
    yield from (free, size)


def witness() -> Iterator[Family]:
    """How long ago the head of the journal was last put on the disk outside the database."""
    path = witness_file()
    if not path.exists():
        return
    with path.open("rb") as file:
        mark = last_mark(file)
    if mark is not None:
        age = _age(mark.at)
        yield _one("shiyu_witness_age_seconds", "Since the journal was last witnessed.", age)


def canary() -> Iterator[Family]:
    """How long ago a made-up report last became a notice that arrived."""
    from shiyu.site.canary import last_file

    try:
        last = json.loads(last_file().read_text())
    except FileNotFoundError:
        return
    if last.get("arrived_at"):
        age = _age(last["arrived_at"])
        yield _one("shiyu_canary_age_seconds", "Since the canary last came through.", age)
    yield _one("shiyu_canary_ok", "1 if the canary's last flight came through.", bool(last["well"]))


def backups() -> Iterator[Family]:
    """How old the last base backup is, where the city has a plan of backups."""
    from shiyu.site.backup.plan import read_plan
    from shiyu.site.backup.store import Store, Trouble

    plan = read_plan()
    if plan is None:
        return
    try:
        bases = Store.found(Path(plan.to)).bases()
    except Trouble as trouble:
        raise OSError(str(trouble)) from trouble
    if bases:
        age = _age(str(bases[-1].ended))
        yield _one("shiyu_backup_age_seconds", "Since the last base backup ended.", age)


def kept_up() -> Iterator[Family]:
    """What the keeper of backups last saw: copying, archiving, the last restore drill."""
    from shiyu.site.backup.state import read_seen

    seen = read_seen()
    if seen is None:
        return
    if seen.kept_at:
        age = _age(seen.kept_at)
        yield _one("shiyu_backup_kept_seconds", "Since pictures and lists were last copied.", age)
    well = not (seen.archiving or seen.gap)
    yield _one("shiyu_backup_archive_ok", "1 if WAL is archived without a gap.", well)
    if seen.drills:
        last = seen.drills[0]
        yield _one("shiyu_backup_drill_ok", "1 if the last drill went well.", bool(last["well"]))
        age = _age(last["at"])
        yield _one("shiyu_backup_drill_age_seconds", "Since the last restore drill.", age)
        back, loss = float(last.get("back_s", 0)), float(last.get("loss_s", 0))
        yield _one("shiyu_backup_drill_back_seconds", "How long that restore took.", back)
        yield _one("shiyu_backup_drill_loss_seconds", "What it would have lost.", loss)


def jobs(connection: Connection) -> Iterator[Family]:
    count = Family("shiyu_queue_jobs", "Jobs due, in hand, or failed.", labels=["queue", "state"])
    oldest = Family("shiyu_queue_oldest_seconds", "How long the oldest is due.", labels=["queue"])
    for queue, state, n, age in connection.execute(JOBS):
        count.add_metric([queue, state], n)
        if state == "todo":
            oldest.add_metric([queue], age)
    yield from (count, oldest)
    (living,) = connection.execute(WORKERS).fetchone() or (0,)
    yield _one("shiyu_workers", "Workers that gave a sign within a minute.", living)


def deliveries(connection: Connection) -> Iterator[Family]:
    labels = ["channel", "state"]
    count = Family(
        "shiyu_deliveries",
        "Deliveries owed, in hand, of unknown outcome; failed in the last hour.",
        labels=labels,
    )
    oldest = Family("shiyu_delivery_oldest_seconds", "Age of the oldest of them.", labels=labels)
    for channel, state, n, age in connection.execute(DELIVERIES):
        count.add_metric([channel, state], n)
        oldest.add_metric([channel, state], age)
    yield from (count, oldest)


def sealing(connection: Connection) -> Iterator[Family]:
    waiting, oldest_s = unsealed(connection)
    yield _one("shiyu_unsealed_lines", "Lines of the journal not yet sealed.", waiting)
    yield _one("shiyu_unsealed_oldest_seconds", "Age of the oldest of them.", oldest_s)


def activity(connection: Connection) -> Iterator[Family]:
    """`xact_start` is seen for roles of which this one is a member: see the handbook."""
    count, most, longest = connection.execute(CONNECTIONS).fetchone() or (0, 0, 0)
    yield _one("shiyu_database_connections", "Connections to the city's database.", count)
    yield _one("shiyu_database_connections_most", "How many the server takes.", most)
    help_ = "The longest transaction this role may see; it holds back sealing and the feed."
    yield _one("shiyu_database_oldest_transaction_seconds", help_, longest)


def city(connection: Connection) -> Iterator[Family]:
    done = Family("shiyu_city_today", "Daily facts of today.", labels=["measure"])
    late = Family("shiyu_city_today_late", "Of these, how many late.", labels=["measure"])
    for measure, n, missed in connection.execute(TODAY):
        done.add_metric([measure], float(n))
        late.add_metric([measure], float(missed))
    yield from (done, late)


def _one(name: str, help_: str, value: float) -> Family:
    return Family(name, help_, value=float(value))


def _age(at: str) -> float:
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds())
