"""The load generator: some clients in one process of its own, driven by lines of JSON.

The first line on standard input tells what to do and where (see `measure.py`); then each line
asks for one thing and is answered by one line:

    {"do": "ready", "clients": 8}                                     clients that have signed in
    {"do": "run", "target": "pages", "clients": 8, "seconds": 5}      one window of load

Between windows the clients halt between two requests, wherever they are, and go on from there
in the next one. What the server acknowledges is written down at once, one line each.
"""

import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from bench.browser import Line, Timing, Unexpected
from bench.client import Client

TARGETS = ("pages", "floor")
SIGN_IN_AT_ONCE = 4
HALT_WITHIN_S = 60
FAILURES_MOST = 200


Work = Callable[[Client], Awaitable[None]]


class Load:
    """All clients of a run."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        self.work = import_module(f"bench.{about['work']}")
        self.clients: dict[str, list[Client]] = {target: [] for target in TARGETS}
        self.tasks: set[asyncio.Task[None]] = set()
        self.ledgers = {t: open(about[t]["ledger"], "a") for t in TARGETS}  # noqa: SIM115 - till the end

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["do"] == "ready":
            return await self.ready(asked["clients"])
        return await self.run(asked["target"], asked["clients"], asked["seconds"])

    async def ready(self, count: int) -> dict[str, Any]:
        """Make clients up to so many; they halt before their first unit of work."""
        few = asyncio.Semaphore(SIGN_IN_AT_ONCE)
        begun = time.perf_counter()
        for target, clients in self.clients.items():
            new = [self._client(target, number) for number in range(len(clients), count)]
            if target == "pages":
                await asyncio.gather(*(self._prepare(client, few) for client in new))
            work = self.work.unit if target == "pages" else self.work.floor
            for client in new:
                task = asyncio.create_task(_live(client, work))
                self.tasks.add(task)
            clients += new
        return {"clients": count, "seconds": round(time.perf_counter() - begun, 1)}

    async def run(self, target: str, count: int, seconds: float) -> dict[str, Any]:
        """One window: so many clients, so long; what they did, and how long it took them."""
        clients = self.clients[target][:count]
        for client in clients:
            client.line.taken, client.units, client.acknowledged = [], [], 0
        before, begun = time.process_time(), time.perf_counter()
        for client in clients:
            client.line.go.set()
        await asyncio.sleep(seconds)
        for client in clients:
            client.line.go.clear()
        await self._halt(clients)
        return _sum(clients, time.perf_counter() - begun) | {"cpu": time.process_time() - before}

    def _client(self, target: str, number: int) -> Client:
        about = self.about[target]
        return Client(number, Line(about["port"]), self.about["plan"], self.ledgers[target])

    async def _prepare(self, client: Client, few: asyncio.Semaphore) -> None:
        async with few:
            client.line.go.set()
            await self.work.prepare(client)
            client.line.go.clear()

    async def _halt(self, clients: list[Client]) -> None:
        """Wait until no request is under way any more."""
        give_up_at = time.perf_counter() + HALT_WITHIN_S
        while any(c.line.busy for c in clients) and time.perf_counter() < give_up_at:
            await asyncio.sleep(0.002)
        ended = [task for task in self.tasks if task.done()]
        if ended:
            raise Unexpected(str(ended[0].exception()))


async def _live(client: Client, work: Work) -> None:
    """One unit of work after another, as long as the process lives."""
    while True:
        spent = client.line.spent
        try:
            await work(client)
        except Unexpected as wrong:
            client.failures[str(wrong)] += 1
            if client.failures.total() > FAILURES_MOST:
                raise
            continue
        client.units.append(client.line.spent - spent)


def _sum(clients: list[Client], seconds: float) -> dict[str, Any]:
    """What a window came to."""
    taken = [timing for client in clients for timing in client.line.taken]
    units = [unit for client in clients for unit in client.units]
    named: dict[str, list[float]] = {}
    for timing in taken:
        named.setdefault(timing.name, []).append(timing.seconds)
    return {
        "seconds": seconds,
        "units": len(units),
        "acknowledged": sum(client.acknowledged for client in clients),
        "requests": len(taken),
        "unit_ms": spread(units),
        "request_ms": spread(timing.seconds for timing in taken),
        "named": {name: {"count": len(all_), **spread(all_)} for name, all_ in named.items()},
        "refused": _refused(taken),
        "failures": sum((client.failures for client in clients), Counter[str]()),
    }


def _refused(taken: list[Timing]) -> dict[str, int]:
    """Answers by status that are no success; 0 is a broken connection."""
    return Counter(str(t.status) for t in taken if t.status >= 400 or t.status == 0)


def spread(seconds: Any) -> dict[str, float]:
    """Median and 95th percentile in milliseconds; nothing of nothing."""
    found = sorted(seconds)
    if not found:
        return {}
    late = found[min(len(found) - 1, int(len(found) * 0.95))]
    return {"p50": round(statistics.median(found) * 1000, 2), "p95": round(late * 1000, 2)}


async def main() -> None:
    read = asyncio.get_running_loop().run_in_executor
    load = Load(json.loads(sys.stdin.readline()))
    while line := await read(None, sys.stdin.readline):
        print(json.dumps(await load.answer(json.loads(line)), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
