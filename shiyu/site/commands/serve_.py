"""`shiyu serve`: pages and the live feed, with the embedded database and, if asked, the workers."""

import json
import os
import socket
import sys
import time
from importlib.util import find_spec

import click
import psycopg

from shiyu.common.connection import conninfo
from shiyu.common.fence import narrowed
from shiyu.common.home import home
from shiyu.site.commands.worker_ import QUEUES, Flying, Reaping, broker, job_charges
from shiyu.site.room import AT_ONCE, WAITING_MOST
from shiyu.site.start import (
    HELD,
    RUNNING_FILE,
    Keeping,
    count_together,
    first_line,
    hold_database,
    refuse,
)
from shiyu.site.supervise import Charge, Supervisor

THREADS = 4
SPARE_THREADS = 8
"""Beside those at work and in the row: for health, files, and telling others to come again."""
CONNECTIONS = 4096
"""Kept open by each process, idle ones too: Granian takes no further ones, not even for health."""
IDENTITY = "identity.json"
READY_PATIENCE_S = 60


@click.command()
@click.option("--port", default=8000, show_default=True, help="Port of the pages.")
@click.option("--live-port", type=int, help="Port of the live feed; the next one by default.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--pages", type=int, help="Processes for the pages; one for each core by default.")
@click.option("--with-workers", is_flag=True, help="Carry out jobs too, as `shiyu worker` does.")
def command(
    port: int, live_port: int | None, host: str, pages: int | None, with_workers: bool
) -> None:
    """Serve pages and the live feed until Ctrl-C or SIGTERM.

    Starts the embedded database when that is in use, and stops it again at the end unless
    another command still uses it.
    """
    live_port = live_port or port + 1
    for number in (port, live_port):
        _need_free(host, number)
    count_together()
    cluster = hold_database()
    _need_tables()
    environment = _environment(port, live_port)
    charges = [_pages(host, port, pages or min(os.cpu_count() or 1, 4), environment)]
    if find_spec("shiyu.live.asgi"):
        charges.append(_live(host, live_port, environment))
    if with_workers:
        charges += job_charges(QUEUES)
    elif (home() / IDENTITY).exists():
        charges.append(broker())  # signing in elsewhere needs a way out, also without workers
    keeping = Keeping(cluster)
    beside: list[Reaping | Flying] = [Reaping(), Flying()] if with_workers else []

    def tend() -> bool:
        for work in beside:
            work.now_and_then()
        return keeping.moved_elsewhere()

    click.echo(f"Starting at port {port} …")
    running = home() / RUNNING_FILE
    running.write_text(json.dumps({"pid": os.getpid(), "host": host, "port": port}))
    supervisor = Supervisor(charges, tend=tend)
    try:
        supervisor.run(lambda: _announce(supervisor, host, port))
    finally:
        running.unlink(missing_ok=True)
    click.echo("Stopped.")


def _need_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            refuse(f"Port {port} cannot be used ({error.strerror}): name another with --port.")


def _need_tables() -> None:
    """Refuse to serve what has never been migrated; a database that is away is waited for."""
    try:
        with psycopg.connect(**narrowed(conninfo("web"))) as connection:
            found = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
    except psycopg.Error as error:
        click.echo(f"The database cannot be reached yet: {first_line(error)}", err=True)
        return
    if found and found[0] is None:
        refuse("The database is empty: run `shiyu migrate` first.")


def _environment(port: int, live_port: int) -> dict[str, str]:
    """What the pages and the feed must know of each other."""
    return {
        HELD: "1",
        "SHIYU_ROLE": "web",
        "SHIYU_POOL_SIZE": str(THREADS + 1),
        AT_ONCE: str(THREADS),
        "SHIYU_LIVE_URL": os.environ.get("SHIYU_LIVE_URL", f"http://localhost:{live_port}"),
        "SHIYU_PAGES_URL": os.environ.get("SHIYU_PAGES_URL", f"http://localhost:{port}"),
    }


def _pages(host: str, port: int, processes: int, environment: dict[str, str]) -> Charge:
    words = ["--interface", "wsgi", "--workers", str(processes)]
    words += ["--blocking-threads", str(THREADS + WAITING_MOST + SPARE_THREADS)]
    words += ["--backpressure", str(CONNECTIONS)]
    # At "warning" it advises against so many threads: most of ours wait, see site/overload.py.
    words += ["--log-level", "error", "shiyu.site.wsgi:application"]
    return Charge("Pages", _granian(host, port, words), environment)


def _live(host: str, port: int, environment: dict[str, str]) -> Charge:
    words = ["--interface", "asgi", "--workers", "1", "--backpressure", str(CONNECTIONS)]
    words.append("shiyu.live.asgi:application")
    return Charge("Live feed", _granian(host, port, words), environment)


def _granian(host: str, port: int, words: list[str]) -> list[str]:
    command = [sys.executable, "-m", "granian", "--host", host, "--port", str(port)]
    command += [
        "--backlog",
        "2048",
        "--log-level",
        "warning",
        "--respawn-failed-workers",
        "--respawn-interval",
        "0.5",
    ]
    return [*command, "--workers-kill-timeout", "10", *words]


def _announce(supervisor: Supervisor, host: str, port: int) -> None:
    """Say where the pages are, once they answer."""
    give_up_at = time.monotonic() + READY_PATIENCE_S
    while time.monotonic() < give_up_at and not supervisor.stopping.wait(0.1):
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            continue
        click.echo(f"Shiyu is at http://localhost:{port} — Ctrl-C stops it.")
        return
