"""The witness file beside the chain: every mark must fit the batches it speaks of (对照见证)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shiyu.journal.digests import digest_named
from shiyu.journal.keys import has_key, own_key
from shiyu.journal.marks import BACK, HEAD, Mark, Reading, Wrong, check_marks, read_mark
from shiyu.journal.merkle import leaf_of, root_of
from shiyu.journal.seals import Connection, Seal
from shiyu.journal.witness import witness_file

Found = tuple[str, int]
"""What is wrong, and with which batch; 0 where none is concerned."""


@dataclass(frozen=True, slots=True)
class _Back:
    """A restore on record: marks before `seq` no longer speak of batches after `batch`."""

    seq: int
    batch: int


class Witnessed:
    """Reads a witness file twice: all of it first, then along with the chain.

    path  another copy of the file than this server's own.
    key   the public key, in hexadecimal, that the file must begin with.
    """

    def __init__(self, path: Path | None = None, *, key: str = "") -> None:
        self.path, self.key = path or witness_file(), key
        self.is_own = path is None
        self.notes: list[str] = []
        self.marks = 0
        self.last: Mark | None = None
        self._backs: list[_Back] = []
        self._heads: list[bytes] = []
        self._since = 0
        self._lines = 0
        self._stream: Iterator[Mark] = iter(())
        self._next: Mark | None = None

    def read(self) -> Iterator[Found]:
        """Whether the file is whole: every link, every signature."""
        if not self.path.exists():
            if self.is_own and not has_key():
                self.notes.append("nothing has been witnessed yet")
            else:
                yield f"the witness file {self.path} is gone", 0
            return
        reading = Reading()
        try:
            with self.path.open("rb") as file:
                for mark in check_marks(file, reading):
                    self.marks += 1
                    if mark.kind == BACK:
                        self._backs.append(_Back(mark.seq, mark.batch))
                        self.notes.append(f"{mark.at}: taken back to batch {mark.batch}, on record")
        except Wrong as wrong:
            yield f"line {wrong.row} of the witness file {wrong.says}", 0
        self.last = reading.last
        self.notes += [f"line {row} of the witness file is torn" for row in reading.torn]
        yield from self._keys(reading)
        self._stream = self._heads_in_order()
        self._next = next(self._stream, None)

    def compare(self, seal: Seal) -> Iterator[Found]:
        """Whether the chain, having come to this batch, is what was witnessed there."""
        self._heads.append(seal.head)
        self._lines += seal.lines
        while self._next is not None and self._next.batch <= seal.no:
            mark, self._next = self._next, next(self._stream, None)
            if mark.batch == seal.no:
                yield from self._fits(mark, seal)

    def end(self, last: int) -> Iterator[Found]:
        """Whether the chain goes as far as was witnessed."""
        if self._next is not None:
            lost = self._next.batch if self._next.batch == last + 1 else f"{last + 1} and later"
            says = (
                f"the tail is cut off: batch {lost} was witnessed at {self._next.at}, and is gone"
            )
            yield says, last + 1

    def copies(self, connection: Connection) -> Iterator[Found]:
        """Whether the file still holds every mark that the database has a copy of."""
        if not self.is_own or not self.path.exists():
            return
        with self.path.open("rb") as file, connection.cursor(name="marks") as cursor:
            kept = _readable(file)
            cursor.execute("SELECT seq, said FROM journal_mark ORDER BY seq")
            for seq, said in cursor:
                mark = next((m for m in kept if m.seq >= seq), None)
                if mark is None or mark.said != said:
                    yield f"mark {seq} is not in the witness file as the database's copy has it", 0
                    return

    def _keys(self, reading: Reading) -> Iterator[Found]:
        names = list(reading.keys.values())
        if self.key and (not names or names[0] != self.key):
            yield "the witness file begins with another key than the one given", 0
        elif self.is_own and has_key() and own_key().public not in names and self.marks:
            yield "the witness file was not signed with this server's key", 0

    def _fits(self, mark: Mark, seal: Seal) -> Iterator[Found]:
        since, self._since = self._since, seal.no
        heads, self._heads = self._heads, []
        lines = f"the lines sealed in batches {since + 1} to {seal.no}"
        if mark.head != seal.head.hex():
            yield f"rewritten: the head witnessed at {mark.at} is another; {lines}", since + 1
        elif mark.kind == HEAD and mark.first == since + 1 and mark.first <= mark.batch:
            digest = digest_named(mark.algorithm)
            if root_of([leaf_of(h, digest) for h in heads], digest).hex() != mark.root:
                yield f"the heads witnessed at {mark.at} are others; {lines}", since + 1
        if mark.lines != self._lines:
            yield f"{self._lines} lines up to here, {mark.lines} were witnessed", since + 1

    def _heads_in_order(self) -> Iterator[Mark]:
        with self.path.open("rb") as file:
            for mark in _readable(file):
                if self.last is None or mark.seq > self.last.seq:
                    return
                speaks = all(mark.seq >= b.seq or mark.batch <= b.batch for b in self._backs)
                if mark.kind in {HEAD, BACK} and mark.batch and speaks:
                    yield mark


def _readable(file: Iterator[bytes]) -> Iterator[Mark]:
    for raw in file:
        try:
            yield read_mark(raw.decode().rstrip("\n"))
        except ValueError:
            continue
