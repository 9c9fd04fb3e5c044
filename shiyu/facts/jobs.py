"""Folding the deltas of the facts into their table (归并)."""

import time

from procrastinate.contrib.django import app

from shiyu.facts import actions

FOLDING_S = 50.0


@app.periodic(cron="* * * * *")
@app.task(queue="bulk", queueing_lock="facts_fold")
def fold(timestamp: int) -> None:
    """Fold what has gathered, a while at a time; an import leaves more than one minute's work."""
    until = time.monotonic() + FOLDING_S
    while time.monotonic() < until and actions.fold():
        pass
