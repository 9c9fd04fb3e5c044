"""What the windows came to: medians of rounds, beside one another, as a table.

python -m bench.neighbours.figures FILE      of a run that was kept, or broken off
"""

import json
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.neighbours import ways_helpdesk, ways_shiyu, ways_tracker
from bench.neighbours.calls import LIST
from bench.neighbours.standing import PROGRAMS

STEPS = {
    "shiyu": ways_shiyu.STEPS,
    "helpdesk": ways_helpdesk.STEPS,
    "tracker": ways_tracker.STEPS,
}
Facts = dict[str, Any]


def table(outcome: Facts) -> str:
    """Markdown: rates with their costs, lists, memory."""
    rows = ["| way | program | a second | of the best neighbour | requests/s | unit p50 / p95 ms |"]
    rows[0] += " ms of processor a unit: server + database | failures |"
    rows.append("|---|---|---|---|---|---|---|---|")
    ways = list(dict.fromkeys(w["way"] for w in outcome["windows"]))
    for way in ways:
        if way == "lists":
            continue
        found = {name: rate_of(outcome, name, way) for name in PROGRAMS}
        best = max((f["rate"] for n, f in found.items() if f and n != "shiyu"), default=0.0)
        for name, one in found.items():
            if one:
                share = f"{one['rate'] / best:.2f} x" if best and name == "shiyu" else ""
                rows.append(
                    f"| {way} | {name} | {one['rate']:.2f} | {share} | {one['requests']:.1f} | "
                    f"{one['p50']:,.0f} / {one['p95']:,.0f} | {one['server']:.1f} + "
                    f"{one['database']:.1f} | {one['failures']} |"
                )
    return "\n".join([*rows, "", *lists(outcome), "", *memory(outcome)])


def rate_of(outcome: Facts, name: str, way: str) -> Facts:
    """One program's medians of one way, the first round left out; nothing when it was not tried."""
    windows = [
        w for w in outcome["windows"] if (w["program"], w["way"]) == (name, way) and w["round"] >= 0
    ]
    if not windows:
        return {}
    steps = STEPS[name].get(way, 1)
    units = [w["acknowledged"] / steps for w in windows]
    return {
        "rate": mid(u / w["seconds"] for u, w in zip(units, windows, strict=True)),
        "requests": mid(w["requests"] / w["seconds"] for w in windows),
        "p50": mid(w["unit_ms"].get("p50", 0) for w in windows),
        "p95": mid(w["unit_ms"].get("p95", 0) for w in windows),
        "server": mid(1000 * w["server_s"] / u for u, w in zip(units, windows, strict=True) if u),
        "database": mid(
            1000 * w["database_s"] / u for u, w in zip(units, windows, strict=True) if u
        ),
        "failures": sum(sum(w["failures"].values()) for w in windows),
    }


def lists(outcome: Facts) -> list[str]:
    """Each list's p50 and p95 of all rounds together, program beside program."""
    taken: dict[str, dict[str, list[float]]] = {}
    for window in outcome["windows"]:
        if window["way"] == "lists" and window["round"] >= 0:
            for name, all_ in window["named"].items():
                if name.startswith(LIST):
                    of = taken.setdefault(name.removeprefix(LIST), {})
                    of.setdefault(window["program"], []).extend(all_)
    if not taken:
        return []
    whole: dict[str, list[float]] = {}
    for of in taken.values():
        for program, all_ in of.items():
            whole.setdefault(program, []).extend(all_)
    taken["all lists"] = whole
    rows = ["| list | " + " | ".join(f"{p} p50 / p95 ms (times)" for p in PROGRAMS) + " |"]
    rows.append("|---" * (1 + len(PROGRAMS)) + "|")
    for name, of in taken.items():
        told = [_spread(of.get(program, [])) for program in PROGRAMS]
        rows.append(f"| {name} | " + " | ".join(told) + " |")
    return rows


def memory(outcome: Facts) -> list[str]:
    """Proportional set size: after the start, the most under load, after it."""
    rows = ["| program | started: server + database MB | most under load | afterwards |"]
    rows.append("|---|---|---|---|")
    for name, started in outcome["memory_started"].items():
        under = [w["memory"] for w in outcome["windows"] if w["program"] == name]
        most = max(under, key=sum, default=None)
        after = outcome.get("memory_after", {}).get(name)
        told = [
            f"{both[0]:.0f} + {both[1]:.0f}" if both else "–" for both in (started, most, after)
        ]
        rows.append(f"| {name} | " + " | ".join(told) + " |")
    return rows


def mid(values: Iterable[float]) -> float:
    found = list(values)
    return statistics.median(found) if found else 0.0


def _spread(all_: list[float]) -> str:
    if not all_:
        return "–"
    found = sorted(all_)
    late = found[min(len(found) - 1, int(len(found) * 0.95))]
    return f"{statistics.median(found):,.0f} / {late:,.0f} ({len(found)})"


if __name__ == "__main__":
    print(table(json.loads(Path(sys.argv[1]).read_text())))
