"""Lives that passed the rules, as columns: what is written of each, but for its own ids (样本).

A life is a group of cases that name each other, mostly one. Times are microseconds since 1970.
What is not the same in each copy (ids, the place, what it is called) is left open here.
"""

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from django.db import models

from shiyu.cases.bulk.past import REPORTER, Past, Told
from shiyu.cases.bulk.writer import owed_by
from shiyu.cases.lifecycle import FINAL
from shiyu.cases.story import facts_of, plain
from shiyu.facts.counting import Counting

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_ZERO = date(1970, 1, 1)
US = timedelta(microseconds=1)
NONE, REPORT, PLACE, DAY, CASES = range(5)
"""What stands in an open place of a line's facts."""
SLOTS = {"@report": REPORT, "@place": PLACE, "@day": DAY}
OPEN_PLACE = re.compile(r'"(@report|@place|@day)"')
A_DATE = re.compile(r"\d{4}-\d\d-\d\d")

N, S, B = pl.Int64, pl.String, pl.Boolean
TABLES: dict[str, dict[str, Any]] = {
    "groups": {"first": N, "last": N, "begins": N, "ends": N, "early": N, "late": N}
    | {"cases": N, "lines": N, "remarks": N, "named": N, "ended": B, "movable": B},
    "cases": {"g": N, "pos": N, "direction": S, "channel": S, "stage": S, "outcome": S}
    | {"round": N, "kind": N, "standard": N, "procedure": N, "cell": N, "place": N}
    | {"place_number": N, "lon": pl.Float64, "lat": pl.Float64, "address": S, "centre": N}
    | {"parent": N, "merged": N, "holder": N, "reported": N, "last": N, "closed": N, "clock": S}
    | {"due": N, "yellow": N, "paused": B, "resumes": N, "awaits": S, "version": N}
    | {"by_person": N, "receipt": B, "named": B, "report_line": N}
    | {"said_before": S, "said_after": S},
    "lines": {"g": N, "pos": N, "teller": N, "at": N, "verb": S, "actor": S, "kind": N}
    | {"a": S, "b": S, "c": S, "first": N, "second": N, "day": N, "said": S, "after": S},
    "parts": {"g": N, "pos": N, "unit": N, "lead": B, "state": S, "sent": N, "opened": N}
    | {"signed": N, "handled": N, "due": N, "yellow": N, "paused": B, "exempted": B},
    "checks": {"g": N, "pos": N, "kind": S, "opened": N, "done": N, "passed": B, "by": N},
    "ratings": {"g": N, "pos": N, "round": N, "solved": S, "satisfaction": N, "at": N}
    | {"line": N},
    "photos": {"g": N, "pos": N, "role": S, "sha256": S, "width": N, "height": N, "bytes": N}
    | {"actor": S},
    "facts": {"g": N, "pos": N, "day": N, "measure": S, "unit": N, "outcome": S, "n": N}
    | {"judged": N, "missed": N, "total": N},
}
"""The columns of each table; `g` is the life's number, `pos` the case's place in it."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """Lives as columns (样本), each table in the order of its lives."""

    tables: dict[str, pl.DataFrame]

    def __getattr__(self, name: str) -> pl.DataFrame:
        return self.tables[name]

    def save(self, folder: Path) -> None:
        """Keep them; a folder of this name is whole."""
        draft = folder.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for name, table in self.tables.items():
            table.write_ipc(draft / f"{name}.arrow")
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)

    @classmethod
    def load(cls, folder: Path) -> "Patterns":
        read = (pl.read_ipc(folder / f"{name}.arrow") for name in TABLES)
        return cls(dict(zip(TABLES, read, strict=True)))

    @classmethod
    def joined(cls, several: Iterable["Patterns"]) -> "Patterns":
        """Several as one, their lives numbered on."""
        found: dict[str, list[pl.DataFrame]] = {name: [] for name in TABLES}
        lives = 0
        for one in several:
            for name, table in one.tables.items():
                later = table if name == "groups" else table.with_columns(pl.col("g") + lives)
                found[name].append(later)
            lives += one.groups.height
        return cls({name: pl.concat(tables) for name, tables in found.items()})


class Keeping:
    """Takes lives in, one after another, and gives their columns.

    cells  the number of each place that is a grid cell: copies may lie in another.
    """

    def __init__(self, zone: ZoneInfo, cells: dict[int, int]) -> None:
        self._zone, self._cells = zone, cells
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}

    def patterns(self) -> Patterns:
        """All that was taken in."""
        return Patterns(
            {
                name: pl.DataFrame(rows, schema=TABLES[name], orient="row")
                for name, rows in self._rows.items()
            }
        )

    def take(self, group: list[Past]) -> None:
        """Keep a life that was folded and passed."""
        rows, g = self._rows, len(self._rows["groups"])
        places = {id(past): pos for pos, past in enumerate(group)}
        lines, movable = self._lines(group, places)
        starts = {name: len(rows[name]) for name in ("parts", "checks", "ratings", "cases")}
        lines_of = {id(told): nth for nth, (_row, told) in enumerate(lines)}
        for pos, past in enumerate(group):
            rows["cases"].append(self._case(g, pos, past, places, lines_of))
            rows["parts"] += (_part(g, pos, part) for part in past.parts)
            rows["checks"] += (_check(g, pos, check) for check in past.checks)
            for rating, told in past.ratings:
                at = us(rating.rated_at)
                said = (rating.round, str(rating.solved), rating.satisfaction)
                rows["ratings"].append((g, pos, *said, at, lines_of[id(told)]))
            rows["photos"] += _photos(g, pos, past)
            rows["facts"] += self._facts(g, pos, past)
        rows["lines"] += ((g, *row) for row, _told in lines)
        movable = movable and not any(_in_season(past) for past in group)
        news = {name: rows[name][start:] for name, start in starts.items()}
        rows["groups"].append(self._group(group, lines, news, movable=movable))

    def _group(
        self,
        group: list[Past],
        lines: list[tuple[tuple[Any, ...], Told]],
        news: dict[str, list[tuple[Any, ...]]],
        *,
        movable: bool,
    ) -> tuple[Any, ...]:
        """A life's bounds: its events, its days with all due times, its seconds of the minute."""
        acts = [row[2] for row, _told in lines]
        acts += [at for row in news["parts"] for at in row[5:9] if at is not None]
        acts += [at for row in news["checks"] for at in row[3:5] if at is not None]
        acts += [row[5] for row in news["ratings"]]
        dues = [at for p in group for at in (p.case.due_at, p.case.yellow_at) if at]
        dues += [
            at for p in group for part in p.parts for at in (part.due_at, part.yellow_at) if at
        ]
        until = max([max(acts), *map(us, dues)])
        wakes = [p.case.resumes_on for p in group if p.case.resumes_on]
        days = [self._day(until), *((day - DAY_ZERO).days for day in wakes)]
        seconds = [at % 60_000_000 for at in acts]
        return (
            *(min(acts), max(acts), self._day(min(acts)), max(days)),
            *(min(seconds), max(seconds), len(group), len(lines)),
            sum(1 for row, _told in lines if row[12] is not None),
            sum(1 for past in group if past.name or past.phone),
            all(past.case.stage in FINAL for past in group),
            movable,
        )

    def _day(self, at: int) -> int:
        local = (EPOCH + timedelta(microseconds=at)).astimezone(self._zone).date()
        return (local - DAY_ZERO).days

    def _lines(
        self, group: list[Past], places: dict[int, int]
    ) -> tuple[list[tuple[tuple[Any, ...], Told]], bool]:
        """The life's lines as the bulk writer orders them, and whether it may lie elsewhere."""
        found, movable = [], True
        for past in group:
            for told in past.told:
                found.append((past, past, told))
                if owed := owed_by(past, told):
                    other = past.merged_into if told.step.verb == "merge" else past.parent
                    found.append((past, other or past, owed[0]))
        found.sort(key=lambda entry: entry[2].step.at)
        rows = []
        for teller, subject, told in found:
            row, fits = _line(told, teller, places)
            movable = movable and fits
            rows.append(((places[id(subject)], places[id(teller)], *row), told))
        return rows, movable

    def _case(
        self,
        g: int,
        pos: int,
        past: Past,
        places: dict[int, int],
        lines_of: dict[int, int],
    ) -> tuple[Any, ...]:
        case, holder = past.case, past
        while holder.merged_into is not None:
            holder = holder.merged_into
        before, after = _said(past)
        wakes = (case.resumes_on - DAY_ZERO).days if case.resumes_on else None
        return (
            *(g, pos, str(case.direction), str(case.channel), str(case.stage)),
            *(str(case.outcome), case.round, case.kind_id, case.standard_id, case.procedure_id),
            *(self._cells.get(case.place_id, -1), case.place_id, case.place_number),
            *(case.lon, case.lat, case.address, case.centre_id),
            places[id(past.parent)] if past.parent else None,
            places[id(past.merged_into)] if past.merged_into else None,
            places[id(holder)],
            *(us(case.reported_at), us(case.last_at), _us(case.closed_at), case.clock),
            *(_us(case.due_at), _us(case.yellow_at), case.paused, wakes),
            "{" + ",".join(case.awaits) + "}",
            *(case.version, past.by_person, past.receipt is not None),
            bool(past.name or past.phone),
            lines_of[id(past.told[0])],
            *(before, after),
        )

    def _facts(self, g: int, pos: int, past: Past) -> Iterator[tuple[Any, ...]]:
        for one in Counting(self._zone).entries(past.happened):
            figures = (one.n, one.judged, one.missed, one.total)
            day = (one.day - DAY_ZERO).days
            yield g, pos, day, str(one.measure), one.unit, str(one.outcome), *figures


def us(at: datetime) -> int:
    """A moment in microseconds since 1970."""
    return (at - EPOCH) // US


def _us(at: datetime | None) -> int | None:
    return None if at is None else us(at)


def _line(told: Told, teller: Past, places: dict[int, int]) -> tuple[tuple[Any, ...], bool]:
    """One line: when, verb, actor ("" whoever reported), facts with open places, words."""
    step, day, kind = told.step, None, NONE
    facts = facts_of(step) | {name: _open(v, places) for name, v in told.facts.items()}
    if step.verb in {"report", "rate"}:
        facts = {"report": "@report"} | facts
    if step.verb == "report":
        facts["place"] = "@place"
    if step.verb == "suspend":
        day = (date.fromisoformat(told.facts["until"]) - DAY_ZERO).days
        facts["until"] = "@day"
    text = json.dumps(facts, ensure_ascii=False)
    if "@case" in text:
        kind, pieces = CASES, [text]
    else:
        pieces = OPEN_PLACE.split(text)
    slots = [SLOTS[name] for name in pieces[1::2]] + [NONE, NONE]
    texts = [*pieces[::2], "", ""]
    actor = "" if step.actor == REPORTER else step.actor
    before, after = _said(teller) if step.verb == "report" else (plain(told.words) or None, None)
    fits = not A_DATE.search(text) and len(pieces) <= 5
    return (
        *(us(step.at), step.verb, actor, kind, *texts[:3], *slots[:2], day, before, after),
    ), fits


def _said(past: Past) -> tuple[str | None, str | None]:
    """What was reported, before and after the address in it; None after if it does not say it."""
    words, address = plain(past.told[0].words), past.case.address
    if not words:
        return None, None
    if not address or words.count(address) != 1:
        return words, None
    before, _, after = words.partition(address)
    return before, after


def _open(value: Any, places: dict[int, int]) -> Any:
    """A value of a line's facts; cases of the same life by their place in it."""
    if isinstance(value, Past):
        return f"@case{places[id(value)]}"
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, list):
        return [_open(one, places) for one in value]
    return str(value) if isinstance(value, str) else value


def _part(g: int, pos: int, part: Any) -> tuple[Any, ...]:
    times = (part.sent_at, part.opened_at, part.signed_at, part.handled_at)
    dues = (_us(part.due_at), _us(part.yellow_at), part.paused, part.exempted)
    return g, pos, part.unit_id, part.lead, str(part.state), *map(_us, times), *dues


def _check(g: int, pos: int, check: Any) -> tuple[Any, ...]:
    times = (us(check.opened_at), _us(check.done_at))
    return g, pos, str(check.kind), *times, check.passed, check.done_by_id


def _photos(g: int, pos: int, past: Past) -> Iterator[tuple[Any, ...]]:
    for told in past.told:
        actor = "" if told.step.actor == REPORTER else told.step.actor
        for shown in told.photos:
            kept = shown.picture
            size = (kept.sha256, kept.width, kept.height, kept.bytes)
            yield g, pos, str(shown.role), *size, actor


def _in_season(past: Past) -> bool:
    """Whether its limit counts in a season only: another week may then not count alike."""
    standard = past.case.standard
    return standard is not None and bool(standard.season_first)
