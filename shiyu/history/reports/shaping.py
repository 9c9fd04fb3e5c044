"""From columns of text to rows that can be replayed, each refusal with its reason (整理与退回)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC as ZERO
from datetime import datetime

import polars as pl

from shiyu.history.reports.reading import Table
from shiyu.history.reports.times import UTC, by_day, read_times

ADDRESS_MOST, ID_MOST, NAME_MOST, WORDS_MOST = 200, 80, 120, 10_000
UNNAMED_KIND = "未注明类别"
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=ZERO), datetime(2200, 1, 1, tzinfo=ZERO)
OTHER_ROW = "这个编号在文件里已有内容不同的一行"
MOMENTS = {"created": "created_at", "closed": "closed_at", "due": "due_at"}
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


def shape(
    table: Table,
    *,
    timezone: str,
    now: datetime,
    more: Sequence[str] = (),
    unnamed: str | None = UNNAMED_KIND,
) -> Shaped:
    """Judge every row: what is missing, unreadable, impossible or said before.

    more     further columns of text that are to be kept.
    unnamed  the kind of rows that name none.
    """
    rows = _whole(table, more).with_columns(_moments(table, timezone))
    rows = rows.with_columns(_reason(now).alias("reason"))
    refused = rows.filter(pl.col("reason") != "")
    rows = rows.filter(pl.col("reason") == "").drop("reason") if refused.height else rows
    rows, again, other = _once(rows)
    rejects = list(zip(refused["line"], refused["reason"], strict=True))
    rejects += [(line, OTHER_ROW) for line in other["line"]]
    shaped = Shaped(_typed(rows, more, unnamed), sorted(table.rejects + rejects), again.height)
    if (rows["text"].str.len_chars() > WORDS_MOST).any():
        shaped.notes.append(f"超过 {WORDS_MOST} 字的描述只取前 {WORDS_MOST} 字")
    return shaped


def _whole(table: Table, more: Sequence[str]) -> pl.DataFrame:
    """All columns there can be; those that the file lacks are empty."""
    lacking = [r for r in ("closed", "due", *OPTIONAL_TEXTS, *more) if r not in table.roles]
    nothing = [pl.lit(None, pl.String).alias(role) for role in lacking]
    return table.rows.with_columns(nothing)


def _moments(table: Table, timezone: str) -> list[pl.Series]:
    """When each row was reported and closed and is due, in UTC."""
    there = [role for role in MOMENTS if role in table.roles]
    day_first = by_day(table.rows[role] for role in there)
    found: list[pl.Series] = []
    for role, name in MOMENTS.items():
        if role in there:
            times = read_times(table.rows[role], timezone, day_first=day_first)
        else:
            times = pl.Series([None] * table.rows.height, dtype=UTC)
        found.append(times.alias(name))
    return found


def _reason(now: datetime) -> pl.Expr:
    """The first reason why a row cannot be taken in; "" when it can."""
    present, first, last = (pl.lit(at).cast(UTC) for at in (now, EARLIEST, LATEST))
    reasons = [
        (pl.col("id").is_null(), "没有编号"),
        (pl.col("id").str.len_chars() > ID_MOST, f"编号超过 {ID_MOST} 个字符"),
        (pl.col("created").is_null(), "没有上报时间"),
        (pl.col("created_at").is_null(), "上报时间看不懂"),
        (pl.col("closed").is_not_null() & pl.col("closed_at").is_null(), "办结时间看不懂"),
        (pl.col("due").is_not_null() & pl.col("due_at").is_null(), "截止时间看不懂"),
        (pl.col("created_at") < first, f"上报时间早于 {EARLIEST.year} 年"),
        (pl.col("created_at") > present, "上报时间晚于现在"),
        (pl.col("closed_at") > present, "办结时间晚于现在"),
        (pl.col("closed_at") < pl.col("created_at"), "办结时间早于上报时间"),
        (
            (pl.col("due_at") < first) | (pl.col("due_at") > last),
            f"截止时间不在 {EARLIEST.year} 年到 {LATEST.year} 年之间：若意思是没有，用 --missing",
        ),
    ]
    said: pl.Expr = pl.lit("")
    for holds, reason in reversed(reasons):
        said = pl.when(holds).then(pl.lit(reason)).otherwise(said)
    return said


def _once(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The first row of each id; its exact repetitions; and rows that say something else."""
    is_first = rows["id"].is_first_distinct()
    if is_first.all():
        return rows, rows.clear(), rows.clear()
    first, more = rows.filter(is_first), rows.filter(~is_first)
    same = [name for name in more.columns if name != "line"]
    again = more.join(first.select(same), on=same, how="semi", nulls_equal=True)
    other = more.join(first.select(same), on=same, how="anti", nulls_equal=True)
    return first, again, other


def _typed(rows: pl.DataFrame, more: Sequence[str], unnamed: str | None) -> pl.DataFrame:
    """Numbers for points, names cut to what a record holds."""
    pointed = pl.col("lat").is_not_null() & pl.col("lon").is_not_null()
    return rows.sort("created_at", "line").select(
        "line",
        "id",
        "created_at",
        "closed_at",
        "due_at",
        pl.col("kind").fill_null(pl.lit(unnamed, pl.String)).str.slice(0, NAME_MOST),
        pl.col("unit").str.slice(0, 80),
        pl.col("text").str.slice(0, WORDS_MOST),
        pl.col("address").str.slice(0, ADDRESS_MOST),
        pl.col("place").str.slice(0, 80),
        pl.col("lat").cast(pl.Float64, strict=False),
        pl.col("lon").cast(pl.Float64, strict=False),
        pointed.alias("pointed"),
        *more,
    )
