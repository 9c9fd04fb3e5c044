"""Forgetting sessions that have ended (清理会话)."""

from procrastinate.contrib.django import app

from shiyu.people import actions


@app.periodic(cron="50 3 * * *")
@app.task(queue="periodic", queueing_lock="people_sessions")
def forget_ended_sessions(timestamp: int) -> None:
    """Remove sessions past their time and their lines in the lists of sessions."""
    actions.forget_ended_sessions()
