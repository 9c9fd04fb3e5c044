"""T-F5: pages ten minutes slow, workers three days fast; deadlines are the database's, or not.

The wrong clocks are given to processes of this proof alone by a few lines of C (`wrong_clock.c`,
LD_PRELOAD; a compiler is needed), and it is looked whether they have them: by the `Date` of the
pages' answers, and by the times for which workers order periodic jobs. Cases are minutes old:
whatever is called late is called so wrongly, and whatever the journal says happened in another
hour was dated by a process. Beside the clients, things of minutes ago lie there that housekeeping
forgets after a day: none may be gone.
"""

import email.utils
import http.client
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

from bench.faults.judging import judge, unharmed
from bench.faults.partition import until_answers
from bench.faults.patience import patient, wait_until
from bench.faults.place import Facts, Place, kept, place, verified
from bench.served import SHIYU, Process, Trouble, carry_out
from shiyu.common.connection import conninfo

SLOW_S, FAST_S = -600, 3 * 86_400
HOUSEKEEPING = (
    "shiyu.common.jobs.forget",
    "shiyu.journal.jobs.trim_feed",
    "shiyu.portal.jobs.forget_drafts",
    "shiyu.files.jobs.remove_orphans",
    "shiyu.api.jobs.drop_old_uploads",
)
"""Owed once more by hand: their hours would not come within the proof."""
ASKED = {
    "called_late": "SELECT count(*) FROM notices_notice WHERE kind IN ('overdue', 'due_soon')",
    "dated_elsewhen": """
        SELECT count(*) FROM journal_line
         WHERE occurred_at NOT BETWEEN recorded_at - interval '1 minute'
                                   AND recorded_at + interval '1 minute'""",
    "cases_dated_elsewhen": """
        SELECT count(*) FROM cases_case
         WHERE abs(extract(epoch FROM reported_at - now())) > 600""",
    "housekeeping_left": f"""
        SELECT count(*) FROM procrastinate_jobs
         WHERE status <> 'succeeded' AND task_name IN ('{"', '".join(HOUSEKEEPING)}')""",
    "answers_kept": "SELECT count(*) FROM common_answered",
    "changes_kept": "SELECT count(*) FROM journal_change",
}
AHEAD = "SELECT max(defer_timestamp) - extract(epoch FROM now()) FROM procrastinate_periodic_defers"
OWE = """
from shiyu.site.start import django_ready
django_ready()
from procrastinate.contrib.django import app
for name in sys.argv[1:]:
    app.configure_task(name, queue="periodic").defer(timestamp=0)
"""


def run(seconds: float = 30) -> Facts:
    with place() as city:
        library = _built(city.home)
        words = [*SHIYU, "serve", "--port", str(city.port), "--live-port", str(city.port + 1)]
        slow = Process(words, log=city.log, SHIYU_PROXIES="1", **_clock(library, SLOW_S))
        fast = Process([*SHIYU, "worker"], log=city.log, **_clock(library, FAST_S))
        try:
            if until_answers(city.port, patient(240)) is None:
                raise Trouble("the pages with the wrong clock did not answer")
            with city.crowd(systems=2, residents=1, desk=1) as crowd:
                time.sleep(seconds / 2)
                before = _asked()
                _keep_house(city)
                time.sleep(seconds / 2)
            found: Facts = {"failures": dict(crowd.failures), "done": dict(crowd.done)}
            time.sleep(20)  # what watches for lateness has looked
            wait_until(lambda: not _one(ASKED["housekeeping_left"]), 30)
            found["pages_off_s"] = _off(city.port)
            after = _asked()
        finally:
            slow.end()
            fast.end()
        found |= after | {"forgotten": _forgotten(before, after)}
        found["workers_ahead_s"] = _one(AHEAD)
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        return _judged(found)


def _judged(found: Facts) -> Facts:
    return judge(
        found,
        **unharmed(found),
        pages_had_the_wrong_clock=abs(found["pages_off_s"] - SLOW_S) < 60,
        workers_had_the_wrong_clock=abs(found["workers_ahead_s"] - FAST_S) < 600,
        housekeeping_done=not found["housekeeping_left"],
        no_client_failed=not found["failures"],
        nothing_called_late=not found["called_late"],
        no_line_dated_elsewhen=not found["dated_elsewhen"],
        no_case_dated_elsewhen=not found["cases_dated_elsewhen"],
        nothing_forgotten=not found["forgotten"],
    )


def _built(home: Path) -> Path:
    library = home / "wrong_clock.so"
    source = Path(__file__).with_name("wrong_clock.c")
    words = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source)]
    subprocess.run(words, check=True)
    library.chmod(0o755)
    return library


def _clock(library: Path, seconds: int) -> dict[str, str]:
    return {"LD_PRELOAD": str(library), "WRONG_CLOCK_S": str(seconds)}


def _keep_house(city: Place) -> None:
    carry_out([sys.executable, "-c", f"import sys\n{OWE}", *HOUSEKEEPING], log=city.log)


def _asked() -> Facts:
    return {name: int(_one(query)) for name, query in ASKED.items()}


def _one(query: str) -> float:
    with psycopg.connect(**conninfo("backup")) as connection:
        row: Any = connection.execute(query).fetchone()
    return float(row[0] or 0)


def _forgotten(before: Facts, after: Facts) -> dict[str, int]:
    """What only grows in an hour, and has become less."""
    names = ("answers_kept", "changes_kept")
    less = {name: before[name] - after[name] for name in names}
    return {name: n for name, n in less.items() if n > 0}


def _off(port: int) -> float:
    """By how much the clock of the pages differs from this one."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        asking.request("GET", "/account/login/", headers={"Host": "127.0.0.1"})
        said = asking.getresponse().headers["Date"]
    finally:
        asking.close()
    return round(email.utils.parsedate_to_datetime(said).timestamp() - time.time())
