"""What processes count while they work, for whoever watches the machine (运行指标).

Pages, feed and jobs are many processes: each keeps its counts in files of its own below
`PROMETHEUS_MULTIPROC_DIR`, and `shiyu watch` adds them up. Without that variable they stay in
the process. A label is the name of a route, task or queue, never a value somebody wrote.

A measure that is not in `MEASURES` cannot be counted, and one without help cannot stand there;
each alarm in ops/prometheus/alerts.yml names only what stands here or in `site/watch`.
"""

import os
from pathlib import Path

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
if os.environ.get(FOLDER):  # the library looks for it when it is imported
    Path(os.environ[FOLDER]).mkdir(mode=0o2770, parents=True, exist_ok=True)

from prometheus_client import Counter, Gauge, Histogram  # noqa: E402

from shiyu.common.reserved import reserve  # noqa: E402

reserve(os.environ.get(FOLDER))

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.5, 3.0, 8.0, 15.0)
JOB_SECONDS = (0.05, 0.2, 1.0, 5.0, 30.0, 120.0, 600.0, 1800.0)

REQUESTS = Counter(
    "shiyu_requests_total", "Requests answered, by route and status.", ["route", "method", "status"]
)
REQUEST_SECONDS = Histogram(
    "shiyu_request_seconds", "From a request's arrival to its answer.", ["route"], buckets=SECONDS
)
OUTAGES = Counter(
    "shiyu_database_troubles_total",
    "Requests the database did not answer: gone, statement_timeout, lock_timeout, busy.",
    ["kind"],
)
TURNED_AWAY = Counter(
    "shiyu_turned_away_total",
    "Requests told to come again because too many were there: full, late.",
    ["why"],
)
POOL_AVAILABLE = Gauge(
    "shiyu_pool_available",
    "Connections ready in the pools of the pages.",
    multiprocess_mode="livesum",
)
POOL_SIZE = Gauge(
    "shiyu_pool_size", "Connections open in the pools of the pages.", multiprocess_mode="livesum"
)
POOL_WAITING = Gauge(
    "shiyu_pool_waiting", "Requests waiting for a connection.", multiprocess_mode="livesum"
)
JOBS = Counter("shiyu_jobs_total", "Jobs carried out.", ["queue", "task", "outcome"])
JOB_TIME = Histogram(
    "shiyu_job_seconds", "How long a job took.", ["queue", "task"], buckets=JOB_SECONDS
)
STREAMS = Gauge(
    "shiyu_feed_streams", "Pages that listen to the live feed.", multiprocess_mode="livesum"
)

MEASURES = (
    REQUESTS,
    REQUEST_SECONDS,
    OUTAGES,
    TURNED_AWAY,
    POOL_AVAILABLE,
    POOL_SIZE,
    POOL_WAITING,
    JOBS,
    JOB_TIME,
    STREAMS,
)
