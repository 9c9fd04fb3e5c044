"""Every way in which a superuser might falsify a sealed journal, at random (篡改)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from psycopg import sql

from shiyu.journal.audit import Audited, Fault, verify
from shiyu.journal.digests import digest_named
from shiyu.journal.encoding import ENCODED
from shiyu.journal.merkle import leaf_of, root_of
from shiyu.journal.seals import Connection, Seal, head_of, read_seals
from shiyu.journal.tests.ledger import Ledger
from shiyu.journal.witnessed import Witnessed

CHANGES = {
    "occurred_at": "occurred_at + interval '1 second'",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "subject": "subject || '0'",
    "verb": "'close'",
    "actor": "'person:999'",
    "facts": """facts || '{"unit": -1}'""",
    "remark_id": "coalesce(remark_id, 0) + 1",
    "commitment": "repeat('a', 64)",
}
NEW_HEAD = "UPDATE journal_seal SET head = %s, previous = %s, root = %s, leaves = %s WHERE no = %s"


@dataclass(frozen=True)
class Done:
    """What was done, and where the first fault must be named: the line, or the batch."""

    what: str
    line: int | None = None
    batch: int | None = None


Tamper = Callable[[Connection, list[int], Random], Done]


def edit(c: Connection, ids: list[int], chance: Random) -> Done:
    number, column = chance.choice(ids), chance.choice(list(CHANGES))
    c.execute(f"UPDATE journal_line SET {column} = {CHANGES[column]} WHERE id = %s", [number])
    return Done(f"edit {column} of {number}", number)


def renumber(c: Connection, ids: list[int], chance: Random) -> Done:
    number = chance.choice(ids)
    c.execute("UPDATE journal_line SET id = %s WHERE id = %s", [ids[-1] + 10_000, number])
    return Done(f"give {number} another id", number)


def delete(c: Connection, ids: list[int], chance: Random) -> Done:
    number = chance.choice(ids)
    c.execute("DELETE FROM journal_line WHERE id = %s", [number])
    return Done(f"delete {number}", number)


def insert(c: Connection, ids: list[int], chance: Random) -> Done:
    """A line more, among the old ones: under the transaction of one, of none, of the future."""
    like, number = chance.choice(ids), ids[-1] + 10_000
    xid = chance.choice(["xid", "'0'", "'9000000000'"])
    c.execute(
        "INSERT INTO journal_line SELECT %s, recorded_at + interval '3 microseconds', occurred_at, "
        f"subject, 'close', actor, facts, remark_id, commitment, {xid} "
        "FROM journal_line WHERE id = %s",
        [number, like],
    )
    return Done(f"insert {number} like {like} under {xid}", number)


def double(c: Connection, ids: list[int], chance: Random) -> Done:
    number = chance.choice(ids)
    c.execute(
        "INSERT INTO journal_line SELECT id, recorded_at + interval '3 microseconds', "
        "occurred_at, subject, 'close', actor, facts, remark_id, commitment, xid "
        "FROM journal_line WHERE id = %s",
        [number],
    )
    return Done(f"a second {number}", number)


def swap(c: Connection, ids: list[int], chance: Random) -> Done:
    """Two lines change places: their ids, or all that they say."""
    one, two = chance.sample(ids, 2)
    if chance.random() < 0.5:
        away = ids[-1] + 20_000
        for old, new in ((one, away), (two, one), (away, two)):
            c.execute("UPDATE journal_line SET id = %s WHERE id = %s", [new, old])
    else:
        c.execute(
            "UPDATE journal_line mine SET subject = other.subject, verb = other.verb, "
            "actor = other.actor, facts = other.facts, occurred_at = other.occurred_at "
            "FROM journal_line other "
            "WHERE mine.id = ANY(%(two)s) AND other.id = ANY(%(two)s) AND mine.id <> other.id",
            {"two": [one, two]},
        )
    return Done(f"swap {one} and {two}", min(one, two))


def cut(c: Connection, ids: list[int], chance: Random) -> Done:
    """The newest lines go, with their batches or without."""
    (batches,) = c.execute("SELECT max(no) FROM journal_seal").fetchone()
    keep = chance.randrange(1, batches)
    c.execute(
        "DELETE FROM journal_line WHERE id IN (SELECT unnest(ids) FROM journal_seal WHERE no > %s)",
        [keep],
    )
    (first,) = c.execute("SELECT ids[1] FROM journal_seal WHERE no = %s", [keep + 1]).fetchone()
    if chance.random() < 0.5:
        c.execute("DELETE FROM journal_seal WHERE no > %s", [keep])
        return Done(f"cut off after batch {keep}", batch=keep + 1)
    return Done(f"cut off the lines after batch {keep}", first)


def drop_batch(c: Connection, ids: list[int], chance: Random) -> Done:
    (batches,) = c.execute("SELECT max(no) FROM journal_seal").fetchone()
    no = chance.randrange(1, batches)
    c.execute("DELETE FROM journal_seal WHERE no = %s", [no])
    return Done(f"drop batch {no}", batch=no)


def forge_batch(c: Connection, ids: list[int], chance: Random) -> Done:
    """One batch says something else, with a head that fits or with the old one."""
    seals = [seal for seal, _members in read_seals(c)]
    seal = chance.choice(seals)
    forged = chance.choice(
        [
            replace(seal, root=chance.randbytes(32)),
            replace(seal, lines=seal.lines + 1),
            replace(seal, previous=chance.randbytes(32)),
            replace(seal, sealed_at=seal.sealed_at - 1_000_000),
            replace(seal, first_at=seal.first_at - 1),
            replace(seal, emptied=not seal.emptied),
        ]
    )
    if chance.random() < 0.5:
        forged = replace(forged, head=head_of(forged.said, forged.algorithm))
    row = c.execute("SELECT ids FROM journal_seal WHERE no = %s", [seal.no]).fetchone()
    members = [*row[0], 0][: forged.lines]
    c.execute(
        "UPDATE journal_seal SET root = %s, lines = %s, ids = %s, previous = %s, head = %s, "
        "emptied = %s, sealed_at = sealed_at + %s * interval '1 microsecond', "
        "first_at = first_at + %s * interval '1 microsecond' WHERE no = %s",
        [
            *(forged.root, forged.lines, members, forged.previous, forged.head, forged.emptied),
            *(forged.sealed_at - seal.sealed_at, forged.first_at - seal.first_at, seal.no),
        ],
    )
    return Done(f"forge batch {seal.no}", batch=seal.no)


def reorder_batch(c: Connection, ids: list[int], chance: Random) -> Done:
    """The list of a batch is turned round, ids alone or with their leaves."""
    (no,) = chance.choice(c.execute("SELECT no FROM journal_seal WHERE lines > 1").fetchall())
    for seal, members in read_seals(c):
        if seal.no == no:
            turned, leaves = list(members.ids)[::-1], list(members.leaves)
            leaves = leaves[::-1] if chance.random() < 0.5 else leaves
            c.execute(
                "UPDATE journal_seal SET ids = %s, leaves = %s WHERE no = %s",
                [turned, b"".join(leaves), no],
            )
    return Done(f"turn batch {no} round", batch=no)


def edit_with_leaf(c: Connection, ids: list[int], chance: Random) -> Done:
    """A line and its entry in the batch's list, as if it had been sealed so."""
    number = chance.choice(ids)
    c.execute("UPDATE journal_line SET verb = 'close' WHERE id = %s", [number])
    for seal, members in list(read_seals(c)):
        if number in members.ids:
            leaves = list(members.leaves)
            leaves[list(members.ids).index(number)] = _leaf(c, number, seal)
            c.execute(
                "UPDATE journal_seal SET leaves = %s WHERE no = %s", [b"".join(leaves), seal.no]
            )
            return Done(f"edit {number} and its leaf", batch=seal.no)
    raise AssertionError(f"line {number} is in no batch")


def rewrite(c: Connection, ids: list[int], chance: Random) -> Done:
    """A line is changed and every hash from there on made anew: the database fits together."""
    number = chance.choice(ids)
    c.execute("UPDATE journal_line SET actor = 'person:1000' WHERE id = %s", [number])
    previous, begun = None, None
    for seal, members in list(read_seals(c)):
        if begun is None and number not in members.ids:
            continue
        digest, leaves = digest_named(seal.algorithm), list(members.leaves)
        if begun is None:
            begun = seal.no
            leaves[list(members.ids).index(number)] = _leaf(c, number, seal)
        forged = replace(seal, root=root_of(leaves, digest), previous=previous or seal.previous)
        previous = head_of(forged.said, seal.algorithm)
        row = [previous, forged.previous, forged.root, b"".join(leaves), seal.no]
        c.execute(NEW_HEAD, row)
    return Done(f"rewrite all from {number} in batch {begun} on", batch=begun)


def _leaf(c: Connection, number: int, seal: Seal) -> bytes:
    query = sql.SQL("SELECT {} FROM journal_line line WHERE id = %s").format(sql.SQL(ENCODED))
    (data,) = c.execute(query, [number]).fetchone()
    return leaf_of(data, digest_named(seal.algorithm))


ONE_LINE: tuple[Tamper, ...] = (edit, renumber, delete, insert, double, swap)
THE_CHAIN: tuple[Tamper, ...] = (
    cut,
    drop_batch,
    forge_batch,
    reorder_batch,
    edit_with_leaf,
    rewrite,
)


def undone(ledger: Ledger, tamper: Tamper, ids: list[int], chance: Random) -> tuple[Done, Any]:
    """Tamper as superuser, verify, and put everything back."""
    with ledger.super.transaction(force_rollback=True):
        ledger.super.execute("SET LOCAL session_replication_role = replica")
        done = tamper(ledger.super, ids, chance)
        found = list(filter(None, verify(ledger.super, Witnessed(), Audited())))
    return done, found


def is_named(done: Done, first: Fault, batches: dict[int, tuple[int, int]]) -> bool:
    """Whether the first fault named is where it was done.

    A rewritten chain is named by the batches of the first mark that it contradicts.
    """
    if done.line is not None:
        return first.line == done.line
    low, high = batches.get(done.batch or 0, (done.batch, done.batch))
    return first.batch in {done.batch, low} or (low or 0) <= first.batch <= (high or 0)
