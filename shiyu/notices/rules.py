"""Whose notices one may see: one's own (只看自己的通知)."""

from django.db.models import QuerySet

from shiyu.notices.models import Notice
from shiyu.people.actors import Actor

MANY = 99
"""The badge counts this far; beyond it says "more than"."""


def visible_to(actor: Actor) -> "QuerySet[Notice]":
    """The actor's own notices; nobody else's, whatever their duties."""
    return Notice.objects.filter(to_id=actor.id if actor.kind == "person" else 0)


def unread_count(actor: Actor) -> int:
    """How many are unread, counted no further than the badge shows."""
    unread = visible_to(actor).filter(read_at=None).order_by()
    return unread[: MANY + 1].count()
