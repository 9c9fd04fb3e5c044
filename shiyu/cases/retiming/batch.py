"""New times for a batch of cases and their parts under given calendars (一批案件的时限)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from shiyu.calendars.rules import Calendars
from shiyu.cases import timing
from shiyu.cases.clock import Workday
from shiyu.cases.models import Case
from shiyu.cases.retiming.columns import Cases, Numbers, Parts, Times
from shiyu.cases.retiming.reckoning import (
    NEVER,
    ON,
    Clocks,
    Minutes,
    budget_of,
    fixed_and_yellow,
    reached,
)
from shiyu.cases.retiming.shapes import NO_UNIT, STILL, Kept, Shape, shape_of
from shiyu.catalogue.models import Procedure, Standard
from shiyu.common.worktime import Allowance, Limit, Timeline, WorkCalendar

MINUTE = 60_000_000
WORKING = ("sent", "signed")
FIXED_HANDLING = -2
NO_LIMIT = -1


@dataclass(slots=True)
class Terms:
    """Calendars, and the limits of every procedure and standard met so far.

    Kept from batch to batch: limits that are the same are reckoned together.
    """

    calendars: Calendars
    limits: list[tuple[Allowance, Workday]] = field(default_factory=list)
    _known: dict[tuple[Allowance, Workday], int] = field(default_factory=dict)
    _of: dict[tuple[int, int | None], dict[str, int]] = field(default_factory=dict)
    _procedures: dict[int, Procedure] = field(default_factory=dict)

    def of(self, procedure: int, standard: int | None) -> dict[str, int]:
        """For each clock that is kept, the number of its limit; see `read`."""
        return self._of[procedure, standard]

    def calendar(self, number: int) -> WorkCalendar:
        """The city's (0), or that of a unit by its id."""
        return self.calendars.for_unit(number or None)

    def learn(self, procedure: Procedure, standard: Standard | None) -> dict[str, int]:
        """Take in the limits of cases under this procedure and standard."""
        self._procedures[procedure.pk] = procedure
        found = timing.allowances_of(Case(procedure=procedure, standard=standard))
        workday = Workday(procedure.workday)
        numbers = {name: self._number(limit, workday) for name, limit in found.items()}
        self._of[procedure.pk, standard.pk if standard else None] = numbers
        return numbers

    def read(self, pairs: Iterable[tuple[int, int | None]]) -> None:
        """Take in the limits under these procedures and standards, of those not yet met."""
        new = set(pairs) - self._of.keys()
        if not new:
            return
        unknown = {procedure for procedure, _standard in new} - self._procedures.keys()
        self._procedures |= Procedure.objects.in_bulk(unknown)
        standards = Standard.objects.in_bulk({s for _p, s in new if s is not None})
        for procedure, standard in new:
            chosen = None if standard is None else standards[standard]
            self.learn(self._procedures[procedure], chosen)

    def _number(self, limit: Limit, workday: Workday) -> int:
        assert isinstance(limit, Allowance)
        key = (limit, workday)
        if key not in self._known:
            self._known[key] = len(self.limits)
            self.limits.append(key)
        return self._known[key]


@dataclass(slots=True)
class _Flat:
    """Every clock of a batch that has not ended, whose it is, and under which limit."""

    case: Numbers
    unit: Numbers
    handling: np.ndarray[tuple[int], np.dtype[np.bool_]]
    limit: Numbers
    first: Minutes
    clocks: Clocks


def reckon(cases: Cases, parts: Parts, terms: Terms) -> tuple[Times, Times]:
    """What the due times of these cases and of their parts come to."""
    flat = _flatten(cases, terms)
    due, yellow = _reckoned(flat, cases, terms)
    part_of = _find_parts(flat, parts)
    of_parts = _empty(len(parts.ids))
    mine = part_of >= 0
    of_parts.due[part_of[mine]], of_parts.yellow[part_of[mine]] = due[mine], yellow[mine]
    of_parts.paused[part_of[mine]] = ~flat.clocks.running[mine]
    return _of_cases(cases, flat, due, yellow, _shows(flat, parts, part_of)), of_parts


def _flatten(cases: Cases, terms: Terms) -> _Flat:
    groups: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(cases.stages, cases.stories, strict=True)):
        groups.setdefault(key, []).append(row)
    shapes = {key: shape_of(*key) for key in groups}
    most = max((len(c.spans) for s in shapes.values() for c in s.clocks), default=0)
    limits = _limits(cases, terms)
    pieces = []
    for key, rows in groups.items():
        shape = shapes[key]
        if shape.clocks:
            at = _minutes(cases, rows, shape)
            pieces += [
                _piece(kept, shape, np.array(rows), at, most, limits) for kept in shape.clocks
            ]
    if not pieces:
        none = np.zeros(0, dtype=np.int64)
        clocks = Clocks(none, none > 0, none, np.zeros((0, 1), int), np.zeros((0, 1), int))
        return _Flat(none, none, none > 0, none, none, clocks)
    return _joined(pieces)


def _limits(cases: Cases, terms: Terms) -> dict[str, Numbers]:
    """By name of a clock, the number of its limit in every case."""
    pairs = list(zip(cases.procedures, cases.standards, strict=True))
    terms.read(pairs)
    given = [terms.of(procedure, standard) for procedure, standard in pairs]
    names = {name for limits in given for name in limits} | {"handling"}
    found = {
        name: np.array([limits.get(name, NO_LIMIT) for limits in given], dtype=np.int64)
        for name in names
    }
    found["handling"][cases.fixed != NEVER] = FIXED_HANDLING
    return found


def _minutes(cases: Cases, rows: Sequence[int], shape: Shape) -> Minutes:
    """When the lines of these cases were, a row for each case."""
    text = " ".join(cases.minutes[row] for row in rows)
    return np.array(text.split(), dtype=np.int64).reshape(len(rows), shape.lines)


def _piece(
    kept: Kept,
    shape: Shape,
    rows: Numbers,
    at: Minutes,
    most: int,
    limits: dict[str, Numbers],
) -> _Flat:
    starts = np.zeros((len(rows), max(most, 1)), dtype=np.int64)
    ends = np.zeros_like(starts)
    for column, (start, end) in enumerate(kept.spans):
        starts[:, column] = at[:, start]
        ends[:, column] = ON if end == STILL else at[:, end]
    clocks = Clocks(
        at[:, kept.started],
        np.full(len(rows), kept.running),
        np.full(len(rows), kept.extensions, dtype=np.int64),
        starts,
        ends,
    )
    limit = limits[kept.name][rows] if kept.name in limits else np.full(len(rows), NO_LIMIT)
    handling = np.full(len(rows), kept.name == "handling")
    unit = np.full(len(rows), kept.unit, dtype=np.int64)
    return _Flat(rows, unit, handling, limit, at[:, kept.first], clocks)


def _joined(pieces: Sequence[_Flat]) -> _Flat:
    def join(*columns: Numbers) -> Numbers:
        return np.concatenate(columns)

    clocks = Clocks(
        join(*(p.clocks.started for p in pieces)),
        np.concatenate([p.clocks.running for p in pieces]),
        join(*(p.clocks.extensions for p in pieces)),
        join(*(p.clocks.starts for p in pieces)),
        join(*(p.clocks.ends for p in pieces)),
    )
    flat = _Flat(
        join(*(p.case for p in pieces)),
        join(*(p.unit for p in pieces)),
        np.concatenate([p.handling for p in pieces]),
        join(*(p.limit for p in pieces)),
        join(*(p.first for p in pieces)),
        clocks,
    )
    kept = np.flatnonzero(flat.limit != NO_LIMIT)
    return _Flat(
        flat.case[kept],
        flat.unit[kept],
        flat.handling[kept],
        flat.limit[kept],
        flat.first[kept],
        clocks.of(kept),
    )


def _reckoned(flat: _Flat, cases: Cases, terms: Terms) -> tuple[Minutes, Minutes]:
    """Due and yellow times in microseconds: all clocks that count the same time together."""
    due = np.full(len(flat.case), NEVER, dtype=np.int64)
    yellow = due.copy()
    budget = np.zeros(len(due), dtype=np.int64)
    rows_of: dict[int, tuple[Timeline, list[Numbers]]] = {}
    for limit, keeper, rows in _alike(flat, terms):
        if limit == FIXED_HANDLING:
            given = cases.fixed[flat.case[rows]] // MINUTE
            due[rows], yellow[rows] = fixed_and_yellow(flat.clocks.of(rows), given)
            continue
        allowance, workday = terms.limits[limit]
        days = terms.calendar(keeper)
        started, extensions = flat.clocks.started[rows], flat.clocks.extensions[rows]
        budget[rows] = budget_of(started, extensions, allowance, days, workday)
        timeline = days.timeline(allowance)
        rows_of.setdefault(id(timeline), (timeline, []))[1].append(rows)
    for timeline, pieces in rows_of.values():
        rows = np.concatenate(pieces)
        due[rows], yellow[rows] = reached(flat.clocks.of(rows), budget[rows], timeline)
    return _in_microseconds(due), _in_microseconds(yellow)


def _alike(flat: _Flat, terms: Terms) -> Iterator[tuple[int, int, Numbers]]:
    """Clocks by their limit and by whose calendar they keep (the city's: 0)."""
    if not len(flat.case):
        return
    own = np.isin(flat.unit, list(terms.calendars.of_units)) & (flat.unit != NO_UNIT)
    calendar = np.where(own, flat.unit, 0)
    order = np.lexsort((calendar, flat.limit))
    limits, keepers = flat.limit[order], calendar[order]
    turns = np.flatnonzero((np.diff(limits) != 0) | (np.diff(keepers) != 0)) + 1
    for rows in np.split(order, turns):
        yield int(flat.limit[rows[0]]), int(calendar[rows[0]]), rows


def _in_microseconds(minutes: Minutes) -> Numbers:
    found = minutes.copy()
    found[minutes != NEVER] *= MINUTE
    return found


def _find_parts(flat: _Flat, parts: Parts) -> Numbers:
    """For every handling clock the row of its part, -1 where there is none."""
    found = np.full(len(flat.case), -1, dtype=np.int64)
    if not len(parts.ids) or not len(flat.case):
        return found
    wide = int(max(parts.units.max(), flat.unit.max())) + 1
    keys = parts.case * wide + parts.units
    order = np.argsort(keys)
    asked = flat.case * wide + flat.unit
    at = np.minimum(np.searchsorted(keys, asked, sorter=order), len(keys) - 1)
    there = (keys[order[at]] == asked) & flat.handling
    found[there] = order[at][there]
    return found


def _shows(flat: _Flat, parts: Parts, part_of: Numbers) -> Numbers:
    """The clocks that may decide a case's time: of its stage, of units still at work."""
    working = np.array([state in WORKING for state in parts.states] + [False])
    return np.flatnonzero(~flat.handling | working[part_of])


def _of_cases(cases: Cases, flat: _Flat, due: Numbers, yellow: Numbers, shown: Numbers) -> Times:
    """The earliest due time of the clocks each case shows; then the unit that started first."""
    stage_clock = [timing.CLOCK_OF.get(stage, "") == "handling" for stage in cases.stages]  # type: ignore[call-overload]
    handles = np.array(stage_clock, dtype=bool)
    shown = shown[flat.handling[shown] == handles[flat.case[shown]]]
    times = _empty(len(cases))
    if len(shown):
        case = flat.case[shown]
        by_due = np.where(due[shown] == NEVER, ON, due[shown])
        order = np.lexsort((_spelling(flat.unit[shown]), flat.first[shown], by_due, case))
        ones, at = np.unique(case[order], return_index=True)
        chosen = shown[order[at]]
        times.due[ones], times.yellow[ones] = due[chosen], yellow[chosen]
        times.yellow[ones[due[chosen] == NEVER]] = NEVER
        times.paused[case] = True
        times.paused[case[flat.clocks.running[shown]]] = False
    _take_given(cases, times)
    return times


def _spelling(units: Numbers) -> Numbers:
    """The order of units as words, which is how the clock sorts them."""
    known, back = np.unique(units, return_inverse=True)
    ranks = np.argsort(np.argsort(np.array([str(unit) for unit in known.tolist()])))
    return ranks[back]


def _take_given(cases: Cases, times: Times) -> None:
    """What has no running clock is due when its source says so (see timing.refresh)."""
    rows = np.flatnonzero((times.due == NEVER) & (cases.fixed != NEVER) & ~times.paused)
    start, due = cases.reported[rows], cases.fixed[rows]
    threefold = 3 * np.maximum(due - start, 0)
    whole, rest = threefold // 4, threefold % 4
    times.due[rows] = due
    times.yellow[rows] = start + whole + ((rest == 3) | ((rest == 2) & (whole % 2 == 1)))


def _empty(length: int) -> Times:
    none = np.full(length, NEVER, dtype=np.int64)
    return Times(none, none.copy(), np.zeros(length, dtype=bool))
