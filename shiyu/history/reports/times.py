"""Times as exports write them, in the file's own zone (时间)."""

from collections.abc import Sequence

import polars as pl

UTC = pl.Datetime("us", "UTC")
ZONED = ("%+", "%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M%:z")
PLAIN = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
)
MONTH_FIRST = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
DAY_FIRST = tuple(form.replace("%m/%d", "%d/%m") for form in MONTH_FIRST)
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日")


def read_times(text: pl.Series, zone: str) -> pl.Series:
    """Aware UTC times; null where there is none or it cannot be read.

    A time without a zone is local: of an hour that came twice it is the first, and a time in an
    hour that was skipped is read an hour later, as a clock that had not been put on shows it.
    A day alone is its midnight. Whether the day or the month stands first is decided once for
    the column: by month, unless that leaves more unread than by day.
    """
    aware = _first(text, ZONED, UTC)
    local = _first(text.set(aware.is_not_null(), None), _plain_forms(text), pl.Datetime("us"))
    days = _days(text.set((aware.is_not_null() | local.is_not_null()), None))
    local = local.fill_null(days)
    placed = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    later = local.dt.offset_by("1h").dt.replace_time_zone(
        zone, ambiguous="earliest", non_existent="null"
    )
    return aware.fill_null(placed.fill_null(later).dt.convert_time_zone("UTC")).cast(UTC)


def _first(text: pl.Series, forms: Sequence[str], kind: pl.DataType) -> pl.Series:
    """The first form that reads each text; forms that read nothing of a sample are not tried."""
    found = pl.Series(text.name, [None] * len(text), dtype=kind)
    sample = text.drop_nulls().head(2000)
    for form in forms:
        if not _reads(sample, form, kind).any() and not _reads(text, form, kind).any():
            continue
        found = found.fill_null(text.str.to_datetime(form, time_unit="us", strict=False).cast(kind))
        if found.null_count() == text.null_count():
            break
    return found


def _reads(text: pl.Series, form: str, kind: pl.DataType) -> pl.Series:
    del kind
    return text.str.to_datetime(form, time_unit="us", strict=False).is_not_null()


def _plain_forms(text: pl.Series) -> Sequence[str]:
    if not text.drop_nulls().head(2000).str.contains("/", literal=True).any():
        return PLAIN
    sample = text.drop_nulls()
    month = _first_count(sample, MONTH_FIRST)
    day = _first_count(sample, DAY_FIRST)
    return (*PLAIN, *(DAY_FIRST if day > month else MONTH_FIRST))


def _first_count(text: pl.Series, forms: Sequence[str]) -> int:
    return max(int(_reads(text, form, UTC).sum()) for form in forms)


def _days(text: pl.Series) -> pl.Series:
    found = pl.Series(text.name, [None] * len(text), dtype=pl.Datetime("us"))
    for form in DAYS:
        days = text.str.to_date(form, strict=False)
        found = found.fill_null(days.cast(pl.Datetime("us")))
    return found
