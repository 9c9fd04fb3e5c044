"""A file of reports into the city that is there, from first to last (批量接件)."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from zoneinfo import available_timezones

import polars as pl

from shiyu.cases.channels import Channel
from shiyu.cases.siting import centres_for
from shiyu.catalogue.models import Procedure
from shiyu.common.errors import Refused
from shiyu.history.intake.loading import Common, load, unknown
from shiyu.history.intake.placing import place
from shiyu.history.intake.presets import ENDED, MORE
from shiyu.history.intake.sorting import Rules
from shiyu.history.reports.columns import Layout
from shiyu.history.reports.loading import alone
from shiyu.history.reports.reading import read
from shiyu.history.reports.shaping import Shaped, shape
from shiyu.journal.actions import moment, record
from shiyu.people.actors import Actor
from shiyu.places.models import Place
from shiyu.places.rules import the_city

Tell = Callable[[str], None]
ENDED_ALREADY = "来源已办结，不是新件：历史用 shiyu city from-reports"
NOTHING_SAID = "没有说是什么问题"
NO_PROCEDURE = "当时还没有生效的流程参数"
INDEXED_MOST = 20_000
"""So many new cases are found by their words at once; more wait for the job, or for --index."""
NAME_MOST, SOURCE_MOST = 40, 40
PHONE = r"^\+?\d{5,15}$"


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
    rules = Rules.of_city(asked.kinds)
    tell(f"读取 {path.name}")
    table = read(path, asked.layout)
    zone = asked.layout.timezone
    shaped = shape(table, timezone=zone, now=moment(), more=MORE, unnamed=None)
    tell(f"{shaped.rows.height} 行读得懂，定位、定类")
    shaped, counts = _judged(shaped, asked, rules)
    rejected = sorted(shaped.rejects)
    with alone():
        fresh = unknown(shaped.rows, source)
        tell(f"{fresh.height} 行是新的，{len(rejected)} 行退回")
        new = fresh.height
        if not dry_run and new:
            common = _common(source, asked.channel, found=new <= INDEXED_MOST)
            new = load(fresh, common, lambda done: progress(done, fresh.height))
            facts = {"added": new, "rejected": len(rejected), "file": _sha256(path)}
            record("city:1", "import_reports", actor=actor, facts=facts)
    usable = shaped.rows.height
    tally = Tally(
        read=usable + shaped.repeats + len(rejected),
        new=new,
        already_there=usable - new + shaped.repeats,
        rejected=len(rejected),
        **counts,
    )
    return Taken(tally, rejected, shaped.notes)


def _judged(shaped: Shaped, asked: Asked, rules: Rules) -> tuple[Shaped, dict[str, int]]:
    """The rows as the city's records want them; what no live report could be is refused."""
    placed = place(shaped.rows, crs=asked.crs, otherwise=asked.otherwise)
    words = pl.concat_str("title", "text", separator="\n", ignore_nulls=True)
    rows = placed.rows.with_columns(
        words.alias("words"),
        pl.col("name").str.slice(0, NAME_MOST),
        _phone().alias("phone"),
        placed.reason,
    )
    kinds = rules.sort([rows["kind"], rows["kind_name"]], rows["words"].fill_null(""))
    rows = rows.drop("kind_name").with_columns(kinds)
    rows = _under_procedures(rows, asked.channel)
    reason = pl.coalesce(
        pl.when(_ended()).then(pl.lit(ENDED_ALREADY)),
        pl.when(pl.col("reason") != "").then(pl.col("reason")),
        pl.when(pl.col("procedure_id").is_null()).then(pl.lit(NO_PROCEDURE)),
        pl.when((pl.col("words").fill_null("") == "") & pl.col("kind_id").is_null()).then(
            pl.lit(NOTHING_SAID)
        ),
    )
    rows = rows.with_columns(reason.alias("reason"))
    refused = rows.filter(pl.col("reason").is_not_null())
    rejects = [*shaped.rejects, *zip(refused["line"], refused["reason"], strict=True)]
    kept = rows.filter(pl.col("reason").is_null())
    contact = (pl.col("name").fill_null("") != "") | (pl.col("phone").fill_null("") != "")
    named = kept["place_id"] != Place.objects.get(parent=None).pk
    by_point = kept.height - kept["lon"].null_count()
    counts = {
        "by_point": by_point,
        "by_name": int((named & kept["lon"].is_null()).sum()),
        "city_only": int((~named & kept["lon"].is_null()).sum()),
        "with_kind": kept.height - kept["kind_id"].null_count(),
        "with_contact": kept.filter(contact).height,
    }
    return replace(shaped, rows=kept, rejects=rejects), counts


def _ended() -> pl.Expr:
    status = pl.col("status").str.to_lowercase().is_in(list(ENDED)).fill_null(value=False)
    return status | pl.col("closed_at").is_not_null()


def _phone() -> pl.Expr:
    """A number somebody can be called at, in digits; anything else is none."""
    digits = pl.col("phone").str.replace_all(r"[\s()（）-]", "")
    return pl.when(digits.str.contains(PHONE)).then(digits)


def _under_procedures(rows: pl.DataFrame, channel: Channel) -> pl.DataFrame:
    """With the procedure in force on the day of each report, and the centre it gives it to."""
    city = the_city()
    day = pl.col("created_at").dt.convert_time_zone(city.timezone).dt.date()
    rows = rows.with_columns(day.alias("day"))
    days = rows["day"].unique().to_list()
    every = list(Procedure.objects.order_by("-version"))
    of_day = {day: procedure_on(day, every) for day in days}
    ids = {day: found.pk for day, found in of_day.items() if found}
    rows = rows.with_columns(
        pl.col("day").replace_strict(ids, default=None, return_dtype=pl.Int64).alias("procedure_id")
    )
    numbers = rows["place_number"].drop_nulls().unique().to_list()
    centres: list[tuple[int, int, int]] = []
    for procedure in {found for found in of_day.values() if found}:
        there = centres_for(numbers, procedure.tier_for(channel))
        centres += [(procedure.pk, number, unit.pk) for number, unit in there.items()]
    schema = dict.fromkeys(("procedure_id", "place_number", "centre_id"), pl.Int64)
    joined = pl.DataFrame(centres, schema=schema, orient="row")
    on = ["procedure_id", "place_number"]
    return rows.drop("day").join(joined, on=on, how="left", maintain_order="left")


def procedure_on(day: date, every: Sequence[Procedure]) -> Procedure | None:
    """`catalogue.rules.procedure_at` among all, the newest first; None where that refuses."""
    return next((one for one in every if one.valid_from <= day), None)


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
