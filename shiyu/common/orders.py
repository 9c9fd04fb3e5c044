"""Putting a job into a queue, with the number of the request that orders it (下达任务).

The only door to the queue: a test finds every job that is deferred past it.
"""

from typing import Any

from django.db import connection
from procrastinate.jobs import JobDeferrer

from shiyu.common import trail

WAITS = "SELECT FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'"
CARRIED = "trail"
"""The argument every ordered job has; the worker takes it off before the task is called."""


def order(job: JobDeferrer, **arguments: Any) -> int:
    """Put a job into its queue, in the caller's transaction; returns its id."""
    carried = trail.carried()
    return job.defer(**arguments, **({CARRIED: carried} if carried else {}))


def waits(queueing_lock: str) -> bool:
    """Whether a job waits under this lock, so that another need not be tried."""
    with connection.cursor() as cursor:
        cursor.execute(WAITS, [queueing_lock])
        return cursor.fetchone() is not None


def number_of(arguments: dict[str, Any]) -> tuple[str, str]:
    """Take off what a job carries: the number it goes by and the stretch that ordered it."""
    return trail.taken_up(arguments.pop(CARRIED, None))
