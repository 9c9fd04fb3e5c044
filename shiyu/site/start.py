"""What every command does first: the database running, Django set up."""

import atexit
import os
import time
from pathlib import Path
from typing import NoReturn

import click
import django
import psycopg

from shiyu.common.binaries import DatabaseTrouble
from shiyu.common.connection import URLS, conninfo, is_embedded
from shiyu.common.embedded import Cluster
from shiyu.common.fence import narrowed
from shiyu.common.home import home

HELD = "SHIYU_DATABASE_HELD"
RUNNING_FILE = "serving.json"  # where the pages are served just now
COUNTING = "PROMETHEUS_MULTIPROC_DIR"
TRY_AGAIN_S = 3.0


def django_ready(role: str = "worker") -> None:
    """Start the embedded database when that is in use, and set Django up in a role.

    Commands are the work of an administrator and run as `worker`, whose statements may take
    long; pages run as `web`.
    """
    os.environ["SHIYU_ROLE"] = role
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shiyu.site.settings")
    hold_database()
    django.setup()


def count_together() -> None:
    """Have this process and those it starts keep what they count where `shiyu watch` adds it up.

    Before anything that counts is imported.
    """
    folder = Path(os.environ.setdefault(COUNTING, str(home() / "metrics")))
    folder.mkdir(mode=0o2770, parents=True, exist_ok=True)


def hold_database() -> Cluster | None:
    """Keep the embedded database running for as long as this process lives."""
    if not is_embedded() or os.environ.get(HELD):
        return None
    cluster = Cluster(home())
    try:
        cluster.hold()
    except DatabaseTrouble as trouble:
        raise click.ClickException(str(trouble)) from trouble
    atexit.register(cluster.release)
    return cluster


def connect(role: str) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection of its own as a role, outside Django; a sentence when there is none."""
    words = conninfo(role, seeing="command line")
    if not words:
        refuse(f"Set {URLS[role]} to the address of the database for the role {role}.")
    try:
        return psycopg.connect(**narrowed(words), autocommit=True)
    except psycopg.OperationalError as error:
        refuse(f"The database does not let the role {role} in: {first_line(error)}")


def refuse(sentence: str) -> NoReturn:
    """End the command with one sentence."""
    raise click.ClickException(sentence)


def first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class Keeping:
    """Keeps the embedded database running for the commands that stay."""

    def __init__(self, cluster: Cluster | None) -> None:
        self.cluster = cluster
        self.port = cluster.start()["port"] if cluster else 0
        self.try_at = 0.0

    def moved_elsewhere(self) -> bool:
        """Start it again if it has died; whether it now listens at another port."""
        if self.cluster is None or time.monotonic() < self.try_at or self.cluster.is_running():
            return False
        click.echo("The database has ended; starting it again.", err=True)
        self.try_at = time.monotonic() + TRY_AGAIN_S
        try:
            port = self.cluster.start()["port"]
        except DatabaseTrouble as trouble:
            click.echo(str(trouble), err=True)
            return False
        moved, self.port = port != self.port, port
        return moved
