"""Ids from the sequences and rows by COPY (批量落库)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, models, transaction

Ids = npt.NDArray[np.int64]
MADE_BY_DATABASE = frozenset({"xid", "recorded_at"})
DRAW = """
    SELECT string_agg(int8send(nextval(%s::regclass)), '') FROM generate_series(1, %s)
"""
"""All numbers in one value: taken apart as an array, not row by row."""


def new_ids(table: str, count: int) -> Ids:
    """So many ids from a table's sequence, ascending; others may draw from it meanwhile."""
    return draw(f"{table}_id_seq", count)


def draw(sequence: str, count: int) -> Ids:
    """So many numbers from a sequence, ascending."""
    if not count:
        return np.empty(0, dtype=np.int64)
    with connection.cursor() as cursor:
        cursor.execute(DRAW, (sequence, count))
        (drawn,) = cursor.fetchone()
    return np.sort(np.frombuffer(drawn, dtype=">i8").astype(np.int64))


def copy_models(records: Sequence[models.Model]) -> None:
    """Write records of one model, ids given, as they are."""
    if not records:
        return
    model = type(records[0])
    names = [field.attname for field in model._meta.concrete_fields]
    rows = ([_plain(getattr(record, name)) for name in names] for record in records)
    copy_rows(model._meta.db_table, columns_of(model), rows)


def columns_of(model: type[models.Model]) -> list[str]:
    """The columns of a model's table, in the order of its fields."""
    return [str(field.column) for field in model._meta.concrete_fields]


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows of plain values."""
    with _arriving(table, columns, "") as copy:
        for row in rows:
            copy.write_row(row)


def copy_csv(table: str, columns: Sequence[str], text: bytes, *, never_null: Sequence[str]) -> None:
    r"""Write rows given as CSV, in which \N means nothing, save in the columns never null."""
    said = "FORMAT csv, NULL '\\N'"
    if never_null:
        said += f", FORCE_NOT_NULL ({', '.join(never_null)})"
    with _arriving(table, columns, f" WITH ({said})") as copy:
        copy.write(text)


@contextmanager
def _arriving(table: str, columns: Sequence[str], said: str) -> Iterator[Any]:
    """A COPY; where the role stands before a wall, into a table of this session and from there.

    PostgreSQL has no COPY past a wall.
    """
    names, stage = ", ".join(columns), f"arriving_{table}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT row_security_active(%s)", [table])
        (is_walled,) = cursor.fetchone()
        if not is_walled:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN{said}") as copy:
                yield copy
            return
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{stage}")
        cursor.execute(
            f"CREATE TEMP TABLE {stage} ON COMMIT DROP AS "  # noqa: S608 - our names
            f"SELECT {names} FROM {table} WITH NO DATA"
        )
        with cursor.copy(f"COPY {stage} ({names}) FROM STDIN{said}") as copy:
            yield copy
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {stage}")  # noqa: S608


def _plain(value: Any) -> Any:
    """Choices as their values: a driver would write the name of an enumeration's member."""
    return str(value) if isinstance(value, str) else value
