"""New reports into the tables, batch by batch, each once however often it is tried (载入)."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import polars as pl
from django.db import IntegrityError, connection, transaction

from shiyu.cases.bulk import Arriving as Common
from shiyu.cases.bulk import write_arrived
from shiyu.history.reports.loading import PATIENT, known_refs

__all__ = ["Common", "load", "unknown"]

SMALLEST, BATCH, LARGEST = 200, 2_000, 12_000
LONGEST_S, SHORT_S = 1.4, 0.7
"""A transaction is to end well within two seconds, so that sealing the journal never waits long:
the next batch is smaller after a long one, larger after a short one."""
WITH_WORDS = 400
"""Rows of a batch whose words to search by are written with it: a long text has hundreds."""
WRITERS, WAITING = 2, 2
"""So many batches are written at once, and so many more lie ready meanwhile."""
TAKEN = "reported_once"
Wrote = tuple[int, float, int]


def unknown(rows: pl.DataFrame, source: str) -> pl.DataFrame:
    """The rows whose numbers this source has not brought yet."""
    return rows.join(known_refs(source).to_frame(), on="id", how="anti", maintain_order="left")


def load(parts: Iterable[pl.DataFrame], about: Common, progress: Callable[[int], None]) -> int:
    """Write the rows of all parts; returns how many. A stop costs the batches under way.

    Each batch is a transaction. While the writers wait for the database, the next part is made:
    one process keeps two cores busy, since the database works in processes of its own. Within a
    caller's transaction everything is written in that one.
    """
    if connection.in_atomic_block:
        most = WITH_WORDS if about.found else LARGEST
        batches = (part for rows in parts for part in _named(rows).iter_slices(most))
        return sum(_write(batch, about)[0] for batch in batches)
    loading = _Loading(about, progress)
    with ThreadPoolExecutor(WRITERS) as writers:
        for rows in parts:
            for batch in loading.batches(_named(rows)):
                loading.under_way.add(writers.submit(_write, batch, about))
                loading.await_room(WRITERS + WAITING)
        loading.await_room(1)
        for _ in range(WRITERS):
            writers.submit(connection.close)
    _on_disk()
    return loading.written


class _Loading:
    """What is under way, and how large the next batch may be."""

    def __init__(self, about: Common, progress: Callable[[int], None]) -> None:
        self.most = WITH_WORDS if about.found else LARGEST
        self.size, self.written = min(BATCH, self.most), 0
        self.progress = progress
        self.under_way: set[Future[Wrote]] = set()

    def batches(self, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The rows in batches of the size that suits by then."""
        start = 0
        while start < rows.height:
            batch = rows.slice(start, self.size)
            start += batch.height
            yield batch

    def await_room(self, fewer_than: int) -> None:
        """Wait until fewer batches are under way; raises what a batch raised."""
        while len(self.under_way) >= fewer_than:
            done, self.under_way = wait(self.under_way, return_when=FIRST_COMPLETED)
            for ended in done:
                count, seconds, tried = ended.result()
                self.written += count
                self.size = min(_next_size(self.size, tried, seconds), self.most)
            self.progress(self.written)


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.rename({"id": "source_ref", "created_at": "reported_at", "due_at": "fixed_due_at"})


def _next_size(size: int, tried: int, seconds: float) -> int:
    if seconds > LONGEST_S:
        return max(min(size, int(tried * SHORT_S / seconds)), SMALLEST)
    return min(max(size, tried * 2), LARGEST) if seconds < SHORT_S and tried == size else size


def _write(batch: pl.DataFrame, about: Common) -> Wrote:
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
        cursor.execute(PATIENT)
        cursor.execute("SET LOCAL synchronous_commit TO off")
    return write_arrived(batch, about)


def _on_disk() -> None:
    """A transaction that is waited for, and with it all before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
