"""One client of the load: whom it acts as, what it has done, what it was told is done."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, Any

from bench.browser import Browser, Line


@dataclass
class Client:
    """One client of one target: its line, whom it acts as, and what it has done.

    units  seconds of each unit of work that ended in the present window, without pauses.
    """

    number: int
    line: Line
    plan: dict[str, Any]
    ledger: IO[str]
    people: dict[str, Browser] = field(default_factory=dict)
    units: list[float] = field(default_factory=list)
    acknowledged: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    begun: int = 0

    def mark(self) -> str:
        """What tells this unit of work from all others."""
        self.begun += 1
        return f"{self.number}-{self.begun}"

    def address(self) -> str:
        """An address of its own for each unit of work, so that limits of trying stay in force."""
        return f"10.{self.number % 256}.{self.begun // 250 % 256}.{self.begun % 250 + 1}"

    def acknowledge(self, **facts: str) -> None:
        """Write down what the server has said is done."""
        self.acknowledged += 1
        self.ledger.write(json.dumps(facts) + "\n")
        self.ledger.flush()
