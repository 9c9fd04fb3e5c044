"""Does the journal still say what was sealed and witnessed? Names the first fault (日志核验).

Everything is reckoned anew from the rows: leaves, roots, heads, and the trees that the witness
file signed. Nothing is taken from the database that is not compared with something outside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from shiyu.journal.digests import ZERO, digest_named
from shiyu.journal.merkle import leaf_of, root_of
from shiyu.journal.remarks import remark_faults
from shiyu.journal.rows import Row, Rows, TooWide
from shiyu.journal.seals import Connection, Members, Seal, read_seals
from shiyu.journal.witnessed import Witnessed

SECOND = 1_000_000
CLOCK_SLACK = 60 * SECOND
LONGEST_TRANSACTION = 6 * 3600 * SECOND
"""A line may be recorded so long before its transaction ends, and no longer."""
BATCHES_A_STEP = 64


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed.

    batch    the number of the batch, 0 where none is concerned.
    line     the line's id, where one can be named.
    subject  the record it is about, e.g. case:17, as far as the line is still there.
    """

    says: str
    batch: int = 0
    line: int | None = None
    subject: str = ""


@dataclass(slots=True)
class Audited:
    """How far a verification has come; `notes` are no faults, but worth saying."""

    batches: int = 0
    lines: int = 0
    waiting: int = 0
    remarks: int = 0
    faults: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Chain:
    """Where the chain stands before the next batch."""

    no: int = 0
    head: bytes = ZERO
    span: int = 0
    since: int | None = None  # all lines of transactions that ended before it are sealed
    seen: bytearray = field(default_factory=bytearray)

    def take(self, number: int) -> bool:
        """Note that this line is sealed; False if it was sealed already."""
        place, bit = divmod(number, 8)
        if place >= len(self.seen):
            self.seen.extend(bytes(place + 4096 - len(self.seen)))
        fresh = not self.seen[place] & 1 << bit
        self.seen[place] |= 1 << bit
        return fresh


def verify(
    connection: Connection, witnessed: Witnessed, audited: Audited
) -> Iterator[Fault | None]:
    """Every fault, the earliest in the chain first; None now and then, to show progress.

    The connection must be in a transaction that sees one moment (REPEATABLE READ).
    """
    for fault in _verify(connection, witnessed, audited):
        if fault is not None:
            audited.faults += 1
        yield fault


def _verify(
    connection: Connection, witnessed: Witnessed, audited: Audited
) -> Iterator[Fault | None]:
    yield from map(_of_witness, witnessed.read())
    chain, rows = _Chain(), Rows(connection)
    for seal, members in read_seals(connection):
        yield from _link(seal, members, chain)
        yield from map(_of_witness, witnessed.compare(seal))
        yield from _lines(seal, members, rows, chain)
        chain.no, chain.head = seal.no, seal.head
        audited.batches += 1
        audited.lines += seal.lines
        if audited.batches % BATCHES_A_STEP == 0:
            yield None
    yield from map(_of_witness, witnessed.end(chain.no))
    yield from _left(rows)
    audited.waiting = rows.waiting
    yield from map(_of_witness, witnessed.copies(connection))
    audited.notes += witnessed.notes
    for says, line, subject in remark_faults(connection, audited):
        yield Fault(says, line=line, subject=subject)


def _of_witness(found: tuple[str, int]) -> Fault:
    says, batch = found
    return Fault(says, batch)


def _link(seal: Seal, members: Members, chain: _Chain) -> Iterator[Fault]:
    """Whether a batch follows the one before, and is what its head says."""
    if seal.no != chain.no + 1:
        missing = chain.no + 1 if seal.no == chain.no + 2 else f"{chain.no + 1}–{seal.no - 1}"
        yield Fault(f"batch {missing} was removed", chain.no + 1)
    elif seal.previous != chain.head:
        yield Fault("does not follow the head of the batch before it", seal.no)
    if not seal.is_sound:
        yield Fault("forged: its head is not the hash of what it says", seal.no)
    elif seal.lines != len(members.ids) or seal.lines != len(members.leaves):
        yield Fault("forged: its list of lines is longer or shorter than sealed", seal.no)
    elif root_of(members.leaves, digest_named(seal.algorithm)) != seal.root:
        yield Fault(f"its list of lines was changed, {_which(members)}", seal.no)


def _which(members: Members) -> str:
    return f"lines {min(members.ids)} to {max(members.ids)}"


def _lines(seal: Seal, members: Members, rows: Rows, chain: _Chain) -> Iterator[Fault]:
    """Whether each line of a batch is there, once, unchanged, and of its time."""
    if not seal.is_sound:
        for number in members.ids:  # its bounds mean nothing; what is there is not "inserted"
            rows.kept.pop(number, None)
            rows.excused.add(number)
        return
    if seal.span != chain.span:
        chain.span, chain.since = seal.span, None
    try:
        found = rows.claim(seal, members)
    except TooWide:
        yield Fault("forged: it claims lines over more time than memory holds", seal.no)
        return
    digest = digest_named(seal.algorithm)
    for number, leaf, row in zip_longest(members.ids, members.leaves, found):
        if number is None or leaf is None:
            break
        if not chain.take(number):
            yield Fault("was sealed twice", seal.no, number, row.subject if row else "")
        elif row is None:
            yield Fault("was removed", seal.no, number)
        elif leaf_of(row.data, digest) != leaf:
            yield Fault("was changed after it was sealed", seal.no, number, row.subject)
        else:
            yield from _time(seal, row, chain)
    if seal.emptied:
        chain.since = seal.sealed_at


def _time(seal: Seal, row: Row, chain: _Chain) -> Iterator[Fault]:
    """A line that came in late with an early time was not recorded when it says."""
    if row.at > seal.sealed_at + CLOCK_SLACK:
        yield Fault("says it was recorded after it was sealed", seal.no, row.id, row.subject)
    if chain.since is not None and row.at < chain.since - LONGEST_TRANSACTION:
        late = (chain.since - row.at) // SECOND // 3600
        says = f"was put in at least {late} hours after the time it says it was recorded"
        yield Fault(says, seal.no, row.id, row.subject)


def _left(rows: Rows) -> Iterator[Fault]:
    """Rows in no batch that are not waiting for one were put in past the sealing."""
    try:
        rows.advance(None)
    except TooWide:
        yield Fault(f"more than {len(rows.kept)} lines were inserted without being sealed")
    for row in sorted([*rows.kept.values(), *rows.extra], key=_when):
        if row.id not in rows.excused:
            yield Fault("was inserted: it is in no sealed batch", 0, row.id, row.subject)


def _when(row: Row) -> Any:
    return row.at, row.id


def first_of(faults: Sequence[Fault]) -> Fault:
    """The earliest: by its batch, a fault of the chain before those of single lines."""
    return min(faults, key=lambda f: (f.batch or 1 << 62, f.line or 0))
