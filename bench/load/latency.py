"""Every page and list of a city over real HTTP, beside what its statements touch (延迟表)."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from bench.browser import Answer, Browser, Line
from bench.load.crowd import spread
from bench.load.people import PASSWORD
from bench.load.place import Facts, demo_city
from bench.load.plans import STATEMENTS
from bench.served import Pages, carry_out

P95_MS = 60.0


def run(home: Path | None = None, *, rounds: float = 15, cases: float = 20_000) -> Facts:
    """Each address in turn with all the others, so often; the first round warms up."""
    with demo_city(home, cases=int(cases)) as (_place, log):
        told: Facts = json.loads(carry_out(STATEMENTS, log=log))
        opened = [one for one in told["pages"] if one["status"] == 200]
        pages = Pages(log=log)
        try:
            before = pages.cpu_s
            taken, asked = asyncio.run(_open_all(pages.port, opened, told["keys"], int(rounds)))
            cpu_ms = 1000 * (pages.cpu_s - before) / max(asked, 1)
        finally:
            pages.end()
    rows: dict[str, Facts] = {}
    for one in opened:
        row = rows.setdefault(one["name"], {"queries": 0, "rows": 0, "blocks": 0, "sql_ms": 0.0})
        row |= {name: max(row[name], one[name]) for name in row if name in one}
        row["greediest"] = one["greediest"]
    for name, seconds in taken.items():
        rows[name] |= spread(seconds)
    every = spread(second for seconds in taken.values() for second in seconds)
    return {
        "cases": told["cases"],
        "rounds": int(rounds),
        "pages": rows,
        "all": every,
        "cpu_ms_a_page": round(cpu_ms, 1),
        "above_60_ms": sum(row["p95"] > P95_MS for row in rows.values()),
        "well": True,
    }


async def _open_all(
    port: int, opened: list[Facts], keys: dict[str, str], rounds: int
) -> tuple[dict[str, list[float]], int]:
    line = Line(port)
    line.go.set()
    people: dict[str, Browser] = {}
    for who in dict.fromkeys(page["who"] for page in opened):
        people[who] = await _person(line, who, len(people))
    taken: dict[str, list[float]] = {}
    for nth in range(rounds + 1):
        for page in opened:
            answer = await _open(people[page["who"]], page, keys)
            if answer.status == 200 and nth:
                taken.setdefault(page["name"], []).append(line.taken[-1].seconds)
    line.close()
    return taken, len(line.taken)


async def _person(line: Line, who: str, number: int) -> Browser:
    person = Browser(line, f"10.0.{number}.1")
    if who:
        page = await person.get("/account/login/", name="sign in")
        fields: dict[str, Any] = page.form("/account/login/") | {"login": who, "password": PASSWORD}
        answer = await person.post("/account/login/", fields, name="sign in")
        await person.follow(answer, name="desk")
    return person


async def _open(person: Browser, page: Facts, keys: dict[str, str]) -> Answer:
    if "key" in page:
        head = [f"GET {page['path']} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
        head.append(f"Authorization: Bearer {keys[page['key']]}")
        status, _lines, body = await person.line.exchange("api", "\r\n".join(head), b"")
        return Answer(status, page["path"], {}, body.decode())
    if "q" in page:
        form = (await person.get(page["path"], name="search")).form(page["path"])
        return await person.post(page["path"], form | {"q": page["q"]}, name="telephone")
    return await person.get(page["path"], name=page["name"])


def table(files: list[str]) -> str:
    """The tables of some sizes side by side, as Markdown."""
    sizes = [json.loads(Path(file).read_text()) for file in files]
    head = ["page"]
    for size in sizes:
        head += [f"{size['cases']:,}: p50 / p95 ms", "queries", "rows", "blocks", "bare SQL ms"]
    rows = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name in dict.fromkeys(name for size in sizes for name in size["pages"]):
        cells = [name]
        for size in sizes:
            one = size["pages"].get(name)
            cells += _cells(one) if one and "p50" in one else ["–"] * 5
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _cells(one: Facts) -> list[str]:
    numbers = [f"{one['p50']:.0f} / {one['p95']:.0f}", str(one["queries"])]
    return [*numbers, f"{one['rows']:,}", f"{one['blocks']:,}", f"{one['sql_ms']:.1f}"]


if __name__ == "__main__":
    print(table(sys.argv[1:]))
