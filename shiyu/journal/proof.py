"""Proof that one line stands in the sealed, witnessed journal: to hand out, and to check (凭证).

A proof is a small JSON object: the line as it was hashed, its path to the root of its batch,
what the batch says, the path of the batch's head to the root that the witness signed, and that
signed mark. docs/modules/journal.md says it field by field; `tools/verify_receipt.py` checks it
without this program.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shiyu.journal.digests import digest_named
from shiyu.journal.encoding import ENCODED, read_line
from shiyu.journal.marks import HEAD, Mark, read_mark, signature_holds
from shiyu.journal.merkle import leaf_of, path_of, root_by_path
from shiyu.journal.remarks import committed
from shiyu.journal.seals import Connection, Seal, heads_between, seal_of_line, seal_said

FORM = "shiyu-proof-1"
LONGEST = 64 * 1024
PATH_MOST = 40
LINE = f"SELECT {ENCODED} FROM journal_line line WHERE subject = %s AND id = %s"  # noqa: S608
COVERING = """
SELECT said FROM journal_mark WHERE kind = 'head' AND first_batch <= %(no)s AND last_batch >= %(no)s
 ORDER BY seq DESC LIMIT 1
"""
COPY_OF = "SELECT said FROM journal_mark WHERE seq = %s"
KEYS = "SELECT said FROM journal_mark WHERE kind = 'key' ORDER BY seq"


class Malformed(Exception):
    """Not a proof at all; says in one word what is missing or strange."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a proof proves, step by step; each step is True, False, or None where not asked.

    in_batch    the line leads to the root of its batch.
    in_chain    the batch's head leads to the root of the mark.
    signed      the mark carries the signature of a key of this city.
    witnessed   the mark is among those that were witnessed here.
    words       the words given with it are those that the line commits to.
    """

    line: dict[str, Any]
    seal: Seal
    mark: Mark
    in_batch: bool
    in_chain: bool
    signed: bool
    witnessed: bool
    words: bool | None

    @property
    def holds(self) -> bool:
        """Whether every step holds."""
        return (
            all((self.in_batch, self.in_chain, self.signed, self.witnessed))
            and self.words is not False
        )


def proof_of(
    connection: Connection, subject: str, number: int, **beside: Any
) -> dict[str, Any] | None:
    """The proof of a line; None as long as no witnessed batch holds it.

    beside  what goes with it for the reader: city, number of the case, words with their salt.
    """
    found = seal_of_line(connection, subject, number)
    line = connection.execute(LINE, [subject, number]).fetchone()
    if found is None or line is None:
        return None
    seal, members = found
    covering = connection.execute(COVERING, {"no": seal.no}).fetchone()
    if covering is None:
        return None
    mark = read_mark(covering[0])
    digest, digest_of_mark = digest_named(seal.algorithm), digest_named(mark.algorithm)
    heads = heads_between(connection, mark.first, mark.batch)
    above = [leaf_of(head, digest_of_mark) for head in heads]
    index = list(members.ids).index(number)
    return {
        "form": FORM,
        **beside,
        "line": bytes(line[0]).decode(),
        "index": index,
        "path": [h.hex() for h in path_of(members.leaves, index, digest)],
        "batch": seal.said,
        "batch_path": [h.hex() for h in path_of(above, seal.no - mark.first, digest_of_mark)],
        "mark": mark.said,
    }


def check(text: str, *, keys: Mapping[str, str], witnessed: Callable[[int], str | None]) -> Checked:
    """Check a proof against the keys and marks of this city.

    keys       public keys by their names.
    witnessed  gives the mark of a number as it was witnessed.

    Raises  Malformed.
    """
    found = _read(text)
    try:
        line, seal, mark = (
            read_line(found["line"]),
            seal_said(found["batch"]),
            read_mark(found["mark"]),
        )
        in_batch = _leads(found["line"].encode(), found["index"], seal, found["path"])
        in_chain = mark.kind == HEAD and _is_under(seal, mark, found["batch_path"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed(str(error)) from error
    signed = mark.key in keys and signature_holds(mark, keys[mark.key])
    is_known = witnessed(mark.seq) == mark.said
    return Checked(line, seal, mark, in_batch, in_chain, signed, is_known, _words(found, line))


def keys_of(connection: Connection) -> dict[str, str]:
    """The public keys that this city's witness has introduced, by name."""
    from shiyu.journal.keys import name_of

    marks = [read_mark(said) for (said,) in connection.execute(KEYS).fetchall()]
    return {name_of(mark.public): mark.public for mark in marks}


def witnessed_in(connection: Connection) -> Callable[[int], str | None]:
    """Gives a mark by its number, from the database's copy of the witness file."""

    def witnessed(seq: int) -> str | None:
        if not 0 < seq < 1 << 62:
            return None
        row = connection.execute(COPY_OF, [seq]).fetchone()
        return row[0] if row else None

    return witnessed


def _read(text: str) -> dict[str, Any]:
    if len(text) > LONGEST:
        raise Malformed("too long")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(found, dict) or found.get("form") != FORM:
        raise Malformed("form")
    for name, kind in (("line", str), ("index", int), ("batch", str), ("mark", str)):
        if type(found.get(name)) is not kind:
            raise Malformed(name)
    for name in ("path", "batch_path"):
        path = found.get(name)
        if not isinstance(path, list) or len(path) > PATH_MOST:
            raise Malformed(name)
    return found


def _leads(line: bytes, index: int, seal: Seal, path: list[str]) -> bool:
    digest = digest_named(seal.algorithm)
    root = root_by_path(leaf_of(line, digest), index, seal.lines, _hashes(path), digest)
    return root == seal.root


def _is_under(seal: Seal, mark: Mark, path: list[str]) -> bool:
    digest = digest_named(mark.algorithm)
    index, size = seal.no - mark.first, mark.batch - mark.first + 1
    root = root_by_path(leaf_of(seal.head, digest), index, size, _hashes(path), digest)
    return root is not None and root.hex() == mark.root


def _hashes(path: list[str]) -> list[bytes]:
    hashes = [bytes.fromhex(h) for h in path]
    if any(len(h) != 32 for h in hashes):
        raise ValueError("path")
    return hashes


def _words(found: dict[str, Any], line: dict[str, Any]) -> bool | None:
    words = found.get("words")
    if words is None:
        return None
    if not isinstance(words, dict):
        raise Malformed("words")
    text, salt = words.get("text"), words.get("salt")
    if not isinstance(text, str) or not isinstance(salt, str):
        raise Malformed("words")
    return committed(salt, text) == line["commitment"]
