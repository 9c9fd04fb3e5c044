"""One worker process: `python -m shiyu.site.work QUEUE` carries out the jobs of one queue."""

import logging
import sys

from shiyu.site.start import django_ready

GRACE_S = 20


def work(queue: str, *, wait: bool = True) -> None:
    """Carry out the jobs of a queue; without `wait`, only those that are there now."""
    django_ready("worker")
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    logging.getLogger("procrastinate.periodic").setLevel(logging.WARNING)
    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    with app.replace_connector(connector.get_worker_connector()) as worker:
        worker.run_worker(
            queues=[queue],
            name=queue,
            wait=wait,
            delete_jobs="successful",
            shutdown_graceful_timeout=GRACE_S,
        )


if __name__ == "__main__":
    work(sys.argv[1])
