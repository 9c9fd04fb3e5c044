"""How fast the journal is sealed and verified, and what sealing costs whoever writes a line.

    SHIYU_HOME=/tmp/bench-sealing .venv/bin/python bench/sealing.py [--lines 300000] [--json FILE]

Works in a database of its own under SHIYU_HOME, which must be empty or from an earlier run. Each
figure stands beside the least program that could do the same, in the same run.
"""

import argparse
import hashlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from shiyu.common.connection import conninfo
from shiyu.journal.audit import Audited, verify
from shiyu.journal.digests import digest_named
from shiyu.journal.encoding import ENCODED
from shiyu.journal.merkle import leaf_of
from shiyu.journal.proof import check, keys_of, proof_of, witnessed_in
from shiyu.journal.sealing import seal_all
from shiyu.journal.witness import attest
from shiyu.journal.witnessed import Witnessed
from shiyu.site.start import hold_database

Connection = psycopg.Connection[Any]

WRITE = """
INSERT INTO journal_line (occurred_at, subject, verb, actor, facts, remark_id, commitment)
SELECT clock_timestamp(), 'case:' || 1 + n / 8, 'dispatch', 'person:' || n %% 3000,
       jsonb_build_object('lead', n %% 200, 'units', jsonb_build_array(n %% 200, 3)), NULL,
       encode(sha256(n::text::bytea), 'hex')
  FROM generate_series(%s::int, %s::int) n
"""
LIKE = """
CREATE TABLE {0} (LIKE journal_line INCLUDING ALL) PARTITION BY RANGE (recorded_at);
CREATE TABLE {0}_other PARTITION OF {0} DEFAULT;
"""
WITHOUT = "DROP INDEX bench_plain_xid_id_idx"
LINES_A_COMMIT = 5000
ROUNDS, LINES_A_ROUND = 6, 20_000


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--lines", type=int, default=300_000)
    asked.add_argument("--json", type=Path)
    how = asked.parse_args()
    hold_database()
    subprocess.run([sys.executable, "-c", "from shiyu.site.cli import main; main()", "migrate"])
    with psycopg.connect(**conninfo("worker"), autocommit=True) as worker:
        found = machine() | appending() | sealing(worker, how.lines) | verifying(worker)
    found["load_after"] = os.getloadavg()[0]
    for name, value in found.items():
        print(f"{name:<42} {value}")
    if how.json:
        how.json.write_text(json.dumps(found, indent=1))
    return 0 if found["faults"] == 0 else 1


def appending() -> dict[str, Any]:
    """The database's work for a line in two empty journals, with and without the sealing index."""
    took: dict[str, list[float]] = {"bench_journal": [], "bench_plain": []}
    with psycopg.connect(**conninfo("owner"), autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS bench_journal, bench_plain")
        for table in took:
            owner.execute(LIKE.format(table))
        owner.execute(WITHOUT)
        for n in range(ROUNDS):
            for table, times in took.items():
                began = cpu_of_backend(owner)
                query = WRITE.replace("INTO journal_line", f"INTO {table}")
                owner.execute(query, [n * LINES_A_ROUND, (n + 1) * LINES_A_ROUND - 1])
                times.append((cpu_of_backend(owner) - began) / LINES_A_ROUND * 1e6)
        owner.execute("DROP TABLE bench_journal, bench_plain")
    journal, plain = (statistics.median(times) for times in took.values())
    return {
        "append_cpu_us_a_line": round(journal, 1),
        "append_floor_cpu_us_without_sealing_index": round(plain, 1),
    }


def sealing(worker: Connection, lines: int) -> dict[str, Any]:
    """Millions of lines that an import left behind are sealed; beside it reading and hashing."""
    with psycopg.connect(**conninfo("web"), autocommit=True) as web:
        for first in range(1, lines, LINES_A_COMMIT):
            web.execute(WRITE, [first, first + LINES_A_COMMIT - 1])
    floor_s, floor_cpu, count = timed_with_cpu(worker, lambda: read_and_hash(worker))
    before = memory_mb()
    sealed_s, sealed_cpu, sealed = timed_with_cpu(worker, lambda: seal_all(worker))
    again_s, _none = timed(lambda: seal_all(worker))
    witness_s, _mark = timed(lambda: attest(worker))
    (size, lines_size) = sizes(worker)
    return {
        "lines_sealed": sealed,
        "seal_lines_per_s": round(sealed / sealed_s),
        "seal_floor_read_and_hash_lines_per_s": round(count / floor_s),
        "seal_cpu_us_a_line": round(sealed_cpu / sealed * 1e6, 1),
        "seal_floor_cpu_us_a_line": round(floor_cpu / count * 1e6, 1),
        "seal_with_nothing_to_do_ms": round(again_s * 1000, 1),
        "witness_all_of_it_ms": round(witness_s * 1000, 1),
        "seal_memory_mb_before_and_peak": f"{before} / {memory_mb()}",
        "bytes_a_line_in_seals": round(size / sealed, 1),
        "bytes_a_line_in_the_journal": round(lines_size / sealed, 1),
    }


def verifying(worker: Connection) -> dict[str, Any]:
    """The whole chain anew, beside hashing the same bytes; one proof made and checked."""
    audited = Audited()

    def all_of_it() -> int:
        with worker.transaction():
            worker.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return sum(1 for fault in verify(worker, Witnessed(), audited) if fault is not None)

    took, cpu, _faults = timed_with_cpu(worker, all_of_it)
    floor_s, floor_cpu, count = timed_with_cpu(worker, lambda: read_and_hash(worker))
    row = worker.execute("SELECT subject, id FROM journal_line ORDER BY id LIMIT 1").fetchone()
    assert row
    proof_s, proof = timed(lambda: proof_of(worker, *row))
    text, keys = json.dumps(proof), keys_of(worker)
    check_s, checked = timed(lambda: check(text, keys=keys, witnessed=witnessed_in(worker)))
    return {
        "lines_verified": audited.lines,
        "verify_lines_per_s": round(audited.lines / took),
        "verify_floor_read_and_hash_lines_per_s": round(count / floor_s),
        "verify_cpu_us_a_line": round(cpu / audited.lines * 1e6, 1),
        "verify_floor_cpu_us_a_line": round(floor_cpu / count * 1e6, 1),
        "verify_memory_mb_peak": memory_mb(),
        "proof_made_ms": round(proof_s * 1000, 1),
        "proof_checked_ms": round(check_s * 1000, 1),
        "proof_bytes": len(text),
        "proof_holds": checked.holds,
        "faults": audited.faults,
    }


def read_and_hash(connection: Connection) -> int:
    """The least: each line as bytes, one hash each, nothing kept."""
    digest, count = digest_named("sha256"), 0
    query = f"SELECT {ENCODED} FROM journal_line line"
    with connection.transaction(), connection.cursor(name="floor", binary=True) as cursor:
        cursor.itersize = 4096
        cursor.execute(query)
        for (data,) in cursor:
            leaf_of(data, digest)
            count += 1
    return count


def sizes(connection: Connection) -> tuple[int, int]:
    row = connection.execute(
        "SELECT pg_total_relation_size('journal_seal'), sum(pg_total_relation_size(inhrelid)) "
        "FROM pg_inherits WHERE inhparent = 'journal_line'::regclass"
    ).fetchone()
    assert row
    return int(row[0]), int(row[1])


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def timed_with_cpu(connection: Connection, work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds on the wall, seconds of processor here and in the database, and the result."""
    began = time.process_time() + cpu_of_backend(connection)
    took, found = timed(work)
    return took, time.process_time() + cpu_of_backend(connection) - began, found


def cpu_of_backend(connection: Connection) -> float:
    """Processor seconds of the server process behind a connection, on this machine."""
    fields = (
        Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    )
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def machine() -> dict[str, Any]:
    """On what this was measured."""
    began = time.perf_counter()
    for _ in range(200_000):
        hashlib.sha256(b"x" * 250).digest()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
        "bare_sha256_of_250_bytes_per_s": round(200_000 / (time.perf_counter() - began)),
    }


if __name__ == "__main__":
    sys.exit(main())
