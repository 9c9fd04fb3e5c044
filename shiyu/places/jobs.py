"""What happens to the map by itself: a survey comes into force on its day (到日启用)."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shiyu.places.actions import surveys


@app.periodic(cron="*/10 * * * *")
@app.task(queue="periodic", queueing_lock="places_due")
def put_due_in_force(timestamp: int) -> None:
    """Put in force the surveys whose day has come."""
    surveys.put_due_in_force(timezone.localdate())
