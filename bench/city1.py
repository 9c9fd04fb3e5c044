"""What a large made-up city weighs, and what its bare bytes cost: the floor beside its making.

    python -m bench.city1 HOME [--floor]

Rows and bytes of each table and of its indexes, shares of cases by stage, how many residents.
With --floor every table is streamed once more by COPY into a bare one like it, without index,
key or check, in the same order; the seconds and the processor time of both ends are the least
that these rows cost. The bare tables are dropped again; nothing else is touched.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from shiyu.common.connection import conninfo
from shiyu.site.start import django_ready

SIZES = """
SELECT count(*), pg_table_size(%(t)s::regclass), pg_indexes_size(%(t)s::regclass) FROM {t}
"""
PARTITIONS = """
SELECT sum(pg_table_size(inhrelid))::bigint, sum(pg_indexes_size(inhrelid))::bigint
  FROM pg_inherits WHERE inhparent = %(t)s::regclass
"""
ABOUT = {
    "stages": "SELECT stage, count(*) FROM cases_case GROUP BY 1 ORDER BY 2 DESC",
    "verbs": "SELECT verb, count(*) FROM journal_line GROUP BY 1 ORDER BY 2 DESC",
    "channels": "SELECT channel, count(*) FROM cases_case GROUP BY 1 ORDER BY 2 DESC",
    "residents": "SELECT 'distinct', count(DISTINCT found_by) FROM cases_reporter",
    "staff": "SELECT 'people', count(*) FROM people_person",
    "units": "SELECT 'units', count(*) FROM people_unit",
    "span": "SELECT min(reported_at)::text, max(reported_at)::text FROM cases_case",
}


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("home", type=Path)
    asked.add_argument("--floor", action="store_true")
    how = asked.parse_args()
    os.environ["SHIYU_HOME"] = str(how.home)
    django_ready()
    import psycopg

    from shiyu.history.large.aside import TABLES

    tables = (*TABLES, "journal_seal")
    with psycopg.connect(**conninfo("owner"), autocommit=True) as owner:
        found: dict[str, Any] = {"tables": {table: _size(owner, table) for table in tables}}
        for name, words in ABOUT.items():
            found[name] = dict(owner.execute(words).fetchall())
        if how.floor:
            found["floor"] = {table: _bare(owner, table) for table in TABLES}
    found["home_mb"] = sum(f.stat().st_size for f in how.home.rglob("*") if f.is_file()) >> 20
    print(json.dumps(found, ensure_ascii=False, default=str))
    return 0


def _size(owner: Any, table: str) -> dict[str, int]:
    asked = SIZES.format(t=table)
    rows, heap, indexes = owner.execute(asked, {"t": table}).fetchone()
    parts = owner.execute(PARTITIONS, {"t": table}).fetchone()
    if parts[0] is not None:
        heap, indexes = parts
    return {"rows": rows, "mb": heap >> 20, "indexes_mb": indexes >> 20}


def _bare(owner: Any, table: str) -> dict[str, float]:
    """One table through COPY into a bare one: seconds on the wall, and of the processor."""
    import psycopg

    from shiyu.history.large.aside import prepared, used_by

    bare = f"bare_{table}"
    with psycopg.connect(**conninfo("owner"), autocommit=True) as other:
        prepared(other)
        other.execute(f"DROP TABLE IF EXISTS {bare}")
        other.execute(f"CREATE TABLE {bare} (LIKE {table})")
        begun, before, size = time.monotonic(), used_by(other), 0
        with owner.cursor() as reads, other.cursor() as writes:
            source = f"COPY (SELECT * FROM {table}) TO STDOUT"
            with reads.copy(source) as out, writes.copy(f"COPY {bare} FROM STDIN") as into:
                for some in out:
                    size += len(some)
                    into.write(some)
        took, used = time.monotonic() - begun, used_by(other) - before
        other.execute(f"DROP TABLE {bare}")
    return {"s": round(took, 1), "writing_cpu_s": round(used, 1), "mb": size >> 20}


if __name__ == "__main__":
    sys.exit(main())
