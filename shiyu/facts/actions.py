"""Writing facts: deltas in the transaction of the line, folded later (记统计).

Nothing can change the folded table but the database's own `facts_fold`.
"""

import time
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import polars as pl
from django.db import connection, transaction

from shiyu.cases.bulk.copying import copy_rows
from shiyu.cases.happened import Lived
from shiyu.common import ready, together
from shiyu.facts.counting import NEEDS_ITS_STORY, Counting, Entry
from shiyu.facts.measures import Measure
from shiyu.facts.recount import Counted, Figures, Key, Recounted, recount, retold
from shiyu.places.rules import the_city

COLUMNS = (
    *("day", "measure", "place_id", "unit_id", "kind_id", "channel", "outcome"),
    *("n", "judged", "missed", "total"),
)
FOLD = "SELECT facts_fold(%s)"
FOLDED_AT_ONCE = 20_000
FEW = 12
"""Up to so many rows with what the move writes; more by COPY."""
ZONE_KEPT_S = 60.0
NOTHING: Figures = (0, 0, 0, 0)


class _Zone:
    """The city's time zone, asked for once a minute: every move has a day."""

    name: str | None = None
    stale_at = 0.0


def city_zone() -> ZoneInfo:
    """The zone whose midnight divides the city's days (城市时区)."""
    if _Zone.name is None or time.monotonic() >= _Zone.stale_at:
        _Zone.name = the_city().timezone
        _Zone.stale_at = time.monotonic() + ZONE_KEPT_S
    return ZoneInfo(_Zone.name)


def count(lived: Iterable[Lived]) -> None:
    """Add what these lines count, in the caller's transaction."""
    sums: dict[Key, Figures] = {}
    for one in lived:
        case = one.case
        for entry in _entries(one):
            _add(sums, entry, case.place_id, case.kind_id or 0, case.channel)
        if one.was is not None:
            _take_along(sums, one)
    write(sums)


def count_recorded(rows: pl.DataFrame) -> None:
    """Add what an import's reports and closings count, in whole columns."""
    zone = str(city_zone())
    day = {name: pl.col(name).dt.convert_time_zone(zone).dt.date() for name in TIMES}
    reported = rows.select(
        *(day["reported_at"].alias("day"), pl.lit(str(Measure.REPORTED)).alias("measure")),
        *("place_id", pl.col("centre_id").alias("unit_id"), "kind_id", "channel"),
        *(pl.lit("").alias("outcome"), pl.lit(0).alias("judged")),
        *(pl.lit(0).alias("missed"), pl.lit(0).alias("total")),
    )
    frames = [reported]
    if "closed_at" in rows.columns:
        late = pl.col("late")
        closed = rows.filter(pl.col("closed_at").is_not_null()).select(
            *(day["closed_at"].alias("day"), pl.lit(str(Measure.CLOSED)).alias("measure")),
            *("place_id", "unit_id", "kind_id", "channel", pl.lit("as_recorded").alias("outcome")),
            late.is_not_null().cast(pl.Int32).alias("judged"),
            late.fill_null(False).cast(pl.Int32).alias("missed"),
            pl.col("minutes").alias("total"),
        )
        frames.append(closed)
    kept = pl.concat(frames, how="vertical_relaxed").with_columns(
        pl.col("unit_id", "kind_id").fill_null(0)
    )
    summed = kept.group_by(COLUMNS[:7]).agg(
        pl.len().alias("n"), pl.col("judged").sum(), pl.col("missed").sum(), pl.col("total").sum()
    )
    text = summed.select(COLUMNS).write_csv(include_header=False).encode()
    words = f"COPY facts_delta ({', '.join(COLUMNS)}) FROM STDIN WITH (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(words + "") as copy:
        copy.write(text)


TIMES = ("reported_at", "closed_at")


def write(sums: Counted) -> None:
    """Write sums as deltas, those that come to nothing left out."""
    rows = [(*key, *figures) for key, figures in sums.items() if figures != NOTHING]
    if len(rows) > FEW:
        copy_rows("facts_delta", COLUMNS, rows)
    else:
        for row in rows:
            together.add("facts_delta", dict(zip(COLUMNS, row, strict=True)))


def fold(most: int = FOLDED_AT_ONCE) -> int:
    """Take so many deltas into the folded table (归并); returns how many.

    One at a time in the whole cluster; what is cut short is as if it had not begun. 0 also while
    another is at it.
    """
    ((folded,),) = ready.rows(FOLD, (most,))
    return int(folded)


def fold_all() -> int:
    """Fold until nothing is left; returns how many."""
    folded = 0
    while taken := fold():
        folded += taken
    return folded


@transaction.atomic
def rebuild() -> int:
    """Bring all facts to what the journal says (重建), by deltas; returns how many keys changed.

    Read at one moment: lines written meanwhile keep their own deltas.
    """
    with connection.cursor() as cursor:
        if not connection.savepoint_ids:  # a transaction of its own
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM facts_fact")  # noqa: S608
        owed: dict[Key, Figures] = {}
        for row in cursor:
            _sum(owed, Key(*row[:7]), [-figure for figure in row[7:]])
    for some in recount(Recounted()):
        for key, figures in some.items():
            _sum(owed, key, figures)
    changed = {key: figures for key, figures in owed.items() if figures != NOTHING}
    write(changed)
    return len(changed)


def _entries(one: Lived) -> Iterable[Entry]:
    """What these lines add: by themselves, or by the whole story where they look back."""
    if not one.whole and one.happened[-1].verb in NEEDS_ITS_STORY:
        _story, last = retold(one.case)
        return last
    return Counting(city_zone()).entries(one.happened)


def _take_along(sums: dict[Key, Figures], one: Lived) -> None:
    """A case that was moved or named anew takes all it counted so far with it (随案改计)."""
    story, last = retold(one.case)
    place, kind = one.was or (0, None)
    case = one.case
    for entry in story.counted[: len(story.counted) - len(last)]:
        _add(sums, entry, case.place_id, case.kind_id or 0, case.channel)
        _add(sums, entry, place, kind or 0, case.channel, sign=-1)


def _add(
    sums: dict[Key, Figures], entry: Entry, place: int, kind: int, channel: str, *, sign: int = 1
) -> None:
    named = str(channel), str(entry.outcome)  # choices as their values
    key = Key(entry.day, str(entry.measure), place, entry.unit, kind, *named)
    figures = (entry.n, entry.judged, entry.missed, entry.total)
    _sum(sums, key, [sign * figure for figure in figures])


def _sum(sums: dict[Key, Figures], key: Key, figures: Sequence[int]) -> None:
    n, judged, missed, total = sums.get(key, NOTHING)
    sums[key] = n + figures[0], judged + figures[1], missed + figures[2], total + figures[3]
