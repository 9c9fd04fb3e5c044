"""Each page's statements and their plans: how many, what they touch, what they read whole.

python -m bench.load.statements      as JSON, in the city of SHIYU_HOME
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from bench.load.addresses import Address, addresses
from bench.load.people import plan
from shiyu.site.start import django_ready

BIG_ROWS = 100_000
ROUNDS = 3
Facts = dict[str, Any]


def main() -> int:
    django_ready()
    from shiyu.cases.models import Case

    keys = plan(1)["keys"]
    opened = addresses()
    big = _big_tables()
    found = [page | _looked_at(page, keys, big) for page in opened]
    told = {"cases": Case.objects.count(), "big_tables": big, "keys": keys, "pages": found}
    print(json.dumps(told, ensure_ascii=False))
    return 0


def _big_tables() -> dict[str, int]:
    """Tables of more than so many rows; a partition counts as what it is part of."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::bigint FROM pg_class WHERE reltuples > %s", [BIG_ROWS]
        )
        return {name: rows for name, rows in cursor.fetchall() if not name.endswith("_pkey")}


def _looked_at(page: Address, keys: dict[str, str], big: dict[str, int]) -> Facts:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from bench.past import _client, _is_read
    from shiyu.facts.figures import ROOM

    client = _client(page["who"])
    _open(client, page, keys)
    with CaptureQueriesContext(connection) as captured:
        status = _open(client, page, keys)
    texts = [q["sql"].replace("FOR NO KEY UPDATE", "") for q in captured.captured_queries]
    reads = [text.removeprefix(ROOM) for text in texts if _is_read(text.removeprefix(ROOM))]
    connection.ensure_connection()
    bare = connection.connection
    plans = [_plan(bare, text) for text in reads]
    scans = [scan for one in plans for scan in _nodes(one["Plan"])]
    return {
        "status": status,
        "queries": len(reads),
        "blocks": sum(
            o["Plan"]["Shared Hit Blocks"] + o["Plan"]["Shared Read Blocks"] for o in plans
        ),
        "rows": round(sum(_touched(node) for node in scans)),
        "sql_ms": round(_bare_ms(bare, reads), 2),
        "from_end_to_end": sorted(
            {
                n["Relation Name"]
                for n in scans
                if n["Node Type"] == "Seq Scan" and n["Relation Name"] in big
            }
        ),
        "longest_ms": round(max((one["Execution Time"] for one in plans), default=0.0), 2),
        "greediest": _greediest(plans, reads),
    }


def _open(client: Any, page: Address, keys: dict[str, str]) -> int:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {keys[page['key']]}"} if "key" in page else {}
    if "q" in page:
        return int(client.post(page["path"], {"q": page["q"]}, **headers).status_code)
    return int(client.get(page["path"], **headers).status_code)


def _plan(bare: Any, text: str) -> Facts:
    with bare.cursor() as cursor:
        cursor.execute(b"EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) " + text.encode())
        ((told,),) = cursor.fetchall()
    found: Facts = told[0]
    return found


def _bare_ms(bare: Any, reads: list[str]) -> float:
    """How long the statements take on their own, one after another."""
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for text in reads:
            with bare.cursor() as cursor:
                cursor.execute(text.encode())
                cursor.set_result(-1)
                cursor.fetchall()
        took.append(1000 * (time.perf_counter() - begun))
    return statistics.median(took)


def _nodes(node: Facts) -> Iterator[Facts]:
    """All nodes of a plan that read a table."""
    if "Relation Name" in node:
        yield node
    for below in node.get("Plans", []):
        yield from _nodes(below)


def _touched(node: Facts) -> float:
    """Rows a node read, those it threw away too."""
    thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + thrown) * node["Actual Loops"])


def _greediest(plans: list[Facts], reads: list[str]) -> str:
    """The statement that touches most, its beginning, for whoever mends it."""
    if not plans:
        return ""
    counts = [sum(_touched(node) for node in _nodes(one["Plan"])) for one in plans]
    at = counts.index(max(counts))
    return f"{counts[at]:.0f} rows: {' '.join(reads[at].split())[:160]}"


if __name__ == "__main__":
    sys.exit(main())
