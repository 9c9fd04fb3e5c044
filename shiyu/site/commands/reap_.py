"""`shiyu reap`: put back what killed workers left; a process outside the queue (回收)."""

import signal
import threading

import click

from shiyu.site.commands.worker_ import Reaping
from shiyu.site.start import hold_database


@click.command()
@click.option(
    "--every", type=click.FloatRange(min=1), help="Go on each so many seconds, until stopped."
)
def command(every: float | None) -> None:
    """Put back the jobs and deliveries that killed workers left in hand, once.

    `shiyu worker` does so by itself. Where each queue has a unit of its own (ops/systemd), one
    more with `--every 15` does it, so that no stuck worker can keep it from happening. It stays,
    because to start a program four times a minute costs more than all it does.
    """
    hold_database()
    reaping, stopping = Reaping(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    reaping.once()
    while every and not stopping.wait(every):
        reaping.once()
