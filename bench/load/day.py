"""T-L1: a mixed day of two hundred people at a rate, then steps up to the knee (混合负载)."""

import asyncio
from pathlib import Path
from typing import Any

from bench.load.crowd import Crowd, part, someone
from bench.load.mix import Mix
from bench.load.place import Facts, demo_city, plan_of
from bench.served import Pages, database_cpu_s

P95_MS, P99_MS = 300, 800
WARM_S = 15


def run(
    home: Path | None = None,
    *,
    rate: float = 60,
    minutes: float = 10,
    users: float = 200,
    steps: float = 15,
    top: float = 60,
    step_s: float = 40,
    cases: float = 20_000,
) -> Facts:
    """Steps from `steps` to `top` a second, each for a while; then `minutes` at `rate`.

    The knee is the highest step that holds p95, p99 and no error; nothing is asked above `top`.
    """
    with demo_city(home, cases=int(cases)) as (place, log):
        plan = plan_of(int(users), log=log)
        pages = Pages(log=log)
        try:
            found = asyncio.run(_run(place, plan, pages, rate, minutes, steps, top, step_s))
        finally:
            pages.end()
    whole = found["windows"][-1] if minutes else found["knee"] or {}
    return found | {"well": bool(whole) and holds(whole)}


async def _run(
    home: Path,
    plan: Facts,
    pages: Pages,
    rate: float,
    minutes: float,
    steps: float,
    top: float,
    step_s: float,
) -> Facts:
    people = [someone(person, nth, pages.port) for nth, person in enumerate(plan["people"])]
    crowd = Crowd(people, Mix(plan))
    await crowd.run((steps or rate) / 2, WARM_S)
    windows: list[Facts] = []
    asked = steps
    while steps and asked <= top:
        windows.append(await measured(crowd, pages, home, asked, step_s))
        if windows[-1]["turned_away"] > 0.3 * windows[-1]["requests"]:
            break
        asked += steps
    if minutes:
        windows.append(await measured(crowd, pages, home, rate, 60 * minutes))
    part(people)
    held = [window for window in windows if holds(window)]
    return {"users": len(people), "windows": windows, "knee": held[-1] if held else None}


def holds(window: Facts) -> bool:
    """Whether a window kept what was asked for."""
    ms = window["ms"]
    quick = bool(ms) and ms["p95"] <= P95_MS and ms["p99"] <= P99_MS
    return quick and not window["errors"] and not window["turned_away"]


async def measured(
    crowd: Crowd, pages: Pages, home: Path, rate: float, seconds: float
) -> dict[str, Any]:
    """One window, with the processor time that each request cost."""
    before = pages.cpu_s, database_cpu_s(home)
    found = await crowd.run(rate, seconds)
    after = pages.cpu_s, database_cpu_s(home)
    answered = max(1, found["requests"] - found["turned_away"])
    found["cpu_ms_per_answer"] = {
        name: round(1000 * (late - early) / answered, 1)
        for name, early, late in zip(("pages", "database"), before, after, strict=True)
    }
    return found
