"""Writing the journal: how a line comes into being, save in bulk (记日志)."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

from django.db import connection
from django.utils import timezone

from shiyu.journal.models import Remark

INSERT_LINE = """
    INSERT INTO journal_line (occurred_at, subject, verb, actor, facts, remark_id, commitment)
    VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s) RETURNING id
"""
INSERT_CHANGE = "INSERT INTO journal_change (topic, ref, version) VALUES (%s, %s, %s)"


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
) -> int:
    """Add one line to the journal, in the caller's transaction; returns its id (记日志).

    at      when it happened, as the clock reads it; left out, the database's clock.
    facts   ids, codes, field names and times only: no value about a person, no free text.
    """
    line = (
        at or moment(),
        subject,
        verb,
        actor.ref,
        json.dumps(facts or {}, ensure_ascii=False, default=_plain),
        remark.pk if remark else None,
        commitment(remark) if remark else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(INSERT_LINE, line)
        return int(cursor.fetchone()[0])


def write_remark(subject: str, text: str, *, author: Acting, at: datetime) -> Remark:
    """Keep what somebody wrote, apart from the journal, so that it can be erased (批注)."""
    return Remark.objects.create(
        subject=subject,
        text=text,
        salt=secrets.token_hex(16),
        author=author.ref,
        written_at=at,
    )


def commitment(remark: Remark) -> str:
    """Salted SHA-256 of a remark: proves what it said without saying it."""
    return hashlib.sha256(f"{remark.salt}\n{remark.text}".encode()).hexdigest()


def announce(topic: str, ref: int, version: int) -> None:
    """Tell the live feed that a record changed, in the caller's transaction (变更推送)."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT_CHANGE, (topic, ref, version))


def moment(after: datetime | None = None) -> datetime:
    """The time of a move: the database's clock, never before the record's last line.

    Read it after taking the lock: `now()` would be the transaction's start.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(clock_timestamp(), %s::timestamptz)", (after,))
        instant: datetime = cursor.fetchone()[0]
    return instant.astimezone(timezone.get_current_timezone())


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"the journal holds no {type(value).__name__}")
