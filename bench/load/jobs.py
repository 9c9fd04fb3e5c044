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

from bench.killer import Serving
from bench.load.crowd import spread
from bench.load.hotline import PLACES, write
from bench.load.place import Facts, demo_city
from bench.served import SHIYU, free_port, wait_for
from shiyu.common.connection import conninfo
from shiyu.common.home import PROJECT

ALONE_P95_MS, BESIDE_P95_MS, REST_S = 2000, 5000, 90
OURS = "shiyu.site.jobs.owe_it"
SEEN = f"""
CREATE TABLE bench_seen (job_id bigint, type text, at timestamptz);
CREATE FUNCTION bench_see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
 SET search_path = public, pg_temp AS $$ BEGIN
  INSERT INTO bench_seen SELECT NEW.job_id, NEW.type, NEW.at FROM procrastinate_jobs j
   WHERE j.id = NEW.job_id AND j.task_name = '{OURS}';
  RETURN NULL; END $$;
CREATE TRIGGER bench_see AFTER INSERT ON procrastinate_events
 FOR EACH ROW EXECUTE FUNCTION bench_see();
"""
"""Workers delete a job that is done, its events with it: what happened is noted apart."""
UNSEEN = "DROP FUNCTION IF EXISTS bench_see() CASCADE; DROP TABLE IF EXISTS bench_seen;"
STARTS = """
SELECT job_id, extract(epoch FROM min(at) FILTER (WHERE type = 'started')
                            - min(at) FILTER (WHERE type = 'deferred'))::float,
       extract(epoch FROM min(at) FILTER (WHERE type = 'deferred'))::float
  FROM bench_seen GROUP BY 1
"""
LEFT = """
SELECT coalesce(j.status::text, 'done'), count(*)
  FROM (SELECT DISTINCT job_id FROM bench_seen) AS ours
  LEFT JOIN procrastinate_jobs j ON j.id = ours.job_id GROUP BY 1
"""
TWICE = """
SELECT count(*) FROM (SELECT job_id FROM bench_seen WHERE type = 'started'
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
        connection.execute(UNSEEN + SEEN)  # type: ignore[arg-type]
        places: list[Any] = connection.execute(PLACES).fetchall()
    file = home / f"Q{secrets.token_hex(3).upper()}.csv"
    write(file, rows, places, file.stem)
    imported: Facts = {}
    importing = threading.Thread(target=_import, args=(file, seconds / 2, imported))
    importing.start()
    begun = time.time()
    asyncio.run(_defer(rate, seconds))
    importing.join()
    left = _rest()
    with psycopg.connect(**conninfo("owner"), autocommit=True) as connection:
        seen = connection.execute(STARTS).fetchall()
        (twice,) = connection.execute(TWICE).fetchone() or (0,)
        connection.execute(UNSEEN)
    return _told(seen, imported, left, twice, begun=begun, seconds=seconds)


def _told(
    seen: list[Any],
    imported: Facts,
    left: dict[str, int],
    twice: int,
    *,
    begun: float,
    seconds: float,
) -> Facts:
    span = (imported.get("began", begun + seconds), imported.get("ended", 0.0))
    started = [(wait, at) for _id, wait, at in seen if wait is not None]
    found: Facts = {
        "jobs": len(seen),
        "per_second": round(len(seen) / seconds, 1),
        "start_ms_alone": spread([wait for wait, at in started if at < span[0]]),
        "start_ms_beside_import": spread([w for w, at in started if span[0] <= at <= span[1]]),
        "import": imported,
        "left": left,
        "started_twice": twice,
    }
    soon = found["start_ms_alone"].get("p95", ALONE_P95_MS + 1) <= ALONE_P95_MS
    pushed = found["start_ms_beside_import"].get("p95", 0) <= BESIDE_P95_MS
    none_left = len(seen) >= seconds and set(left) <= {"done"}
    return found | {"well": soon and pushed and none_left and not twice and not imported["code"]}


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


def _rest() -> dict[str, int]:
    """What became of all jobs, when none waits any more or too long has passed."""
    until = time.monotonic() + REST_S
    while True:
        with psycopg.connect(**conninfo("owner")) as connection:
            left = dict(connection.execute(LEFT).fetchall())
        if not set(left) - {"done", "failed"} or time.monotonic() > until:
            return left
        time.sleep(1)
