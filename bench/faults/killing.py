"""T-F1 to T-F3 in short: pages, workers or the database killed a few times under load.

At length, with everything a city does at once: `python -m bench.killed --only … --kills …`.
"""

import contextlib
import os
import random
import signal
import threading
import time

from bench.faults.judging import judge, unharmed
from bench.faults.patience import patient
from bench.faults.place import Facts, Place, kept, place, verified
from bench.killed_watch import NAMES, amcheck, below, time_outage

KINDS = ("pages", "worker", "database")
PAGES_BACK_WITHIN_S = 30.0


def run(kind: float = 1, kills: float = 3) -> Facts:
    """kind  1: pages, 2: workers, 3: the database's postmaster."""
    name = KINDS[int(kind) - 1]
    told: list[tuple[float, float]] = []
    with place() as city:
        city.serve()
        found: Facts = {"killed": name, "kills": 0}
        with city.crowd(systems=2, residents=1) as crowd:
            time.sleep(3)
            for _ in range(int(kills)):
                pids = _found(city, name)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(random.choice(pids), signal.SIGKILL)
                    found["kills"] += 1
                watch = threading.Thread(target=time_outage, args=(city.port, told), daemon=True)
                watch.start()
                watch.join()
                time.sleep(2)
            found["repeats"] = dict(crowd.repeats)
        found["failures"] = dict(crowd.failures)
        city.end()
        found["back_s"] = [pages for _database, pages in told]
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        found["amcheck"] = amcheck(city.home)
        return judge(
            found,
            **unharmed(found),
            killed=found["kills"],
            no_client_failed=not found["failures"],
            amcheck=not found["amcheck"],
            back_in_time=max(found["back_s"]) <= patient(PAGES_BACK_WITHIN_S),
        )


def _found(city: Place, name: str) -> list[int]:
    """The processes of that kind; patience while they are being started again."""
    until = time.monotonic() + patient(40)
    while time.monotonic() < until:
        if name == "database":
            files = city.home.glob("postgres-*/postmaster.pid")
            pids = [int(file.read_text().split("\n")[0]) for file in files]
        else:
            assert city.serving
            signs = [sign for kind, sign in NAMES.items() if name in kind]
            running = below(city.serving.process.pid)
            pids = [pid for pid, words in running.items() if any(s in words for s in signs)]
        if pids:
            return pids
        time.sleep(0.2)
    raise TimeoutError(f"no process of {name} within {patient(40):.0f} s")
