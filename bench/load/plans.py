"""T-L6: no page takes more than twelve statements or reads a large table whole (查询)."""

import json
import sys
from pathlib import Path

from bench.load.place import Facts, demo_city
from bench.served import carry_out

QUERIES_MOST = 12
STATEMENTS = [sys.executable, "-m", "bench.load.statements"]


def run(home: Path | None = None, *, cases: float = 20_000) -> Facts:
    """Every page of the city, opened once by somebody who may."""
    with demo_city(home, cases=int(cases)) as (_place, log):
        told: Facts = json.loads(carry_out(STATEMENTS, log=log))
    pages = told["pages"]
    many = {one["name"]: one["queries"] for one in pages if one["queries"] > QUERIES_MOST}
    whole = {one["name"]: one["from_end_to_end"] for one in pages if one["from_end_to_end"]}
    failed = {one["name"]: one["status"] for one in pages if one["status"] != 200}
    told.pop("keys")
    return told | {
        "opened": len(pages),
        "above_twelve": many,
        "from_end_to_end": whole,
        "not_answered": failed,
        "well": not many and not whole and not failed,
    }
