"""Times as exports write them, in the file's own zone (时间)."""

from collections.abc import Iterable, Sequence

import polars as pl

UTC = pl.Datetime("us", "UTC")
LOCAL = pl.Datetime("us")
SAMPLE = 2000
ZONED = ("%+", "%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M%:z", "%Y-%m-%d %H:%M%:z")
PLAIN = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
)
MONTH_FIRST = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d", "%d.%m.%Y")
EPOCH = {r"^\d{10}$": 1_000_000, r"^\d{13}$": 1_000}
"""Seconds or milliseconds since 1970, in microseconds."""


def by_day(columns: Iterable[pl.Series]) -> bool:
    """Whether 03/04/2024 is a day of April in this file: when days over 12 stand first.

    All its columns are asked together: one may hold only days up to 12.
    """
    first = second = 0
    for text in columns:
        head = text.str.head(6).value_counts(name="n")  # "03/04/": few distinct ones
        parts = pl.col(text.name).str.splitn("/", 3).struct
        numbers = [parts[f"field_{n}"].cast(pl.Int32, strict=False).alias(str(n)) for n in (0, 1)]
        found = head.select(*numbers, "n").drop_nulls()
        first += int(found.filter(pl.col("0") > 12)["n"].sum())
        second += int(found.filter(pl.col("1") > 12)["n"].sum())
    return first > second


def read_times(text: pl.Series, zone: str, *, day_first: bool | None = None) -> pl.Series:
    """Aware UTC times; null where there is none or it cannot be read.

    A time without a zone is local: of an hour that came twice it is the first, and a time in an
    hour that was skipped is read an hour later, as a clock that had not been put on shows it.
    A day alone is its midnight.

    day_first  whether the day stands before the month; left out, this column decides alone.
    """
    day_first = by_day([text]) if day_first is None else day_first
    slashed = [_turned(form) if day_first else form for form in MONTH_FIRST]
    whole_days = (*DAYS, "%d/%m/%Y" if day_first else "%m/%d/%Y")
    local = pl.Series(text.name, [None] * len(text), dtype=LOCAL)
    local = _filled(local, text, (*PLAIN, *slashed), LOCAL)
    local = _filled(local, text, whole_days, pl.Date())
    if local.null_count() == text.null_count():
        return _placed(local, zone)
    aware = pl.Series(text.name, [None] * len(text), dtype=UTC)
    aware = _filled(aware, text.set(local.is_not_null(), None), ZONED, UTC)
    return aware.fill_null(_placed(local, zone)).fill_null(_epochs(text))


def _turned(form: str) -> str:
    return form.replace("%m/%d", "%d/%m")


def _filled(
    found: pl.Series, text: pl.Series, forms: Sequence[str], kind: pl.DataType
) -> pl.Series:
    """What was found, and what of the rest one of these forms reads; the likeliest are first."""
    sample = text.drop_nulls().head(SAMPLE)
    likely = sorted(forms, key=lambda form: -_read(sample, form, kind).count())
    for form in likely:
        left = (found.is_null() & text.is_not_null()).arg_true()
        if left.is_empty():
            break
        read = _read(text.gather(left), form, kind).cast(found.dtype)
        if read.count():
            found = read if len(left) == len(text) else found.scatter(left, read)
    return found


def _read(text: pl.Series, form: str, kind: pl.DataType) -> pl.Series:
    if kind == pl.Date():
        return text.str.to_date(form, strict=False)
    return text.str.to_datetime(form, time_unit="us", strict=False)


def _placed(local: pl.Series, zone: str) -> pl.Series:
    """Local times in their zone, as UTC."""
    placed = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    if placed.null_count() > local.null_count():
        later = local.dt.offset_by("1h")
        placed = placed.fill_null(
            later.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        )
    return placed.dt.convert_time_zone("UTC").cast(UTC)


def _epochs(text: pl.Series) -> pl.Series:
    found = pl.Series(text.name, [None] * len(text), dtype=pl.Int64)
    for form, unit in EPOCH.items():
        digits = text.set(~text.str.contains(form), None)
        found = found.fill_null(digits.cast(pl.Int64, strict=False) * unit)
    return found.cast(UTC)
