"""Putting a job into a queue, with the number of the request that orders it (下达任务).

The only door to the queue: a test finds every job that is deferred past it.
"""

from typing import Any

from procrastinate.jobs import JobDeferrer

from shiyu.common import trail

CARRIED = "trail"
"""The argument every ordered job has; the worker takes it off before the task is called."""


def order(job: JobDeferrer, **arguments: Any) -> int:
    """Put a job into its queue, in the caller's transaction; returns its id."""
    carried = trail.carried()
    return job.defer(**arguments, **({CARRIED: carried} if carried else {}))


def number_of(arguments: dict[str, Any]) -> tuple[str, str]:
    """Take off what a job carries: the number it goes by and the stretch that ordered it."""
    return trail.taken_up(arguments.pop(CARRIED, None))
