"""Frees the jobs that a killed worker has left behind; stands outside the queue (回收任务)."""

from typing import Any

import psycopg

STALE_AFTER_S = 30
MOST_ATTEMPTS = 5

LEFT_BEHIND = """
SELECT job.id, job.attempts
  FROM procrastinate_jobs job
  LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
 WHERE job.status = 'doing'
   AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %s))
 ORDER BY job.id
   FOR UPDATE OF job SKIP LOCKED
"""
AGAIN = "SELECT procrastinate_retry_job_v2(%s, now() + make_interval(secs => %s), NULL, NULL, NULL)"
IN_ITS_STEAD = "SELECT procrastinate_finish_job_v1(%s, 'aborted', false)"
GIVE_UP = "SELECT procrastinate_finish_job_v1(%s, 'failed', false)"
FORGET_WORKERS = "SELECT procrastinate_prune_stalled_workers_v1(%s)"


def reap(connection: "psycopg.Connection[Any]") -> tuple[int, int]:
    """Put jobs of dead workers back in their queues; how many, and how many were given up.

    A job that has brought down its worker five times is marked failed, for a person to look at.
    """
    with connection.transaction():
        left = connection.execute(LEFT_BEHIND, [STALE_AFTER_S]).fetchall()
        hopeless = [job for job, attempts in left if attempts + 1 >= MOST_ATTEMPTS]
        for job, attempts in left:
            if job in hopeless:
                connection.execute(GIVE_UP, [job])
            else:
                _again(connection, job, attempts)
        connection.execute(FORGET_WORKERS, [STALE_AFTER_S])
    return len(left) - len(hopeless), len(hopeless)


def _again(connection: "psycopg.Connection[Any]", job: int, attempts: int) -> None:
    """Put a job back; where the same work waits already, that one stands in its stead."""
    try:
        with connection.transaction():
            connection.execute(AGAIN, [job, 2**attempts])
    except psycopg.errors.UniqueViolation:
        connection.execute(IN_ITS_STEAD, [job])
