"""One worker process: `python -m shiyu.site.work QUEUE` carries out the jobs of one queue."""

import sys

from shiyu.common.connection import POOL_TIMEOUT_S
from shiyu.common.egress.leaving import OUTBOUND, bar, database_names
from shiyu.common.fence import Fenced
from shiyu.site.start import django_ready

GRACE_S = 20


def work(queue: str, *, wait: bool = True) -> None:
    """Carry out the jobs of a queue; without `wait`, only those that are there now."""
    django_ready("worker")
    from procrastinate import PsycopgConnector
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.utils import connector_params

    from shiyu.site.again import try_all_again
    from shiyu.site.counting import counted
    from shiyu.site.logs import watch_threads

    watch_threads()
    try_all_again(app)

    connector = PsycopgConnector(
        kwargs=connector_params("default"),
        connection_class=Fenced,
        min_size=1,
        max_size=4,
        timeout=POOL_TIMEOUT_S,
        reconnect_timeout=POOL_TIMEOUT_S,
    )
    with app.replace_connector(connector) as worker:
        worker.run_worker(
            queues=[queue],
            name=queue,
            wait=wait,
            delete_jobs="successful",
            shutdown_graceful_timeout=GRACE_S,
            worker_middleware=[counted],
        )


if __name__ == "__main__":
    if sys.argv[1] != OUTBOUND:
        bar(names=database_names())
    work(sys.argv[1])
