"""From columns of text to rows that can be replayed, each refusal with its reason (整理与退回)."""

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from shiyu.history.reports.reading import Table
from shiyu.history.reports.times import UTC, read_times

ADDRESS_MOST, ID_MOST, NAME_MOST, WORDS_MOST = 200, 80, 120, 10_000
UNNAMED_KIND = "未注明类别"
OPTIONAL_TEXTS = ("kind", "unit", "text", "address", "place", "lat", "lon")


@dataclass(slots=True)
class Shaped:
    """Rows that can be taken in, in the order of their reports, and those that cannot.

    rows      line, id, created, closed, due, kind, unit, text, address, place, lat, lon, pointed.
    rejects   line and reason.
    repeats   rows that say again, word for word, what an earlier row of the file says.
    """

    rows: pl.DataFrame
    rejects: list[tuple[int, str]] = field(default_factory=list)
    repeats: int = 0
    notes: list[str] = field(default_factory=list)


def shape(table: Table, *, timezone: str, now: datetime) -> Shaped:
    """Judge every row: what is missing, unreadable, impossible or said before."""
    rows = _whole(table).with_columns(
        read_times(table.rows["created"], timezone).alias("created_at"),
        _times(table, "closed", timezone).alias("closed_at"),
        _times(table, "due", timezone).alias("due_at"),
    )
    rows = rows.with_columns(_reason(now).alias("reason"))
    refused = rows.filter(pl.col("reason") != "")
    rows = rows.filter(pl.col("reason") == "").drop("reason")
    rows, again, other = _once(rows)
    rejects = list(zip(refused["line"], refused["reason"], strict=True))
    rejects += [(line, "这个编号在文件里已有内容不同的一行") for line in other["line"]]
    shaped = Shaped(_typed(rows), sorted(table.rejects + rejects), again.height)
    longest = rows["text"].str.len_chars().max()
    if isinstance(longest, int) and longest > WORDS_MOST:
        shaped.notes.append(f"超过 {WORDS_MOST} 字的描述只取前 {WORDS_MOST} 字")
    return shaped


def _whole(table: Table) -> pl.DataFrame:
    """All columns there can be; those that the file lacks are empty."""
    lacking = [r for r in ("closed", "due", *OPTIONAL_TEXTS) if r not in table.roles]
    nothing = [pl.lit(None, pl.String).alias(role) for role in lacking]
    return table.rows.with_columns(nothing)


def _times(table: Table, role: str, timezone: str) -> pl.Series:
    if role not in table.roles:
        return pl.Series(role, [None] * table.rows.height, dtype=UTC)
    return read_times(table.rows[role], timezone)


def _reason(now: datetime) -> pl.Expr:
    """The first reason why a row cannot be taken in; "" when it can."""
    present = pl.lit(now).cast(UTC)
    reasons = [
        (pl.col("id").is_null(), "没有编号"),
        (pl.col("id").str.len_chars() > ID_MOST, f"编号超过 {ID_MOST} 个字符"),
        (pl.col("created").is_null(), "没有上报时间"),
        (pl.col("created_at").is_null(), "上报时间看不懂"),
        (pl.col("closed").is_not_null() & pl.col("closed_at").is_null(), "办结时间看不懂"),
        (pl.col("due").is_not_null() & pl.col("due_at").is_null(), "截止时间看不懂"),
        (pl.col("created_at") > present, "上报时间晚于现在"),
        (pl.col("closed_at") > present, "办结时间晚于现在"),
        (pl.col("closed_at") < pl.col("created_at"), "办结时间早于上报时间"),
    ]
    said = pl.lit("")
    for holds, reason in reversed(reasons):
        said = pl.when(holds.fill_null(value=False)).then(pl.lit(reason)).otherwise(said)
    return said


def _once(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The first row of each id; its exact repetitions; and rows that say something else."""
    rows = rows.with_columns(pl.col("line").rank("ordinal").over("id").alias("nth"))
    first = rows.filter(pl.col("nth") == 1).drop("nth")
    more = rows.filter(pl.col("nth") > 1).drop("nth")
    if more.is_empty():
        return first, more, more
    same = [name for name in more.columns if name != "line"]
    again = more.join(first.select(same), on=same, how="semi", nulls_equal=True)
    other = more.join(first.select(same), on=same, how="anti", nulls_equal=True)
    return first, again, other


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers for points, names cut to what a record holds."""
    pointed = pl.col("lat").is_not_null() & pl.col("lon").is_not_null()
    return rows.sort("created_at", "line").select(
        "line",
        "id",
        "created_at",
        "closed_at",
        "due_at",
        pl.col("kind").fill_null(UNNAMED_KIND).str.slice(0, NAME_MOST),
        pl.col("unit").str.slice(0, 80),
        pl.col("text").str.slice(0, WORDS_MOST),
        pl.col("address").str.slice(0, ADDRESS_MOST),
        pl.col("place").str.slice(0, 80),
        pl.col("lat").cast(pl.Float64, strict=False),
        pl.col("lon").cast(pl.Float64, strict=False),
        pointed.alias("pointed"),
    )
