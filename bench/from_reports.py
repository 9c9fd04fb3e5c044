"""How fast a city is built from an export of a million reports, beside a bare COPY of its rows.

    .venv/bin/python bench/from_reports.py FILE --preset baltimore311 [--rows 1000000] [--verify]

FILE is repeated with new ids and times moved back a little each time, until there are enough
rows. The city is built by the command itself in a SHIYU_HOME of its own, which is removed.
"""

import argparse
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import polars as pl
import psycopg

from shiyu.common.embedded import Cluster
from shiyu.history.reports.columns import PRESETS, match

FORMS = ("%m/%d/%Y %I:%M:%S %p", "%Y-%m-%dT%H:%M:%S%.3f", "%Y-%m-%d %H:%M:%S")
TIMES = ("created", "closed", "due")
STEP = timedelta(hours=7)
"""Copies lie so far apart: over a hundred copies the city has a month more."""
TOLD = re.compile(r"^\[ *([0-9.]+) s\] (.*)$", re.M)
LOADING, DONE = "待载入", "完成"
PLAIN = """
    CREATE TABLE plain (id text, created timestamp, closed timestamp, due timestamp, kind text,
        unit text, lat float8, lon float8, said text, address text, place text)
"""
ROLES = ("id", *TIMES, "kind", "unit", "lat", "lon", "text", "address", "place")


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("file", type=Path)
    asked.add_argument("--preset", default="baltimore311", choices=PRESETS)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--times", type=int, default=1, help="Build it so often, each time anew.")
    asked.add_argument("--verify", action="store_true", help="Replay every case too.")
    asked.add_argument("--work", type=Path, help="Where the file and the home go; else a new one.")
    how = asked.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    work = Path(tempfile.mkdtemp(prefix="from-reports-", dir=how.work))
    try:
        many = work / "many.csv"
        rows = multiply(how.file, how.preset, how.rows, many)
        print(f"{rows.height:,} rows, {many.stat().st_size / 1e6:.0f} MB", flush=True)
        for nth in range(how.times):
            one(work / f"home{nth}", many, rows, how.preset, verify=how.verify)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


def multiply(file: Path, preset: str, count: int, into: Path) -> pl.DataFrame:
    """Write the file so often that it has `count` rows; returns the columns that mean something."""
    table = pl.read_csv(file, infer_schema=False)
    columns = match(PRESETS[preset], table.columns)
    times = {role: columns[role] for role in TIMES if role in columns}
    read = {name: _times(table[name]) for name in times.values()}
    kept: list[pl.DataFrame] = []
    with into.open("wb") as out:
        for nth in range(-(-count // table.height)):
            part = table.head(count - nth * table.height).with_columns(
                pl.concat_str(pl.col(columns["id"]), pl.lit(f"-{nth}")),
                *(
                    (moments.head(count - nth * table.height) - nth * STEP).dt.strftime(form)
                    for moments, form in read.values()
                ),
            )
            part.write_csv(out, include_header=nth == 0)
            kept.append(_plain(part, columns, read, nth))
    return pl.concat(kept)


def _times(column: pl.Series) -> tuple[pl.Series, str]:
    best = max(FORMS, key=lambda form: column.str.to_datetime(form, strict=False).count())
    return column.str.to_datetime(best, strict=False), best


def _plain(
    part: pl.DataFrame, columns: dict[str, str], read: dict[str, tuple[pl.Series, str]], nth: int
) -> pl.DataFrame:
    """The rows as the plain table wants them."""
    found = []
    for role in ROLES:
        name = columns.get(role, "")
        if name in read:
            found.append((read[name][0].head(part.height) - nth * STEP).alias(role))
        elif role in ("lat", "lon") and name:
            found.append(part[name].cast(pl.Float64, strict=False).alias(role))
        else:
            found.append(part[name].alias(role) if name else pl.Series(role, [None] * part.height))
    return pl.DataFrame(found)


def one(home: Path, many: Path, rows: pl.DataFrame, preset: str, *, verify: bool) -> None:
    """Build the city once, copy the same rows into a plain table, look whether all holds."""
    environment = {**os.environ, "SHIYU_HOME": str(home), "SHIYU_POOL": "0"}
    shiyu = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
    cluster = Cluster(home)
    try:
        begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        words = [*shiyu, "city", "from-reports", str(many), "--preset", preset, "--json"]
        with Watching(home) as server:
            built = subprocess.run(words, env=environment, capture_output=True, text=True)
        whole = time.perf_counter() - begun
        if built.returncode:
            sys.exit(built.stderr[-3000:])
        figures = json.loads(built.stdout.splitlines()[-1])
        told = {sentence: float(second) for second, sentence in TOLD.findall(built.stderr)}
        for sentence, second in told.items():
            print(f"    {second:6.1f} s  {sentence}")
        begin = next(second for sentence, second in told.items() if LOADING in sentence)
        load = next(second for sentence, second in told.items() if DONE in sentence) - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        largest, own = after.ru_maxrss / 1e6, _seconds(after) - _seconds(before)
        print(f"  {json.dumps(figures)}")
        cluster.hold()
        floor = bare_copy(cluster, rows)
        count = figures["imported"]
        print(
            f"  whole command {whole:.1f} s, {count / whole:,.0f} rows/s; "
            f"load alone {load:.1f} s, {count / load:,.0f} rows/s; "
            f"bare COPY {floor:.1f} s, {rows.height / floor:,.0f} rows/s; "
            f"load takes {load / floor:.1f} times the bare COPY, the whole {whole / floor:.1f} "
            f"times; largest process {largest:.1f} GB; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        print(
            f"  processor: command {own:.0f} s, database {server.seconds:.0f} s; "
            f"on two idle cores at least {(own + server.seconds) / 2:.0f} s"
        )
        for what in ("invariants", *(["clock"] if verify else [])):
            words = [*shiyu, "verify", what]
            ended = subprocess.run(words, env=environment, capture_output=True, text=True)
            print(f"  verify {what}: {ended.stdout.strip()}", flush=True)
    finally:
        cluster.remove()
        shutil.rmtree(home, ignore_errors=True)


def _seconds(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


class Watching:
    """Adds up the processor time of a home's database server while the command runs."""

    def __init__(self, home: Path) -> None:
        self.home, self.seconds, self.over = home, 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Watching":
        self.thread.start()
        return self

    def __exit__(self, *_how: object) -> None:
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.over.wait(0.3):
            with suppress(OSError, ValueError, IndexError):
                (file,) = self.home.glob("postgres-*/postmaster.pid")
                pid = file.read_text().split("\n", 1)[0]
                alive = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                spent = ticks(pid, 13, 17) + sum(ticks(child, 13, 15) for child in alive)
                self.seconds = max(self.seconds, spent / os.sysconf("SC_CLK_TCK"))


def ticks(pid: str, first: int, last: int) -> int:
    """Clock ticks of a process, by the places in its line of /proc (its children's: to 17)."""
    fields = Path(f"/proc/{pid}/stat").read_text().split()
    return sum(int(field) for field in fields[first:last])


def bare_copy(cluster: Cluster, rows: pl.DataFrame) -> float:
    """Seconds for one COPY of the rows, ready as text, into one table without any index."""
    written = cluster.start()
    blocks = [
        rows.slice(start, 8_000)
        .write_csv(include_header=False, datetime_format="%Y-%m-%d %H:%M:%S")
        .encode()
        for start in range(0, rows.height, 8_000)
    ]
    with psycopg.connect(
        host=written["host"],
        port=written["port"],
        dbname=written["database"],
        user="owner",
        password=written["passwords"]["owner"],
    ) as connection:
        connection.execute(PLAIN)
        begun = time.perf_counter()
        with connection.cursor().copy("COPY plain FROM STDIN WITH (FORMAT csv)") as copy:
            for block in blocks:
                copy.write(block)
        connection.commit()
        took = time.perf_counter() - begun
        connection.execute("DROP TABLE plain")
    return took


if __name__ == "__main__":
    sys.exit(main())
