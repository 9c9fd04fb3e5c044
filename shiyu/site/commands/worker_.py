"""`shiyu worker`: carry out jobs, a process for each queue, and free what a killed one left."""

import json
import os
import subprocess
import sys
import time

import click
import psycopg

from shiyu.common.connection import conninfo
from shiyu.common.egress.leaving import OUTBOUND
from shiyu.common.fence import narrowed
from shiyu.common.home import home
from shiyu.notices.sweeping import sweep
from shiyu.site.reaper import reap
from shiyu.site.start import HELD, Keeping, count_together, first_line, hold_database
from shiyu.site.supervise import Charge, Supervisor

QUEUES = ("interactive", "periodic", "bulk", "outside")
POOL_OF = {OUTBOUND: "10"}
"""Connections of a process: one for each job at once, and for each sender of webhooks."""
REAP_EVERY_S = 15.0
FIRST_FLIGHT_S = 60.0


@click.command()
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice(QUEUES),
    help="Only this queue; may be said more than once.",
)
def command(queues: tuple[str, ...]) -> None:
    """Carry out jobs until Ctrl-C or SIGTERM; those in hand are finished first."""
    count_together()
    cluster = hold_database()
    chosen = queues or QUEUES
    keeping, reaping, flying = Keeping(cluster), Reaping(), Flying()

    def tend() -> bool:
        reaping.now_and_then()
        flying.now_and_then()
        return keeping.moved_elsewhere()

    said = f"Carrying out jobs of the queues {', '.join(chosen)} — Ctrl-C stops."
    Supervisor(job_charges(chosen), tend=tend).run(lambda: click.echo(said))
    click.echo("Stopped.")


def job_charges(queues: tuple[str, ...]) -> list[Charge]:
    """One process for each queue, so that bulk work never keeps a person waiting; one that seals.

    The sealer of the journal and the keeper of backups go with the queue of periodic work, the
    broker with the queue `outside`.
    """
    sealer = Charge(
        "Sealer of the journal", [sys.executable, "-m", "shiyu.site.sealer"], {HELD: "1"}
    )
    keeper = Charge("Keeper of backups", [sys.executable, "-m", "shiyu.site.backup.keeper"])
    return [
        Charge(
            f"Worker of the queue {queue}",
            [sys.executable, "-m", "shiyu.site.work", queue],
            {HELD: "1", "SHIYU_ROLE": "worker", "SHIYU_POOL_SIZE": POOL_OF.get(queue, "4")},
        )
        for queue in queues
    ] + [
        *([sealer, keeper] if "periodic" in queues else []),
        *([broker()] if OUTBOUND in queues else []),
    ]


def broker() -> Charge:
    """The one way out for pages, which have none of their own."""
    return Charge("Broker", [sys.executable, "-m", "shiyu.site.broker"], {HELD: "1"})


class Flying:
    """Sends the canary off when it is due, where the city has one; it reports by itself."""

    def __init__(self) -> None:
        self.due_at = time.monotonic() + FIRST_FLIGHT_S
        self.flight: subprocess.Popen[bytes] | None = None

    def now_and_then(self) -> None:
        if self.flight is not None and self.flight.poll() is not None:
            self.flight = None
        if time.monotonic() < self.due_at or self.flight is not None:
            return
        every = minutes_between_flights()
        self.due_at = time.monotonic() + (every or FIRST_FLIGHT_S / 60) * 60
        if every:
            words = [sys.executable, "-c", "from shiyu.site.cli import main; main()", "canary"]
            self.flight = subprocess.Popen(words, env={**os.environ, HELD: "1"})


def minutes_between_flights() -> float:
    """As the city's plan says; 0 without one. Read here without Django."""
    try:
        return float(json.loads((home() / "canary-plan.json").read_text())["every_minutes"])
    except (FileNotFoundError, ValueError, KeyError):
        return 0.0


class Reaping:
    """Frees, every so often, the jobs that killed workers have left behind."""

    def __init__(self) -> None:
        self.due_at = time.monotonic()
        self.said = ""

    def now_and_then(self) -> None:
        if time.monotonic() < self.due_at:
            return
        self.due_at = time.monotonic() + REAP_EVERY_S
        self.once()

    def once(self) -> None:
        """A round; a trouble is told, and the next round looks again."""
        try:
            with psycopg.connect(**narrowed(conninfo("worker")), autocommit=True) as connection:
                again, given_up = reap(connection)
                owed, unknown = sweep(connection)
        except psycopg.Error as error:
            self._say(f"Jobs left behind cannot be looked for: {first_line(error)}")
            return
        self._say("")
        if again or given_up:
            click.echo(f"Jobs left behind by a dead worker: {again} again, {given_up} given up.")
        if owed or unknown:
            click.echo(f"Deliveries left behind: {owed} owed again, {unknown} outcome unknown.")

    def _say(self, sentence: str) -> None:
        """Once for each trouble, not every fifteen seconds."""
        if sentence and sentence != self.said:
            click.echo(sentence, err=True)
        self.said = sentence
