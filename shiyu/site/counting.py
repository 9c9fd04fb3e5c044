"""Every job goes by the number of who ordered it, is counted, and its end is told (任务编号)."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate.job_context import JobContext

from shiyu.common import measures
from shiyu.common.orders import number_of
from shiyu.common.trail import Trail, walking

log = logging.getLogger("shiyu.jobs")


async def counted(
    call_next: Callable[[], Awaitable[Any]], context: JobContext, _worker: object
) -> Any:
    """Around every job of a worker; also the thread a plain job runs in walks the same trail."""
    job = context.job
    began, outcome = time.perf_counter(), "failed"
    number, parent = number_of(job.task_kwargs)
    with walking(Trail(number, job.task_name, job=job.id, parent=parent)):
        try:
            done = await call_next()
            outcome = "done"
        finally:
            took = time.perf_counter() - began
            measures.JOBS.labels(job.queue, job.task_name, outcome).inc()
            measures.JOB_TIME.labels(job.queue, job.task_name).observe(took)
            facts = {"queue": job.queue, "outcome": outcome, "ms": round(took * 1000, 1)}
            log.info("job ended", extra={"facts": facts})
    return done
