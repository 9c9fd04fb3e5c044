"""Housekeeping of the journal: partitions ahead, a short feed (日志维护)."""

from datetime import timedelta

from django.db import connection
from procrastinate.contrib.django import app

from shiyu.common import clock
from shiyu.journal.models import Change

FEED_KEPT = timedelta(days=1)


@app.periodic(cron="20 3 * * *")
@app.task(queue="periodic", queueing_lock="journal_partitions")
def make_partitions(timestamp: int) -> None:
    """Make the journal's partitions of the months ahead."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_make_partitions(3)")


@app.periodic(cron="40 * * * *")
@app.task(queue="periodic", queueing_lock="journal_trim")
def trim_feed(timestamp: int) -> None:
    """Forget changes that every open page has long seen."""
    Change.objects.filter(at__lt=clock.now() - FEED_KEPT).delete()
