"""Trying a move without making it: the action itself, stopped before it writes (预演)."""

from collections.abc import Callable
from contextvars import ContextVar

from django.db import transaction

from shiyu.common.errors import Refused

_rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)


class _WouldGo(Exception):
    """The action came as far as its first write."""


def refusal_of(act: Callable[[], object]) -> Refused | None:
    """Why this action would be refused now; None if it would go. Nothing is written.

    The action runs by its own rules up to where its turn would write, and is undone there.
    """
    held = _rehearsing.set(True)
    try:
        with transaction.atomic():
            act()
            raise RuntimeError("an action that makes no turn cannot be rehearsed")
    except _WouldGo:
        return None
    except Refused as refusal:
        return refusal
    finally:
        _rehearsing.reset(held)


def stop_here() -> None:
    """Called by a turn when all rules have been asked: a rehearsal ends here."""
    if _rehearsing.get():
        raise _WouldGo
