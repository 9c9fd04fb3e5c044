"""One delivery after another: taken up, let through the gate, its outcome kept (送达办理).

Three short transactions, none open while a peer is waited for. `claim` counts the attempt;
`pass_gate` is the point of no return, written before the first byte that could have an effect;
`settle` keeps what came of it. Each knows its attempt by number: a worker that was believed
dead and wakes again is refused at the gate, and can no longer end what another took up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from shiyu.common import clock
from shiyu.common.errors import OutOfOrder
from shiyu.common.wall import beyond
from shiyu.journal.actions import record
from shiyu.notices import rules
from shiyu.notices.actions.owing import wake
from shiyu.notices.actions.resting import is_resting, note_good, note_trouble, peer_of
from shiyu.notices.lifecycle import MOVES, PERSON, Channel, State
from shiyu.notices.models import Attempt, Connector, Delivery
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty

AGAIN_FIRST = timedelta(seconds=30)
AGAIN_MOST = timedelta(hours=1)
OUTCOMES = {"sent": "confirm", "later": "put_off", "failed": "refuse", "unknown": "lose"}
"""What a channel may say came of an attempt, and the move that follows."""

PEERS_FAULT = frozenset(
    {
        *("unreachable", "refused", "connect_timeout", "no_such_host", "bad_certificate"),
        *("no_tls", "not_secure", "forbidden_address", "sign_in_refused", "timeout"),
        *("broken_off", "peer_error", "garbled", "redirected", "busy", "gone"),
    }
)
"""Whys that speak of the peer, not of the one address: they count for the breaker."""


class Stale(Exception):
    """This attempt is no longer the one in hand: nothing may be sent for it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt: sent, later (nothing has left), failed, unknown."""

    outcome: str
    why: str = ""
    answer: str = ""
    wait_s: int | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in hand, with the connector it goes through (none for a subscription's own)."""

    delivery: Delivery
    connector: Connector | None

    @property
    def attempt(self) -> int:
        return self.delivery.attempts


@transaction.atomic
def claim(channel: str, *, now: datetime | None = None) -> Claimed | None:
    """Take up the most pressing delivery of a channel; None when nothing may go now."""
    at = now or clock.now()
    connector, waiting = _waiting(channel, at)
    due = (
        waiting.filter(state=State.OWED, due_at__lte=at)
        .select_for_update(skip_locked=True, of=_held_by(channel), no_key=True)
        .select_related("address", "follower", "subscription")
        .order_by("-urgent", "due_at", "id")
    )
    row = due.first()
    if row is not None and _is_busy(row):
        row = due.all().first()  # seen anew, its subscription counts as busy
    if row is None or _is_busy(row):
        return None
    row.attempts += 1
    row.begun_at, row.left_at, row.why = at, None, ""
    move(row, "begin")
    row.save(update_fields=["attempts", "begun_at", "left_at", "why", "state"])
    Attempt.objects.create(delivery=row, number=row.attempts, begun_at=at)
    return Claimed(row, connector)


@transaction.atomic
def pass_gate(delivery_id: int, *, attempt: int) -> None:
    """Note, before it is so, that something may leave now. Raises Stale for another's attempt."""
    in_hand = Delivery.objects.filter(pk=delivery_id, state=State.SENDING, attempts=attempt)
    now = clock.now()
    if not in_hand.update(left_at=now):
        raise Stale
    Attempt.objects.filter(delivery=delivery_id, number=attempt).update(left_at=now)


@transaction.atomic
def settle(delivery_id: int, result: Result, *, attempt: int) -> bool:
    """Keep what came of an attempt; False when it was no longer the one in hand.

    What came late is still learnt: an outcome nobody knew becomes known.
    """
    row = _locked().get(pk=delivery_id)
    late = row.state == State.UNKNOWN and result.outcome in ("sent", "failed")
    now = clock.now()
    Attempt.objects.filter(delivery=row, number=attempt, outcome="").update(
        ended_at=now, outcome=result.outcome, why=result.why
    )
    if row.attempts != attempt or not (row.state == State.SENDING or late):
        return False
    if result.outcome == "unknown" and _drops_repeats(row):
        result = Result("later", result.why)
    move(row, OUTCOMES[result.outcome])
    row.why, row.answer = result.why, result.answer[:120]
    if row.state == State.OWED:
        row.due_at = now + _wait(row.attempts, result.wait_s)
    else:
        row.ended_at = now
    if row.state == State.SENT:
        row.sealed = ""
    row.save(update_fields=["state", "why", "answer", "due_at", "ended_at", "sealed"])
    _note(row, result, now)
    return True


@beyond("come back")
@transaction.atomic
def hear_back(connector: Connector, ref: str, *, arrived: bool, answer: str) -> bool:
    """A provider's receipt for one of our deliveries (送达回执); False for none of ours."""
    row = _locked().filter(ref=ref, channel=connector.channel).first()
    name = "arrive" if arrived else "refuse"
    if row is None or row.state not in MOVES[name].sources:
        return False
    move(row, name)
    row.why = "" if arrived else "bounced"
    row.answer, row.ended_at = answer[:120] or row.answer, clock.now()
    row.save(update_fields=["state", "why", "answer", "ended_at"])
    return True


def resend(delivery: Delivery, *, actor: Actor) -> Delivery:
    """Send again what failed or what nobody knows of; it may then arrive twice (重新发送)."""
    row = _by_a_person(delivery, "resend", actor=actor)
    wake([row.channel])
    return row


def mark_arrived(delivery: Delivery, *, actor: Actor) -> Delivery:
    """Say that it did arrive, having asked (确认已到)."""
    return _by_a_person(delivery, "mark_arrived", actor=actor)


def give_up(delivery: Delivery, *, actor: Actor) -> Delivery:
    """Put it aside: nobody needs it any more (不再追究)."""
    return _by_a_person(delivery, "give_up", actor=actor)


def move(row: Delivery, name: str) -> None:
    """Make one move of the table on a row in hand. Raises OutOfOrder."""
    step = MOVES[name]
    if row.state not in step.sources:
        told = {"state": State(row.state).label, "move": step.title}
        raise OutOfOrder(_("这条送达现在是“%(state)s”，不能“%(move)s”") % told)
    row.state = step.target


@transaction.atomic
def _by_a_person(delivery: Delivery, name: str, *, actor: Actor) -> Delivery:
    rules.require(actor, Duty.SYSTEM_ADMIN)
    row = _locked().get(pk=delivery.pk)
    if MOVES[name].by != PERSON:
        raise ValueError(f"{name} is not a person's move")
    was = row.state
    move(row, name)
    now = clock.now()
    if row.state == State.OWED:
        row.due_at = row.owed_at = now
        row.ended_at = row.left_at = None
    else:
        row.ended_at = now
    row.save(update_fields=["state", "due_at", "owed_at", "ended_at", "left_at"])
    record(row.journal_subject, name, actor=actor, facts={"was": was, "channel": row.channel})
    return row


def _held_by(channel: str) -> tuple[str, ...]:
    """What a claim locks: with a webhook its subscription, so that two workers take turns."""
    return ("self", "subscription") if channel == Channel.WEBHOOK else ("self",)


def _is_busy(row: Delivery) -> bool:
    """Whether another worker took one up for the same subscription while we waited to look."""
    if row.subscription_id is None:
        return False
    in_hand = Delivery.objects.filter(subscription=row.subscription_id, state=State.SENDING)
    return in_hand.exists()


def _waiting(channel: str, at: datetime) -> tuple[Connector | None, "QuerySet[Delivery]"]:
    """What of a channel may be taken up now; nothing where its peer rests."""
    rows = Delivery.objects.filter(channel=channel)
    if channel == Channel.WEBHOOK:
        busy = rows.filter(state=State.SENDING).order_by().values("subscription_id")
        rows = rows.filter(subscription__standing="active").exclude(subscription_id__in=busy)
        return None, rows.exclude(subscription__open_until__gt=at)
    connector = Connector.objects.filter(channel=channel, in_use=True).first()
    sending = rows.filter(state=State.SENDING)
    if connector is None or is_resting(connector, at, sending):
        return connector, rows.none()
    return connector, rows


def _locked() -> "QuerySet[Delivery]":
    found = Delivery.objects.select_for_update(of=("self",), no_key=True)
    return found.select_related("address", "follower", "subscription")


def _drops_repeats(row: Delivery) -> bool:
    """Whether the peer promised to drop what it has had: then sending again is safe."""
    if row.subscription is not None:
        return row.subscription.drops_repeats
    peer = peer_of(row)
    return isinstance(peer, Connector) and bool(peer.settings.get("drops_repeats"))


def _wait(attempts: int, asked_s: int | None) -> timedelta:
    ours = min(AGAIN_FIRST * 2 ** min(attempts - 1, 10), AGAIN_MOST)
    return max(ours, min(timedelta(seconds=asked_s or 0), AGAIN_MOST * 6))


def _note(row: Delivery, result: Result, now: datetime) -> None:
    """Let the breaker of the peer know."""
    peer = peer_of(row)
    if peer is None:
        return
    if result.why in PEERS_FAULT:
        note_trouble(peer, result.why, at=now)
    elif result.outcome in ("sent", "failed"):
        note_good(peer, at=now)
