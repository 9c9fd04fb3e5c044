"""T-L5: jobs at a rate, started soon; an import beside them pushes nobody aside (任务队列)."""

import asyncio
import json
import os
import secrets
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from bench.killed import Serving
from bench.load.crowd import spread
from bench.load.hotline import PLACES, write
from bench.load.place import Facts, demo_city
from bench.served import SHIYU, free_port, wait_for
from shiyu.common.connection import conninfo
from shiyu.common.home import PROJECT

ALONE_P95_MS, BESIDE_P95_MS, REST_S = 2000, 5000, 90
OURS = "shiyu.site.jobs.owe_it"
STARTS = """
SELECT j.id, extract(epoch FROM s.at - d.at)::float, extract(epoch FROM d.at)::float
  FROM procrastinate_jobs j
  JOIN procrastinate_events d ON d.job_id = j.id AND d.type = 'deferred'
  JOIN procrastinate_events s ON s.job_id = j.id AND s.type = 'started'
 WHERE j.task_name = %s AND j.id > %s
"""
LEFT = """
SELECT status::text, count(*) FROM procrastinate_jobs WHERE task_name = %s AND id > %s
 GROUP BY 1
"""
TWICE = """
SELECT count(*) FROM (SELECT job_id FROM procrastinate_events e JOIN procrastinate_jobs j
  ON j.id = e.job_id WHERE j.task_name = %s AND e.type = 'succeeded' AND j.id > %s
 GROUP BY 1 HAVING count(*) > 1) AS again
"""
DEFER = """
SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('interactive', %s, 0, NULL, NULL, %s::jsonb, NULL)
    ::procrastinate_job_to_defer_v1])
"""
ARGUMENTS = json.dumps({"flight": "load", "people": []})


def run(
    home: Path | None = None,
    *,
    rate: float = 50,
    minutes: float = 10,
    rows: float = 100_000,
    cases: float = 200,
) -> Facts:
    """So many jobs a second; in the second half a file of so many rows is taken in beside them."""
    with demo_city(home, cases=int(cases)) as (place, log):
        serving = Serving(log=log, port=free_port(2))
        try:
            wait_for(serving)  # type: ignore[arg-type]
            time.sleep(5)
            return _run(place, rate, 60 * minutes, int(rows))
        finally:
            serving.end()


def _run(home: Path, rate: float, seconds: float, rows: int) -> Facts:
    with psycopg.connect(**conninfo("owner"), autocommit=True) as connection:
        (first,) = connection.execute(
            "SELECT coalesce(max(id), 0) FROM procrastinate_jobs"
        ).fetchone() or (0,)
        places: list[Any] = connection.execute(PLACES).fetchall()
    file = home / f"Q{secrets.token_hex(3).upper()}.csv"
    write(file, rows, places, file.stem)
    imported: Facts = {}
    importing = threading.Thread(target=_import, args=(file, seconds / 2, imported))
    importing.start()
    begun = time.time()
    asyncio.run(_defer(rate, seconds))
    importing.join()
    left = _rest(first)
    with psycopg.connect(**conninfo("owner")) as connection:
        rows_ = connection.execute(STARTS, (OURS, first)).fetchall()
        (twice,) = connection.execute(TWICE, (OURS, first)).fetchone() or (0,)
    span = (imported.get("began", begun + seconds), imported.get("ended", 0.0))
    beside = [wait for _id, wait, at in rows_ if span[0] <= at <= span[1]]
    alone = [wait for _id, wait, at in rows_ if at < span[0]]
    found: Facts = {
        "jobs": len(rows_),
        "per_second": round(len(rows_) / seconds, 1),
        "start_ms_alone": spread(alone),
        "start_ms_beside_import": spread(beside),
        "import": imported,
        "left": left,
        "done_twice": twice,
    }
    well = found["start_ms_alone"]["p95"] <= ALONE_P95_MS and set(left) <= {"succeeded"}
    pushed = found["start_ms_beside_import"].get("p95", 0) <= BESIDE_P95_MS
    return found | {"well": well and pushed and not twice and imported.get("code") == 0}


async def _defer(rate: float, seconds: float) -> None:
    """As the program owes itself a job: the queue's own function, one statement each."""
    async with await psycopg.AsyncConnection.connect(
        **conninfo("owner"), autocommit=True
    ) as database:
        begun, nth = time.perf_counter(), 0
        while nth < rate * seconds:
            await asyncio.sleep(max(0.0, begun + nth / rate - time.perf_counter()))
            await database.execute(DEFER, (OURS, ARGUMENTS))
            nth += 1


def _import(file: Path, after_s: float, told: Facts) -> None:
    time.sleep(after_s)
    words = [*SHIYU, "import", "reports", str(file), "--preset", "12345", "--json"]
    told["began"] = time.time()
    ended = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    told |= {"ended": time.time(), "code": ended.returncode, "load": os.getloadavg()[0]}
    told["seconds"] = round(told["ended"] - told["began"], 1)


def _rest(first: int) -> dict[str, int]:
    """What became of all jobs, when none waits any more or too long has passed."""
    until = time.monotonic() + REST_S
    while True:
        with psycopg.connect(**conninfo("owner")) as connection:
            left = dict(connection.execute(LEFT, (OURS, first)).fetchall())
        if not set(left) - {"succeeded", "failed"} or time.monotonic() > until:
            return left
        time.sleep(1)
