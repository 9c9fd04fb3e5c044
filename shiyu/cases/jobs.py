"""What happens to cases by itself: they resume on their day, and warn in time (定时办理)."""

from typing import Any

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from shiyu.cases import closing, search
from shiyu.cases.actions import dispatching, retiming, watching
from shiyu.common.orders import order

INDEXING_S = 50.0
CLOSED_AT_ONCE = 100_000


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="cases_watch")
def watch(timestamp: int) -> None:
    """Tell whom it concerns what became yellow or red since the last look."""
    watching.warn()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="periodic", queueing_lock="cases_resume")
def resume_due(timestamp: int) -> None:
    """Go on with suspended cases whose day has come."""
    dispatching.resume_due()


@app.periodic(cron="* * * * *")
@app.task(queue="bulk", queueing_lock="cases_retime")
def retime(timestamp: int) -> None:
    """Recompute the due times of open cases after a calendar was edited."""
    retiming.follow_calendars()
    retiming.look_ahead()


@app.task(queue="bulk", queueing_lock="cases_retime_now")
def retime_now() -> None:
    """The same at once: somebody waits before a page for it."""
    retiming.look_ahead()
    retiming.follow_calendars()


def ask_to_retime(**_told: Any) -> None:
    """Have it made soon, unless it is going to be anyway (calendars.events.retiming_asked)."""
    try:
        order(retime_now.configure())
    except AlreadyEnqueued:
        return


@app.periodic(cron="17 * * * *")
@app.task(queue="bulk", queueing_lock="cases_close")
def close_reporters(timestamp: int) -> None:
    """Close who reported, where an older version of the program wrote it in clear."""
    closing.close_all(most=CLOSED_AT_ONCE)


@app.periodic(cron="* * * * *")
@app.task(queue="bulk", queueing_lock="cases_index")
def index_missing(timestamp: int) -> None:
    """Make findable what a bulk import left without words, a while at a time."""
    search.index_for(INDEXING_S)
