"""Forgetting kept answers and counted attempts that matter no more (清理)."""

from datetime import timedelta

from procrastinate.contrib.django import app

from shiyu.common import attempts, clock, once

ATTEMPTS_KEPT = timedelta(days=1)


@app.periodic(cron="10 * * * *")
@app.task(queue="periodic", queueing_lock="common_forget")
def forget(timestamp: int) -> None:
    """Forget answers nobody will ask for again, and attempts of the day before."""
    once.forget(before=clock.now() - once.KEPT)
    attempts.forget(before=clock.now() - ATTEMPTS_KEPT)
