"""What happens by itself: sessions are forgotten, changes of units take effect (定时事项)."""

from procrastinate.contrib.django import app

from shiyu.people import actions


@app.periodic(cron="50 3 * * *")
@app.task(queue="periodic", queueing_lock="people_sessions")
def forget_ended_sessions(timestamp: int) -> None:
    """Remove sessions past their time and their lines in the lists of sessions."""
    actions.forget_ended_sessions()


@app.periodic(cron="* * * * *")
@app.task(queue="bulk", queueing_lock="people_unit_changes")
def change_units(timestamp: int) -> None:
    """Make changes of units true on their day, and hand over what is open."""
    actions.apply_due_changes()
    actions.hand_over_waiting()
