"""Clearing photos no case ever asked for, holding webhooks of clients without a key (定时)."""

from datetime import timedelta

from procrastinate.contrib.django import app

from shiyu.api import actions
from shiyu.common import clock

UPLOADS_KEPT = timedelta(days=2)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="periodic", queueing_lock="api_keyless")
def hold_without_keys(timestamp: int) -> None:
    """Hold the webhooks of clients that have no key any more."""
    actions.hold_without_keys()


@app.periodic(cron="45 4 * * *")
@app.task(queue="periodic", queueing_lock="api_uploads")
def drop_old_uploads(timestamp: int) -> None:
    """Drop photos sent ahead of a report or a move that never came, two days later."""
    actions.drop_old_uploads(before=clock.now() - UPLOADS_KEPT)
