"""T-L7: hours at a quiet rate; what grows, what stays open, what swells (耐久)."""

import asyncio
import time
from pathlib import Path
from typing import Any

import psycopg

from bench.killed_watch import below
from bench.load.crowd import Crowd, part, someone
from bench.load.mix import Mix
from bench.load.place import Facts, demo_city, plan_of
from bench.served import Pages
from shiyu.common.connection import conninfo

GROWTH_MOST, OPEN_MOST_S, DEAD_MOST = 0.10, 5.0, 0.30
SAMPLE_S = 5.0
WARM_SHARE = 0.2
BIG_ROWS = 10_000
OPEN = """
SELECT coalesce(max(extract(epoch FROM now() - state_change)), 0)::float
  FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'
"""
DEAD = """
SELECT relname, n_live_tup, n_dead_tup FROM pg_stat_user_tables
 WHERE n_live_tup > %s AND n_dead_tup > 0
"""


def run(
    home: Path | None = None,
    *,
    rate: float = 20,
    minutes: float = 120,
    users: float = 200,
    cases: float = 20_000,
) -> Facts:
    """So long at this rate, looked at every few seconds."""
    with demo_city(home, cases=int(cases)) as (_place, log):
        plan = plan_of(int(users), log=log)
        pages = Pages(log=log)
        try:
            return asyncio.run(_run(plan, pages, rate, 60 * minutes))
        finally:
            pages.end()


async def _run(plan: Facts, pages: Pages, rate: float, seconds: float) -> Facts:
    people = [someone(person, nth, pages.port) for nth, person in enumerate(plan["people"])]
    crowd, stop = Crowd(people, Mix(plan)), asyncio.Event()
    samples: list[tuple[float, dict[str, int], float]] = []
    looking = asyncio.create_task(_look(pages.process.pid, samples, stop))
    found = await crowd.run(rate, seconds)
    stop.set()
    await looking
    part(people)
    grown, open_s, dead = growth(samples), max(s[2] for s in samples), _dead()
    late = [ms for one in crowd.told if one.at > seconds / 2 for ms in [one.seconds]]
    early = [one.seconds for one in crowd.told if one.at <= seconds / 2]
    worst = max(dead.values(), default=0.0)
    well = max(grown.values(), default=0.0) <= GROWTH_MOST and open_s <= OPEN_MOST_S
    return {
        "window": found,
        "p50_ms_first_and_second_half": [_mid(early), _mid(late)],
        "memory_mb_end": {k: round(v / 1024) for k, v in samples[-1][1].items()},
        "memory_growth": grown,
        "longest_idle_in_transaction_s": round(open_s, 1),
        "dead_share": dead,
        "samples": len(samples),
        "well": well and worst <= DEAD_MOST and not found["errors"],
    }


async def _look(
    pid: int, samples: list[tuple[float, dict[str, int], float]], stop: asyncio.Event
) -> None:
    begun = time.monotonic()
    while not stop.is_set():
        samples.append(await asyncio.to_thread(_sample, pid, begun))
        try:
            await asyncio.wait_for(stop.wait(), SAMPLE_S)
        except TimeoutError:
            continue


def _sample(pid: int, begun: float) -> tuple[float, dict[str, int], float]:
    with psycopg.connect(**conninfo("owner"), autocommit=True) as connection:
        row = connection.execute(OPEN).fetchone()
    return time.monotonic() - begun, memory(pid), float(row[0]) if row else 0.0


def memory(pid: int) -> dict[str, int]:
    """Resident kB of pages and feed, whatever number of processes they are."""
    found: dict[str, int] = {}
    for child, words in below(pid).items():
        name = "feed" if "live.asgi" in words else "pages" if "site.wsgi" in words else "other"
        try:
            status = Path(f"/proc/{child}/status").read_text()
        except OSError:
            continue
        kb = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
        found[name] = found.get(name, 0) + int((kb or ["0"])[0])
    return found


def growth(samples: list[tuple[float, dict[str, int], float]]) -> dict[str, float]:
    """From the end of warming up to the end, by name."""
    whole = samples[-1][0]
    warm = next(s for s in samples if s[0] >= WARM_SHARE * whole)
    return {
        name: round(kb / warm[1][name] - 1, 3)
        for name, kb in samples[-1][1].items()
        if warm[1].get(name)
    }


def _dead() -> dict[str, float]:
    """Rows that are dead and not yet swept, as a share, of tables that are not small."""
    with psycopg.connect(**conninfo("owner"), autocommit=True) as connection:
        rows: list[Any] = connection.execute(DEAD, (BIG_ROWS,)).fetchall()
    return {name: round(dead / (live + dead), 3) for name, live, dead in rows}


def _mid(seconds: list[float]) -> float:
    return round(1000 * sorted(seconds)[len(seconds) // 2], 1) if seconds else 0.0
