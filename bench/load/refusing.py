"""T-L8 in processor time: what it costs to turn somebody away, drawn once and drawn anew (过载)."""

import os
import time
from pathlib import Path

from bench.load.place import Facts, demo_city

ROUNDS = 100
MOST_MS = 1.5
ASKED = {"page": "/desk/", "interface": "/api/v1/cases"}


def run(home: Path | None = None, *, cases: float = 200) -> Facts:
    """Milliseconds of processor for each of those told to come again, in one process."""
    from shiyu.site.start import django_ready

    with demo_city(home, cases=int(cases)):
        os.environ["SHIYU_POOL"] = "0"
        django_ready()
        found = {f"{name}, drawn anew": _cost(path, anew=True) for name, path in ASKED.items()}
        found |= {name: _cost(path, anew=False) for name, path in ASKED.items()}
    return {"ms": found, "well": max(found[name] for name in ASKED) <= MOST_MS}


def _cost(path: str, *, anew: bool) -> float:
    from django.test import Client

    from shiyu.site import outage, room

    full = room.Room(1, waiting_most=0)
    full.enter(0)
    before, room.room = room.room, full
    client, begun = Client(), time.process_time()
    try:
        for _ in range(ROUNDS):
            if anew:
                outage._drawn.cache_clear()
            client.get(path, HTTP_ACCEPT="text/html")
    finally:
        room.room = before
    return round(1000 * (time.process_time() - begun) / ROUNDS, 2)
