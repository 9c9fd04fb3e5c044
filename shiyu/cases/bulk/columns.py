"""What whole columns of cases share on their way into the tables (成列落库)."""

import hashlib
import secrets

import polars as pl

from shiyu.cases.bulk.copying import copy_csv, draw

UTC_TIME = pl.Datetime("us", "UTC")
TIME_FORMAT = "%Y-%m-%d %H:%M:%S%.6f+00"
TEXTS = (
    *("number", "direction", "channel", "stage", "outcome", "address", "clock"),
    *("source", "source_ref", "subject", "text", "salt", "author", "verb", "actor"),
    *("commitment", "facts", "awaits", "words", "topic"),
)
"""Columns that are never NULL: an empty cell in them is an empty text."""


def copy(table: str, rows: pl.DataFrame) -> None:
    """Write rows with one COPY."""
    text = rows.write_csv(include_header=False, null_value="\\N", datetime_format=TIME_FORMAT)
    never = [name for name in rows.columns if name in TEXTS]
    copy_csv(table, rows.columns, text.encode(), never_null=never)


def subject() -> pl.Expr:
    """The journal's name of the case in column `id`."""
    return pl.format("case:{}", "id")


def salted(words: pl.Series) -> tuple[pl.Series, pl.Series]:
    """A salt for each text, and the commitment to it; "" where nothing was said."""
    salts = _salts(len(words))
    sealed = [
        hashlib.sha256(f"{salt}\n{said}".encode()).hexdigest() if said else ""
        for salt, said in zip(salts, words.to_list(), strict=True)
    ]
    return pl.Series("salt", salts), pl.Series("sealed", sealed, dtype=pl.String)


def numbers(count: int, prefix: str, timezone: str) -> pl.Expr:
    """New case numbers by the local day of `reported_at`: one sequence, gaps allowed."""
    day = pl.col("reported_at").dt.convert_time_zone(timezone).dt.strftime("%Y%m%d")
    number = pl.Series("number", draw("cases_number_seq", count)).cast(pl.String).str.zfill(6)
    return pl.concat_str(pl.lit(prefix), day, pl.lit(number)).alias("number")


def yellow_of_fixed(due: str) -> pl.Expr:
    """`timing.yellow_of_fixed` for a column of due times."""
    given = (pl.col(due) - pl.col("reported_at")).dt.total_microseconds().clip(lower_bound=0)
    until = (given * 3 / 4).round(mode="half_to_even").cast(pl.Int64).cast(pl.Duration("us"))
    return pl.col("reported_at") + until


def _salts(count: int) -> list[str]:
    drawn = secrets.token_hex(16 * count)
    return [drawn[at : at + 32] for at in range(0, len(drawn), 32)]
