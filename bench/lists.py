"""Lists, case page and resident's pages for one client, in a small and in a large city (列表).

    shiyu bench lists [--cases 20000,1000000] [--rounds 15]
    python -m bench.lists HOME [--rounds 15] [--json]      in a demo city that was kept

A kept one stays as it is, grown before by `SHIYU_HOME=HOME python -m bench.past fill 1000000`.

One run: the demo city, measured; the same city grown by recorded cases, measured again. Each page
is opened over real HTTP in turn with all the others, so that a noisy neighbour meets all; beside
it stands the floor: the very SQL of the page, sent bare over one connection.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import served
from bench.browser import Browser, Line, Unexpected
from bench.http_load import spread
from bench.measure import machine
from bench.served import SHIYU, Pages, Trouble, carry_out
from shiyu.common.embedded import Cluster

SMALL, LARGE = 20_000, 1_000_000
ROUNDS = 15
QUERIES_MOST, P95_MOST_MS = 12, 60.0
PASSWORD = "shiyu-demo-2026"
PAST = [sys.executable, "-m", "bench.past"]

Say = Callable[[str], None]
Facts = dict[str, Any]


def run(*, sizes: Sequence[int], say: Say, rounds: int = ROUNDS, home: Path | None = None) -> Facts:
    """Measure the lists of cities of these sizes, the smallest first.

    home  a demo city that is there already, which will grow; else one for this run alone.

    Raises  Trouble when something could not be started, with the end of what it said.
    """
    with ExitStack() as ended:
        own = Path(home) if home else ended.enter_context(served.own_home())
        log = own / "bench.log"
        try:
            return _run(own, log, sorted(sizes), rounds, say, made=home is not None)
        except Trouble as trouble:
            said = log.read_text().strip().splitlines()[-15:] if log.exists() else []
            raise Trouble("\n".join([*said, str(trouble)])) from trouble


def _run(
    home: Path, log: Path, sizes: Sequence[int], rounds: int, say: Say, *, made: bool
) -> Facts:
    outcome: Facts = {"what": "lists", "machine": machine(), "rounds": rounds, "sizes": []}
    if not made:
        say(f"Making the demo city of {sizes[0]:,} cases …")
        carry_out([*SHIYU, "migrate"], log=log)
        carry_out([*SHIYU, "demo", "make", "--cases", str(min(sizes[0], SMALL))], log=log)
    for size in sizes:
        say(f"Growing it to {size:,} cases …")
        filled = json.loads(carry_out([*PAST, "fill", str(size)], log=log))
        found = _measure(home, log, rounds)
        outcome["sizes"].append({**filled, "load": os.getloadavg()[0], "pages": found})
        say(f"{filled['cases']:,} cases")
        say(HEAD)
        for name, page in found.items():
            say(line_of(name, page))
    outcome["load_after"] = os.getloadavg()[0]
    outcome["slow"] = [
        f"{name} at {size['cases']:,}"
        for size in outcome["sizes"]
        for name, page in size["pages"].items()
        if page["queries"] > QUERIES_MOST or page["p95"] > P95_MOST_MS
    ]
    return outcome


def _measure(home: Path, log: Path, rounds: int) -> dict[str, Facts]:
    """Each page of the city as it is now: queries, floor, and milliseconds of one client."""
    opened = json.loads(carry_out([*PAST, "pages"], log=log))
    listed = home / "pages.json"
    listed.write_text(json.dumps(opened, ensure_ascii=False))
    floors = json.loads(carry_out([*PAST, "floor", str(listed)], log=log))
    pages = Pages(log=log)
    try:
        before = pages.cpu_s
        taken, requests = asyncio.run(_open_all(pages.port, opened, rounds))
        cpu = 1000 * (pages.cpu_s - before) / max(requests, 1)
    finally:
        pages.end()
    found = {name: floors[name] | spread(seconds) for name, seconds in taken.items()}
    found["all pages"] = {
        "queries": max(one["queries"] for one in found.values()),
        "blocks": max(one["blocks"] for one in found.values()),
        "floor_p50": round(statistics.median(one["floor_p50"] for one in found.values()), 2),
        **spread(second for seconds in taken.values() for second in seconds),
        "cpu_ms": round(cpu, 1),
    }
    return found


async def _open_all(
    port: int, opened: list[dict[str, str]], rounds: int
) -> tuple[dict[str, list[float]], int]:
    """Open every page in turn, so often; the first round warms up."""
    line = Line(port)
    line.go.set()
    people: dict[str, Browser] = {}
    for who in dict.fromkeys(page["who"] for page in opened):
        people[who] = await _person(line, who, len(people))
    taken: dict[str, list[float]] = {}
    opened = await _with_next_pages(opened, people)
    for nth in range(rounds + 1):
        for page in opened:
            answer = await people[page["who"]].get(page["path"], name=page["name"])
            if answer.status != 200:
                raise Unexpected(f"{page['path']} answered {answer.status}")
            if nth:
                taken.setdefault(page["name"], []).append(line.taken[-1].seconds)
    line.close()
    return taken, len(line.taken)


async def _person(line: Line, who: str, number: int) -> Browser:
    person = Browser(line, f"10.0.{number}.1")
    if who:
        page = await person.get("/account/login/", name="sign in")
        fields = page.form("/account/login/") | {"login": who, "password": PASSWORD}
        await person.follow(
            await person.post("/account/login/", fields, name="sign in"), name="desk"
        )
    return person


async def _with_next_pages(
    opened: list[dict[str, str]], people: dict[str, Browser]
) -> list[dict[str, str]]:
    """With the third page of each list that goes on so far, under its list's own name."""
    found = list(opened)
    for page in opened:
        path = page["path"]
        if not path.startswith("/desk/") or "search" in path:
            continue
        for _ in range(2):
            text = (await people[page["who"]].get(path, name="turn")).text
            start = text.find('rel="next"')
            link = text.rfind("<a", 0, start) if start > 0 else -1
            if link < 0:
                break
            href = text[link : text.index(">", link)].partition('href="')[2].partition('"')[0]
            path = page["path"].partition("?")[0] + href.replace("&amp;", "&")
        else:
            found.append({**page, "path": path})
    return found


HEAD = f"{'':<28}{'queries':>8}{'p50 ms':>9}{'p95 ms':>9}{'bare SQL ms':>13}{'blocks':>9}"


def line_of(name: str, page: Facts) -> str:
    """One row of the table."""
    told = f"{name:<28}{page['queries']:>8}{page['p50']:>9.1f}{page['p95']:>9.1f}"
    told += f"{page['floor_p50']:>13.1f}{page['blocks']:>9,}"
    return told + (f"   {page['cpu_ms']} ms of processor a page" if "cpu_ms" in page else "")


def main() -> int:
    """Measure a kept city as it is."""
    asked = argparse.ArgumentParser(description="The lists of a demo city that was kept.")
    asked.add_argument("home", type=Path)
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    asked.add_argument("--json", action="store_true")
    how = asked.parse_args()
    os.environ["SHIYU_HOME"] = str(how.home)
    cluster = Cluster(how.home)
    cluster.hold()
    try:
        carry_out([*SHIYU, "migrate"], log=how.home / "bench.log")
        outcome = run(sizes=[0], rounds=how.rounds, home=how.home, say=_aloud)
    finally:
        cluster.release()
    slow = outcome["slow"]
    print(json.dumps(outcome, ensure_ascii=False) if how.json else f"above the aim: {slow}")
    return 0


def _aloud(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
