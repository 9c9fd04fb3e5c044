"""Rows of lives lived again: whole columns, as the bulk writer would have written them (成列复写).

What differs from the life that was told: all times by whole weeks and some seconds within the
minute, ids and numbers, the place within the same township, the address and the words that say
it, who reported. Everything else is what the rules left.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from shiyu.history.large.chunk import Chunk, Lives, Written
from shiyu.history.large.ground import Ground
from shiyu.history.large.lines import lines_of, remarks_of
from shiyu.history.large.patterns import Patterns
from shiyu.history.large.plan import Draw
from shiyu.history.large.records import (
    cases_of,
    checks_of,
    found_of,
    parts_of,
    photos_of,
    ratings_of,
    reporters_of,
    reports_of,
)
from shiyu.history.large.weeks import Numbers

WRITES = {
    "journal_line": "id occurred_at subject verb actor facts remark_id commitment",
    "journal_remark": "id subject text salt author written_at",
    "cases_case": "id number direction channel stage outcome round kind_id standard_id "
    "procedure_id place_id place_number lon lat address centre_id parent_id merged_into_id "
    "reported_at taken_in_at last_at closed_at fixed_due_at clock due_at yellow_at paused "
    "resumes_on awaits version",
    "cases_report": "id case_id source source_ref receipt remark_id reported_at by_person_id",
    "cases_reporter": "id report_id key sealed found_by",
    "cases_assignment": "id case_id unit_id lead state sent_at opened_at signed_at handled_at "
    "due_at yellow_at paused exempted",
    "cases_check": "id case_id kind opened_at done_at passed done_by_id",
    "cases_rating": "id report_id round solved satisfaction remark_id rated_at",
    "files_photo": "id public_id subject role sha256 width height bytes added_by added_at",
    "cases_found": "case_id words",
}
"""The columns of each table; a new one fails a test until it is written here or left alone."""
KEY = ("day", "measure", "place_id", "unit_id", "kind_id", "channel", "outcome")
FIGURES = ("n", "judged", "missed", "total")
Frames = dict[str, pl.DataFrame]


def counts_of(patterns: Patterns) -> dict[str, Numbers]:
    """How many rows of each kind every life has."""
    lives = patterns.groups.height
    found = {
        name: np.bincount(patterns.tables[name]["g"].to_numpy(), minlength=lives)
        for name in ("parts", "checks", "ratings", "photos")
    }
    own = ("cases", "lines", "remarks", "named")
    return found | {name: patterns.groups[name].to_numpy() for name in own}


class Copies:
    """Makes the rows of lives, one transaction's at a time."""

    def __init__(self, patterns: Patterns, ground: Ground, about: Written) -> None:
        self._lives, self._ground, self._about = Lives(patterns), ground, about

    def frames(self, drawn: Draw, ids: Mapping[str, int], *, chunk: int) -> Frames:
        """The rows of some lives, by table; under "facts" what they count.

        ids    the first id of each kind; "number" the first case number, "named_before" how many
               reports with a name came before.
        chunk  which transaction: what is drawn depends on the seed and on it alone.
        """
        chance = np.random.default_rng((self._about.seed, chunk))
        mine = Chunk(self._lives, self._ground, self._about, drawn, ids, chance)
        lines, remark_of = lines_of(mine)  # first of all: others point at their remarks
        frames = {
            "journal_line": lines,
            "journal_remark": remarks_of(lines),
            "cases_case": cases_of(mine),
            "cases_report": reports_of(mine, remark_of),
            "cases_reporter": reporters_of(mine),
            "cases_assignment": parts_of(mine),
            "cases_check": checks_of(mine),
            "cases_rating": ratings_of(mine, remark_of),
            "files_photo": photos_of(mine),
            "cases_found": found_of(mine),
        }
        found = {table: rows.select(WRITES[table].split()) for table, rows in frames.items()}
        return found | {"facts": _facts(mine)}


def added_up(facts: pl.DataFrame) -> pl.DataFrame:
    """Facts by their key, those that come to nothing left out."""
    summed = facts.group_by(KEY).agg(pl.col(name).sum() for name in FIGURES)
    return summed.filter(pl.any_horizontal(pl.col(name) != 0 for name in FIGURES))


def _facts(chunk: Chunk) -> pl.DataFrame:
    """The daily facts of these cases, added up."""
    rows, of = chunk.rows("facts")
    case, cases = chunk.first[of] + rows["pos"].to_numpy(), chunk.cases
    day = rows["day"].to_numpy() - 7 * chunk.drawn.week[of]
    same = {name: rows[name] for name in ("measure", "outcome", "judged", "missed", "total")}
    table = pl.DataFrame(
        same
        | {
            "n": rows["n"],
            "day": pl.Series(day).cast(pl.Int32),
            "place_id": pl.Series(chunk.spots.place[case]).cast(pl.Int32),
            "unit_id": rows["unit"].cast(pl.Int32),
            "kind_id": cases["kind"].gather(case).fill_null(0).cast(pl.Int32),
            "channel": cases["channel"].gather(case),
        }
    )
    return added_up(table)
