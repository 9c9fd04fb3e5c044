"""OWASP ASVS 5.0: every requirement has an answer, and whatever is said to be tested is."""

import ast
import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "asvs.csv"
WHOLE, UP_TO_TWO = 345, 253
AIMED_AT_THREE = ("V2.", "V8.", "V14.", "V16.")
"""Business logic, authorisation, data protection, logging."""


def rows() -> list[dict[str, str]]:
    with TABLE.open() as file:
        return list(csv.DictReader(file))


@cache
def names_in(path: str) -> frozenset[str]:
    file = ROOT / path
    found = ast.walk(ast.parse(file.read_text())) if file.is_file() else ()
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(node.name for node in found if isinstance(node, kinds))


def lost(where: str) -> list[str]:
    """Tests that are named and do not exist."""
    named = [one.partition("::") for one in where.split()]
    return [f"{path}::{name}" for path, _, name in named if name not in names_in(path)]


def test_every_requirement_of_the_standard_is_answered() -> None:
    found = rows()

    assert len({row["id"] for row in found}) == len(found) == WHOLE
    assert sum(int(row["level"]) < 3 for row in found) == UP_TO_TWO
    assert all(row["where"] for row in found)
    kinds = {"test", "not applicable", "open", "beyond the aim"}
    assert {row["answer"] for row in found} <= kinds
    beyond = [row for row in found if row["answer"] == "beyond the aim"]
    assert not [r for r in beyond if r["level"] != "3" or r["id"].startswith(AIMED_AT_THREE)]


def test_every_test_that_is_named_exists() -> None:
    assert [one for row in rows() if row["answer"] == "test" for one in lost(row["where"])] == []
    assert lost("tests/bad_input/test_asvs.py::test_that_never_was") != []


def test_the_counts_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    counted = Counter((row["answer"], row["level"]) for row in rows())

    with capsys.disabled():
        print("\nASVS 5.0:", {f"{answer}, L{level}": n for (answer, level), n in counted.items()})

    assert counted["test", "1"] + counted["test", "2"] > 120
