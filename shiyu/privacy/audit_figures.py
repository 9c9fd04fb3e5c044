"""A figure of a self-audit, and the time it is of (审计数字)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Period:
    """The time an audit is of, from the first moment to the one after the last (审计期间)."""

    start: datetime
    end: datetime

    def of(self, column: str) -> Q:
        """Rows of this time."""
        return Q(**{f"{column}__gte": self.start, f"{column}__lt": self.end})


@dataclass(frozen=True, slots=True)
class Figure:
    """One count, what it is of, and how it was counted (数字).

    wrong  one of these is already a lack.
    asks   one of these asks for an answer that only people can give.
    """

    title: StrPromise | str
    count: int
    counted: StrPromise | str
    wrong: bool = False
    asks: bool = False


Counted = Iterable[Figure]
Counts = Callable[[Period], Counted]
