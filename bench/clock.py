"""How many clock scenarios one core answers in a second, JSON in and out.

    python bench/clock.py [--scenarios 3000] [--runs 7]

Beside it, in the same run, a floor: a program that only reads the same JSON and writes it
again. Scenarios are made up, each with calendars of its own, so nothing is found in a
cache; every run is a new process, its start included.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from shiyu.cases.clock.scenario import Scenario  # noqa: E402
from shiyu.cases.tests.clock_scenarios import Maker  # noqa: E402

FLOOR = """
import json, sys
for line in open(sys.argv[1], "rb"):
    sys.stdout.write(json.dumps(json.loads(line), ensure_ascii=False) + "\\n")
"""
CLOCK = "from shiyu.site.cli import main; main()"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--scenarios", type=int, default=3000)
    asked.add_argument("--runs", type=int, default=7)
    wanted = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scenarios = Path(folder, "scenarios.jsonl")
        clocks = write(scenarios, wanted.scenarios)
        explain = [sys.executable, "-c", CLOCK, "clock", "explain", str(scenarios), "--json"]
        floor = [sys.executable, "-c", FLOOR, str(scenarios)]
        taken: dict[str, list[tuple[float, float]]] = {"explain": [], "floor": []}
        for _ in range(wanted.runs):
            taken["explain"].append(seconds(explain))
            taken["floor"].append(seconds(floor))
    tell(taken, wanted.scenarios, clocks)


def write(scenarios: Path, count: int) -> int:
    """Make the scenarios; returns how many clocks their answers hold."""
    maker, clocks = Maker(2026), 0
    with scenarios.open("w", encoding="utf-8") as file:
        for number in range(count):
            scenario = maker.scenario(f"b-{number}")
            clocks += len(Scenario(scenario).answer()["clocks"])
            file.write(json.dumps(scenario, ensure_ascii=False) + "\n")
    return clocks


def seconds(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of a process; they differ when others keep the machine busy."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used


def tell(taken: dict[str, list[tuple[float, float]]], scenarios: int, clocks: int) -> None:
    version, load = platform.python_version(), os.getloadavg()[0]
    print(f"Python {version}, {os.cpu_count()} cores, load {load:.1f}")
    print(f"{scenarios} scenarios, {clocks} clocks; {len(taken['floor'])} runs, medians")
    print(f"{'program':8} {'wall s':>7} {'cpu s':>7} {'a second (wall)':>16} {'(cpu)':>7}")
    for name, runs in taken.items():
        wall, used = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{name:8} {wall:7.2f} {used:7.2f} {scenarios / wall:16.0f} {scenarios / used:7.0f}")


if __name__ == "__main__":
    main()
