"""What the server said is done, compared with what the database holds (对账).

Nothing acknowledged may be missing, nothing may be there twice. What is there and was not
acknowledged can only be what was under way when the load stopped.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

REPORTS = """
    SELECT c.number, r.receipt, m.text FROM cases_report r JOIN cases_case c ON c.id = r.case_id
      JOIN journal_remark m ON m.id = r.remark_id WHERE r.source = 'portal' OR r.source LIKE 'key:%'
"""
MOVES = """
    SELECT c.number, l.verb, count(*) FROM journal_line l JOIN cases_case c
        ON l.subject = 'case:' || c.id
      JOIN cases_report r ON r.case_id = c.id AND r.source ~ '^(desk|key):' GROUP BY 1, 2
"""
FLOOR = "SELECT mark, verb, count(*) FROM floor.row GROUP BY 1, 2"

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """How the acknowledged and the kept compare.

    in_flight  rows of which no client has read the acknowledgement.
    """

    acknowledged: int
    kept: int
    lost: int
    duplicates: int
    in_flight: int

    @property
    def is_whole(self) -> bool:
        return self.lost == 0 and self.duplicates == 0

    def as_facts(self) -> dict[str, int]:
        return asdict(self)


def reports(connection: "psycopg.Connection[Any]", ledger: Path) -> Kept:
    """Each report by its number, the hash of its receipt code and the words it was sent with."""
    said = [(r["number"], _receipt(r["code"]), r["mark"]) for r in _read(ledger)]
    rows = connection.execute(REPORTS).fetchall()
    return _compare(said, ((number, code, text.split()[-1]) for number, code, text in rows))


def moves(connection: "psycopg.Connection[Any]", ledger: Path) -> Kept:
    """Each move of each case, as a line of the journal."""
    said = [(r["number"], r["verb"]) for r in _read(ledger)]
    return _compare(said, _each(connection.execute(MOVES).fetchall()))


def floor_rows(connection: "psycopg.Connection[Any]", ledger: Path) -> Kept:
    """Each row of the floor, by its mark and verb."""
    said = [(r["mark"], r["verb"]) for r in _read(ledger)]
    return _compare(said, _each(connection.execute(FLOOR).fetchall()))


def _compare(said: Iterable[Key], rows: Iterable[Key]) -> Kept:
    acknowledged, kept = Counter(said), Counter(rows)
    return Kept(
        acknowledged=acknowledged.total(),
        kept=kept.total(),
        lost=(acknowledged - kept).total(),
        duplicates=sum(count - 1 for count in kept.values()),
        in_flight=(kept - acknowledged).total(),
    )


def _each(counted: Iterable[tuple[Any, ...]]) -> Iterable[Key]:
    return (tuple(key) for *key, count in counted for _ in range(count))


def _receipt(code: str) -> str:
    """The hash under which the database knows a receipt code."""
    return hashlib.sha256(f"receipt\n{code.replace('-', '')}".encode()).hexdigest()


def _read(ledger: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in ledger.read_text().splitlines()]
