"""What is done about personal data by itself: purged when it was kept long enough (定时清理)."""

from procrastinate.contrib.django import app

from shiyu.privacy.actions import retention

A_WHILE_S = 1_200.0


@app.periodic(cron="20 2 * * *")
@app.task(name="privacy.retain", queue="bulk", queueing_lock="privacy_retain")
def retain(timestamp: int) -> None:
    """Purge what is due, for twenty minutes a night at most; the rest the next night."""
    retention.run(seconds=A_WHILE_S)
