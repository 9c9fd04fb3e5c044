"""Residents who asked to hear how their report goes on (进展告知)."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from shiyu.notices import reaching
from shiyu.notices.actions.owing import check_kind, owe_deliveries
from shiyu.notices.lifecycle import Channel, State
from shiyu.notices.models import Delivery, Follower
from shiyu.notices.quiet import quiet_until

FOLLOWING = "SELECT id FROM notices_follower WHERE about = ANY(%s) AND ended_at IS NULL"


@transaction.atomic
def follow(subject: str, about: str, *, channel: str, value: str, language: str) -> Follower:
    """Keep where a resident wants to be told of a report, sealed; a second time changes it.

    subject  the report, e.g. report:12; about: its case, e.g. case:9.

    Raises  Refused for what is no address.
    """
    plain = reaching.tidy(channel, value)
    row = Follower(subject=subject, channel=Channel(channel))
    kept = reaching.sealed(channel, plain, whose=reaching.whose(row))
    more = {"about": about, "language": language, "ended_at": None, "made_at": timezone.now()}
    return Follower.objects.update_or_create(
        subject=subject, channel=channel, defaults=kept | more
    )[0]


@transaction.atomic
def stop_following(subject: str) -> int:
    """Tell a resident no more, and forget the address at once (不再告知)."""
    Delivery.objects.filter(
        follower__subject=subject, state__in=[State.OWED, State.WITHHELD]
    ).update(state=State.DROPPED, why="not_wanted", ended_at=timezone.now())
    return Follower.objects.filter(subject=subject).delete()[0]


def owe_followers(
    about: Collection[str], what: str, *, number: str, at: datetime, mark: str
) -> int:
    """Owe a word to every resident who follows one of these cases.

    what  the move: accept, dismiss, dispatch, suspend, close, reopen, void.
    mark  tells this move of the case from every other, e.g. its version.

    Only the number is said, never what the case is about.
    """
    kind = f"followed_{what}"
    check_kind(kind)
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWING, [list(about)])
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return 0
    followers = list(Follower.objects.filter(pk__in=ids))
    until = quiet_until(at, None)
    owe_deliveries([_word(f, kind, {"number": number}, at, until, mark) for f in followers])
    return len(followers)


def _word(
    follower: Follower,
    kind: str,
    facts: Mapping[str, object],
    at: datetime,
    until: datetime | None,
    mark: str,
) -> Delivery:
    return Delivery(
        key=f"{follower.subject}:{follower.channel}:{mark}",
        channel=follower.channel,
        kind=kind,
        subject=follower.about,
        facts=facts,
        follower=follower,
        state=State.WITHHELD if until else State.OWED,
        due_at=until or at,
        owed_at=at,
    )
