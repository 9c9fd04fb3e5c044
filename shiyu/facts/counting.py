"""What each line of a case counts as (记数).

One entry of the two books: `recount` reads the journal by its own table, and must agree.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shiyu.cases.happened import Happened
from shiyu.facts.measures import Measure as M

DISSATISFIED = 2
"""不满意 and 非常不满意."""


class Entry(NamedTuple):
    """So much to be added to one fact of a case, wherever the case lies."""

    day: date
    measure: str
    unit: int
    outcome: str = ""
    n: int = 1
    judged: int = 0
    missed: int = 0
    total: int = 0


OF_THE_CENTRE = {
    "report": (M.REPORTED, ""),
    "accept": (M.ACCEPTED, "accept"),
    "dismiss": (M.DISMISSED, ""),
    "file": (M.FILED, "filing"),
    "dispatch": (M.DISPATCHED, "dispatch"),
    "recall": (M.RECALLED, ""),
    "verify": (M.VERIFIED, "verify"),
    "merge": (M.MERGED, ""),
    "withdraw": (M.WITHDRAWN, ""),
    "void": (M.VOIDED, ""),
}
"""What the centre does, and the clock that it keeps or misses by it."""
OF_ONE_UNIT = {
    "sign": (M.SIGNED, "sign"),
    "object": (M.OBJECTED, ""),
    "extend": (M.EXTENDED, ""),
    "handle": (M.ANSWERED, ""),
}
NEEDS_ITS_STORY = frozenset({"rate", "exempt", "import_close"})
"""Lines that say too little by themselves: they look back on what went before."""


@dataclass(slots=True)
class Counting:
    """The counting of one case's lines, in their order.

    closer  the unit of the last closing.
    late    the handling that was found late so far: its day and unit.
    """

    zone: ZoneInfo
    source_unit: int = 0
    closer: int = 0
    exempted: set[int] = field(default_factory=set)
    late: list[tuple[date, int]] = field(default_factory=list)

    def entries(self, lines: Iterable[Happened]) -> Iterator[Entry]:
        """What these lines add, each to its own day."""
        for line in lines:
            day = line.at.astimezone(self.zone).date()
            if line.verb in OF_THE_CENTRE:
                measure, clock = OF_THE_CENTRE[line.verb]
                yield Entry(day, measure, line.centre, "", 1, *_judged(line, clock))
            elif line.verb in OF_ONE_UNIT:
                measure, clock = OF_ONE_UNIT[line.verb]
                yield Entry(day, measure, line.facts["unit"], "", 1, *_judged(line, clock))
            if own := OWN.get(line.verb):
                yield from own(self, line, day)

    def report(self, line: Happened, _day: date) -> Sequence[Entry]:
        self.source_unit = line.facts.get("source_unit") or 0
        return ()

    def joined(self, line: Happened, day: date) -> Iterator[Entry]:
        if "report" in line.facts:  # not a case merged into this one
            yield Entry(day, M.JOINED, line.centre)

    def escalate(self, line: Happened, day: date) -> Iterator[Entry]:
        yield Entry(day, M.ESCALATED, line.facts["from"])

    def dispatch(self, line: Happened, day: date) -> Iterator[Entry]:
        for unit in line.facts["units"]:
            yield Entry(day, M.SENT, unit)

    def rework(self, line: Happened, day: date) -> Iterator[Entry]:
        for unit in line.facts.get("units") or line.active:
            yield Entry(day, M.REWORKED, unit)

    def suspend(self, line: Happened, day: date) -> Iterator[Entry]:
        yield Entry(day, M.SUSPENDED, line.lead or 0)

    def urge(self, line: Happened, day: date) -> Iterator[Entry]:
        yield Entry(day, M.URGED, line.lead or 0)

    def verify(self, line: Happened, day: date) -> Iterator[Entry]:
        verdicts = {unit: rest for clock, unit, *rest in _took(line) if clock == "handling"}
        for unit in line.active:
            minutes, late = verdicts.get(unit, (0, None))
            yield Entry(day, M.HANDLED, unit, "", 1, *_figures(minutes, late))
            if late:
                self.late.append((day, unit))
                if unit in self.exempted:
                    yield Entry(day, M.EXEMPTED, unit)

    def exempt(self, line: Happened, _day: date) -> Iterator[Entry]:
        """Counted on the days on which the lateness is, so that the difference is exact there."""
        unit = line.facts["unit"]
        self.exempted.add(unit)
        for day in [day for day, other in self.late if other == unit]:
            yield Entry(day, M.EXEMPTED, unit)

    def close(self, line: Happened, day: date) -> Iterator[Entry]:
        self.closer = line.lead or 0
        yield Entry(day, M.CLOSED, self.closer, line.facts["outcome"], 1, *_judged(line, "case"))

    def settle(self, line: Happened, day: date) -> Iterator[Entry]:
        self.closer = line.facts.get("handled_by_unit") or 0
        yield Entry(day, M.SETTLED, self.closer)
        yield Entry(day, M.CLOSED, self.closer, "fixed", 1, *_judged(line, "case"))

    def import_close(self, line: Happened, day: date) -> Iterator[Entry]:
        self.closer = self.source_unit
        yield Entry(day, M.CLOSED, self.closer, "as_recorded", 1, *_judged(line, "case"))

    def reopen(self, line: Happened, day: date) -> Iterator[Entry]:
        yield Entry(day, M.REOPENED, line.lead or 0)

    def rate(self, line: Happened, day: date) -> Iterator[Entry]:
        level = line.facts["satisfaction"]
        said, bad = int(level is not None), int(level is not None and level <= DISSATISFIED)
        yield Entry(day, M.RATED, self.closer, line.facts["solved"], 1, said, bad, level or 0)


OWN: dict[str, Callable[[Counting, Happened, date], Iterable[Entry]]] = {
    "report": Counting.report,
    "joined": Counting.joined,
    "escalate": Counting.escalate,
    "dispatch": Counting.dispatch,
    "rework": Counting.rework,
    "suspend": Counting.suspend,
    "urge": Counting.urge,
    "verify": Counting.verify,
    "exempt": Counting.exempt,
    "close": Counting.close,
    "settle": Counting.settle,
    "import_close": Counting.import_close,
    "reopen": Counting.reopen,
    "rate": Counting.rate,
}


def _took(line: Happened) -> Sequence[Sequence[Any]]:
    found: Sequence[Sequence[Any]] = line.facts.get("took", ())
    return found


def _judged(line: Happened, clock: str) -> tuple[int, int, int]:
    for name, _unit, minutes, late in _took(line) if clock else ():
        if name == clock:
            return _figures(minutes, late)
    return 0, 0, 0


def _figures(minutes: int, late: bool | None) -> tuple[int, int, int]:
    return int(late is not None), int(bool(late)), minutes
