"""What whole columns of cases share on their way into the tables (成列落库)."""

import hashlib
import secrets

import polars as pl

from shiyu.cases.bulk.copying import copy_csv, draw
from shiyu.common.masking import FEWEST_DIGITS, mask

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
    copy_csv(table, rows.columns, as_csv(rows), never_null=_never(rows))


def as_csv(rows: pl.DataFrame) -> bytes:
    """Rows as COPY reads them."""
    said = rows.write_csv(include_header=False, null_value="\\N", datetime_format=TIME_FORMAT)
    return said.encode()


def copy_words(table: str, rows: pl.DataFrame) -> str:
    """The COPY of these rows, for whoever writes on a connection of their own."""
    said, never = "FORMAT csv, NULL '\\N'", _never(rows)
    if never:
        said += f", FORCE_NOT_NULL ({', '.join(never)})"
    return f"COPY {table} ({', '.join(rows.columns)}) FROM STDIN WITH ({said})"


def _never(rows: pl.DataFrame) -> list[str]:
    return [name for name in rows.columns if name in TEXTS]


def subject() -> pl.Expr:
    """The journal's name of the case in column `id`."""
    return pl.format("case:{}", "id")


def masked(rows: pl.DataFrame) -> pl.DataFrame:
    """With the numbers in words and addresses hidden; what was, in lists in `hidden` (遮盖)."""
    hidden: dict[int, tuple[str, ...]] = {}
    for name in ("words", "address"):
        some = rows[name].str.contains(FEWEST_DIGITS.pattern).fill_null(value=False).arg_true()
        clean = {at: mask(rows[name][at]) for at in some.to_list()}
        clean = {at: one for at, one in clean.items() if one.kinds}
        if clean:
            texts = pl.Series([one.text for one in clean.values()], dtype=pl.String)
            rows = rows.with_columns(rows[name].scatter([*clean], texts))
        hidden |= {at: hidden.get(at, ()) + one.needed for at, one in clean.items() if one.needed}
    said = [list(hidden.get(at, ())) for at in range(rows.height)]
    return rows.with_columns(pl.Series("hidden", said, dtype=pl.List(pl.String)))


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
    drawn = pl.Series("number", draw("cases_number_seq", count))
    return _numbered(pl.col("reported_at"), drawn, prefix, timezone).alias("number")


def numbered(reported: pl.Series, drawn: pl.Series, prefix: str, timezone: str) -> pl.Series:
    """Case numbers by the local day of the report, with numbers drawn already."""
    rows = pl.DataFrame({"reported_at": reported})
    asked = _numbered(pl.col("reported_at"), drawn, prefix, timezone)
    return rows.select(asked.alias("number"))["number"]


def _numbered(reported: pl.Expr, drawn: pl.Series, prefix: str, timezone: str) -> pl.Expr:
    day = reported.dt.convert_time_zone(timezone).dt.strftime("%Y%m%d")
    return pl.concat_str(pl.lit(prefix), day, pl.lit(drawn.cast(pl.String).str.zfill(6)))


def yellow_of_fixed(due: str) -> pl.Expr:
    """`timing.yellow_of_fixed` for a column of due times."""
    given = (pl.col(due) - pl.col("reported_at")).dt.total_microseconds().clip(lower_bound=0)
    until = (given * 3 / 4).round(mode="half_to_even").cast(pl.Int64).cast(pl.Duration("us"))
    return pl.col("reported_at") + until


def _salts(count: int) -> list[str]:
    drawn = secrets.token_hex(16 * count)
    return [drawn[at : at + 32] for at in range(0, len(drawn), 32)]
