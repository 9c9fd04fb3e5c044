"""Which request or job this is, for whoever writes about it: a number, never a value (行踪号).

One number goes with a request through its action, and with the job that action owes, so that a
line of the log, a caller's complaint and a job's failure can be laid side by side.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Trail:
    """Where we are: the number, the route's or task's name, who acts, by reference.

    number  thirty-two hexadecimal digits (a W3C trace id), our own, never a caller's.
    route   the name of a route or task, never an address (an address may carry a code).
    actor   "person:12", "key:3"; empty for somebody not signed in.
    """

    number: str
    route: str = ""
    actor: str = ""
    job: int | None = None


_here: ContextVar[Trail | None] = ContextVar("trail", default=None)


def here() -> Trail | None:
    """The trail we are on; None outside requests and jobs."""
    return _here.get()


def number() -> str:
    """Our number, or "" outside requests and jobs."""
    trail = _here.get()
    return trail.number if trail else ""


def fresh() -> str:
    """A new number."""
    return secrets.token_hex(16)


@contextmanager
def walking(trail: Trail) -> Iterator[Trail]:
    """Inside, everything written belongs to this trail."""
    token = _here.set(trail)
    try:
        yield trail
    finally:
        _here.reset(token)
