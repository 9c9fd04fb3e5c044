"""Clearing the disk of photos that no record names (清理照片)."""

from datetime import timedelta

from procrastinate.contrib.django import app

from shiyu.common import clock
from shiyu.files import actions

ORPHANS_KEPT = timedelta(days=2)


@app.periodic(cron="30 4 * * *")
@app.task(queue="periodic", queueing_lock="files_orphans")
def remove_orphans(timestamp: int) -> None:
    """Remove what a crash or a refusal left behind, two days later."""
    actions.remove_orphans(before=clock.now() - ORPHANS_KEPT)
