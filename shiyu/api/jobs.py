"""Clearing photos that no case ever asked for (清理未用照片)."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from shiyu.api import actions

UPLOADS_KEPT = timedelta(days=2)


@app.periodic(cron="45 4 * * *")
@app.task(queue="periodic", queueing_lock="api_uploads")
def drop_old_uploads(timestamp: int) -> None:
    """Drop photos sent ahead of a report or a move that never came, two days later."""
    actions.drop_old_uploads(before=timezone.now() - UPLOADS_KEPT)
