"""What it costs a row that who reported is closed: beside the same rows in clear, by turns.

    .venv/bin/python bench/closed_reporters.py [--rows 100000] [--turns 3]

In a SHIYU_HOME of its own that is removed. Each turn makes the same names and telephones twice:
in clear (name, telephone, an index on it, as it was) and closed (key, sealed, mark, an index on
the mark), ready as CSV, and writes them with one COPY into a table of its own. Microseconds a row,
of processor for the Python side, of the clock for the COPY. Then what a single intake pays.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

import psycopg

CLEAR = "CREATE UNLOGGED TABLE clear (id bigint PRIMARY KEY, report_id bigint UNIQUE, name varchar(40) NOT NULL, phone varchar(20) NOT NULL); CREATE INDEX ON clear (phone)"  # noqa: E501
CLOSED = "CREATE UNLOGGED TABLE closed (id bigint PRIMARY KEY, report_id bigint UNIQUE, key bytea, sealed bytea, found_by bytea); CREATE INDEX ON closed (found_by)"  # noqa: E501


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--turns", type=int, default=3)
    how = asked.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHIYU_HOME"] = folder
        from shiyu.common.embedded import Cluster

        cluster = Cluster(Path(folder), throwaway=True)
        said = cluster.hold()
        try:
            where = {"host": said["host"], "port": said["port"], "user": "postgres"}
            with psycopg.connect(
                **where, dbname="postgres", password=said["passwords"]["postgres"], autocommit=True
            ) as connection:
                turns(connection, how.rows, how.turns)
        finally:
            cluster.remove()


def turns(connection: "psycopg.Connection", rows: int, count: int) -> None:
    connection.execute(CLEAR)
    connection.execute(CLOSED)
    told: dict[str, list[tuple[float, float]]] = {"clear": [], "closed": []}
    for _ in range(count):
        for name, made in (("clear", clear), ("closed", closed)):
            began = time.process_time()
            text = made(rows)
            python = (time.process_time() - began) / rows * 1e6
            began = time.perf_counter()
            words = f"COPY {name} FROM STDIN WITH (FORMAT csv)"
            with connection.cursor() as cursor, cursor.copy(words) as copy:
                copy.write(text)
            told[name].append((python, (time.perf_counter() - began) / rows * 1e6))
            print(name, *(f"{v:.1f}" for v in told[name][-1]), flush=True)
            size = connection.execute(f"SELECT pg_total_relation_size('{name}')").fetchone()
            connection.execute(f"TRUNCATE {name}")
    for name, figures in told.items():
        python, database = (statistics.median(part) for part in zip(*figures, strict=True))
        print(f"{name:<7} python {python:6.1f} µs, COPY {database:6.1f} µs a row")
    print(f"closed: {(size or (0,))[0] / rows:.0f} bytes a row with indexes")


def clear(rows: int) -> bytes:
    lines = (f"{n},{n},市民{n % 97},139{n:08d}" for n in range(rows))
    return "\n".join(lines).encode()


def closed(rows: int) -> bytes:
    from shiyu.cases import identity

    lines = []
    for n in range(rows):
        one = identity.close(f"市民{n % 97}", f"139{n:08d}", report=n)
        mark = one.found_by or b""
        lines.append(f"{n},{n},\\x{one.key.hex()},\\x{one.sealed.hex()},\\x{mark.hex()}")
    return "\n".join(lines).encode()


if __name__ == "__main__":
    main()
