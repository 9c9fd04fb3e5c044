"""T-L2: nothing but reports, one a request; each acknowledged one is kept, once (连续上报)."""

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

import psycopg

from bench import intake_api, ledger
from bench.browser import Unexpected
from bench.client import Client
from bench.killed_load import StubbornLine
from bench.load.crowd import spread
from bench.load.place import Facts
from bench.served import SHIYU, Pages, carry_out, cpu_of, database_cpu_s, own_home
from shiyu.common.connection import conninfo

A_SECOND, P50_MS = 30, 200


def run(*, clients: float = 8, minutes: float = 5) -> Facts:
    """So many systems, each sending one report after another with a key of its own."""
    with own_home() as home:
        log = home / "bench.log"
        carry_out([*SHIYU, "migrate"], log=log)
        carry_out([sys.executable, "-m", "bench.city", str(home / "plan.json")], log=log)
        plan: Facts = json.loads((home / "plan.json").read_text()) | {"batch": 1}
        pages = Pages(log=log)
        try:
            found = asyncio.run(_send(home, plan, pages, int(clients), 60 * minutes))
        finally:
            pages.end()
        with psycopg.connect(**conninfo("owner")) as connection:
            kept = ledger.reports(connection, home / "ledger.jsonl")
        found |= {"kept": kept.as_facts(), "verify": carry_out([*SHIYU, "verify"], log=log)}
    quick = found["per_second"] >= A_SECOND and found["ms"]["p50"] <= P50_MS
    return found | {"well": quick and kept.is_whole and not found["failures"]}


async def _send(home: Path, plan: Facts, pages: Pages, count: int, seconds: float) -> Facts:
    failures: Counter[str] = Counter()
    with (home / "ledger.jsonl").open("a") as kept:
        clients = [Client(n, StubbornLine(pages.port), plan, kept) for n in range(count)]
        for client in clients:
            client.line.go.set()
        until, begun = time.perf_counter() + seconds, time.perf_counter()
        before = cpu_of(pages.process.pid), database_cpu_s(home)
        await asyncio.gather(*(_live(client, until, failures) for client in clients))
        took = time.perf_counter() - begun
        after = cpu_of(pages.process.pid), database_cpu_s(home)
    done = sum(client.acknowledged for client in clients)
    taken = [one for client in clients for one in client.line.taken]
    return {
        "clients": count,
        "seconds": round(took, 1),
        "acknowledged": done,
        "per_second": round(done / took, 1),
        "ms": spread(one.seconds for one in taken if one.status in {200, 201}),
        "statuses": dict(Counter(str(one.status) for one in taken)),
        "failures": dict(failures.most_common(5)),
        "cpu_ms_per_report": {
            "pages": round(1000 * (after[0] - before[0]) / max(done, 1), 1),
            "database": round(1000 * (after[1] - before[1]) / max(done, 1), 1),
        },
    }


async def _live(client: Client, until: float, failures: Counter[str]) -> None:
    while time.perf_counter() < until:
        try:
            await intake_api.unit(client)
        except Unexpected as wrong:
            failures[str(wrong)[:120]] += 1
            await asyncio.sleep(0.4)
