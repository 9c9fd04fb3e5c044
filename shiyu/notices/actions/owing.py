"""Owing people a notice and programs an event, with their deliveries, in one transaction (通知).

A delivery is the debt itself: whoever comes to send finds it in its table. The job that is put
into the queue after commit only wakes the sender; if that is lost, the next minute's job finds
the debt all the same.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

from shiyu.common import ready, together, trail
from shiyu.common.orders import order, waits
from shiyu.notices.kinds import OUTSIDE, SENTENCES
from shiyu.notices.lifecycle import Channel, State
from shiyu.notices.models import Delivery, Notice, Wishes
from shiyu.notices.preferences import wanted
from shiyu.notices.quiet import quiet_until

ONCE = "ON CONFLICT DO NOTHING"
QUEUE = "outside"
DELIVER = "shiyu.notices.jobs.deliver"

VERIFIED = """
SELECT address.id, address.person_id, address.channel, wishes.mail, wishes.sms,
       wishes.quiet, wishes.quiet_from, wishes.quiet_to
  FROM notices_address address
  JOIN people_person person ON person.id = address.person_id AND person.is_active
  LEFT JOIN notices_wishes wishes ON wishes.person_id = address.person_id
 WHERE address.person_id = ANY(%s) AND address.verified_at IS NOT NULL
 ORDER BY address.id
"""
TAKERS = ready.Question("""
SELECT id, types, first, last FROM notices_subscription
 WHERE standing = 'active' AND types && %s::varchar[]
""")


@transaction.atomic(savepoint=False)
def owe(
    people_ids: Iterable[int],
    subject: str,
    kind: str,
    *,
    facts: Mapping[str, object],
    at: datetime,
    urgent: bool = False,
    at_once: bool = False,
) -> int:
    """Owe each of these people a notice, in the transaction of what it tells of (通知).

    Whoever wants this kind by mail or text message is owed a delivery in the same breath.

    facts   what the sentence of this kind names: number, kind, place; nothing about a person.
    urgent  shown as urgent, and sent in quiet hours too; `at_once`: only the latter.
    """
    if kind not in SENTENCES:
        raise ValueError(f"no sentence for notices of kind {kind!r}")
    owed = [
        Notice(to_id=to, subject=subject, kind=kind, facts=facts, urgent=urgent, created_at=at)
        for to in dict.fromkeys(people_ids)
    ]
    if owed:
        _write(owed, _wanted_outside(kind, [notice.to_id for notice in owed]), urgent or at_once)
    return len(owed)


def publish(
    types: Collection[str],
    subject: str,
    *,
    data: Callable[[], Mapping[str, object]],
    at: datetime,
    place_number: int | None = None,
) -> int:
    """Owe every subscriber of these event types a delivery of each (事件发布); returns how many.

    data          makes the payload, where somebody takes it: number, stage, at, links; nothing
                  about a person.
    place_number  where it happened; subscriptions of other places do not hear of it.
    """
    takers = [
        (taker, wanted_types)
        for taker, wanted_types, first, last in ready.standing(TAKERS, [list(types)])
        if first is None or (place_number is not None and first <= place_number <= last)
    ]
    if not takers:
        return 0
    events, told = {type_: uuid.uuid4() for type_ in types}, dict(data())
    owe_deliveries(
        [
            Delivery(
                key=f"event:{events[type_]}:{taker}",
                channel=Channel.WEBHOOK,
                kind=type_,
                subject=subject,
                facts=told,
                event=events[type_],
                subscription_id=taker,
                due_at=at,
                owed_at=at,
            )
            for taker, wanted_types in takers
            for type_ in types
            if type_ in wanted_types
        ]
    )
    return len(takers)


def owe_deliveries(owed: Collection[Delivery]) -> None:
    """Write these debts, each once however often it is owed, and wake the sender after commit."""
    if not owed:
        return
    with together.together() as held:
        for delivery in owed:
            held.insert(delivery, numbered=False, tail=ONCE)
    wake({delivery.channel for delivery in owed})


def wake(channels: Iterable[str]) -> None:
    """After commit, put the senders' job into the queue, unless it waits there already."""
    walked = trail.here()
    for channel in sorted(set(channels)):
        transaction.on_commit(partial(_defer, str(channel), walked), robust=True)


def check_kind(kind: str) -> None:
    """Raises ValueError for a kind without a sentence."""
    if kind not in SENTENCES and kind not in OUTSIDE:
        raise ValueError(f"no sentence for {kind!r}")


def _defer(channel: str, walked: trail.Trail | None) -> None:
    lock = f"notices_deliver_{channel}"
    if waits(lock):  # else each wake of a busy hour would be an error in the database's log
        return
    # One at a time of each channel, so that none fills the places of the others.
    job = app.configure_task(
        DELIVER, queue=QUEUE, lock=lock, queueing_lock=lock, allow_unknown=True
    )
    try:
        with transaction.atomic(), trail.walking(walked):
            order(job, channel=channel)
    except exceptions.AlreadyEnqueued:
        return


@dataclass(frozen=True, slots=True)
class _Way:
    """An address where somebody wants notices of a kind too."""

    address: int
    person: int
    channel: str
    wishes: Wishes | None


def _write(notices: list[Notice], ways: list[_Way], at_once: bool) -> None:
    """Notices and the deliveries that go with them, in one statement."""
    by_person = {notice.to_id: notice for notice in notices}
    with together.together() as held:
        if ways:
            held.take_keys(Notice, len(notices))
        for notice in notices:
            held.insert(notice, numbered=bool(ways))
        owe_deliveries([_delivery(by_person[way.person], way, at_once) for way in ways])


def _wanted_outside(kind: str, people: list[int]) -> list[_Way]:
    """Who wants notices of this kind elsewhere too, in one query."""
    ways = []
    for address, person, channel, mail, sms, *quiet in ready.standing(VERIFIED, [people]):
        if wanted(kind, channel, {Channel.MAIL: mail, Channel.SMS: sms}[channel]):
            wishes = None if mail is None else Wishes(person, mail, sms, *quiet)
            ways.append(_Way(address, person, channel, wishes))
    return ways


def _delivery(notice: Notice, way: _Way, at_once: bool) -> Delivery:
    until = None if at_once else quiet_until(notice.created_at, way.wishes)
    return Delivery(
        key=f"notice:{notice.pk}:{way.channel}",
        channel=way.channel,
        kind=notice.kind,
        subject=notice.subject,
        facts=notice.facts,
        urgent=at_once,
        notice=notice,
        address_id=way.address,
        state=State.WITHHELD if until else State.OWED,
        due_at=until or notice.created_at,
        owed_at=notice.created_at,
    )
