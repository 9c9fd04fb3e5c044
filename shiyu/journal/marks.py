"""One line of the witness file: what it says, whether it is signed, what it follows (见证).

A mark is a JSON object in one line. `previous` is the SHA-256 of the line before; `signature`
is over everything else in it. Kinds: `key` (a signing key begins), `head` (the chain stood
there), `back` (a restore took the database back: batches after `batch` were lost, as recorded).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shiyu.journal.encoding import compact
from shiyu.journal.keys import Key, is_signed, name_of

FORM = "shiyu-mark-1"
KEY, HEAD, BACK = "key", "head", "back"


@dataclass(frozen=True, slots=True)
class Mark:
    """One line that was witnessed.

    first, batch  the batches it covers; `root` is the root of the tree over their heads.
    lines         sealed lines in all, up to and with `batch`.
    head          of `batch`.
    """

    said: str
    seq: int
    kind: str
    at: str
    key: str
    previous: str
    first: int = 0
    batch: int = 0
    lines: int = 0
    head: str = ""
    root: str = ""
    algorithm: str = ""
    public: str = ""

    @property
    def when(self) -> datetime | None:
        """`at` as an instant; None for what is no time."""
        try:
            return datetime.fromisoformat(self.at)
        except ValueError:
            return None

    @property
    def hash(self) -> str:
        """What the next line carries as `previous`."""
        return hashlib.sha256(self.said.encode()).hexdigest()


class Wrong(Exception):
    """Something in the witness file that nobody with the key has written so."""

    def __init__(self, row: int, says: str) -> None:
        super().__init__(says)
        self.row, self.says = row, says


@dataclass(slots=True)
class Reading:
    """How far a reading has come: the keys that were introduced, the last mark, torn lines."""

    keys: dict[str, str] = field(default_factory=dict)
    last: Mark | None = None
    torn: list[int] = field(default_factory=list)


def read_mark(said: str) -> Mark:
    """A mark from its line, unchecked.

    Raises  ValueError if this is not one.
    """
    found = json.loads(said)
    if not isinstance(found, dict) or found.get("form") != FORM:
        raise ValueError("not a mark")
    names = Mark.__dataclass_fields__.keys() - {"said"}
    try:
        mark = Mark(said=said, **{name: found[name] for name in names if name in found})
    except TypeError as error:
        raise ValueError("not a mark") from error
    numbers = (mark.seq, mark.first, mark.batch, mark.lines)
    words = (mark.kind, mark.at, mark.key, mark.previous, mark.head, mark.root, mark.public)
    if any(type(n) is not int for n in numbers) or any(type(w) is not str for w in words):
        raise ValueError("not a mark")
    return mark


def write_mark(
    kind: str, *, after: Mark | None, by: Key, at: datetime | None = None, **says: Any
) -> Mark:
    """A signed mark that follows another."""
    when = (at or datetime.now(UTC)).astimezone(UTC)
    body: dict[str, Any] = {
        "form": FORM,
        "kind": kind,
        "seq": after.seq + 1 if after else 1,
        "at": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "key": name_of(by.public),
        "previous": after.hash if after else "0" * 64,
        **says,
    }
    body["signature"] = by.sign(compact(body).encode())
    return read_mark(compact(body))


def signature_holds(mark: Mark, public: str) -> bool:
    """Whether this key signed the mark as it stands."""
    body = json.loads(mark.said)
    signature = body.pop("signature", "")
    if not isinstance(signature, str) or name_of(public) != mark.key:
        return False
    return is_signed(compact(body).encode(), signature, public)


def check_marks(lines: Iterable[bytes], reading: Reading) -> Iterator[Mark]:
    """Every mark of a witness file, each checked against the one before and its key.

    A line torn by a full disk or a stopped machine is passed over if the next one follows the
    mark before it.

    Raises  Wrong at the first line that does not fit.
    """
    for row, raw in enumerate(lines, 1):
        try:
            mark = read_mark(raw.decode().rstrip("\n"))
        except ValueError:
            reading.torn.append(row)
            continue
        _check(mark, row, reading)
        reading.last = mark
        yield mark


def _check(mark: Mark, row: int, reading: Reading) -> None:
    before = reading.last
    if mark.previous != (before.hash if before else "0" * 64):
        raise Wrong(row, "does not follow the line before it: lines are missing or were changed")
    if mark.seq != (before.seq + 1 if before else 1):
        raise Wrong(row, f"is number {mark.seq}, out of turn")
    if mark.kind == KEY:
        signer = reading.keys.get(mark.key) or (mark.public if before is None else "")
        reading.keys[name_of(mark.public)] = mark.public
    else:
        signer = reading.keys.get(mark.key, "")
    if not signer:
        raise Wrong(row, f"is signed with the key {mark.key}, which no line before introduces")
    if not signature_holds(mark, signer):
        raise Wrong(row, "carries a signature that does not fit what it says")
