"""Reports that arrive by the thousand, taken in as `actions.report` takes in one (批量上报).

Each becomes a case at its first stage, with its first due time, its report, who made it, what
was said, the journal's line and the words to find it by. Nothing is decided here that the action
decides otherwise: a test takes the same reports in both ways and compares the rows.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from django.db import transaction

from shiyu.calendars.rules import Calendars, read_calendars
from shiyu.cases import events, identity, timing
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
from shiyu.cases.bulk.words import cut_many
from shiyu.cases.clock import Workday
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Found, Report, Reporter
from shiyu.cases.retiming.reckoning import NEVER, ON, Clocks, Minutes, due_and_yellow
from shiyu.catalogue.models import Procedure
from shiyu.common.worktime import Allowance
from shiyu.journal.actions import moment

COLUMNS: dict[str, type[pl.DataType] | pl.DataType] = {
    "source_ref": pl.String,
    "reported_at": UTC_TIME,
    "fixed_due_at": UTC_TIME,
    "kind_id": pl.Int64,
    "kind_name": pl.String,
    "kind_by": pl.String,
    "procedure_id": pl.Int64,
    "place_id": pl.Int64,
    "place_number": pl.Int64,
    "place_name": pl.String,
    "centre_id": pl.Int64,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "address": pl.String,
    "words": pl.String,
    "name": pl.String,
    "phone": pl.String,
}
"""What `write_arrived` needs of each row; source_ref, reported_at, place_*, procedure_id and
centre_id never lack. `kind_by` says how the kind was found, as a code."""

MINUTE_US = 60_000_000


@dataclass(slots=True)
class Arriving:
    """What all reports of an import have in common.

    found  whether words to search by are cut at once: dear, so a large import leaves them to the
           job `index_missing`.
    dues   for a procedure and a minute the due and the yellow time of the first clock, in
          microseconds: the clock's own answers, kept so that no minute is asked twice.
    """

    source: str
    channel: str
    prefix: str
    timezone: str
    procedures: dict[int, Procedure]
    found: bool = True
    calendars: Calendars = field(default_factory=read_calendars)


@transaction.atomic
def write_arrived(rows: pl.DataFrame, about: Arriving) -> int:
    """Take in reports (see COLUMNS), in the order of their times; returns how many.

    The caller has seen to it that none is there yet and that no time lies ahead.
    """
    rows = rows.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    rows = masked(rows.sort("reported_at", maintain_order=True))
    rows = _numbered(_timed(rows, about), about)
    copy(Case._meta.db_table, _cases(rows, about))
    copy("journal_remark", _remarks(rows))
    copy(Report._meta.db_table, _reports(rows, about))
    copy(Reporter._meta.db_table, _reporters(rows))
    copy("journal_line", _lines(rows, about))
    if about.found:
        copy(Found._meta.db_table, _found(rows))
    copy("journal_change", _changes(rows))
    events.recorded.send(Case, rows=rows.with_columns(pl.lit(about.channel).alias("channel")))
    return rows.height


def _timed(rows: pl.DataFrame, about: Arriving) -> pl.DataFrame:
    """With the first clock's due and yellow time, reckoned in arrays procedure by procedure."""
    minute = pl.col("reported_at").dt.epoch("us") // MINUTE_US
    rows = rows.with_columns(minute.alias("minute"))
    due = np.full(rows.height, NEVER, dtype=np.int64)
    yellow = due.copy()
    minutes, procedures = rows["minute"].to_numpy(), rows["procedure_id"].to_numpy()
    for procedure in np.unique(procedures).tolist():
        mine = procedures == procedure
        due[mine], yellow[mine] = _first_clock(about, procedure, minutes[mine])
    times = [
        pl.Series(name, found * MINUTE_US).set(pl.Series(found == NEVER), None).cast(UTC_TIME)
        for name, found in (("due", due), ("yellow", yellow))
    ]
    rows = rows.with_columns(times)
    given = pl.when(pl.col("due").is_null()).then(yellow_of_fixed("fixed_due_at"))
    return rows.with_columns(
        pl.coalesce("due", "fixed_due_at").alias("due_at"),
        pl.when(pl.col("due").is_null()).then(given).otherwise(pl.col("yellow")).alias("yellow_at"),
    )


def _first_clock(about: Arriving, procedure: int, starts: Minutes) -> tuple[Minutes, Minutes]:
    """When the clock of a new case's stage runs out and turns yellow; NEVER where it has none."""
    terms = about.procedures[procedure]
    limit = timing.allowances_of(Case(procedure=terms)).get(timing.CLOCK_OF[Stage.REPORTED])
    if not isinstance(limit, Allowance):
        never = np.full(len(starts), NEVER, dtype=np.int64)
        return never, never
    asked, back = np.unique(starts, return_inverse=True)
    since, on = asked[:, np.newaxis], np.full((len(asked), 1), ON)
    going = np.ones(len(asked), dtype=bool)
    clocks = Clocks(asked, going, np.zeros_like(asked), since, on)
    due, yellow = due_and_yellow(clocks, limit, about.calendars.city, Workday(terms.workday))
    return due[back], yellow[back]


def _numbered(rows: pl.DataFrame, about: Arriving) -> pl.DataFrame:
    """With ids of case, report and remark, the number, and the commitment to what was said."""
    count = rows.height
    said = rows["words"].fill_null("")
    spoken = (said != "").to_numpy()
    remarks = pl.Series("remark_id", [None] * count, dtype=pl.Int64)
    remarks = remarks.scatter(spoken.nonzero()[0], new_ids("journal_remark", int(spoken.sum())))
    reports = pl.Series("report_id", new_ids("cases_report", count))
    return rows.with_columns(
        pl.Series("id", new_ids("cases_case", count)),
        reports,
        remarks,
        *salted(said),
        pl.concat_str(pl.lit("receipt:"), reports.cast(pl.String)).alias("actor"),
        numbers(count, about.prefix, about.timezone),
    )


def _cases(rows: pl.DataFrame, about: Arriving) -> pl.DataFrame:
    start, nothing = pl.col("reported_at"), pl.lit(None)
    values = {
        "direction": pl.lit(str(Case.Direction.UP)),
        "channel": pl.lit(about.channel),
        "stage": pl.lit(str(Stage.REPORTED)),
        "outcome": pl.lit(""),
        "round": pl.lit(1),
        "standard_id": nothing,
        "address": pl.col("address").fill_null(""),
        "parent_id": nothing,
        "merged_into_id": nothing,
        "taken_in_at": pl.lit(moment()).cast(UTC_TIME),
        "last_at": start,
        "closed_at": nothing,
        "clock": pl.lit(timing.CLOCK_OF[Stage.REPORTED]),
        "paused": pl.lit(False),
        "resumes_on": nothing,
        "awaits": pl.lit("{}"),
        "version": pl.lit(1),
    }
    return rows.select(values.get(name, pl.col(name)).alias(name) for name in columns_of(Case))


def _reports(rows: pl.DataFrame, about: Arriving) -> pl.DataFrame:
    return rows.select(
        pl.col("report_id").alias("id"),
        pl.col("id").alias("case_id"),
        pl.lit(about.source).alias("source"),
        "source_ref",
        "remark_id",
        "reported_at",
    )


def _reporters(rows: pl.DataFrame) -> pl.DataFrame:
    """Who made them, each closed with a key of their own; what is empty stays empty."""
    said = rows.select("report_id", pl.col("name", "phone").fill_null(""), "hidden")
    known = said.filter(
        (pl.col("name") != "") | (pl.col("phone") != "") | (pl.col("hidden").list.len() > 0)
    )
    closed = [identity.close(n, p, report=pk, hidden=h) for pk, n, p, h in known.iter_rows()]
    return known.select(
        pl.Series("id", new_ids(Reporter._meta.db_table, known.height), dtype=pl.Int64),
        "report_id",
        _bytes("key", [one.key for one in closed]),
        _bytes("sealed", [one.sealed for one in closed]),
        _bytes("found_by", [one.found_by for one in closed]),
    )


def _bytes(name: str, values: list[bytes | None] | list[bytes]) -> pl.Series:
    """Bytes as the database reads them in a text."""
    said = [None if value is None else f"\\x{value.hex()}" for value in values]
    return pl.Series(name, said, dtype=pl.String)


def _remarks(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("remark_id").is_not_null()).select(
        pl.col("remark_id").alias("id"),
        subject().alias("subject"),
        pl.col("words").alias("text"),
        "salt",
        pl.col("actor").alias("author"),
        pl.col("reported_at").alias("written_at"),
    )


def _lines(rows: pl.DataFrame, about: Arriving) -> pl.DataFrame:
    """One line each; facts are numbers and codes, so nothing needs to be escaped."""
    how = pl.format(', "kind_by": "{}"', "kind_by").fill_null("")
    facts = pl.concat_str(
        pl.lit('{"report": '),
        "report_id",
        pl.lit(f', "channel": "{about.channel}", "place": '),
        "place_id",
        pl.lit(', "centre": '),
        "centre_id",
        pl.format(', "kind": {}', "kind_id").fill_null(""),
        how,
        pl.lit("}"),
    )
    return rows.select(
        pl.Series("id", new_ids("journal_line", rows.height)),
        pl.col("reported_at").alias("occurred_at"),
        subject().alias("subject"),
        pl.lit("report").alias("verb"),
        "actor",
        facts.alias("facts"),
        "remark_id",
        pl.col("sealed").alias("commitment"),
    )


def _found(rows: pl.DataFrame) -> pl.DataFrame:
    """The words of `search.words_of`: kind, address, place, and what was said."""
    parts = (pl.col(name).fill_null("") for name in ("kind_name", "address", "place_name", "words"))
    texts = rows.select(text=pl.concat_str(list(parts), separator=" "))["text"]
    return rows.select(pl.col("id").alias("case_id"), pl.Series("words", cut_many(texts)))


def _changes(rows: pl.DataFrame) -> pl.DataFrame:
    """For the feed one change for each place: whoever may see any of these hears of one.

    No page shows a case that has only just come; a list needs to be told once that there are more.
    """
    newest = np.sort(rows["id"].to_numpy()[rows["place_number"].is_last_distinct().to_numpy()])
    return pl.DataFrame({"topic": ["case"] * len(newest), "ref": newest, "version": 1})
