"""What the checkup asks of the backups: young, archived without a break, tried out (备份自检)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from shiyu.site.backup.drilling import last_drill
from shiyu.site.backup.plan import Plan, read_plan
from shiyu.site.backup.server import ARCHIVE_TIMEOUT_S, archiving, connect
from shiyu.site.backup.store import Store, Trouble
from shiyu.site.checkup.finding import Finding

LATE = 2.0  # so many times the interval of the plan
KEPT_UP_WITHIN_S = 300.0
BEGIN = "Run `shiyu backup --to FOLDER`, on another disk (docs/handbook/backup.md)."


def findings() -> Iterator[Finding]:
    """No plan; or how old, how far archived, how the last drill went."""
    plan = read_plan()
    if plan is None:
        yield Finding("backups", False, "none are taken", BEGIN, fatal=False)
        return
    try:
        store = Store.found(Path(plan.to))
        yield _age(plan, store)
        with connect() as connection:
            yield _archived(connection, store)
        yield _kept_up(store)
    except (Trouble, psycopg.Error, OSError) as trouble:
        said = str(trouble).splitlines()[0]
        yield Finding("backups", False, said, "Put that right, then `shiyu backup`.", fatal=False)
    yield _drilled(plan)


def _age(plan: Plan, store: Store) -> Finding:
    bases = store.bases()
    advice = "Keep `shiyu worker` running, or run `shiyu backup` and read what it says."
    if not bases:
        return Finding("backups", False, f"no whole one in {plan.to}", advice, fatal=False)
    age = datetime.now(UTC) - bases[-1].ended
    gap = store.gap_after(bases[-1])
    if gap:
        advice = "Take a new one at once: shiyu backup."
        return Finding("backups", False, gap, advice, fatal=False)
    well = age <= LATE * timedelta(hours=plan.every_hours)
    seen = f"{len(bases)} in {plan.to}, the newest {age.total_seconds() / 3600:.1f} h old"
    return Finding("backups", well, seen, advice, fatal=False)


def _archived(connection: "psycopg.Connection[object]", store: Store) -> Finding:
    """Whether WAL goes into the archive: without it a day may be lost, and the disk fills."""
    state, name = archiving(connection), "archiving"
    if state.mode == "off":
        advice = "Restart the database: `shiyu backup --restart`."
        return Finding(name, False, "off until the database is restarted", advice, fatal=False)
    if state.fails:
        seen = f"fails since {state.failed_at:%Y-%m-%d %H:%M} UTC at {state.failed_wal}"
        advice = f"Look at the database's log: is {store.root} full, away, or another city's?"
        return Finding(name, False, seen, advice, fatal=False)
    if str(store.wal) not in state.command:
        advice = "Run `shiyu backup`, which says what archive_command must be."
        return Finding(name, False, f"does not go to {store.wal}", advice, fatal=False)
    until = store.archived_until()
    seen = f"until {until:%Y-%m-%d %H:%M:%S} UTC" if until else "nothing yet"
    seen += f", at the latest every {ARCHIVE_TIMEOUT_S} s"
    return Finding(name, True, seen)


def _kept_up(store: Store) -> Finding:
    """Whether pictures and what must not be undone are copied between two backups."""
    name, advice = "kept up", "Keep `shiyu worker` running: it copies each minute."
    try:
        at = datetime.fromisoformat(json.loads(store.reached.read_text())["at"])
    except FileNotFoundError:
        return Finding(name, False, "never", advice, fatal=False)
    age = (datetime.now(UTC) - at).total_seconds()
    seen = f"pictures, witness and erasures copied {age:.0f} s ago"
    return Finding(name, age <= KEPT_UP_WITHIN_S, seen, advice, fatal=False)


def _drilled(plan: Plan) -> Finding:
    last, name = last_drill(), "restore drill"
    if last is None:
        advice = "Run `shiyu restore --drill`."
        return Finding(name, not plan.drill_days, "none held yet", advice, fatal=False)
    if not last.well:
        advice = "Put that right, then `shiyu restore --drill`: a backup not restored is none."
        return Finding(name, False, f"failed on {last.at[:16]}: {last.says}", advice, fatal=False)
    age = datetime.now(UTC) - datetime.fromisoformat(last.at)
    seen = (
        f"{age.days} days ago: back in {last.back_s:.0f} s, verified; "
        f"a loss would have cost {last.loss_s:.0f} s"
    )
    late = bool(plan.drill_days) and age > LATE * timedelta(days=plan.drill_days)
    return Finding(name, not late, seen, "Run `shiyu restore --drill`.", fatal=False)
