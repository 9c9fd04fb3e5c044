"""The keeper of backups: `python -m shiyu.site.backup.keeper` copies each minute, and sees to it
that a base backup is taken and a drill is held when they are due (备份员).

It runs beside the sealer and idles where the city has no plan. Trouble is said once, and again
when it is over; `shiyu doctor` says it too.
"""

import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import psycopg

from shiyu.site.backup.drilling import last_drill
from shiyu.site.backup.keeping import keep_up
from shiyu.site.backup.plan import Plan, read_plan
from shiyu.site.backup.restoring import SHIYU
from shiyu.site.backup.server import connect, timeline_of
from shiyu.site.backup.state import in_trouble, see, write_seen
from shiyu.site.backup.store import Store, Trouble

EVERY_S = 30.0
AGAIN_AFTER = timedelta(hours=1)
"""A backup or drill that failed is tried again after an hour, not every half minute."""


class Keeper:
    """One round after another; never raises for a disk or a database that is away."""

    def __init__(self) -> None:
        self.said = ""
        self.tried: dict[str, datetime] = {}
        self.under_way: tuple[str, subprocess.Popen[bytes], IO[bytes]] | None = None

    def look(self) -> None:
        plan = read_plan()
        if plan is None:
            return
        trouble = ""
        try:
            store = Store.found(Path(plan.to))
            with connect() as connection:
                keep_up(connection, store)
                timeline = timeline_of(connection)
                seen = see(plan, store, connection)
            self._take_if_due(plan, store, timeline)
            write_seen(seen)
        except (Trouble, psycopg.Error, OSError) as error:
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            trouble = f"Backups are not being kept up: {said}"
            with suppress(OSError):  # this disk may be the one that is full
                write_seen(in_trouble(plan, said))
        if trouble != self.said:
            print(trouble or "(backups: well again)", file=sys.stderr, flush=True)
        self.said = trouble

    def _take_if_due(self, plan: Plan, store: Store, timeline: int) -> None:
        if self._look_after():
            return
        bases = store.bases()
        old = not bases or _age(bases[-1].ended) > timedelta(hours=plan.every_hours)
        if old or bases[-1].timeline < timeline:
            self._carry_out("backup", "backup")
            return
        last = last_drill()
        held = datetime.fromisoformat(last.at) if last else None
        if plan.drill_days and (held is None or _age(held) > timedelta(days=plan.drill_days)):
            self._carry_out("drill", "restore", "--drill")

    def _carry_out(self, name: str, *words: str) -> None:
        """Begin it; copying goes on meanwhile."""
        tried = self.tried.get(name)
        if tried is not None and _age(tried) < AGAIN_AFTER:
            return
        self.tried[name] = datetime.now(UTC)
        said = tempfile.TemporaryFile()  # noqa: SIM115 - read when the command has ended
        command = subprocess.Popen([*SHIYU, *words], stdout=said, stderr=said)
        self.under_way = (name, command, said)

    def _look_after(self) -> bool:
        """Whether a backup or a drill is under way; of one that has ended, how it went."""
        if self.under_way is None:
            return False
        name, command, said = self.under_way
        if command.poll() is None:
            return True
        self.under_way = None
        said.seek(0)
        words = said.read().decode(errors="replace").strip().splitlines()
        said.close()
        if command.returncode:
            raise Trouble(f"{name}: {words[-1] if words else 'gave no reason'}")
        self.tried.pop(name, None)
        return False


def _age(at: datetime) -> timedelta:
    return datetime.now(UTC) - at


def main() -> None:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    keeper = Keeper()
    while not stopping.is_set():
        begun = time.monotonic()
        keeper.look()
        stopping.wait(max(1.0, EVERY_S - (time.monotonic() - begun)))


if __name__ == "__main__":
    main()
