"""Shiyu beside django-helpdesk and Request Tracker: one run, alternating windows (与邻居比较).

    python -m bench.neighbours.run HOME [--rounds 3] [--clients 8] [--seconds 10]
        [--ways intake_form,intake_api,...] [--programs shiyu,helpdesk,tracker] [--json FILE]

Each round takes every way in turn and, of each way, every program in turn, so that a noisy minute
meets all. Medians of the rounds count. How HOME is made: bench/neighbours/README.md.
"""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from bench import served
from bench.measure import machine
from bench.neighbours.figures import table
from bench.neighbours.standing import PROGRAMS, Served, plan_of, standing

WAYS = (
    "intake_form",
    "intake_steps",
    "intake_mail",
    "intake_api",
    "intake_batch",
    "loop_api",
    "loop_batch",
    "loop_pages",
    "loop_panes",
    "lists",
)
HAS = {
    "shiyu": {w for w in WAYS if w != "intake_mail"},
    "helpdesk": {"intake_form", "intake_api", "loop_api", "loop_pages", "lists"},
    "tracker": {w for w in WAYS if "batch" not in w and w not in ("intake_steps", "loop_panes")},
}

Facts = dict[str, Any]


class Load(served.Load):
    """The generator of this comparison."""

    def __init__(self, about: Facts, *, log: Path) -> None:
        import subprocess

        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bench.neighbours.load"],
                cwd=served.PROJECT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                process_group=0,
            )
        self._write(about)


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("home", type=Path)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--clients", type=int, default=8)
    asked.add_argument("--list-clients", type=int, default=1)
    asked.add_argument("--seconds", type=float, default=10)
    asked.add_argument("--ways", default=",".join(WAYS))
    asked.add_argument("--programs", default=",".join(PROGRAMS))
    asked.add_argument("--json", type=Path)
    how = asked.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    for name in [name for name in os.environ if name.startswith("SHIYU_")]:
        del os.environ[name]
    outcome = run(how)
    _keep(outcome, how.json)
    print(table(outcome))
    return 0


def run(how: argparse.Namespace) -> Facts:
    """All windows of all rounds; everything that was found."""
    programs, ways = how.programs.split(","), how.ways.split(",")
    outcome: Facts = {"machine": machine(), "clients": how.clients, "seconds": how.seconds}
    outcome |= {"rounds": how.rounds, "windows": []}
    with standing(how.home, programs) as stood:
        plans = {name: plan_of(name, how.home) for name in programs}
        outcome["memory_started"] = {name: one.memory_mb() for name, one in stood.items()}
        about = {
            name: {
                "port": one.front,
                "plan": plans[name],
                "ledger": str(how.home / f"{name}.jsonl"),
            }
            for name, one in stood.items()
        }
        load = Load(about, log=how.home / "load.log")
        try:
            for nth in range(-1, how.rounds):
                for way in ways:
                    for name in programs:
                        if way in HAS[name]:
                            _window(outcome, load, stood[name], way, nth, how)
                            _keep(outcome, how.json)
        finally:
            load.end()
        time.sleep(5)
        outcome["memory_after"] = {name: one.memory_mb() for name, one in stood.items()}
    outcome["load_after"] = os.getloadavg()[0]
    return outcome


def _keep(outcome: Facts, where: Path | None) -> None:
    """What was found so far, also when the run is broken off."""
    if where:
        where.write_text(json.dumps(outcome, ensure_ascii=False))


def _window(
    outcome: Facts, load: Load, one: Served, way: str, nth: int, how: argparse.Namespace
) -> None:
    """One window; the first round (of number -1) warms up and is short."""
    clients = how.list_clients if way == "lists" else how.clients
    seconds = min(how.seconds, 3.0) if nth < 0 else how.seconds
    before = one.cpu()
    found = load.ask(program=one.name, way=way, clients=clients, seconds=seconds)
    after = one.cpu()
    found["server_s"], found["database_s"] = (b - a for a, b in zip(before, after, strict=True))
    found |= {"program": one.name, "way": way, "round": nth, "memory": one.memory_mb()}
    outcome["windows"].append(found)
    rate = found["acknowledged"] / found["seconds"]
    print(
        f"{nth:>3} {one.name:<9}{way:<13}{rate:>9.1f}/s {found['requests']:>6} requests "
        f"{found['failures'] or ''}",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
