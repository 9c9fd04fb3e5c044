"""The journal's lines and remarks of lives lived again (成列日志)."""

import re
from collections.abc import Mapping

import numpy as np
import polars as pl

from shiyu.cases.bulk.columns import UTC_TIME, salted
from shiyu.history.large.chunk import Chunk, named, or_none
from shiyu.history.large.patterns import CASES, DAY, NONE, PLACE, REPORT
from shiyu.history.large.weeks import Numbers

MARKED = re.compile(r'"@(report|place|day|case)(\d*)"')


def lines_of(chunk: Chunk) -> tuple[pl.DataFrame, pl.Series]:
    """The journal's lines in the order of time, words beside them; and each line's remark."""
    rows, of = chunk.rows("lines")
    at = rows["at"].to_numpy() + chunk.by_all[of]
    order = np.argsort(at, kind="stable")
    rows, of, at = rows[order], of[order], at[order]
    subject = chunk.first[of] + rows["pos"].to_numpy()
    teller = chunk.first[of] + rows["teller"].to_numpy()
    said = _texts(chunk, rows, teller)
    spoken = said.is_not_null().to_numpy()
    remark = np.where(spoken, chunk.ids["remarks"] + np.cumsum(spoken) - 1, 0)
    salt, sealed = salted(said.fill_null(""))
    remark_of = np.zeros(len(order), dtype=np.int64)
    remark_of[order] = remark
    lines = pl.DataFrame(
        {
            "id": chunk.ids["lines"] + np.arange(len(order)),
            "occurred_at": _times(at),
            "subject": named("case", chunk.case_id[subject]),
            "verb": rows["verb"],
            "actor": chunk.actors(rows["actor"], teller),
            "facts": _facts_of(chunk, rows, subject, teller, of),
            "remark_id": or_none(remark),
            "commitment": sealed,
            "text": said,
            "salt": salt,
        }
    )
    return lines, or_none(remark_of)


def remarks_of(lines: pl.DataFrame) -> pl.DataFrame:
    """The words of these lines."""
    return lines.filter(pl.col("remark_id").is_not_null()).select(
        pl.col("remark_id").alias("id"),
        "subject",
        "text",
        "salt",
        pl.col("actor").alias("author"),
        pl.col("occurred_at").alias("written_at"),
    )


def _texts(chunk: Chunk, rows: pl.DataFrame, teller: Numbers) -> pl.Series:
    """What was said with each line; a report says its address."""
    address = chunk.spots.address.gather(teller)
    tail = (address + rows["after"]).fill_null("")
    return rows["said"] + tail


def _facts_of(
    chunk: Chunk, rows: pl.DataFrame, subject: Numbers, teller: Numbers, of: Numbers
) -> pl.Series:
    """What each line holds, its open places filled."""
    days = rows["day"].to_numpy().astype(float)
    days = np.where(np.isnan(days), 0, days).astype(np.int64) - 7 * chunk.drawn.week[of]
    known = {
        REPORT: pl.Series(chunk.report_id[teller]).cast(pl.String),
        PLACE: pl.Series(chunk.spots.place[subject]).cast(pl.String),
        DAY: '"' + pl.Series(days).cast(pl.Int32).cast(pl.Date).dt.to_string("%Y-%m-%d") + '"',
    }
    first, second = (_filled(rows[name], known) for name in ("first", "second"))
    facts = rows["a"] + first + rows["b"] + second + rows["c"]
    others = np.flatnonzero(rows["kind"].to_numpy() == CASES).tolist()
    if not others:
        return facts
    return facts.scatter(others, [_naming(chunk, facts[at], known, at, of) for at in others])


def _naming(chunk: Chunk, facts: str, known: Mapping[int, pl.Series], at: int, of: Numbers) -> str:
    """The facts of a line that names other cases of its life."""
    kinds = {"report": REPORT, "place": PLACE, "day": DAY}

    def fill(found: re.Match[str]) -> str:
        if found[1] == "case":
            return str(chunk.case_id[chunk.first[of[at]] + int(found[2])])
        return str(known[kinds[found[1]]][at])

    return MARKED.sub(fill, facts)


def _filled(slots: pl.Series, known: Mapping[int, pl.Series]) -> pl.Series:
    """What stands in an open place of each line; nothing where there is none."""
    codes, found = slots.to_numpy(), pl.Series([""] * len(slots), dtype=pl.String)
    for code in np.unique(codes[codes != NONE]).tolist():
        found = known[code].zip_with(slots == code, found)
    return found


def _times(values: Numbers) -> pl.Series:
    return pl.Series(values).cast(UTC_TIME)
