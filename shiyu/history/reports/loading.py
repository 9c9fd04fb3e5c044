"""Rows into the city, batch by batch, each row once however often it is tried (载入)."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

import polars as pl
from django.db import connection, transaction

from shiyu.cases.bulk import Recorded, write_recorded
from shiyu.common.errors import Refused
from shiyu.history.reports.ground import Ground

BATCH = 8_000
"""Rows a transaction: under two seconds, so that sealing the journal never waits long."""
WRITERS = 2
KNOWN = "SELECT source_ref FROM cases_report WHERE source = %s"
PATIENT = "SET LOCAL statement_timeout TO 0"
"""For what no page waits for: the numbers of millions of reports take longer than its limit."""
LOCK = "SELECT pg_try_advisory_lock(hashtext('shiyu city from-reports'))"
UNLOCK = "SELECT pg_advisory_unlock(hashtext('shiyu city from-reports'))"
Progress = Callable[[int], None]


@contextmanager
def alone() -> Iterator[None]:
    """One import at a time; a killed one does not stand in the way, its lock ends with it.

    Raises  Refused while another is at work.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        if not cursor.fetchone()[0]:
            raise Refused("另一个导入正在进行：等它结束，或停止它，再来一次")
        try:
            yield
        finally:
            cursor.execute(UNLOCK)


def known_refs(source: str) -> pl.Series:
    """The ids of this source that are in the city already."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PATIENT)
        cursor.execute(KNOWN, (source,))
        found = [ref for (ref,) in cursor]
    return pl.Series("id", found, dtype=pl.String)


def new_rows(rows: pl.DataFrame, ground: Ground, source: str) -> pl.DataFrame:
    """The rows not yet in the city, joined to its records, as the bulk writer wants them."""
    here = rows.with_columns(ground.keys)
    fresh = here.join(known_refs(source).to_frame(), on="id", how="anti", maintain_order="left")
    root = ground.root
    return (
        fresh.join(ground.kinds, on="kind", how="left", maintain_order="left")
        .join(ground.units, on="unit", how="left", maintain_order="left")
        .join(ground.places, on="key", how="left", maintain_order="left")
        .select(
            pl.col("id").alias("source_ref"),
            pl.col("created_at").alias("reported_at"),
            "closed_at",
            "due_at",
            "kind_id",
            "unit_id",
            pl.col("place_id").fill_null(root.pk),
            pl.col("place_number").fill_null(root.first),
            "lon",
            "lat",
            "address",
            pl.col("text").alias("words"),
        )
    )


def load(rows: pl.DataFrame, ground: Ground, source: str, progress: Progress) -> int:
    """Write the rows; returns how many. Each batch is a transaction: a stop costs one batch.

    Two writers: while one waits for the database the other prepares its columns.
    """
    about = Recorded(
        source=source,
        prefix=ground.city.number_prefix,
        timezone=ground.city.timezone,
        procedure=ground.procedure,
        centre_id=ground.centre.pk,
    )
    written = 0
    with ThreadPoolExecutor(WRITERS) as writers:
        under_way: set[Future[int]] = set()
        for batch in _batches(rows):
            under_way.add(writers.submit(_write, batch, about))
            if len(under_way) > WRITERS:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                written += sum(future.result() for future in done)
                progress(written)
        for future in under_way:
            written += future.result()
            progress(written)
        for _ in range(WRITERS):
            writers.submit(connection.close)
    _on_disk()
    return written


def _on_disk() -> None:
    """A transaction that is waited for, and with it all before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")


def _batches(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for start in range(0, rows.height, BATCH):
        yield rows.slice(start, BATCH)


@transaction.atomic
def _write(batch: pl.DataFrame, about: Recorded) -> int:
    """One transaction, not waited for on the disk: what a power cut takes is loaded again."""
    with connection.cursor() as cursor:
        cursor.execute(PATIENT)
        cursor.execute("SET LOCAL synchronous_commit TO off")
    return write_recorded(batch, about)
