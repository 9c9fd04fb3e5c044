"""T-F5: pages ten minutes slow, workers three days fast; deadlines are the database's, or not.

The wrong clocks are given to processes of this proof alone by libfaketime (not a dependency:
`FAULTS_FAKETIME` names its library). Cases are minutes old: whatever is called late is called so
wrongly, and whatever the journal says happened in another hour was dated by a process.
"""

import os
import time
from pathlib import Path

import psycopg

from bench.faults.partition import until_answers
from bench.faults.place import Facts, kept, place, verified
from bench.served import SHIYU, Process
from shiyu.common.connection import conninfo

SLOW, FAST = "-10m", "+3d"
LATE = "SELECT count(*) FROM notices_notice WHERE kind IN ('overdue', 'due_soon')"
ELSEWHEN = """
SELECT count(*) FROM journal_line
 WHERE occurred_at NOT BETWEEN recorded_at - interval '1 minute'
                           AND recorded_at + interval '1 minute'
"""
DATED = "SELECT count(*) FROM cases_case WHERE abs(extract(epoch FROM reported_at - now())) > 600"


def run(seconds: float = 30) -> Facts:
    library = os.environ.get("FAULTS_FAKETIME", "")
    if not library or not Path(library).exists():
        return {"well": False, "says": "FAULTS_FAKETIME names no libfaketime"}
    with place() as city:
        words = [*SHIYU, "serve", "--port", str(city.port), "--live-port", str(city.port + 1)]
        slow = Process(words, log=city.log, SHIYU_PROXIES="1", **_clock(library, SLOW))
        fast = Process([*SHIYU, "worker"], log=city.log, **_clock(library, FAST))
        try:
            until_answers(city.port)
            with city.crowd(systems=2, residents=1, desk=1) as crowd:
                time.sleep(seconds)
            found: Facts = {"failures": dict(crowd.failures), "done": dict(crowd.done)}
            time.sleep(20)  # what watches for lateness has looked
        finally:
            slow.end()
            fast.end()
        with psycopg.connect(**conninfo("backup")) as connection:
            for name, query in (
                ("called_late", LATE),
                ("dated_elsewhen", ELSEWHEN),
                ("cases_dated_elsewhen", DATED),
            ):
                row = connection.execute(query).fetchone()
                found[name] = row[0] if row else None
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        found["well"] = bool(
            found["acknowledged"]
            and not (found["lost"] or found["doubled"] or found["failures"])
            and not (found["called_late"] or found["cases_dated_elsewhen"])
            and not found["dated_elsewhen"]
            and found["verify"]
        )
        return found


def _clock(library: str, offset: str) -> dict[str, str]:
    return {"LD_PRELOAD": library, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
