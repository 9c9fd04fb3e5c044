"""T-L4: two thousand signed-in streams; how late they hear, what a killed feed costs them (推送).

What happens is written into `journal_change`, a row an event, as every action writes it: the
actions themselves are measured elsewhere. What each stream must hear is asked of `visible_to`.
"""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

import psycopg

from bench.killed_watch import below
from bench.load.crowd import spread
from bench.load.listening import Ear
from bench.load.place import Facts, demo_city
from bench.load.soak import memory
from bench.served import Pages, carry_out, cpu_of
from shiyu.common.connection import conninfo

P99_MS, MEMORY_MB, BACK_S = 1000, 400, 30
CONNECT_AT_ONCE = 100
SETTLED_WITHIN_S = 30
"""What has not been heard by then is missed; how late the rest was is told apart."""
AUDIENCE = [sys.executable, "-m", "bench.load.audience"]
HAPPENED = "INSERT INTO journal_change (topic, ref, version) VALUES ('case', %s, %s)"


def run(
    home: Path | None = None,
    *,
    count: float = 2000,
    rate: float = 20,
    seconds: float = 60,
    cases: float = 400,
) -> Facts:
    """So many streams, so many events a second; then the feed is killed, events going on."""
    with demo_city(home, cases=int(cases)) as (_place, log):
        plan: Facts = json.loads(carry_out([*AUDIENCE, str(int(count))], log=log))
        pages = Pages(log=log)
        try:
            found = asyncio.run(_run(plan, pages, rate, seconds))
        finally:
            pages.end()
    return found


async def _run(plan: Facts, pages: Pages, rate: float, seconds: float) -> Facts:
    ears = [Ear(pages.port + 1, one["cookie"], set(one["cases"])) for one in plan["streams"]]
    begun = time.perf_counter()
    few = asyncio.Semaphore(CONNECT_AT_ONCE)
    await asyncio.gather(*(ear.open(few) for ear in ears))
    connected_s = round(time.perf_counter() - begun, 1)
    before = cpu_of(_feed(pages)), cpu_of(os.getpid())
    sent = Sent(plan["cases"])
    await sent.go(rate, seconds)
    until = time.perf_counter() + SETTLED_WITHIN_S
    while _missed(ears, sent) and time.perf_counter() < until:
        await asyncio.sleep(2)
    cpu = {
        "feed_cores": round((cpu_of(_feed(pages)) - before[0]) / seconds, 2),
        "listeners_cores": round((cpu_of(os.getpid()) - before[1]) / seconds, 2),
    }
    late = [at - sent.at[v] for ear in ears for v, at in ear.heard.items()]
    told = spread(late)
    kb = memory(pages.process.pid).get("feed", 0)
    missed = _missed(ears, sent)
    back = await _killed(pages, ears, sent, rate)
    missed_after = _missed(ears, sent)
    for ear in ears:
        ear.close()
    met = told["p99"] <= P99_MS and kb / 1024 <= MEMORY_MB and not missed
    return {
        "streams": len(ears),
        "events": len(sent.at),
        "heard": sum(len(ear.heard) for ear in ears),
        "connected_s": connected_s,
        "fan_out_ms": told,
        "memory_mb": round(kb / 1024),
        **cpu,
        "missed": missed,
        "killed": back | {"missed": missed_after},
        "well": met and not missed_after and back["all_back_s"] <= BACK_S,
    }


class Sent:
    """Events that were written, each with a version of its own and when it was committed."""

    def __init__(self, cases: list[int]) -> None:
        self.cases, self.at, self.of = cases, {}, {}  # type: ignore[var-annotated]
        self.next = 1_000_000

    async def go(self, rate: float, seconds: float) -> None:
        async with await psycopg.AsyncConnection.connect(
            **conninfo("owner"), autocommit=True
        ) as database:
            begun, nth = time.perf_counter(), 0
            while nth < rate * seconds:
                await asyncio.sleep(max(0.0, begun + nth / rate - time.perf_counter()))
                self.next, nth = self.next + 1, nth + 1
                case = self.cases[self.next % len(self.cases)]
                self.at[self.next] = time.perf_counter()
                self.of[self.next] = case
                await database.execute(HAPPENED, (case, self.next))


def _missed(ears: list[Ear], sent: Sent) -> int:
    """Events that a stream was to hear and did not."""
    return sum(
        case in ear.cases and version not in ear.heard
        for version, case in sent.of.items()
        for ear in ears
    )


def _feed(pages: Pages) -> int:
    """The process of the feed that has the streams: the deepest of its name."""
    return max(pid for pid, words in below(pages.process.pid).items() if "live.asgi" in words)


async def _killed(pages: Pages, ears: list[Ear], sent: Sent, rate: float) -> Facts:
    """The feed is killed, all of it; events go on; everybody comes back with what they know."""
    feeds = [pid for pid, words in below(pages.process.pid).items() if "live.asgi" in words]
    going = asyncio.create_task(sent.go(rate, 20))
    await asyncio.sleep(3)
    for pid in sorted(feeds, reverse=True):
        os.kill(pid, signal.SIGKILL)
    begun = time.perf_counter()
    for ear in ears:
        ear.lost_at = ear.lost_at or begun
    few = asyncio.Semaphore(CONNECT_AT_ONCE)
    await asyncio.gather(*(ear.come_back(few) for ear in ears))
    back = time.perf_counter() - begun
    await going
    until = time.perf_counter() + SETTLED_WITHIN_S
    while _missed(ears, sent) and time.perf_counter() < until:
        await asyncio.sleep(2)
    return {
        "killed": len(feeds),
        "all_back_s": round(back, 1),
        "refused_meanwhile": sum(ear.refused for ear in ears),
        "memory_mb": round(memory(pages.process.pid).get("feed", 0) / 1024),
    }
