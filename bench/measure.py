"""One run of a bench: a fresh city, the pages and the floor side by side, then the reckoning.

For each number of clients one window to warm up, then windows of the pages and of the floor in
turn, so that a noisy neighbour meets both; medians of the windows count.
"""

import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench import ledger, served
from bench.served import Floor, Load, Pages, Trouble, carry_out
from shiyu.common.connection import conninfo

WINDOWS = 3
MOVES_OF_A_LOOP = 8
TARGETS = ("pages", "floor")
PROCESSES = ("pages", "database", "generator")

Say = Callable[[str], None]
Facts = dict[str, Any]


def run(
    what: str,
    *,
    clients: Sequence[int],
    seconds: float,
    photo: bool,
    say: Say,
    through: str = "pages",
    batch: int = 1,
) -> Facts:
    """Measure intake or the loop; the whole outcome as JSON can hold it.

    through  pages, as people do it, or api, as another system does.
    batch    how many reports or cases a request of another system carries.
    seconds  for each number of clients and each of the two programs, all windows together.

    Raises  Trouble when something could not be started, with the end of what it said.
    """
    with served.own_home() as home:
        log = home / "bench.log"
        try:
            return _run(home, log, what, through, batch, clients, seconds, photo, say)
        except Trouble as trouble:
            said = log.read_text().strip().splitlines()[-15:] if log.exists() else []
            raise Trouble("\n".join([*said, str(trouble)])) from trouble


def _run(
    home: Path,
    log: Path,
    what: str,
    through: str,
    batch: int,
    clients: Sequence[int],
    seconds: float,
    photo: bool,
    say: Say,
) -> Facts:
    outcome: Facts = {"what": what, "through": through, "batch": batch, "photo": photo}
    outcome |= {"machine": machine(), "seconds": seconds, "windows": WINDOWS, "clients": []}
    say("Making a city …")
    plan = _make_city(home, log, photo) | {"batch": batch}
    with ExitStack() as ended:
        pages, floor = Pages(log=log), Floor(log=log)
        ended.callback(pages.end)
        ended.callback(floor.end)
        work = what if through == "pages" else f"{what}_{through}"
        about: Facts = {"work": work, "plan": plan}
        about |= {
            t: {"port": p.port, "ledger": str(home / f"{t}.jsonl")}
            for t, p in (("pages", pages), ("floor", floor))
        }
        load = Load(about, log=log)
        ended.callback(load.end)
        for count in clients:
            load.ask(do="ready", clients=count)
            measured = _measure(home, load, {"pages": pages, "floor": floor}, count, seconds)
            outcome["clients"].append(measured)
            say(line_of(what, measured))
    outcome["load_after"] = os.getloadavg()[0]
    return outcome | _reckon(what, home, log)


def _make_city(home: Path, log: Path, photo: bool) -> Facts:
    carry_out([*served.SHIYU, "migrate"], log=log)
    words = [sys.executable, "-m", "bench.city", str(home / "plan.json")]
    carry_out([*words, "--photo", str(home / "photo.jpg")] if photo else words, log=log)
    plan: Facts = json.loads((home / "plan.json").read_text())
    return plan


def _measure(
    home: Path, load: Load, programs: dict[str, Pages | Floor], count: int, seconds: float
) -> Facts:
    """All windows of one number of clients."""
    found: dict[str, list[Facts]] = {target: [] for target in TARGETS}
    long = seconds / WINDOWS
    for target in TARGETS:
        load.ask(do="run", target=target, clients=count, seconds=min(long, 5.0))
    for _ in range(WINDOWS):
        for target in TARGETS:
            before = programs[target].cpu_s, served.database_cpu_s(home)
            window = load.ask(do="run", target=target, clients=count, seconds=long)
            after = programs[target].cpu_s, served.database_cpu_s(home)
            spent = (after[0] - before[0], after[1] - before[1], window.pop("cpu"))
            window["cpu_s"] = dict(zip(PROCESSES, spent, strict=True))
            found[target].append(window)
    pages, floor = _median(found["pages"]), _median(found["floor"])
    return {"clients": count, "pages": pages, "floor": floor, "ratio": _ratio(pages, floor)}


def _median(windows: list[Facts]) -> Facts:
    """One figure for all windows: medians of rates and times, sums of what went wrong."""
    total = {name: sum(w[name] for w in windows) for name in ("units", "acknowledged", "requests")}
    rates = {f"{name}_per_second": _mid(w[name] / w["seconds"] for w in windows) for name in total}
    times = {name: _mid_spread([w[name] for w in windows]) for name in ("unit_ms", "request_ms")}
    names = {name for w in windows for name in w["named"]}
    named = {n: _mid_spread([w["named"][n] for w in windows if n in w["named"]]) for n in names}
    cpu = {p: _mid(w["cpu_s"][p] / w["seconds"] for w in windows) for p in PROCESSES}
    per = {
        p: _mid(1000 * w["cpu_s"][p] / w["requests"] for w in windows if w["requests"])
        for p in PROCESSES
    }
    return {
        **total,
        **rates,
        **times,
        "named_ms": dict(sorted(named.items())),
        "cores_used": cpu,
        "cpu_ms_per_request": per,
        "refused": _added(w["refused"] for w in windows),
        "failures": _added(w["failures"] for w in windows),
    }


def _ratio(pages: Facts, floor: Facts) -> Facts:
    """How much less, and how much slower, the pages do what the floor does."""
    names = ("acknowledged_per_second", "requests_per_second")
    found = {name: _share(pages[name], floor[name]) for name in names}
    slower = {
        f"request_{p}": _share(pages["request_ms"].get(p, 0), floor["request_ms"].get(p, 0))
        for p in ("p50", "p95")
    }
    return found | slower


def _reckon(what: str, home: Path, log: Path) -> Facts:
    """Compare what was acknowledged with what is kept; verify the whole database."""
    with psycopg.connect(**conninfo("owner")) as connection:
        compare = ledger.reports if what == "intake" else ledger.moves
        kept = compare(connection, home / "pages.jsonl")
        beside = ledger.floor_rows(connection, home / "floor.jsonl")
    try:
        verified, clean = carry_out([*served.SHIYU, "verify"], log=log), True
    except Trouble as trouble:
        verified, clean = str(trouble), False
    return {
        "kept": kept.as_facts(),
        "floor_kept": beside.as_facts(),
        "verify": verified,
        "whole": kept.is_whole and beside.is_whole and clean,
    }


def machine() -> Facts:
    """On what this was measured, without names and paths."""
    version, memory = (
        platform.python_version(),
        os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
    )
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "python": version,
        "load_before": os.getloadavg()[0],
    }


HEADS = {
    "intake": "clients         reports/s  a report p50/p95 ms  requests/s  a request p50/p95 ms",
    "loop": "clients           moves/s    a loop p50/p95 ms  requests/s  a request p50/p95 ms",
}


def line_of(what: str, measured: Facts) -> str:
    """Two rows of the table: the pages and the floor."""
    rows = []
    for target in TARGETS:
        found = measured[target]
        unit, request = _pair(found["unit_ms"]), _pair(found["request_ms"])
        rows.append(
            f"{measured['clients']:>7} {target:<6} {found['acknowledged_per_second']:>10.1f} "
            f"{unit:>20} {found['requests_per_second']:>11.1f} {request:>21}"
        )
    return "\n".join(rows)


def _pair(spread: Facts) -> str:
    return f"{spread['p50']:,.1f} / {spread['p95']:,.1f}" if spread else "–"


def _mid(values: Iterable[float]) -> float:
    found = list(values)
    return round(statistics.median(found), 3) if found else 0.0


def _mid_spread(spreads: list[dict[str, float]]) -> dict[str, float]:
    known = [s for s in spreads if s]
    return {p: _mid(s[p] for s in known) for p in ("p50", "p95")} if known else {}


def _added(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for count in counts:
        for name, number in count.items():
            found[name] = found.get(name, 0) + number
    return found


def _share(one: float, other: float) -> float | None:
    return round(one / other, 4) if other else None
