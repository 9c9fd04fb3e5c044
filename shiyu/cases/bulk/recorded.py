"""Cases as another system recorded them: reported, perhaps closed, in whole columns (历史导入).

Such a case has at most two lines, the report and `import_close`; its due time is the source's.
So its standing and caches follow from the columns, and no row passes through Python.
"""

from dataclasses import dataclass

import polars as pl
from django.db import transaction

from shiyu.cases import events
from shiyu.cases.bulk.columns import (
    UTC_TIME,
    copy,
    masked,
    numbers,
    salted,
    subject,
    yellow_of_fixed,
)
from shiyu.cases.bulk.copying import columns_of, new_ids
from shiyu.cases.channels import Channel
from shiyu.cases.lifecycle import Outcome, Stage
from shiyu.cases.models import Case, Report
from shiyu.catalogue.models import Procedure
from shiyu.common.errors import Refused
from shiyu.journal.actions import moment

COLUMNS: dict[str, type[pl.DataType] | pl.DataType] = {
    "source_ref": pl.String,
    "reported_at": UTC_TIME,
    "closed_at": UTC_TIME,
    "due_at": UTC_TIME,
    "kind_id": pl.Int64,
    "unit_id": pl.Int64,
    "place_id": pl.Int64,
    "place_number": pl.Int64,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "address": pl.String,
    "words": pl.String,
}
"""What `write_recorded` needs of each row; only kind, place and number of place never lack."""

IMPORT = str(Channel.IMPORT)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What all cases of an import have in common.

    procedure  one without a limit for acceptance, or the stored due times would not follow.
    actor      the journal's name of who enters them.
    """

    source: str
    prefix: str
    timezone: str
    procedure: Procedure
    centre_id: int
    actor: str = "program:importer"

    def __post_init__(self) -> None:
        if "accept" in self.procedure.limits:
            raise Refused("历史导入的流程不能有受理时限")


@transaction.atomic
def write_recorded(rows: pl.DataFrame, about: Recorded) -> int:
    """Write recorded cases (see COLUMNS) with their reports, remarks and lines; returns how many.

    The caller has seen to it that none is there yet, that times are in order and past.
    """
    rows = masked(rows.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items()))
    rows = _numbered(rows, about)
    copy(Case._meta.db_table, _cases(rows, about))
    copy("journal_remark", _remarks(rows, about))
    copy(Report._meta.db_table, _reports(rows, about))
    copy("journal_line", _lines(rows, about))
    events.recorded.send(Case, rows=rows.with_columns(_shared(about)))
    return rows.height


def _numbered(rows: pl.DataFrame, about: Recorded) -> pl.DataFrame:
    """The rows with ids of case, report and remark, and the commitment to what was said."""
    count = rows.height
    said = rows["words"].fill_null("")
    spoken = (said != "").to_numpy()
    remarks = pl.Series("remark_id", [None] * count, dtype=pl.Int64)
    remarks = remarks.scatter(spoken.nonzero()[0], new_ids("journal_remark", int(spoken.sum())))
    salt, sealed = salted(said)
    return rows.with_columns(
        pl.Series("id", new_ids("cases_case", count)),
        pl.Series("report_id", new_ids("cases_report", count)),
        remarks,
        salt,
        sealed,
        numbers(count, about.prefix, about.timezone),
        pl.col("closed_at").is_not_null().alias("closed"),
        (_minute("closed_at") - _minute("reported_at")).alias("minutes"),
        (_minute("closed_at") > _minute("due_at")).alias("late"),
    )


def _minute(name: str) -> pl.Expr:
    """Whole minutes since 1970, as the clock counts them."""
    return pl.col(name).dt.epoch("s") // 60


def _cases(rows: pl.DataFrame, about: Recorded) -> pl.DataFrame:
    """The cases with everything stored that follows from their one or two lines."""
    closed, due, start = pl.col("closed"), pl.col("due_at"), pl.col("reported_at")
    nothing = pl.lit(None)
    values = {
        "id": pl.col("id"),
        "number": pl.col("number"),
        "direction": pl.lit(str(Case.Direction.UP)),
        "channel": pl.lit(IMPORT),
        "stage": _either(closed, Stage.CLOSED, Stage.REPORTED),
        "outcome": _either(closed, Outcome.AS_RECORDED, ""),
        "round": pl.lit(1),
        "kind_id": pl.col("kind_id"),
        "standard_id": nothing,
        "procedure_id": pl.lit(about.procedure.pk),
        "place_id": pl.col("place_id"),
        "place_number": pl.col("place_number"),
        "lon": pl.col("lon"),
        "lat": pl.col("lat"),
        "address": pl.col("address").fill_null(""),
        "centre_id": pl.lit(about.centre_id),
        "parent_id": nothing,
        "merged_into_id": nothing,
        "reported_at": start,
        "taken_in_at": pl.lit(moment()).cast(UTC_TIME),
        "last_at": pl.coalesce("closed_at", "reported_at"),
        "closed_at": pl.col("closed_at"),
        "fixed_due_at": due,
        "clock": _either(closed, "", "accept"),
        "due_at": pl.when(~closed).then(due),
        "yellow_at": pl.when(~closed).then(yellow_of_fixed("due_at")),
        "paused": pl.lit(False),
        "resumes_on": nothing,
        "awaits": pl.lit("{}"),
        "version": pl.when(closed).then(2).otherwise(1),
    }
    return rows.select(values[name].alias(name) for name in columns_of(Case))


def _reports(rows: pl.DataFrame, about: Recorded) -> pl.DataFrame:
    return rows.select(
        pl.col("report_id").alias("id"),
        pl.col("id").alias("case_id"),
        pl.lit(about.source).alias("source"),
        "source_ref",
        "remark_id",
        "reported_at",
    )


def _remarks(rows: pl.DataFrame, about: Recorded) -> pl.DataFrame:
    return rows.filter(pl.col("remark_id").is_not_null()).select(
        pl.col("remark_id").alias("id"),
        subject().alias("subject"),
        pl.col("words").alias("text"),
        "salt",
        pl.lit(about.actor).alias("author"),
        pl.col("reported_at").alias("written_at"),
    )


def _lines(rows: pl.DataFrame, about: Recorded) -> pl.DataFrame:
    """The journal's lines, with ids in the order in which things happened."""
    reports = rows.select(
        pl.col("reported_at").alias("occurred_at"),
        subject().alias("subject"),
        pl.lit("report").alias("verb"),
        _facts(about).alias("facts"),
        "remark_id",
        pl.col("sealed").alias("commitment"),
    )
    closings = rows.filter("closed").select(
        pl.col("closed_at").alias("occurred_at"),
        subject().alias("subject"),
        pl.lit("import_close").alias("verb"),
        _took().alias("facts"),
        pl.lit(None, pl.Int64).alias("remark_id"),
        pl.lit("").alias("commitment"),
    )
    lines = pl.concat([reports, closings]).sort("occurred_at", maintain_order=True)
    ids = pl.Series("id", new_ids("journal_line", lines.height))
    return lines.with_columns(ids, pl.lit(about.actor).alias("actor"))


def _shared(about: Recorded) -> list[pl.Expr]:
    return [pl.lit(about.centre_id).alias("centre_id"), pl.lit(IMPORT).alias("channel")]


def _took() -> pl.Expr:
    """Facts of a closing: minutes since the report, and whether the source's time was kept."""
    late = pl.when(pl.col("late")).then(pl.lit("true")).otherwise(pl.lit("false"))
    late = pl.when(pl.col("late").is_null()).then(pl.lit("null")).otherwise(late)
    return pl.concat_str(
        pl.lit('{"took": [["case", null, '), pl.col("minutes"), pl.lit(", "), late, pl.lit("]]}")
    )


def _facts(about: Recorded) -> pl.Expr:
    """Facts of a report's line as JSON: numbers only, so nothing needs to be escaped."""
    unit = pl.format(', "source_unit": {}', "unit_id").fill_null("")
    return pl.concat_str(
        pl.lit('{"report": '),
        "report_id",
        pl.lit(f', "channel": "{IMPORT}", "place": '),
        "place_id",
        pl.lit(f', "centre": {about.centre_id}'),
        pl.format(', "kind": {}', "kind_id").fill_null(""),
        unit,
        pl.lit("}"),
    )


def _either(condition: pl.Expr, yes: str, no: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(str(yes))).otherwise(pl.lit(str(no)))
