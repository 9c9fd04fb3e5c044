"""The city that is broken: made, served, worked in, asked afterwards (故障试验的城市)."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.faults.patience import patient, wait_until
from bench.killed_load import Crowd
from bench.killer import Serving
from bench.served import SHIYU, Trouble, carry_out, free_port, own_home, wait_for
from shiyu.common.connection import conninfo
from shiyu.common.home import PROJECT

Facts = dict[str, Any]
VERIFIER = PROJECT / "tools" / "verify_receipt.py"
MOVES = ("accept", "file", "dispatch", "sign", "handle", "verify", "close")
READY_WITHIN_S = 120
UNIT_WITHIN_S = 300
COMMAND_WITHIN_S = 1_200

KEPT = """
SELECT c.number, l.verb, count(*) FROM journal_line l
  JOIN cases_case c ON l.subject = 'case:' || c.id
 WHERE l.verb = ANY(%s) GROUP BY 1, 2
"""
CASES = "SELECT number FROM cases_case"
DOUBLED = """
SELECT coalesce(sum(n - 1), 0) FROM (
    SELECT count(*) AS n FROM cases_report r JOIN journal_remark m ON m.id = r.remark_id
     WHERE r.source = 'portal' OR r.source ~ '^(desk|key)' GROUP BY r.source, m.text) AS same
"""
WITHOUT_A_LINE = """
SELECT count(*) FROM cases_case c WHERE NOT EXISTS (
    SELECT FROM journal_line l WHERE l.subject = 'case:' || c.id)
"""


class Timed:
    """A client journal: what was acknowledged, and when the answer had been read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("a")

    def write(self, line: str) -> None:
        row = json.loads(line) | {"at": datetime.now(UTC).isoformat()}
        self.file.write(json.dumps(row) + "\n")

    def flush(self) -> None:
        self.file.flush()

    def rows(self) -> list[Facts]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]


@dataclass
class Place:
    """A city in a directory of its own, with clients at work."""

    home: Path
    log: Path
    plan: Facts
    port: int
    serving: Serving | None = None
    ledger: Timed = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Timed(self.home / "ledger.jsonl")

    def serve(self, **environment: str) -> None:
        """As a city runs it; waits until it answers."""
        os.environ.update(environment)
        self.serving = Serving(log=self.log, port=self.port)
        until = time.monotonic() + patient(READY_WITHIN_S)
        while True:
            try:
                wait_for(self.serving)  # type: ignore[arg-type]
                return
            except Trouble:
                if time.monotonic() > until:
                    raise
                self.serving = Serving(log=self.log, port=self.port)

    def end(self) -> None:
        if self.serving is not None:
            self.serving.end()
            self.serving = None

    def run(self, *words: str, home: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """A command of the program, its words in the log."""
        environment = {**os.environ, "SHIYU_HOME": str(home or self.home)}
        ended = subprocess.run(
            [*SHIYU, *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=patient(COMMAND_WITHIN_S),
        )
        with self.log.open("a") as file:
            file.write(f"$ shiyu {' '.join(words)}\n{ended.stdout}{ended.stderr}")
        return ended

    @contextlib.contextmanager
    def crowd(self, **numbers: int) -> Iterator[Crowd]:
        """Clients at work in the background; each ends its unit when the block is left."""
        crowd = Crowd(self.plan, self.port, self.ledger)
        loop = asyncio.new_event_loop()
        wrong: list[BaseException] = []

        def work() -> None:
            try:
                loop.run_until_complete(crowd.run(numbers))
            except BaseException as error:
                wrong.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        ready = wait_until(lambda: crowd.ready.is_set() or not thread.is_alive(), READY_WITHIN_S)
        try:
            if ready and not wrong:
                yield crowd
        finally:
            loop.call_soon_threadsafe(crowd.stopping.set)
            thread.join(patient(UNIT_WITHIN_S))
        if wrong:
            raise wrong[0]
        if not ready or thread.is_alive():
            raise Trouble(f"the clients were not {'done' if ready else 'ready'} in time")


@contextlib.contextmanager
def place() -> Iterator[Place]:
    """A made city, migrated, its people and keys there, its database running."""
    with own_home() as home:
        log = home / "faults.log"
        log.touch()
        carry_out([*SHIYU, "migrate"], log=log)
        carry_out([sys.executable, "-m", "bench.city", str(home / "plan.json")], log=log)
        plan = json.loads((home / "plan.json").read_text()) | {"photo": ""}
        made = Place(home, log, plan, free_port(2))
        try:
            yield made
        finally:
            made.end()
            if kept_log := os.environ.get("FAULTS_LOG"):
                Path(kept_log).write_bytes(log.read_bytes())


def kept(home: Path | None = None, *, until: datetime | None = None, rows: list[Facts]) -> Facts:
    """What was acknowledged (up to a moment) against what that city's database holds."""
    if until is not None:
        rows = [row for row in rows if datetime.fromisoformat(row["at"]) <= until]
    moves = {(row["number"], row["verb"]) for row in rows if row.get("verb") in MOVES}
    reports = {row["number"] for row in rows if row.get("verb") == "report" or "code" in row}
    with psycopg.connect(**where(home)) as connection:
        found = {(n, v): count for n, v, count in connection.execute(KEPT, [list(MOVES)])}
        numbers = {number for (number,) in connection.execute(CASES)}
        doubled = connection.execute(DOUBLED).fetchone()
        bare = connection.execute(WITHOUT_A_LINE).fetchone()
    return {
        "acknowledged": len(moves) + len(reports),
        "lost": len(moves - set(found)) + len(reports - numbers),
        "doubled": sum(n - 1 for n in found.values()) + (int(doubled[0]) if doubled else 0),
        "cases_without_a_line": bare[0] if bare else 0,
    }


def where(home: Path | None) -> Facts:
    if home is None:
        return conninfo("backup")
    written = json.loads((home / "connection.json").read_text())
    return {
        "host": written["host"],
        "port": written["port"],
        "dbname": written["database"],
        "user": "postgres",
        "password": written["passwords"]["postgres"],
    }


def held(home: Path) -> set[tuple[str, str]]:
    """Every move and report that a city's database holds, by the case's number."""
    with psycopg.connect(**where(home)) as connection:
        moves = connection.execute(KEPT, [[*MOVES, "report"]])
        return {(number, verb) for number, verb, _ in moves}


def verified(made: Place, home: Path | None = None) -> Facts:
    """`shiyu verify`, and the stand-alone verifier, which shares no code with the program."""
    root = home or made.home
    ended = made.run("verify", home=home)
    dump = root / "lines.jsonl"
    made.run("verify", "journal", "--dump", str(dump), home=home)
    words = [sys.executable, str(VERIFIER), "--witness", str(root / "witness.jsonl")]
    alone = subprocess.run([*words, "--lines", str(dump)], capture_output=True, text=True)
    said = [line for line in ended.stdout.splitlines() if line[:1] in "✓✗"]
    return {
        "verify": ended.returncode == 0,
        "says": said[-1:],
        "stand_alone": alone.returncode == 0,
        "stand_alone_says": (alone.stdout + alone.stderr).strip().splitlines()[-1:],
    }
