"""Drafts that nobody sent are dropped after a day (清理草稿)."""

from procrastinate.contrib.django import app

from shiyu.common import clock
from shiyu.portal import actions
from shiyu.portal.rules import KEPT


@app.periodic(cron="23 * * * *")
@app.task(queue="periodic", queueing_lock="portal_forget")
def forget_drafts(timestamp: int) -> None:
    """Drop what was written more than a day ago and never sent, with its photos."""
    actions.forget(before=clock.now() - KEPT)
