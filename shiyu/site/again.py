"""Jobs that the database left in the lurch are carried out again, all of them (重试).

A job whose worker is killed is put back by `site/reaper`; one that fails because the database
went away under it (started anew, promoted elsewhere) would be marked failed by its worker, and a
bulk move stay half done for ever. Every job bears repetition: that is what the reaper relies on.
"""

import psycopg
from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from shiyu.site import outage

TIMES = 10
LONGEST_S = 60


class WhenItIsBack(BaseRetryStrategy):
    """Again after 1, 2, 4 … seconds, at most a minute; any other error is a failure."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        lost = isinstance(exception, psycopg.OperationalError | psycopg.InterfaceError)
        if not (lost or outage.behind(exception)) or job.attempts >= TIMES:
            return None
        if job.queueing_lock:  # comes again by the clock, and its like may be waiting already
            return None
        return RetryDecision(retry_in={"seconds": min(2**job.attempts, LONGEST_S)})


def try_all_again(app: App) -> None:
    """Give this rule to every task that has none of its own."""
    for task in app.tasks.values():
        if task.retry_strategy is None:
            task.retry_strategy = WhenItIsBack()
