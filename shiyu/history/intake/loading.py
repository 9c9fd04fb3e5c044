"""New reports into the tables, batch by batch, each once however often it is tried (载入)."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import polars as pl
from django.db import IntegrityError, connection, transaction

from shiyu.cases.bulk import Arriving as Common
from shiyu.cases.bulk import write_arrived
from shiyu.history.reports.loading import known_refs

__all__ = ["Common", "load", "unknown"]

SMALLEST, BATCH, LARGEST = 200, 3_000, 8_000
LONGEST_S, SHORT_S = 1.4, 0.7
"""A transaction is to end well within two seconds, so that sealing the journal never waits long:
the next batch is smaller after a long one, larger after a short one."""
WITH_WORDS = 400
"""Rows of a batch whose words to search by are written with it: a long text has hundreds."""
WRITERS = 2
TAKEN = "reported_once"


def unknown(rows: pl.DataFrame, source: str) -> pl.DataFrame:
    """The rows whose numbers this source has not brought yet."""
    return rows.join(known_refs(source).to_frame(), on="id", how="anti", maintain_order="left")


def load(rows: pl.DataFrame, about: Common, progress: Callable[[int], None]) -> int:
    """Write the rows; returns how many. Each batch is a transaction: a stop costs one batch.

    Two writers: while one waits for the database the other prepares its columns. Within a
    caller's transaction everything is written in that one.
    """
    rows = rows.rename({"id": "source_ref", "created_at": "reported_at", "due_at": "fixed_due_at"})
    most = WITH_WORDS if about.found else LARGEST
    if connection.in_atomic_block:
        return sum(_write(part, about)[0] for part in rows.iter_slices(most))
    written, start, size = 0, 0, min(BATCH, most)
    under_way: set[Future[tuple[int, float, int]]] = set()
    with ThreadPoolExecutor(WRITERS) as writers:
        while start < rows.height or under_way:
            while start < rows.height and len(under_way) < WRITERS:
                under_way.add(writers.submit(_write, rows.slice(start, size), about))
                start += size
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for ended in done:
                count, seconds, tried = ended.result()
                written += count
                size = min(_next_size(size, tried, seconds), most)
            progress(written)
        for _ in range(WRITERS):
            writers.submit(connection.close)
    _on_disk()
    return written


def _next_size(size: int, tried: int, seconds: float) -> int:
    if seconds > LONGEST_S:
        return max(min(size, int(tried * SHORT_S / seconds)), SMALLEST)
    return min(max(size, tried * 2), LARGEST) if seconds < SHORT_S and tried == size else size


def _write(batch: pl.DataFrame, about: Common) -> tuple[int, float, int]:
    """One transaction; somebody else may have brought some of these reports meanwhile."""
    begun = time.monotonic()
    try:
        count = _in_transaction(batch, about)
    except IntegrityError as error:
        if TAKEN not in str(error):
            raise
        left = batch.rename({"source_ref": "id"})
        left = unknown(left, about.source).rename({"id": "source_ref"})
        count = _in_transaction(left, about) if left.height else 0
    return count, time.monotonic() - begun, batch.height


@transaction.atomic
def _in_transaction(batch: pl.DataFrame, about: Common) -> int:
    """Not waited for on the disk: what a power cut takes is loaded again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
    return write_arrived(batch, about)


def _on_disk() -> None:
    """A transaction that is waited for, and with it all before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
