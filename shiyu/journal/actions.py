"""Writing the journal: how a line comes into being, save in bulk (记日志)."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol, cast

from django.utils import timezone
from psycopg.types.json import Jsonb

from shiyu.common import ready, together, trail
from shiyu.common.masking import masked
from shiyu.journal.models import Remark

INSERT_LINE = """
    INSERT INTO journal_line
        (occurred_at, subject, verb, actor, facts, remark_id, commitment, trail)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
NOW = "SELECT greatest(clock_timestamp(), %s::timestamptz)"


class Acting(Protocol):
    """Whoever acts, known here only by its name in the journal."""

    @property
    def ref(self) -> str: ...


def record(
    subject: str,
    verb: str,
    *,
    actor: Acting,
    at: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
    remark: Remark | None = None,
) -> None:
    """Add one line to the journal, in the caller's transaction (记日志).

    at      when it happened, as the clock reads it; left out, the database's clock.
    facts   ids, codes, field names and times only: no value about a person, no free text.
    """
    together.add("journal_line", _line(subject, verb, actor, at, facts, remark))


def record_numbered(
    subject: str,
    verb: str,
    *,
    actor: Acting,
    at: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
    remark: Remark | None = None,
) -> int:
    """The same, written at once; returns the line's number, for those who point at it."""
    line = _line(subject, verb, actor, at, facts, remark)
    ((number,),) = ready.rows(INSERT_LINE, [*line.values()])
    return int(number)


def _line(
    subject: str,
    verb: str,
    actor: Acting,
    at: datetime | None,
    facts: Mapping[str, Any] | None,
    remark: Remark | None,
) -> dict[str, object]:
    return {
        "occurred_at": at or moment(),
        "subject": subject,
        "verb": verb,
        "actor": actor.ref,
        "facts": Jsonb(_plain(_with_whom(actor, facts))),
        "remark_id": remark.pk if remark else None,
        "commitment": commitment(remark) if remark else "",
        "trail": trail.kept(),
    }


def write_remark(subject: str, text: str, *, author: Acting, at: datetime) -> Remark:
    """Keep what somebody wrote, apart from the journal, so that it can be erased (批注).

    Numbers that name people are hidden first; plates stay where an official writes them: they
    are what the official acts upon.
    """
    remark = Remark(
        subject=subject,
        text=masked(text, plates=not author.ref.startswith("person:")),
        salt=secrets.token_hex(16),
        author=author.ref,
        written_at=at,
    )
    together.insert(remark)
    return remark


def commitment(remark: Remark) -> str:
    """Salted SHA-256 of a remark: proves what it said without saying it."""
    return hashlib.sha256(f"{remark.salt}\n{remark.text}".encode()).hexdigest()


def announce(topic: str, ref: int, version: int) -> None:
    """Tell the live feed that a record changed, in the caller's transaction (变更推送)."""
    together.add("journal_change", {"topic": topic, "ref": ref, "version": version})


def moment(after: datetime | None = None) -> datetime:
    """The time of a move: the database's clock, never before the record's last line.

    Read it after taking the lock: `now()` would be the transaction's start.
    """
    ((instant,),) = ready.rows(NOW, (after,))
    return cast("datetime", instant).astimezone(timezone.get_current_timezone())


def _with_whom(actor: Acting, facts: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A deputy's line names in `for` whom they stood in for (代理)."""
    whose = getattr(actor, "acting_for", None)
    return {**(facts or {}), "for": f"person:{whose}"} if whose else facts or {}


def _plain(value: object) -> object:
    """Facts as JSON holds them."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"the journal holds no {type(value).__name__}")
