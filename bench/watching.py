"""What it costs to number, count and log every request, and to bar connections (监测的开销).

    python -m bench.watching

In one process, alternating, on a view that does nothing: the way of a request without and with
the numbering and counting, counters in memory and in shared files, with and without a line of the
log; then ordinary Python work (imports apart) before and after connections are barred.
"""

import io
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

ROUNDS, CALLS = 15, 2000
PAGES = 60


def main() -> None:
    if "--inside" in sys.argv:
        print(json.dumps(measured()))
        return
    for name, folder in (("in memory", ""), ("in shared files", tempfile.mkdtemp())):
        environment = os.environ | {
            "SHIYU_CITY_KEPT_S": "9999",
            "DJANGO_SETTINGS_MODULE": "shiyu.site.settings",
        }
        if folder:
            environment["PROMETHEUS_MULTIPROC_DIR"] = folder
        words = [sys.executable, "-m", "bench.watching", "--inside"]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        print(name, done.stdout.strip())


def measured() -> dict[str, float]:
    """Microseconds a call, the median of the rounds."""
    from shiyu.site.start import django_ready

    django_ready("web")
    from django.http import HttpRequest, HttpResponse
    from django.test import RequestFactory

    from shiyu.common.egress.leaving import bar
    from shiyu.site.trails import Trails, log

    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok")

    out = logging.StreamHandler(io.StringIO())
    out.setFormatter(logging.getLogger().handlers[0].formatter)
    log.addHandler(out)
    log.propagate = False
    request, trails = RequestFactory().get("/help/"), Trails(view)

    def logged() -> None:
        log.setLevel(logging.INFO)
        trails(request)
        log.setLevel(logging.WARNING)

    log.setLevel(logging.WARNING)
    ways: dict[str, Callable[[], object]] = {
        "bare": lambda: view(request),
        "numbered and counted": lambda: trails(request),
        "and a line of the log": logged,
        "work": _work,
    }
    told = _rounds(ways)
    page = {"work": _work, "a page (/help/)": _page()}
    told |= _rounds(page)
    bar()
    told |= {f"{name}, barred": us for name, us in _rounds(page).items()}
    return {name: round(us, 1) for name, us in told.items()}


def _page() -> Callable[[], object]:
    """A whole page without a query, as often in a call as keeps the rounds alike."""
    from django.test import Client

    client = Client()
    client.get("/help/")
    return lambda: client.get("/help/")


def _work() -> object:
    """Parsing, formatting, ids: what audit events are raised for most."""
    return [id(x) for x in json.loads(json.dumps({str(n): [n] * 5 for n in range(20)})).values()]


def _rounds(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            calls = PAGES if "page" in name else CALLS
            for _ in range(calls):
                way()
            took[name].append((time.process_time() - began) / calls * 1e6)
    return {name: statistics.median(found) for name, found in took.items()}


if __name__ == "__main__":
    main()
