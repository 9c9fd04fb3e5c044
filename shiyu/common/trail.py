"""Which request or job this is, for whoever writes about it: a number, never a value (行踪号).

One number goes with a request through its action into the journal's lines, the jobs it orders and
the deliveries they make, so that a line of the log, a caller's complaint and a job's failure can
be laid side by side (`shiyu trace`). In the shape of a W3C trace context: the number is its trace
id, every request, job and sending is a span. It begins with the time, so that what belongs to it
is found in tables that keep no index of it.
"""

import re
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

CONTEXT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}", re.ASCII)
CARRIED = re.compile(r"([0-9a-f]{32})-([0-9a-f]{16})", re.ASCII)
NOTHING = {"0" * 32, "0" * 16}


def a_span() -> str:
    """The name of one stretch of the way: sixteen hexadecimal digits."""
    return secrets.token_hex(8)


@dataclass(slots=True)
class Trail:
    """Where we are: the number, the route's or task's name, who acts, by reference.

    number  thirty-two hexadecimal digits (a W3C trace id), our own, never a caller's.
    route   the name of a route or task, never an address (an address may carry a code).
    actor   "person:12", "key:3"; empty for somebody not signed in.
    span    this stretch of the way; parent: the one that ordered it.
    link    what a partner's program calls its own way, as it told us; never ours.
    """

    number: str
    route: str = ""
    actor: str = ""
    job: int | None = None
    span: str = field(default_factory=a_span)
    parent: str = ""
    link: str = ""


_here: ContextVar[Trail | None] = ContextVar("trail", default=None)


def here() -> Trail | None:
    """The trail we are on; None outside requests and jobs."""
    return _here.get()


def number() -> str:
    """Our number, or "" outside requests and jobs."""
    trail = _here.get()
    return trail.number if trail else ""


def kept() -> uuid.UUID | None:
    """Our number as a table keeps it; None outside requests and jobs."""
    trail = _here.get()
    return uuid.UUID(trail.number) if trail else None


def fresh() -> str:
    """A new number: the time in milliseconds, then eighty bits by chance."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def begun_at(number: str) -> datetime:
    """When a number of ours was made. Raises ValueError for what is none."""
    if len(number) != 32:
        raise ValueError("not a number of ours")
    try:
        return datetime.fromtimestamp(int(number[:12], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError("not a number of ours") from error


def carried() -> str:
    """What goes with a job: our number and the stretch that orders it; "" where there is none."""
    trail = _here.get()
    return f"{trail.number}-{trail.span}" if trail else ""


def taken_up(text: object) -> tuple[str, str]:
    """The number and parent a job was ordered with; a fresh number where it came without."""
    found = CARRIED.fullmatch(text) if isinstance(text, str) else None
    return (found[1], found[2]) if found else (fresh(), "")


def context(trail: Trail) -> str:
    """The trail as a `traceparent` header tells it."""
    return f"00-{trail.number}-{trail.span}-01"


def link_in(header: str) -> str:
    """What a `traceparent` of somebody else names, as trace and span; "" if it is none."""
    found = CONTEXT.fullmatch(header)
    if found is None or NOTHING & {found[1], found[2]}:
        return ""
    return f"{found[1]}-{found[2]}"


Walked = TypeVar("Walked", Trail, Trail | None)


@contextmanager
def walking(trail: Walked) -> Iterator[Walked]:
    """Inside, everything written belongs to this trail; to none, if it is None."""
    token = _here.set(trail)
    try:
        yield trail
    finally:
        _here.reset(token)
