"""From a file to a running city, from first to last (由上报数据建城)."""

import csv
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import available_timezones

import polars as pl
from django.utils import timezone

from shiyu.common.errors import Refused
from shiyu.history.reports import bounds
from shiyu.history.reports.bounds import Bounds
from shiyu.history.reports.columns import Layout
from shiyu.history.reports.ground import prepare
from shiyu.history.reports.loading import alone, load, new_rows
from shiyu.history.reports.reading import read
from shiyu.history.reports.shaping import Shaped, shape
from shiyu.journal.actions import moment

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a file (结果).

    read = imported + already_there + rejected. The other figures describe the rows that are in
    the city now, imported just now or before: how many are open and closed, have a due time, were
    closed after it, and have a point that is no point of this city.
    """

    read: int
    imported: int
    already_there: int
    rejected: int
    open: int
    closed: int
    with_due: int
    closed_late: int
    outside_bounds: int

    def line(self) -> str:
        """The figures as one line of JSON."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a file, and what a person should know of it."""

    tally: Tally
    notes: list[str]


def build(
    path: Path,
    asked: Layout,
    *,
    name: str = "",
    limits: Bounds | None = None,
    rejects: Path | None = None,
    tell: Tell = lambda _sentence: None,
    welcome: Tell = lambda _password: None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Built:
    """Build the city of a file, or bring it up to date with it.

    rejects  where refused rows and the reasons go; made only when there are any.
    welcome  is told the password of the account `desk` as soon as there is one.

    Raises  Refused: the file cannot be read, names unknown columns or zones, or this database
            holds another city. Nothing is written then.
    """
    if asked.timezone not in available_timezones():
        raise Refused(f"没有时区 {asked.timezone}，写成 Asia/Shanghai 这样")
    source = asked.source or path.stem
    tell(f"读取 {path.name}")
    table = read(path, asked)
    shaped = shape(table, timezone=asked.timezone, now=moment())
    if rejects is not None and (shaped.rejects or rejects.exists()):
        _write_rejects(rejects, shaped)
    if shaped.rows.is_empty():
        raise Refused("没有一行可用" + (f"：{shaped.rejects[0][1]}" if shaped.rejects else ""))
    rows, inside = _placed(shaped.rows, limits)
    tell(f"{rows.height} 行可用，{len(shaped.rejects)} 行退回；建立城市")
    with alone(), timezone.override(asked.timezone):
        ground = prepare(
            rows, inside, source=source, name=name or f"{source} 城市", zone=asked.timezone
        )
        if ground.password:
            welcome(ground.password)
        fresh = new_rows(rows, ground, source)
        tell(f"{fresh.height} 行待载入")
        imported = load(fresh, ground, source, lambda done: progress(done, fresh.height))
    return Built(_tally(shaped, rows, inside, imported), shaped.notes)


def _placed(rows: pl.DataFrame, limits: Bounds | None) -> tuple[pl.DataFrame, bounds.Mask]:
    """The rows with only the points that belong to the city, and which rows have one."""
    inside = bounds.inside(rows, limits)
    mine = pl.Series("inside", inside)
    points = [
        pl.when(mine).then(pl.col(axis)).otherwise(None).alias(axis) for axis in ("lat", "lon")
    ]
    return rows.with_columns(points), inside


def _tally(
    shaped: Shaped,
    rows: pl.DataFrame,
    inside: bounds.Mask,
    imported: int,
) -> Tally:
    closed = rows["closed_at"].is_not_null()
    late = (rows["closed_at"] > rows["due_at"]).fill_null(value=False)
    return Tally(
        read=rows.height + shaped.repeats + len(shaped.rejects),
        imported=imported,
        already_there=rows.height - imported + shaped.repeats,
        rejected=len(shaped.rejects),
        open=int((~closed).sum()),
        closed=int(closed.sum()),
        with_due=rows.height - rows["due_at"].null_count(),
        closed_late=int(late.sum()),
        outside_bounds=int((rows["pointed"] & ~pl.Series(inside)).sum()),
    )


def _write_rejects(path: Path, shaped: Shaped) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # spreadsheets need the mark
        writer = csv.writer(file)
        writer.writerow(("line", "reason"))
        writer.writerows(shaped.rejects)
