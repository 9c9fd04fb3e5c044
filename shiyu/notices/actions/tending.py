"""What is done with deliveries by the clock: released, gathered, expired, bounded (定时照管)."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Q

from shiyu.common import clock
from shiyu.notices.actions.owing import owe_deliveries, wake
from shiyu.notices.actions.resting import tell_administrators
from shiyu.notices.lifecycle import Channel, State
from shiyu.notices.models import Delivery, Follower, Subscription

A_ROUND = 1000
LINES_MOST = 30
KEPT_WAITING = {
    Channel.MAIL: timedelta(hours=24),
    Channel.SMS: timedelta(hours=6),
    Channel.WEBHOOK: timedelta(hours=72),
}
CODE_GOOD_FOR = timedelta(minutes=10)
WAITING_MOST = 10_000
KEPT = timedelta(days=183)
"""Logs are to be kept for six months at least; addresses no longer than that."""


@transaction.atomic
def release(*, now: datetime | None = None) -> int:
    """Let go what quiet hours held back: one alone as it is, several to one address as a digest."""
    at = now or clock.now()
    rows = list(
        Delivery.objects.filter(state=State.WITHHELD, due_at__lte=at)
        .select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("follower")
        .order_by("id")[:A_ROUND]
    )
    to_one: dict[tuple[object, ...], list[Delivery]] = defaultdict(list)
    for row in rows:
        whom = row.follower.key if row.follower else row.address_id
        to_one[(row.channel, whom, row.follower is None)].append(row)
    for group in to_one.values():
        if len(group) > 1:
            _gather(group, at)
        else:
            Delivery.objects.filter(pk=group[0].pk).update(state=State.OWED, owed_at=at)
    wake({row.channel for row in rows})
    return len(rows)


@transaction.atomic
def expire(*, now: datetime | None = None) -> int:
    """Say of what has waited too long that it did not go, and why it waited."""
    at = now or clock.now()
    gone = 0
    for channel, span in KEPT_WAITING.items():
        old = Q(owed_at__lt=at - span)
        codes = Q(kind="verify", owed_at__lt=at - CODE_GOOD_FOR)
        waiting = Delivery.objects.filter(old | codes, channel=channel, state=State.OWED)
        ended = {"state": State.FAILED, "ended_at": at, "sealed": ""}
        gone += waiting.filter(why="").update(why="expired", **ended)
        gone += waiting.update(**ended)
    return gone


@transaction.atomic
def hold_back(*, most: int = WAITING_MOST) -> int:
    """Pause subscriptions whose queue has grown beyond bounds; what waits for them is dropped."""
    crowded = (
        Delivery.objects.filter(state=State.OWED, channel=Channel.WEBHOOK)
        .order_by()
        .values("subscription_id")
        .annotate(n=Count("id"))
        .filter(n__gt=most)
    )
    now = clock.now()
    full = Subscription.objects.filter(pk__in=[row["subscription_id"] for row in crowded])
    for subscription in full:
        subscription.standing = Subscription.Standing.PAUSED
        Subscription.objects.filter(pk=subscription.pk).update(
            standing=subscription.standing, last_why="too_many_waiting"
        )
        Delivery.objects.filter(subscription=subscription, state=State.OWED).update(
            state=State.DROPPED, why="too_many_waiting", ended_at=now
        )
        tell_administrators("subscription_paused", subscription, at=now)
    return len(full)


@transaction.atomic
def forget(*, now: datetime | None = None) -> int:
    """Forget what was sent half a year ago, and where residents were told of reports then.

    By the database's own function: no role may take a delivery or an attempt out by itself.
    """
    before = (now or clock.now()) - KEPT
    with connection.cursor() as cursor:
        cursor.execute("SELECT notices_forget_old(%s)", [A_ROUND])
        (gone,) = cursor.fetchone()
    Follower.objects.filter(made_at__lt=before).delete()
    return int(gone)


def _gather(group: list[Delivery], at: datetime) -> None:
    """One digest for several that were held back; they end in it."""
    first = group[0]
    for_resident = first.follower is not None
    lines = [] if for_resident else [[row.kind, row.facts] for row in group[-LINES_MOST:]]
    digest = Delivery(
        key=f"digest:{first.pk}",
        channel=first.channel,
        kind="followed_digest" if for_resident else "digest",
        facts={"count": len(group), "lines": lines},
        address_id=first.address_id,
        follower=first.follower,
        due_at=at,
        owed_at=at,
    )
    owe_deliveries([digest])
    made = Delivery.objects.get(key=digest.key)
    Delivery.objects.filter(pk__in=[row.pk for row in group]).update(
        state=State.GATHERED, gathered_in=made, ended_at=at
    )
