"""The arithmetic of a clock, in words a resident or an auditor can follow (计时说明)."""

from collections.abc import Iterable
from datetime import datetime

from shiyu.cases.clock.reckoning import Clock


def explain(found: Iterable[Clock], *, now: datetime) -> str:
    """Every clock with its stretches, what counted, what did not, due time and light."""
    return "\n".join(f"{clock.name} {clock.unit or ''} {clock.due}" for clock in found)
