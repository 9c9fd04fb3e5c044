"""T-F15: the database lets nobody more in; health tells the truth, work is put off, all heals.

Strangers take every connection the server has (and hold transactions open), for a while.
"""

import contextlib
import http.client
import time

import psycopg

from bench.faults.judging import judge, unharmed
from bench.faults.partition import Probe, until_answers
from bench.faults.patience import patient, since
from bench.faults.place import Facts, kept, place, verified
from shiyu.common.connection import conninfo
from shiyu.common.embedded import Cluster
from shiyu.common.home import home
from shiyu.site.backup.server import superuser

BACK_WITHIN_S = 10.0
HANGS_AFTER_S = 16.0


def run(seconds: float = 15) -> Facts:
    with place() as city:
        city.serve()
        probe = Probe(city.port)
        found: Facts = {}
        with city.crowd(systems=2, residents=1):
            time.sleep(4)
            hogs = _take_all()
            probe.begin()
            # Pools already hold connections: those are ended once, as an administrator would.
            _end_others()
            hogs += _take_all()
            found["hogs"] = len(hogs)
            time.sleep(seconds)
            found["health_while_full"] = _health(city.port)
            for hog in hogs:
                hog.close()
            freed = time.monotonic()
            back = since(freed, until_answers(city.port, patient(120)))
            longest, answers = probe.end()
            time.sleep(3)
            found["health_after"] = _health(city.port)
        city.end()
        found |= {"answers": dict(answers), "longest_s": round(longest, 1)}
        found["back_s"] = back
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        return judge(
            found,
            **unharmed(found),
            alive_while_full=found["health_while_full"]["/healthz"] == 200,
            not_ready_while_full=found["health_while_full"]["/readyz"] == 503,
            alive_after=found["health_after"]["/healthz"] == 200,
            back_in_time=back <= patient(BACK_WITHIN_S),
            nobody_hung=longest <= patient(HANGS_AFTER_S),
        )


def _take_all() -> "list[psycopg.Connection[object]]":
    """Connections until there are no more, each in an open transaction."""
    hogs: list[psycopg.Connection[object]] = []
    with contextlib.suppress(psycopg.OperationalError):
        while True:
            hog = psycopg.connect(**conninfo("worker"))
            hog.execute("SELECT 1")
            hogs.append(hog)
    return hogs


def _end_others() -> None:
    with superuser(Cluster(home())) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'shiyu web'"
        )


def _health(port: int) -> dict[str, int]:
    """What the two questions of a proxy or a watcher are answered."""
    found = {}
    for path in ("/healthz", "/readyz"):
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            asking.request("GET", path, headers={"Host": "127.0.0.1"})
            found[path] = asking.getresponse().status
        except OSError:
            found[path] = 0
        finally:
            asking.close()
    return found
