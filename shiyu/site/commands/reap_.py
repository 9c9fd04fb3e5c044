"""`shiyu reap`: put back, once, what killed workers left; for a timer outside the queue (回收)."""

import click

from shiyu.site.commands.worker_ import Reaping
from shiyu.site.start import hold_database


@click.command()
def command() -> None:
    """Put back the jobs and deliveries that killed workers left in hand, once.

    `shiyu worker` does so by itself. Where each queue has a unit of its own (ops/systemd), a
    timer calls this, so that no stuck worker can keep it from happening.
    """
    hold_database()
    Reaping().now_and_then()
