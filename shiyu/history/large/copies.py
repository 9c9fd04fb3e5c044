"""Rows of lives lived again: whole columns, as the bulk writer would have written them (成列复写).

What differs from the life that was told: all times by whole weeks and some seconds within the
minute, ids and numbers, the place within the same township, the address and the words that say
it, who reported. Everything else is what the rules left.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from shiyu.cases import identity
from shiyu.cases.actions.taking import receipt_hash
from shiyu.cases.bulk.columns import UTC_TIME, numbered, salted
from shiyu.cases.bulk.words import cut_many
from shiyu.history.kaifeng.stories import receipt_of
from shiyu.history.large.ground import Ground, Spots
from shiyu.history.large.patterns import CASES, DAY, NONE, PLACE, REPORT, TABLES, Patterns
from shiyu.history.large.plan import SECOND_US, WEEK_US, Draw
from shiyu.history.large.residents import Residents
from shiyu.history.large.weeks import Numbers

SOURCE = "demo"
MARKED = re.compile(r'"@(report|place|day|case)(\d*)"')
COUNTED = ("cases", "lines", "remarks", "parts", "checks", "ratings", "photos", "named")
WRITES: dict[str, tuple[str, ...]] = {
    "journal_line": (
        "id",
        "occurred_at",
        "subject",
        "verb",
        "actor",
        "facts",
        "remark_id",
        "commitment",
    ),
    "journal_remark": ("id", "subject", "text", "salt", "author", "written_at"),
    "cases_case": (
        "id",
        "number",
        "direction",
        "channel",
        "stage",
        "outcome",
        "round",
        "kind_id",
        "standard_id",
        "procedure_id",
        "place_id",
        "place_number",
        "lon",
        "lat",
        "address",
        "centre_id",
        "parent_id",
        "merged_into_id",
        "reported_at",
        "taken_in_at",
        "last_at",
        "closed_at",
        "fixed_due_at",
        "clock",
        "due_at",
        "yellow_at",
        "paused",
        "resumes_on",
        "awaits",
        "version",
    ),
    "cases_report": (
        "id",
        "case_id",
        "source",
        "source_ref",
        "receipt",
        "remark_id",
        "reported_at",
        "by_person_id",
    ),
    "cases_reporter": ("id", "report_id", "key", "sealed", "found_by"),
    "cases_assignment": (
        "id",
        "case_id",
        "unit_id",
        "lead",
        "state",
        "sent_at",
        "opened_at",
        "signed_at",
        "handled_at",
        "due_at",
        "yellow_at",
        "paused",
        "exempted",
    ),
    "cases_check": ("id", "case_id", "kind", "opened_at", "done_at", "passed", "done_by_id"),
    "cases_rating": ("id", "report_id", "round", "solved", "satisfaction", "remark_id", "rated_at"),
    "files_photo": (
        "id",
        "public_id",
        "subject",
        "role",
        "sha256",
        "width",
        "height",
        "bytes",
        "added_by",
        "added_at",
    ),
    "cases_found": ("case_id", "words"),
}
"""The columns of each table; a new one fails a test until it is written here or left alone."""
Frames = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Written:
    """What all copies have in common: the city's zone and prefix, names, residents, the hour."""

    zone: str
    prefix: str
    kinds: Mapping[int, str]
    places: Mapping[int, str]
    residents: Residents
    seed: int
    taken_in: datetime


def counts_of(patterns: Patterns) -> dict[str, Numbers]:
    """How many rows of each kind every life has."""
    lives = patterns.groups.height
    found = {
        name: np.bincount(patterns.tables[name]["g"].to_numpy(), minlength=lives)
        for name in ("parts", "checks", "ratings", "photos")
    }
    own = ("cases", "lines", "remarks", "named")
    return found | {name: patterns.groups[name].to_numpy() for name in own}


def spread(first: Numbers, count: Numbers) -> tuple[Numbers, Numbers]:
    """The rows of several stretches one after another, and of which stretch each is."""
    of = np.repeat(np.arange(len(count)), count)
    before = np.cumsum(count) - count
    return np.arange(len(of)) - before[of] + first[of], of


class Copies:
    """Makes the rows of lives, one transaction's at a time."""

    def __init__(self, patterns: Patterns, ground: Ground, about: Written) -> None:
        self.patterns, self.ground, self.about = patterns, ground, about
        lives = np.arange(patterns.groups.height + 1)
        self._starts = {
            name: np.searchsorted(table["g"].to_numpy(), lives)
            for name, table in patterns.tables.items()
            if "g" in TABLES[name]
        }

    def frames(self, drawn: Draw, ids: Mapping[str, int], *, chunk: int) -> Frames:
        """The rows of some lives, by table.

        ids    the first id of each kind; "number" the first case number, "named" how many
               reports with a name came before.
        chunk  which transaction: what is drawn depends on the seed and on it alone.
        """
        return _Chunk(self, drawn, ids, np.random.default_rng((self.about.seed, chunk))).all()

    def rows(self, name: str, g: Numbers) -> tuple[pl.DataFrame, Numbers]:
        """The rows of one table for these lives, and of which life each is."""
        starts = self._starts[name]
        rows, of = spread(starts[g], starts[g + 1] - starts[g])
        return self.patterns.tables[name][rows], of


class _Chunk:
    """One transaction's lives: everything about one case is found by its number in it."""

    def __init__(
        self, copies: Copies, drawn: Draw, ids: Mapping[str, int], chance: np.random.Generator
    ) -> None:
        self.copies, self.about, self.drawn, self.ids = copies, copies.about, drawn, ids
        self.cases, self.of = copies.rows("cases", drawn.g)
        self.count = self.cases.height
        own = np.bincount(self.of, minlength=len(drawn.g))
        self.first = np.cumsum(own) - own
        self.by_weeks = -drawn.week * WEEK_US
        self.by_all = self.by_weeks + drawn.seconds * SECOND_US
        self.case_id = ids["cases"] + np.arange(self.count)
        self.report_id = ids["reports"] + np.arange(self.count)
        self.spots = self._spots(chance)

    def all(self) -> Frames:
        """The rows of every table; first of all the lines, which others point at."""
        lines, remark_of = self._lines()
        frames = {"journal_line": lines}
        frames["journal_remark"] = _remarks(lines)
        frames["cases_case"] = self._cases()
        frames["cases_report"] = self._reports(remark_of)
        frames["cases_reporter"] = self._reporters()
        frames["cases_assignment"] = self._parts()
        frames["cases_check"] = self._checks()
        frames["cases_rating"] = self._ratings(remark_of)
        frames["files_photo"] = self._photos()
        frames["cases_found"] = self._found()
        found = {table: rows.select(WRITES[table]) for table, rows in frames.items()}
        return found | {"facts": self._facts()}

    def _spots(self, chance: np.random.Generator) -> Spots:
        """Another cell for each life that may move, the same for all its cases."""
        cases, ground = self.cases, self.copies.ground
        told = cases["cell"].to_numpy()
        moved = np.flatnonzero((told >= 0) & ~self.drawn.as_is[self.of])
        chosen = chance.random(len(self.drawn.g))[self.of[moved]]
        cells = ground.another(told[moved], chosen)
        lon, lat = (cases[name].to_numpy(writable=True) for name in ("lon", "lat"))
        lon[moved], lat[moved] = ground.points(cells, chance)
        place, number = (cases[name].to_numpy(writable=True) for name in ("place", "place_number"))
        place[moved], number[moved] = ground.place[cells], ground.number[cells]
        address = cases["address"].scatter(moved, ground.addresses(cells, chance))
        address = pl.Series("address", address).zip_with(cases["address"] != "", cases["address"])
        names = [self.about.places[one] for one in place.tolist()]
        return Spots(place, number, pl.Series(names, dtype=pl.String), lon, lat, address)

    def _lines(self) -> tuple[pl.DataFrame, pl.Series]:
        """The journal's lines in the order of time, words beside them; and each line's remark."""
        rows, of = self.copies.rows("lines", self.drawn.g)
        at = rows["at"].to_numpy() + self.by_all[of]
        order = np.argsort(at, kind="stable")
        rows, of, at = rows[order], of[order], at[order]
        subject = self.first[of] + rows["pos"].to_numpy()
        teller = self.first[of] + rows["teller"].to_numpy()
        said = self._texts(rows, teller)
        spoken = said.is_not_null().to_numpy()
        remark = np.where(spoken, self.ids["remarks"] + np.cumsum(spoken) - 1, 0)
        salt, sealed = salted(said.fill_null(""))
        remark_of = np.zeros(len(order), dtype=np.int64)
        remark_of[order] = remark
        lines = pl.DataFrame(
            {
                "id": self.ids["lines"] + np.arange(len(order)),
                "occurred_at": _times(at),
                "subject": _named("case", self.case_id[subject]),
                "verb": rows["verb"],
                "actor": self._actors(rows["actor"], teller),
                "facts": self._facts_of(rows, subject, teller, of),
                "remark_id": _or_none(remark),
                "commitment": sealed,
                "text": said,
                "salt": salt,
            }
        )
        return lines, _or_none(remark_of)

    def _texts(self, rows: pl.DataFrame, teller: Numbers) -> pl.Series:
        """What was said with each line; a report says its address."""
        address = self.spots.address.gather(teller)
        tail = (address + rows["after"]).fill_null("")
        return rows["said"] + tail

    def _actors(self, actors: pl.Series, teller: Numbers) -> pl.Series:
        """Who made each line; whoever reported by the report's id."""
        return actors.zip_with(actors != "", _named("receipt", self.report_id[teller]))

    def _facts_of(
        self, rows: pl.DataFrame, subject: Numbers, teller: Numbers, of: Numbers
    ) -> pl.Series:
        """What each line holds, its open places filled."""
        days = rows["day"].to_numpy().astype(float)
        days = np.where(np.isnan(days), 0, days).astype(np.int64) - 7 * self.drawn.week[of]
        known = {
            REPORT: pl.Series(self.report_id[teller]).cast(pl.String),
            PLACE: pl.Series(self.spots.place[subject]).cast(pl.String),
            DAY: '"' + pl.Series(days).cast(pl.Int32).cast(pl.Date).dt.to_string("%Y-%m-%d") + '"',
        }
        first, second = (_filled(rows[name], known) for name in ("first", "second"))
        facts = rows["a"] + first + rows["b"] + second + rows["c"]
        named = np.flatnonzero(rows["kind"].to_numpy() == CASES)
        if not len(named):
            return facts
        return facts.scatter(
            named, [self._naming(facts[at], known, at, of) for at in named.tolist()]
        )

    def _naming(self, facts: str, known: Mapping[int, pl.Series], at: int, of: Numbers) -> str:
        """The facts of a line that names other cases of its life."""
        kinds = {"report": REPORT, "place": PLACE, "day": DAY}

        def fill(found: re.Match[str]) -> str:
            if found[1] == "case":
                return str(self.case_id[self.first[of[at]] + int(found[2])])
            return str(known[kinds[found[1]]][at])

        return MARKED.sub(fill, facts)

    def _cases(self) -> pl.DataFrame:
        cases, of = self.cases, self.of
        same, spots = ("direction", "channel", "stage", "outcome", "round", "clock"), self.spots
        found = {name: cases[name] for name in (*same, "paused", "awaits", "version")}
        found |= {f"{name}_id": cases[name] for name in ("kind", "standard", "procedure", "centre")}
        reported = self._acts(cases["reported"])
        days = cases["resumes"] - pl.Series(7 * self.drawn.week[of])
        return pl.DataFrame(
            found
            | {
                "id": self.case_id,
                "number": numbered(
                    reported,
                    pl.Series(self.ids["number"] + np.arange(self.count)),
                    self.about.prefix,
                    self.about.zone,
                ),
                "place_id": spots.place,
                "place_number": spots.number,
                "lon": pl.Series(spots.lon).fill_nan(None),
                "lat": pl.Series(spots.lat).fill_nan(None),
                "address": spots.address,
                "parent_id": self._others(cases["parent"]),
                "merged_into_id": self._others(cases["merged"]),
                "reported_at": reported,
                "taken_in_at": pl.Series([self.about.taken_in] * self.count, dtype=UTC_TIME),
                "last_at": self._acts(cases["last"]),
                "closed_at": self._acts(cases["closed"]),
                "fixed_due_at": pl.Series([None] * self.count, dtype=UTC_TIME),
                "due_at": self._dues(cases["due"], of),
                "yellow_at": self._dues(cases["yellow"], of),
                "resumes_on": days.cast(pl.Int32).cast(pl.Date),
            }
        )

    def _reports(self, remark_of: pl.Series) -> pl.DataFrame:
        cases = self.cases
        firsts = self._first_lines() + cases["report_line"].to_numpy()
        holder = self.first[self.of] + cases["holder"].to_numpy()
        receipts = [
            receipt_hash(receipt_of(number)) if given else None
            for number, given in zip(
                self.report_id.tolist(), cases["receipt"].to_list(), strict=True
            )
        ]
        return pl.DataFrame(
            {
                "id": self.report_id,
                "case_id": self.case_id[holder],
                "source": [SOURCE] * self.count,
                "source_ref": pl.Series(self.report_id).cast(pl.String),
                "receipt": pl.Series(receipts, dtype=pl.String),
                "remark_id": remark_of.gather(firsts),
                "reported_at": self._acts(cases["reported"]),
                "by_person_id": cases["by_person"],
            }
        )

    def _reporters(self) -> pl.DataFrame:
        """Who reported: one of the city's residents, closed with a key of their own."""
        named = np.flatnonzero(self.cases["named"].to_numpy())
        residents = self.about.residents
        who = residents.who(self.ids["named_before"] + np.arange(len(named)))
        reports = self.report_id[named].tolist()
        called = residents.called(who)
        closed = [
            identity.close(name, phone, report=report)
            for (name, phone), report in zip(called, reports, strict=True)
        ]
        return pl.DataFrame(
            {
                "id": self.ids["reporters"] + np.arange(len(named)),
                "report_id": self.report_id[named],
                "key": _bytes([one.key for one in closed]),
                "sealed": _bytes([one.sealed for one in closed]),
                "found_by": _bytes([one.found_by for one in closed]),
            }
        )

    def _parts(self) -> pl.DataFrame:
        rows, of = self.copies.rows("parts", self.drawn.g)
        times = {"sent": "sent_at", "opened": "opened_at", "signed": "signed_at"}
        times |= {"handled": "handled_at"}
        found = {column: self._moved(rows[name], of) for name, column in times.items()}
        found |= {f"{name}_at": self._dues(rows[name], of) for name in ("due", "yellow")}
        found |= {name: rows[name] for name in ("lead", "state", "paused", "exempted")}
        return pl.DataFrame(
            found
            | {
                "id": self.ids["parts"] + np.arange(rows.height),
                "case_id": self._case_of(rows, of),
                "unit_id": rows["unit"],
            }
        )

    def _checks(self) -> pl.DataFrame:
        rows, of = self.copies.rows("checks", self.drawn.g)
        return pl.DataFrame(
            {
                "id": self.ids["checks"] + np.arange(rows.height),
                "case_id": self._case_of(rows, of),
                "kind": rows["kind"],
                "opened_at": self._moved(rows["opened"], of),
                "done_at": self._moved(rows["done"], of),
                "passed": rows["passed"],
                "done_by_id": rows["by"],
            }
        )

    def _ratings(self, remark_of: pl.Series) -> pl.DataFrame:
        rows, of = self.copies.rows("ratings", self.drawn.g)
        lines = self._lines_before()[of] + rows["line"].to_numpy()
        case = self.first[of] + rows["pos"].to_numpy()
        return pl.DataFrame(
            {
                "id": self.ids["ratings"] + np.arange(rows.height),
                "report_id": self.report_id[case],
                "round": rows["round"],
                "solved": rows["solved"],
                "satisfaction": rows["satisfaction"],
                "remark_id": remark_of.gather(lines),
                "rated_at": self._moved(rows["at"], of),
            }
        )

    def _photos(self) -> pl.DataFrame:
        rows, of = self.copies.rows("photos", self.drawn.g)
        case = self.first[of] + rows["pos"].to_numpy()
        drawn = secrets.token_hex(16 * rows.height)
        same = {name: rows[name] for name in ("role", "sha256", "width", "height", "bytes")}
        return pl.DataFrame(
            same
            | {
                "id": self.ids["photos"] + np.arange(rows.height),
                "public_id": [drawn[at : at + 32] for at in range(0, len(drawn), 32)],
                "subject": _named("case", self.case_id[case]),
                "added_by": self._actors(rows["actor"], case),
                "added_at": pl.Series([self.about.taken_in] * rows.height, dtype=UTC_TIME),
            }
        )

    def _found(self) -> pl.DataFrame:
        """The words of `search.words_of`: kind, address, place, and what was said."""
        cases, kinds = self.cases, self.about.kinds
        kind = pl.Series([kinds.get(one, "") for one in cases["kind"].to_list()], dtype=pl.String)
        said = cases["said_before"] + (self.spots.address + cases["said_after"]).fill_null("")
        text = kind + " " + self.spots.address + " " + self.spots.name + " " + said.fill_null("")
        return pl.DataFrame({"case_id": self.case_id, "words": cut_many(text)})

    def _facts(self) -> pl.DataFrame:
        """The daily facts of these cases, added up."""
        rows, of = self.copies.rows("facts", self.drawn.g)
        case, cases = self.first[of] + rows["pos"].to_numpy(), self.cases
        day = rows["day"].to_numpy() - 7 * self.drawn.week[of]
        same = {name: rows[name] for name in ("measure", "outcome", "judged", "missed", "total")}
        table = pl.DataFrame(
            same
            | {
                "n": rows["n"],
                "day": pl.Series(day).cast(pl.Int32),
                "place_id": pl.Series(self.spots.place[case]).cast(pl.Int32),
                "unit_id": rows["unit"].cast(pl.Int32),
                "kind_id": cases["kind"].gather(case).fill_null(0).cast(pl.Int32),
                "channel": cases["channel"].gather(case),
            }
        )
        return added_up(table)

    def _acts(self, times: pl.Series) -> pl.Series:
        return self._moved(times, self.of)

    def _moved(self, times: pl.Series, of: Numbers) -> pl.Series:
        """When something was done: so many weeks earlier, some seconds within the minute."""
        return (times + pl.Series(self.by_all[of])).cast(UTC_TIME)

    def _dues(self, times: pl.Series, of: Numbers) -> pl.Series:
        """What the calendars say: whole minutes, so many weeks earlier."""
        return (times + pl.Series(self.by_weeks[of])).cast(UTC_TIME)

    def _others(self, places: pl.Series) -> pl.Series:
        """The ids of other cases of the same life."""
        return places + pl.Series(self.case_id[0] + self.first[self.of])

    def _case_of(self, rows: pl.DataFrame, of: Numbers) -> Numbers:
        found: Numbers = self.case_id[self.first[of] + rows["pos"].to_numpy()]
        return found

    def _lines_before(self) -> Numbers:
        """For each life how many lines those before it have, in this transaction."""
        lines = self.copies.patterns.groups["lines"].to_numpy()[self.drawn.g]
        return np.cumsum(lines) - lines

    def _first_lines(self) -> Numbers:
        return self._lines_before()[self.of]


KEY = ("day", "measure", "place_id", "unit_id", "kind_id", "channel", "outcome")
FIGURES = ("n", "judged", "missed", "total")


def added_up(facts: pl.DataFrame) -> pl.DataFrame:
    """Facts by their key, those that come to nothing left out."""
    summed = facts.group_by(KEY).agg(pl.col(name).sum() for name in FIGURES)
    return summed.filter(pl.any_horizontal(pl.col(name) != 0 for name in FIGURES))


def _remarks(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.filter(pl.col("remark_id").is_not_null()).select(
        pl.col("remark_id").alias("id"),
        "subject",
        "text",
        "salt",
        pl.col("actor").alias("author"),
        pl.col("occurred_at").alias("written_at"),
    )


def _times(values: Numbers) -> pl.Series:
    return pl.Series(values).cast(UTC_TIME)


def _named(kind: str, ids: Numbers) -> pl.Series:
    """The journal's names of records: "case:12"."""
    return f"{kind}:" + pl.Series(ids).cast(pl.String)


def _or_none(ids: npt.NDArray[np.int64]) -> pl.Series:
    """Ids, null where there is none."""
    found = pl.Series(ids)
    return found.set(found == 0, None)


def _filled(slots: pl.Series, known: Mapping[int, pl.Series]) -> pl.Series:
    """What stands in an open place of each line; nothing where there is none."""
    codes, found = slots.to_numpy(), pl.Series([""] * len(slots), dtype=pl.String)
    for code in np.unique(codes[codes != NONE]).tolist():
        found = known[code].zip_with(slots == code, found)
    return found


def _bytes(values: list[bytes] | list[bytes | None]) -> pl.Series:
    """Bytes as the database reads them in a text."""
    said = [None if value is None else f"\\x{value.hex()}" for value in values]
    return pl.Series(said, dtype=pl.String)


def now_utc() -> datetime:
    return datetime.now(UTC)
