"""T-L8: several times too much; who is let in is served well, the rest is told (过载)."""

import asyncio
import time
from http.client import HTTPConnection
from pathlib import Path

from bench.load.crowd import Crowd, Told, part, someone, spread
from bench.load.day import measured
from bench.load.mix import Mix
from bench.load.place import Facts, demo_city, plan_of
from bench.served import Pages

ACCEPTED_P99_MS, RECOVERS_S, HEALTH_EVERY_S = 2000, 10, 0.5
LOOK_S = 20
"""How long before and after is looked at."""


def run(
    home: Path | None = None,
    *,
    rate: float = 20,
    times: float = 5,
    seconds: float = 60,
    users: float = 1000,
    idle: float = 600,
    cases: float = 1000,
) -> Facts:
    """A while at a rate that is borne, then so many times as much, then the rate again.

    idle  connections that are open all the while and ask for nothing, as browsers leave them.
    """
    with demo_city(home, cases=int(cases)) as (place, log):
        plan = plan_of(int(users), log=log)
        pages = Pages(log=log)
        try:
            found = asyncio.run(_run(place, plan, pages, rate, times, seconds, int(idle)))
        finally:
            pages.end()
    return found | {"well": _well(found)}


async def _run(
    home: Path, plan: Facts, pages: Pages, rate: float, times: float, seconds: float, idle: int
) -> Facts:
    people = [someone(person, nth, pages.port) for nth, person in enumerate(plan["people"])]
    crowd, asking = Crowd(people, Mix(plan)), asyncio.Event()
    health: list[tuple[str, int, float, str]] = []
    asked = asyncio.create_task(_health(pages.port, health, asking))
    open_ = [await asyncio.open_connection("127.0.0.1", pages.port) for _ in range(idle)]
    await crowd.run(rate / 2, 10)
    before = await measured(crowd, pages, home, rate, LOOK_S)
    health.clear()
    during = await measured(crowd, pages, home, rate * times, seconds)
    healthy = list(health)
    after = await measured(crowd, pages, home, rate, LOOK_S)
    recovered = recovery(crowd.told, before["ms"].get("p95", 0))
    asking.set()
    await asked
    part(people)
    for _reader, writer in open_:
        writer.close()
    return {
        "idle_connections": idle,
        "before": before,
        "during": during,
        "after": after,
        "recovered_s": recovered,
        "health": {
            path: {
                "statuses": sorted({status for one, status, _s, _w in healthy if one == path}),
                "ms": spread(s for one, _status, s, _w in healthy if one == path),
            }
            for path in ("/healthz", "/readyz/pages")
        },
        "readyz_said": max((said for one, _s, _t, said in healthy if "away" in said), default=""),
    }


def recovery(told: list[Told], usual_ms: float) -> float | None:
    """From which second on nobody was turned away, failed, or waited twice the usual or 0.5 s."""
    bound = max(0.5, 2 * usual_ms / 1000)
    bad = [one.at for one in told if one.status >= 500 or one.status == 0 or one.seconds > bound]
    came = max((one.at for one in told), default=0.0)
    last = max(bad, default=0.0)
    return round(last, 1) if last < came - 1 else None


async def _health(
    port: int, health: list[tuple[str, int, float, str]], stop: asyncio.Event
) -> None:
    while not stop.is_set():
        for path in ("/healthz", "/readyz/pages"):
            health.append(await asyncio.to_thread(_asked, port, path))
        await asyncio.sleep(HEALTH_EVERY_S)


def _asked(port: int, path: str) -> tuple[str, int, float, str]:
    begun = time.perf_counter()
    asking = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        asking.request("GET", path)
        answer = asking.getresponse()
        said = answer.read().decode()
        away = [one for one in said.split('"') if "turned away" in one]
        return path, answer.status, time.perf_counter() - begun, (away or [""])[0]
    except OSError:
        return path, 0, time.perf_counter() - begun, ""
    finally:
        asking.close()


def _well(found: Facts) -> bool:
    during = found["during"]
    quick = during["ms"] and during["ms"]["p99"] <= ACCEPTED_P99_MS
    told = during["turned_away"] > 0 and not during["without_retry_after"]
    alive = found["health"]["/healthz"]["statuses"] == [200]
    back = found["recovered_s"] is not None and found["recovered_s"] <= RECOVERS_S
    return bool(quick and told and alive and back and not during["errors"])
