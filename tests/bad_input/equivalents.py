"""Faults that no test can notice, each with the reason why (等价变异)."""

import tomllib
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("equivalents.toml")


@cache
def equivalents() -> dict[str, dict[str, str]]:
    """Of each file: the faults that change nothing anyone could see, and why."""
    table: dict[str, dict[str, str]] = tomllib.loads(TABLE.read_text())
    return table
