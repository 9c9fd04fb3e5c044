"""One worker process: `python -m shiyu.site.work QUEUE` carries out the jobs of one queue.

While the database is away it waits, in one sentence, instead of dying and being started again and
again; once it has been lost under its work, a new process begins when it is back.
"""

import sys
import time

import psycopg

from shiyu.common.connection import POOL_TIMEOUT_S, conninfo
from shiyu.common.egress.leaving import OUTBOUND, bar, database_names
from shiyu.common.fence import Fenced, narrowed
from shiyu.site.start import django_ready, first_line

GRACE_S = 20
LONGEST_PAUSE_S = 8.0
AT_ONCE = {OUTBOUND: 4}
"""Jobs side by side: each channel of messages and their clockwork, or a text message would wait
behind ten thousand webhooks. All other queues carry out one after another."""
LOST = 75
"""How it ends when the database left it: not a fault of its own (EX_TEMPFAIL)."""


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
            concurrency=AT_ONCE.get(queue, 1),
            wait=wait,
            delete_jobs="successful",
            shutdown_graceful_timeout=GRACE_S,
            worker_middleware=[counted],
        )


def until_let_in(queue: str) -> None:
    """Wait as long as the database lets nobody in, said once when it begins and once at its end."""
    pause, waited = 0.5, False
    while True:
        try:
            psycopg.connect(**narrowed(conninfo("worker"))).close()
            break
        except psycopg.OperationalError as error:
            if not waited:
                _say(f"Queue {queue}: waiting for the database: {first_line(error)}")
            waited = True
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
    if waited:
        _say(f"Queue {queue}: the database is back.")


def main(queue: str) -> int:
    """Work until told to stop; the exit status says whether it was the database that went."""
    from procrastinate.exceptions import ConnectorException

    until_let_in(queue)
    try:
        work(queue)
    except (psycopg.OperationalError, psycopg.InterfaceError, ConnectorException) as error:
        cause = error.__cause__ or error
        _say(f"Queue {queue}: the database was lost: {first_line(cause)}")
        until_let_in(queue)
        return LOST
    return 0


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    if sys.argv[1] != OUTBOUND:
        bar(names=database_names())
    sys.exit(main(sys.argv[1]))
