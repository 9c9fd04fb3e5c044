"""Sending what is owed, and the clockwork around it (发送任务)."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from procrastinate.contrib.django import app

from shiyu.notices import actions
from shiyu.notices.actions.owing import wake
from shiyu.notices.lifecycle import Channel
from shiyu.notices.sending import send_all, sender_thread

AT_ONCE = 4
"""Senders of webhooks side by side, so that one slow peer does not keep the others waiting."""


@app.task(name="shiyu.notices.jobs.deliver", queue="outside")
def deliver(channel: str) -> None:
    """Send whatever this channel owes now."""
    if channel != Channel.WEBHOOK:
        send_all(channel)
        return
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sender") as senders:
        for done in [
            senders.submit(copy_context().run, sender_thread, channel) for _ in range(AT_ONCE)
        ]:
            done.result()


@app.periodic(cron="* * * * *")
@app.task(queue="outside", queueing_lock="notices_tend")
def tend(timestamp: int) -> None:
    """Each minute: let go what quiet hours held, end what is too old, wake all who send."""
    actions.release()
    actions.expire()
    actions.hold_back()
    actions.forget()
    wake(Channel.values)
