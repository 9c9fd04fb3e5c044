"""The generator: the same client for all programs, in one process, asked by lines of JSON.

The first line tells each program's port, plan and ledger; then each line asks for one window:

    {"program": "helpdesk", "way": "intake_api", "clients": 8, "seconds": 10}

Clients halt between two requests at a window's end and go on from there in the next one of the
same way. What a server acknowledges is written down at once, one line each.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from importlib import import_module
from typing import Any

from bench.browser import Line, Unexpected
from bench.client import Client
from bench.http_load import spread
from bench.neighbours.calls import LIST

FAILURES_MOST = 200
HALT_WITHIN_S = 60


class Load:
    """The clients of each way of each program, made when first asked for."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        self.ways = {p: import_module(f"bench.neighbours.ways_{p}") for p in about}
        self.ledgers = {p: open(about[p]["ledger"], "a") for p in about}  # noqa: SIM115 - till the end
        self.clients: dict[tuple[str, str], list[Client]] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def window(self, program: str, way: str, clients: int, seconds: float) -> dict[str, Any]:
        found = await self._ready(program, way, clients)
        for client in found:
            client.line.taken, client.units, client.acknowledged = [], [], 0
            client.failures = Counter()
        cpu, begun = time.process_time(), time.perf_counter()
        for client in found:
            client.line.go.set()
        await asyncio.sleep(seconds)
        for client in found:
            client.line.go.clear()
        give_up_at = time.perf_counter() + HALT_WITHIN_S
        while any(c.line.busy for c in found) and time.perf_counter() < give_up_at:
            await asyncio.sleep(0.002)
        lasted = time.perf_counter() - begun
        for task in self.tasks:
            if task.done():
                raise Unexpected(str(task.exception()))
        return _sum(found, lasted) | {"generator_s": time.process_time() - cpu}

    async def _ready(self, program: str, way: str, count: int) -> list[Client]:
        """So many clients of this way, signed in."""
        there = self.clients.setdefault((program, way), [])
        for number in range(len(there), count):
            about = self.about[program]
            plan = about["plan"] | {"batch": 50 if way.endswith("batch") else 1}
            client = Client(number, Line(about["port"]), plan, self.ledgers[program])
            client.begun = int(time.time()) % 1_000_000 * 1_000  # marks differ from way to way
            client.line.go.set()
            if way in self.ways[program].SIGN_IN:
                await self.ways[program].prepare(client)
            client.line.go.clear()
            self.tasks.append(asyncio.create_task(_live(client, self.ways[program].WAYS[way])))
            there.append(client)
        return there[:count]


async def _live(client: Client, work: Any) -> None:
    """One unit of work after another, as long as the process lives."""
    while True:
        spent = client.line.spent
        try:
            await work(client)
        except Unexpected as wrong:
            client.failures[str(wrong)[:300]] += 1
            if client.failures.total() > FAILURES_MOST:
                raise
            await client.line.go.wait()
            continue
        client.units.append(client.line.spent - spent)


def _sum(clients: list[Client], seconds: float) -> dict[str, Any]:
    """What a window came to."""
    taken = [timing for client in clients for timing in client.line.taken]
    asked = [timing for timing in taken if not timing.name.startswith(LIST)]
    named: dict[str, list[float]] = {}
    for timing in taken:
        named.setdefault(timing.name, []).append(timing.seconds)
    return {
        "seconds": seconds,
        "units": len([u for c in clients for u in c.units]),
        "acknowledged": sum(client.acknowledged for client in clients),
        "requests": len(asked),
        "unit_ms": spread(u for c in clients for u in c.units),
        "named": {name: [round(1000 * s, 2) for s in all_] for name, all_ in named.items()},
        "refused": Counter(str(t.status) for t in asked if t.status >= 400 or t.status == 0),
        "failures": sum((client.failures for client in clients), Counter[str]()),
    }


async def main() -> None:
    read = asyncio.get_running_loop().run_in_executor
    load = Load(json.loads(sys.stdin.readline()))
    while line := await read(None, sys.stdin.readline):
        print(json.dumps(await load.window(**json.loads(line)), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
