"""How fast a million reports of a hotline are taken into a city that is there, as new ones.

    .venv/bin/python bench/import_reports.py TEXTS [--rows 1000000] [--cases 200] [--no-verify]

One run does it all, on a free machine in some twelve minutes: makes the demo city in a SHIYU_HOME
of its own that is removed, writes the file, takes it in, verifies what was taken in, exports the
whole city, takes the same file in again. TEXTS is a csv of real complaints (留言主题, 留言详情);
each row of the made file is one of them with its own number, a time of the last ninety days, a
point in the city or an address that names a place of it, a caller, and now and then a kind.
Beside it, in the same run: a bare COPY of the same rows into one table without an index.
"""

import argparse
import csv
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from from_reports import ticks

from shiyu.common.embedded import Cluster

HEAD = [
    *("工单编号", "来电时间", "来电人", "来电号码", "诉求标题", "诉求内容", "地址", "类别"),
    *("经度", "纬度"),
]
TOLD = re.compile(r"^\[ *([0-9.]+) s\] (.*)$", re.M)
LONGEST = 120
PLACES = "SELECT name, lon, lat FROM places_place WHERE level = 'community' AND lon IS NOT NULL"
KINDS = "SELECT name FROM catalogue_kind ORDER BY code"
PLAIN = "CREATE TABLE plain ({})"


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended: what it said, and what it cost."""

    code: int
    out: str
    said: str
    seconds: float
    processor: float
    largest_mb: float


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("texts", type=Path)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--cases", type=int, default=200, help="of the demo city, before")
    asked.add_argument("--no-verify", action="store_true", help="the speed alone")
    asked.add_argument("--work", type=Path, help="where the file and the home go; else a new one")
    how = asked.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    work = Path(tempfile.mkdtemp(prefix="import-reports-", dir=how.work))
    home = work / "home"
    environment = {**os.environ, "SHIYU_HOME": str(home), "SHIYU_POOL": "0"}
    cluster = Cluster(home)
    try:
        for words in (["migrate"], ["demo", "make", "--cases", str(how.cases)]):
            shiyu(words, environment)
        cluster.hold()
        file = work / "many.csv"
        write_file(file, how.texts, how.rows, cluster.start())
        print(f"{how.rows:,} rows, {file.stat().st_size / 1e6:.0f} MB", flush=True)
        floor(file, how.rows, cluster.start())
        take_in(file, environment, home)
        if not how.no_verify:
            for what in ("invariants", "facts", "clock"):
                verified(what, environment)
        export(work / "left", environment)
        again(file, environment)
    finally:
        cluster.remove()
        shutil.rmtree(work, ignore_errors=True)
    return 0


def shiyu(words: list[str], environment: dict[str, str], *, may_fail: bool = False) -> Ran:
    """Run a command of the program to its end; its time and memory are its own alone."""
    command = [sys.executable, "-c", "from shiyu.site.cli import main; main()", *words]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        running = subprocess.Popen(command, env=environment, stdout=out, stderr=said)
        _pid, status, used = os.wait4(running.pid, 0)
        seconds = time.perf_counter() - begun
        running.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), said.seek(0)
        ended = Ran(
            running.returncode,
            out.read().decode(),
            said.read().decode(),
            seconds,
            used.ru_utime + used.ru_stime,
            used.ru_maxrss / 1e3,
        )
    if ended.code and not may_fail:
        sys.exit(ended.said[-3000:])
    return ended


def open_as_owner(written: dict[str, Any]) -> "psycopg.Connection[Any]":
    return psycopg.connect(
        host=written["host"],
        port=written["port"],
        dbname=written["database"],
        user="owner",
        password=written["passwords"]["owner"],
    )


def write_file(file: Path, texts: Path, count: int, written: dict[str, Any]) -> None:
    """Rows of a hotline: half with a point, the others with an address that names a place."""
    chance = random.Random(311)
    with texts.open(encoding="utf-8-sig", newline="") as lines:
        said = [
            (row["留言主题"].strip(), " ".join(row["留言详情"].split())[:LONGEST])
            for row in csv.DictReader(lines)
        ]
    with open_as_owner(written) as connection:
        places = connection.execute(PLACES).fetchall()
        kinds = [row[0] for row in connection.execute(KINDS)]
    now = datetime.now(UTC).astimezone() - timedelta(hours=1)
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(HEAD)
        for n in range(count):
            title, text = said[n % len(said)]
            name, lon, lat = places[chance.randrange(len(places))]
            at = now - timedelta(seconds=chance.randrange(90 * 86400))
            pointed = n % 2 == 0
            table.writerow(
                (
                    *(f"DH{n:09d}", f"{at:%Y-%m-%d %H:%M:%S}", "市民" if n % 3 else ""),
                    *(f"139{n % 100_000_000:08d}" if n % 3 else "", title, text),
                    f"{name}{n % 300}号",
                    kinds[n % len(kinds)] if n % 4 == 0 else "",
                    *((f"{lon:.6f}", f"{lat:.6f}") if pointed else ("", "")),
                )
            )


def take_in(file: Path, environment: dict[str, str], home: Path) -> None:
    """The command itself, from its start to its end; and where its seconds went."""
    before = spent(home)
    ran = shiyu(["import", "reports", str(file), "--preset", "12345", "--json"], environment)
    database = spent(home) - before
    for second, sentence in TOLD.findall(ran.said):
        print(f"    {second:>6} s  {sentence}")
    figures = json.loads(ran.out.splitlines()[-1])
    new = figures["new"]
    print(f"  {json.dumps(figures)}")
    print(
        f"  import {ran.seconds:.1f} s, {new / ran.seconds:,.0f} rows/s of the whole command; "
        f"processor: command {ran.processor:.0f} s ({ran.processor / new * 1e6:.0f} µs a row), "
        f"database {database:.0f} s ({database / new * 1e6:.0f} µs a row); "
        f"largest {ran.largest_mb:,.0f} MB; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def spent(home: Path) -> float:
    """Processor time so far of a home's database server, with processes that have ended."""
    (file,) = home.glob("postgres-*/postmaster.pid")
    pid = file.read_text().split("\n", 1)[0]
    alive = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = ticks(pid, 13, 17) + sum(ticks(child, 13, 15) for child in alive)
    return found / os.sysconf("SC_CLK_TCK")


def verified(what: str, environment: dict[str, str]) -> None:
    ran = shiyu(["verify", what], environment, may_fail=True)
    said = ran.out.strip() or ran.said.strip()[-300:]
    print(f"  verify {what}, {ran.seconds:.0f} s: {said}", flush=True)


def export(path: Path, environment: dict[str, str]) -> None:
    """The whole city out of the program, and what was written compared with its manifest."""
    ran = shiyu(["export", str(path), "--purpose", "测量迁出"], environment)
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    print(
        f"  export {ran.seconds:.1f} s, {size / 1e6:,.0f} MB, largest {ran.largest_mb:,.0f} MB, "
        f"processor {ran.processor:.0f} s: {ran.out.strip()}"
    )
    ran = shiyu(["export", str(path), "--check"], environment, may_fail=True)
    print(f"  export --check {ran.seconds:.1f} s: {ran.out.strip()}", flush=True)
    shutil.rmtree(path)


def again(file: Path, environment: dict[str, str]) -> None:
    ran = shiyu(["import", "reports", str(file), "--preset", "12345", "--json"], environment)
    print(f"  the same file again, {ran.seconds:.1f} s: {ran.out.strip()}", flush=True)


def floor(file: Path, count: int, written: dict[str, Any]) -> None:
    """Seconds for one COPY of the rows into one table without any index."""
    with open_as_owner(written) as connection:
        connection.execute(PLAIN.format(", ".join(f"c{n} text" for n in range(len(HEAD)))))
        begun = time.perf_counter()
        words = "COPY plain FROM STDIN WITH (FORMAT csv, HEADER)"
        with connection.cursor().copy(words) as copy, file.open("rb") as rows:
            while block := rows.read(1 << 20):
                copy.write(block)
        connection.commit()
        took = time.perf_counter() - begun
        connection.execute("DROP TABLE plain")
        connection.commit()
    print(f"  bare COPY of the same rows {took:.1f} s, {count / took:,.0f} rows/s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
