"""A file of reports into the city that is there, from first to last (批量接件)."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import available_timezones

import polars as pl

from shiyu.cases.channels import Channel
from shiyu.catalogue.models import Procedure
from shiyu.common.errors import Refused
from shiyu.history.intake.judging import Counts, Judge
from shiyu.history.intake.loading import Common, load
from shiyu.history.intake.presets import MORE
from shiyu.history.reports.columns import Layout
from shiyu.history.reports.loading import alone, known_refs
from shiyu.history.reports.reading import read
from shiyu.history.reports.shaping import Shaped, shape
from shiyu.journal.actions import moment, record
from shiyu.people.actors import Actor
from shiyu.places.models import Place
from shiyu.places.rules import the_city

Tell = Callable[[str], None]
INDEXED_MOST = 20_000
"""So many new cases are found by their words at once; more wait for the job, or for --index."""
SLICE = 24_000
"""Rows that are judged together."""
SOURCE_MOST = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for beside the file (要求).

    channel    through which door these reports come.
    crs        wgs84, gcj02 or bd09: what the file's points mean.
    kinds      a table of the city's own: what the source's kinds, or words, mean here.
    otherwise  the place of rows that say nowhere.
    """

    layout: Layout
    channel: Channel
    crs: str = "wgs84"
    kinds: Path | None = None
    otherwise: Place | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a file: read = new + already_there + rejected. The rest describes usable rows.

    located  by a point, by a name in the address, or only as somewhere in the city.
    """

    read: int
    new: int
    already_there: int
    rejected: int
    by_point: int
    by_name: int
    city_only: int
    with_kind: int
    with_contact: int

    def line(self) -> str:
        """The figures as one line of JSON."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file, its refused rows with their reasons, and what a person should know."""

    tally: Tally
    rejects: list[tuple[int, str]]
    notes: list[str]


def take(
    path: Path,
    asked: Asked,
    *,
    actor: Actor,
    dry_run: bool = False,
    tell: Tell = lambda _sentence: None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Taken:
    """Take the reports of a file in as new ones, each (source, number) once.

    dry_run  say what would come of it; nothing is written.

    Raises  Refused: the file or the table cannot be read, names unknown columns or zones, or
            another import is at work. Nothing is written then.
    """
    if asked.layout.timezone not in available_timezones():
        raise Refused(f"没有时区 {asked.layout.timezone}，写成 Asia/Shanghai 这样")
    source = (asked.layout.source or path.stem)[:SOURCE_MOST]
    judge = Judge.of_city(
        asked.channel, crs=asked.crs, otherwise=asked.otherwise, kinds=asked.kinds
    )
    tell(f"读取 {path.name}")
    shaped = _read(path, asked.layout)
    with alone():
        known = known_refs(source).to_frame()
        fresh = shaped.rows.join(known, on="id", how="anti").height
        tell(f"{shaped.rows.height} 行读得懂，至多 {fresh} 行是新的：定位、定类、载入")
        parts = _judged(shaped.rows, judge, known)
        if dry_run:
            new = sum(part.height for part in parts)
        else:
            about = _common(source, asked.channel, found=fresh <= INDEXED_MOST)
            new = load(parts, about, lambda done: progress(done, fresh))
        rejected = sorted([*shaped.rejects, *judge.rejects])
        if new and not dry_run:
            facts = {"added": new, "rejected": len(rejected), "file": _sha256(path)}
            record("city:1", "import_reports", actor=actor, facts=facts)
    tally = _tally(shaped, judge.counts, new=new, refused=len(judge.rejects))
    return Taken(tally, rejected, shaped.notes)


def _read(path: Path, layout: Layout) -> Shaped:
    return shape(
        read(path, layout), timezone=layout.timezone, now=moment(), more=MORE, unnamed=None
    )


def _judged(rows: pl.DataFrame, judge: Judge, known: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Slice by slice what is new and can be taken in."""
    for some in rows.iter_slices(SLICE):
        kept = judge.judge(some)
        yield kept.join(known, on="id", how="anti", maintain_order="left")


def _tally(shaped: Shaped, counts: Counts, *, new: int, refused: int) -> Tally:
    usable = shaped.rows.height - refused
    return Tally(
        read=usable + shaped.repeats + len(shaped.rejects) + refused,
        new=new,
        already_there=usable - new + shaped.repeats,
        rejected=len(shaped.rejects) + refused,
        **asdict(counts),
    )


def _common(source: str, channel: Channel, *, found: bool) -> Common:
    city = the_city()
    return Common(
        source=source,
        channel=str(channel),
        prefix=city.number_prefix,
        timezone=city.timezone,
        procedures={one.pk: one for one in Procedure.objects.all()},
        found=found,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
