"""Whose sight the database's own wall goes by: the second wall (第二道墙).

PostgreSQL shows each row only to whom it belongs (row-level security), by one setting,
`shiyu.sight`, of the type `sight`. What stands here is said to the database by
`common/postgresql` inside the transaction of each statement, and is gone with it. Where nothing
is said, a walled table raises or shows nothing.

    with within(sight_of(actor)): ...     as somebody
    with beyond("receipt"): ...           wider than the actor, for a reason of WIDENINGS
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cached_property

SETTING = "shiyu.sight"

WIDENINGS: dict[str, str] = {
    "photos handed over": "what was taken for a draft becomes a case's, just written or joined",
    "same report": "a report of this source and number taken in before, wherever it is now",
    "join": "the open case that a resident's report joins, chosen by its mark among `similar`",
    "record keepers": "administrators erase in any case, and see lengths and counts, no words",
    "of one person": "all that somebody said, wherever it lies: to hand it out, or to erase it",
    "work of a unit": "how much open work a unit has that ends, and its going over to the heirs",
    "places anew": "the numbers that cases carry follow their places; how many a place holds",
    "erased words": "a case is no longer found by words that were erased",
    "those told": "who reported a case or one merged into it is told, wherever that lies",
    "children": "whether a case split off an order is still open, wherever it went",
    "parent": "the order a case was split from: a line in it, its units are told",
    "come back": "the delivery that a provider names in a signed receipt: it arrived, or did not",
    "receipt": "the report of the code that was shown, looked for by its SHA-256",
    "published": "Open311: kind, stage, unit, community, times; never words, photos, names",
    "similar": "open cases of a kind close to a resident's draft: kind, stage and day",
    "often reported": "which kinds were reported most of late: kinds alone are shown",
    "proof": "the line of a receipt's report, also in a case that was merged into its case",
    "restored": "lines of a restored city lose transaction ids that mean nothing there",
    "feed": "changes on their way to streams, each of which is asked `may_know` before",
    "command line": "an operator's command: shiyu verify, import, demo and the like",
    "tests": "what a test itself prepares and looks at, outside any request",
}
"""Every reason for which more is seen than the actor sees: where, and what for."""


@dataclass(frozen=True)
class Sight:
    """What of the records is seen: all, or some places, holders, persons, cases (视野).

    places   first and last numbers of subtrees.
    holders  units, persons, keys and reports that take part in cases: see `holder`.
    person   whose own things (notices, saved views); 0 for nobody's.
    cases    single cases, e.g. the one of a receipt.
    """

    everything: bool = False
    places: tuple[tuple[int, int], ...] = ()
    holders: frozenset[int] = frozenset()
    person: int = 0
    cases: frozenset[int] = frozenset()

    @cached_property
    def said(self) -> bytes:
        """As the setting's value, quoted: numbers and signs of our own only."""
        places = ",".join(f"[{first},{last + 1})" for first, last in self.places)
        holders = ",".join(map(str, sorted(self.holders)))
        cases = ",".join(map(str, sorted(self.cases)))
        every = "t" if self.everything else "f"
        row = f'({every},"{{{places}}}","{{{holders}}}",{self.person},"{{{cases}}}")'
        return f"'{row}'".encode()

    def shows(self, place: int, holders: frozenset[int]) -> bool:
        """The policy of a case, asked of one that somebody who sees all has read for others."""
        here = any(first <= place <= last for first, last in self.places)
        return self.everything or here or not holders.isdisjoint(self.holders)


UNIT, PERSON, KEY = 0, 1, 2


def holder(kind: int, pk: int) -> int:
    """The one number under which a unit, person or key stands in `cases_reach`."""
    return pk * 4 + kind


NOBODY = b"DEFAULT"
"""Nothing is said: the session's own value counts, and a page's session has none."""
EVERYTHING = Sight(everything=True)
PUBLIC = Sight()
"""Whoever is not signed in: no row that belongs to somebody."""

_base = NOBODY
_UNTOLD = Sight()
"""Stands where no `within` is around: what counts in this process counts (`stand_beyond`)."""
_sight: ContextVar[Sight | None] = ContextVar("sight", default=_UNTOLD)


def now_said() -> bytes:
    """What is to be said to the database at this moment."""
    sight = _sight.get()
    if sight is None:
        return NOBODY
    return _base if sight is _UNTOLD else sight.said


@contextmanager
def within(sight: Sight | None) -> Iterator[None]:
    """Inside, the database shows what this sight shows; None for nothing said."""
    token = _sight.set(sight)
    try:
        yield
    finally:
        _sight.reset(token)


@contextmanager
def beyond(reason: str) -> Iterator[None]:
    """Inside, all records are seen, for one of the reasons of `WIDENINGS`."""
    if reason not in WIDENINGS:
        raise LookupError(f"no reason of WIDENINGS: {reason}")
    with within(EVERYTHING):
        yield


def look_as(sight: Sight) -> None:
    """From here on, as this sight, until the surrounding `within` ends."""
    _sight.set(sight)


def look_also_at(cases: Iterable[int]) -> None:
    """From here on also these cases, e.g. the one whose receipt was shown."""
    sight = _sight.get()
    sight = PUBLIC if sight is None or sight is _UNTOLD else sight
    look_as(replace(sight, cases=sight.cases | frozenset(cases)))


def stand_beyond(reason: str | None) -> None:
    """What counts in this process where nobody has said: a command, or nothing for pages."""
    global _base
    if reason is not None and reason not in WIDENINGS:
        raise LookupError(f"no reason of WIDENINGS: {reason}")
    _base = NOBODY if reason is None else EVERYTHING.said


def seeing(reason: str) -> str:
    """The option of a connection outside Django that sees all, for a reason of `WIDENINGS`."""
    if reason not in WIDENINGS:
        raise LookupError(f"no reason of WIDENINGS: {reason}")
    return f"-c {SETTING}={EVERYTHING.said.decode()[1:-1]}"


def seeing_here(reason: str) -> str:
    """The statement by which a transaction outside Django sees all, for a reason of `WIDENINGS`."""
    return f"SET LOCAL {SETTING} = {seeing(reason).partition('=')[2]!r}"
