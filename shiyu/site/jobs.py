"""What the program owes itself: the canary's notice (自检任务)."""

from procrastinate.contrib.django import app

from shiyu.notices.actions.flying import owe_canary


@app.task(queue="interactive")
def owe_it(flight: str, people: list[int]) -> None:
    """Owe the notice of a flight, in the queue that people wait for."""
    owe_canary(flight, people)
