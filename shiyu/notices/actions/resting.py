"""A breaker for each peer: after some troubles in a row it rests, then tries one (断路)."""

from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from shiyu.notices.actions.owing import owe
from shiyu.notices.lifecycle import NO_KEY, Channel
from shiyu.notices.models import Connector, Delivery, Subscription
from shiyu.people.duties import Duty
from shiyu.people.rules import holders_of

TROUBLES = 5
REST_FIRST = timedelta(seconds=30)
REST_MOST = timedelta(minutes=30)
SEEN_WELL_EVERY = timedelta(minutes=1)

Peer = Connector | Subscription


def peer_of(row: Delivery) -> Peer | None:
    """Whom a delivery is handed to."""
    if row.channel == Channel.WEBHOOK:
        return row.subscription
    return Connector.objects.filter(channel=row.channel, in_use=True).first()


def is_resting(peer: Peer, at: datetime, sending: "QuerySet[Delivery]") -> bool:
    """Whether nothing goes to a peer now; after its rest one delivery goes ahead alone."""
    if peer.open_until is not None and peer.open_until > at:
        return True
    return peer.failures >= TROUBLES and sending.exists()


def note_trouble(peer: Peer, why: str, *, at: datetime) -> None:
    """One more trouble in a row; from the fifth on the peer rests, longer each time."""
    rows = _row(peer)
    rows.update(failures=F("failures") + 1, last_why=why)
    peer.refresh_from_db(fields=["failures"])
    if peer.failures < TROUBLES:
        return
    rest = min(REST_FIRST * 2 ** min(peer.failures - TROUBLES, 10), REST_MOST)
    rows.update(open_until=at + rest)
    if peer.failures == TROUBLES:
        tell_administrators("channel_down", peer, at=at)


def note_good(peer: Peer, *, at: datetime) -> None:
    """It answers: troubles are forgotten. Written once a minute at most while all is well."""
    fresh = peer.went_well_at is not None and at - peer.went_well_at < SEEN_WELL_EVERY
    if peer.failures or not fresh:
        _row(peer).update(failures=0, open_until=None, last_why="", went_well_at=at)


def _row(peer: Peer) -> "QuerySet[Peer]":
    """The peer's row, unless it is held for want of a key: why it is held stays said."""
    return type(peer)._default_manager.filter(pk=peer.pk).exclude(last_why=NO_KEY)


def tell_administrators(kind: str, peer: Peer, *, at: datetime) -> None:
    """Owe the system administrators a notice about a peer."""
    owe(sorted(holders_of(Duty.SYSTEM_ADMIN)), peer.subject, kind, facts={"name": peer.name}, at=at)
