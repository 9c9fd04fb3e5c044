"""Many people at once, each request at its own moment whatever became of the others (开环负载).

A closed loop asks less when the server is slow, and so hides it. Here requests fall due at a rate;
each is timed from when it was due, also when nobody was free to send it.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bench.browser import Browser, Line, Unexpected

Facts = dict[str, Any]
BROKEN = 0


@dataclass(frozen=True, slots=True)
class Told:
    """One request: what it was, how long after it was due it was answered, and how."""

    name: str
    at: float
    seconds: float
    status: int
    says_when: bool = False


@dataclass
class Someone:
    """One person at work: a browser of their own, and what they saw last."""

    duty: str
    browser: Browser
    numbers: list[str] = field(default_factory=list)
    page: Any = None


Work = Callable[[Someone, random.Random], Awaitable[tuple[str, int, bool]]]


def someone(person: Facts, nth: int, port: int) -> Someone:
    line = Line(port)
    line.go.set()
    browser = Browser(line, f"10.{nth // 62500 % 256}.{nth // 250 % 250}.{nth % 250 + 1}")
    browser.cookies["sessionid"] = person["cookie"]
    return Someone(person["duty"], browser)


@dataclass
class Crowd:
    """People who take up what is due, whoever is free."""

    people: list[Someone]
    work: Work
    chance: random.Random = field(default_factory=lambda: random.Random(311))
    told: list[Told] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    late: int = 0

    async def run(self, rate: float, seconds: float) -> Facts:
        """So many requests a second for so long; what became of them."""
        self.told, self.failures, self.late = [], Counter(), 0
        free: asyncio.Queue[Someone] = asyncio.Queue()
        for one in self.people:
            free.put_nowait(one)
        begun, due, going = time.perf_counter(), 0.0, set()
        while due < seconds:
            await asyncio.sleep(max(0.0, begun + due - time.perf_counter()))
            task = asyncio.create_task(self._one(free, begun + due, begun))
            going.add(task)
            task.add_done_callback(going.discard)
            due += self.chance.expovariate(rate)
        if going:
            await asyncio.wait(going, timeout=90)
        return summed(self.told, rate=rate, seconds=seconds) | {
            "nobody_free": self.late,
            "failures": dict(self.failures.most_common(5)),
        }

    async def _one(self, free: "asyncio.Queue[Someone]", due: float, begun: float) -> None:
        if free.empty():
            self.late += 1
        one = await free.get()
        try:
            name, status, says_when = await self.work(one, self.chance)
        except Unexpected as wrong:
            self.failures[str(wrong)[:120]] += 1
            name, status, says_when = "broken", BROKEN, False
        finally:
            free.put_nowait(one)
        now = time.perf_counter()
        self.told.append(Told(name, now - begun, now - due, status, says_when))


def summed(told: list[Told], *, rate: float, seconds: float) -> Facts:
    """Figures of one window; times are of what was answered, not of what was turned away."""
    well = [one for one in told if 200 <= one.status < 500 and one.status != 429]
    away = [one for one in told if one.status in {429, 503}]
    named: dict[str, list[float]] = {}
    for one in well:
        named.setdefault(one.name, []).append(one.seconds)
    return {
        "asked_per_second": rate,
        "answered_per_second": round(len(well) / seconds, 1),
        "requests": len(told),
        "ms": spread(one.seconds for one in well),
        "named_ms": {name: spread(all_) for name, all_ in sorted(named.items())},
        "statuses": dict(Counter(str(one.status) for one in told)),
        "refused": dict(Counter(f"{o.name} {o.status}" for o in well if o.status >= 400)),
        "turned_away": len(away),
        "turned_away_ms": spread(one.seconds for one in away),
        "without_retry_after": sum(not one.says_when for one in away),
        "errors": sum((o.status >= 500 and o.status != 503) or o.status == BROKEN for o in told),
    }


def spread(seconds: Any) -> dict[str, float]:
    """Median, 95th and 99th percentile and the longest, in milliseconds; nothing of nothing."""
    found = sorted(seconds)
    if not found:
        return {}
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    last = len(found) - 1
    return {n: round(1000 * found[min(last, int(len(found) * p))], 1) for n, p in at.items()} | {
        "count": len(found)
    }


def part(people: list[Someone]) -> None:
    for one in people:
        with contextlib.suppress(OSError, RuntimeError):
            one.browser.line.close()
