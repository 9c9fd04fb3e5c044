"""Cases lived again, and all that hangs on them but the journal (成列案件)."""

import secrets

import numpy as np
import polars as pl

from shiyu.cases import identity
from shiyu.cases.actions.taking import receipt_hash
from shiyu.cases.bulk.columns import UTC_TIME, numbered
from shiyu.cases.bulk.words import cut_many
from shiyu.history.kaifeng.stories import receipt_of
from shiyu.history.large.chunk import Chunk, named

SOURCE = "demo"


def cases_of(chunk: Chunk) -> pl.DataFrame:
    """The cases themselves."""
    cases, of = chunk.cases, chunk.of
    same, spots = ("direction", "channel", "stage", "outcome", "round", "clock"), chunk.spots
    found = {name: cases[name] for name in (*same, "paused", "awaits", "version")}
    found |= {f"{name}_id": cases[name] for name in ("kind", "standard", "procedure", "centre")}
    reported = chunk.acts(cases["reported"])
    days = cases["resumes"] - pl.Series(7 * chunk.drawn.week[of])
    return pl.DataFrame(
        found
        | {
            "id": chunk.case_id,
            "number": numbered(
                reported,
                pl.Series(chunk.ids["number"] + np.arange(chunk.count)),
                chunk.about.prefix,
                chunk.about.zone,
            ),
            "place_id": spots.place,
            "place_number": spots.number,
            "lon": pl.Series(spots.lon).fill_nan(None),
            "lat": pl.Series(spots.lat).fill_nan(None),
            "address": spots.address,
            "parent_id": chunk.others(cases["parent"]),
            "merged_into_id": chunk.others(cases["merged"]),
            "reported_at": reported,
            "taken_in_at": pl.Series([chunk.about.taken_in] * chunk.count, dtype=UTC_TIME),
            "last_at": chunk.acts(cases["last"]),
            "closed_at": chunk.acts(cases["closed"]),
            "fixed_due_at": pl.Series([None] * chunk.count, dtype=UTC_TIME),
            "due_at": chunk.dues(cases["due"], of),
            "yellow_at": chunk.dues(cases["yellow"], of),
            "resumes_on": days.cast(pl.Int32).cast(pl.Date),
        }
    )


def reports_of(chunk: Chunk, remark_of: pl.Series) -> pl.DataFrame:
    """The report of each."""
    cases = chunk.cases
    firsts = chunk.first_lines() + cases["report_line"].to_numpy()
    holder = chunk.first[chunk.of] + cases["holder"].to_numpy()
    receipts = [
        receipt_hash(receipt_of(number)) if given else None
        for number, given in zip(chunk.report_id.tolist(), cases["receipt"].to_list(), strict=True)
    ]
    return pl.DataFrame(
        {
            "id": chunk.report_id,
            "case_id": chunk.case_id[holder],
            "source": [SOURCE] * chunk.count,
            "source_ref": pl.Series(chunk.report_id).cast(pl.String),
            "receipt": pl.Series(receipts, dtype=pl.String),
            "remark_id": remark_of.gather(firsts),
            "reported_at": chunk.acts(cases["reported"]),
            "by_person_id": cases["by_person"],
        }
    )


def reporters_of(chunk: Chunk) -> pl.DataFrame:
    """Who reported: one of the city's residents, closed with a key of their own."""
    by_name = np.flatnonzero(chunk.cases["named"].to_numpy())
    residents = chunk.about.residents
    who = residents.who(chunk.ids["named_before"] + np.arange(len(by_name)))
    reports = chunk.report_id[by_name].tolist()
    called = residents.called(who)
    closed = [
        identity.close(name, phone, report=report)
        for (name, phone), report in zip(called, reports, strict=True)
    ]
    return pl.DataFrame(
        {
            "id": chunk.ids["reporters"] + np.arange(len(by_name)),
            "report_id": chunk.report_id[by_name],
            "key": _bytes([one.key for one in closed]),
            "sealed": _bytes([one.sealed for one in closed]),
            "found_by": _bytes([one.found_by for one in closed]),
        }
    )


def parts_of(chunk: Chunk) -> pl.DataFrame:
    """The units' parts."""
    rows, of = chunk.rows("parts")
    times = {"sent": "sent_at", "opened": "opened_at", "signed": "signed_at"}
    times |= {"handled": "handled_at"}
    found = {column: chunk.moved(rows[name], of) for name, column in times.items()}
    found |= {f"{name}_at": chunk.dues(rows[name], of) for name in ("due", "yellow")}
    found |= {name: rows[name] for name in ("lead", "state", "paused", "exempted")}
    return pl.DataFrame(
        found
        | {
            "id": chunk.ids["parts"] + np.arange(rows.height),
            "case_id": chunk.case_of(rows, of),
            "unit_id": rows["unit"],
        }
    )


def checks_of(chunk: Chunk) -> pl.DataFrame:
    """The checks on site."""
    rows, of = chunk.rows("checks")
    return pl.DataFrame(
        {
            "id": chunk.ids["checks"] + np.arange(rows.height),
            "case_id": chunk.case_of(rows, of),
            "kind": rows["kind"],
            "opened_at": chunk.moved(rows["opened"], of),
            "done_at": chunk.moved(rows["done"], of),
            "passed": rows["passed"],
            "done_by_id": rows["by"],
        }
    )


def ratings_of(chunk: Chunk, remark_of: pl.Series) -> pl.DataFrame:
    """What reporters said of rounds."""
    rows, of = chunk.rows("ratings")
    lines = chunk.lines_before()[of] + rows["line"].to_numpy()
    case = chunk.first[of] + rows["pos"].to_numpy()
    return pl.DataFrame(
        {
            "id": chunk.ids["ratings"] + np.arange(rows.height),
            "report_id": chunk.report_id[case],
            "round": rows["round"],
            "solved": rows["solved"],
            "satisfaction": rows["satisfaction"],
            "remark_id": remark_of.gather(lines),
            "rated_at": chunk.moved(rows["at"], of),
        }
    )


def photos_of(chunk: Chunk) -> pl.DataFrame:
    """The drawings shown with them."""
    rows, of = chunk.rows("photos")
    case = chunk.first[of] + rows["pos"].to_numpy()
    drawn = secrets.token_hex(16 * rows.height)
    same = {name: rows[name] for name in ("role", "sha256", "width", "height", "bytes")}
    return pl.DataFrame(
        same
        | {
            "id": chunk.ids["photos"] + np.arange(rows.height),
            "public_id": [drawn[at : at + 32] for at in range(0, len(drawn), 32)],
            "subject": named("case", chunk.case_id[case]),
            "added_by": chunk.actors(rows["actor"], case),
            "added_at": pl.Series([chunk.about.taken_in] * rows.height, dtype=UTC_TIME),
        }
    )


def found_of(chunk: Chunk) -> pl.DataFrame:
    """The words of `search.words_of`: kind, address, place, and what was said."""
    cases, kinds = chunk.cases, chunk.about.kinds
    kind = pl.Series([kinds.get(one, "") for one in cases["kind"].to_list()], dtype=pl.String)
    said = cases["said_before"] + (chunk.spots.address + cases["said_after"]).fill_null("")
    text = kind + " " + chunk.spots.address + " " + chunk.spots.name + " " + said.fill_null("")
    return pl.DataFrame({"case_id": chunk.case_id, "words": cut_many(text)})


def _bytes(values: list[bytes] | list[bytes | None]) -> pl.Series:
    """Bytes as the database reads them in a text."""
    said = [None if value is None else f"\\x{value.hex()}" for value in values]
    return pl.Series(said, dtype=pl.String)
