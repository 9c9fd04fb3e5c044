"""Whose notices one may see: one's own (只看自己的通知)."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from shiyu.common import ready
from shiyu.common.errors import NotFound
from shiyu.notices.models import Connector, Delivery, Follower, Notice, Subscription
from shiyu.people import rules as people
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty

MANY = 99
"""The badge counts this far; beyond it says "more than"."""


def visible_to(actor: Actor) -> "QuerySet[Notice]":
    """The actor's own notices; nobody else's, whatever their duties."""
    return Notice.objects.filter(to_id=actor.id if actor.kind == "person" else 0)


def unread_count(actor: Actor) -> int:
    """How many are unread, counted no further than the badge shows."""
    return unread_for(actor)[: MANY + 1].count()


def unread_for(actor: Actor) -> "QuerySet[Notice]":
    """The actor's notices that are unread, unsorted: to be counted with other things."""
    return visible_to(actor).filter(read_at=None).order_by()


OPEN = "SELECT EXISTS (SELECT FROM notices_connector WHERE channel = %s AND in_use)"


def is_open(channel: str) -> bool:
    """Whether the city has a way out by this channel."""
    ((found,),) = ready.rows(OPEN, [str(channel)], walled=False)
    return bool(found)


def followed_by(subject: str) -> Follower | None:
    """Where a resident is told of this report, if they asked to be."""
    return Follower.objects.filter(subject=subject, ended_at=None).first()


def require(actor: Actor, duty: str) -> None:
    """Refuse an actor without this duty."""
    people.require(actor, duty)


def require_keeper(actor: Actor, subscription: Subscription | None = None) -> None:
    """Refuse who may not keep subscriptions, or not this one: its owner or the administrator."""
    if actor.kind == "key" and (subscription is None or subscription.owner == actor.ref):
        return
    if actor.kind == "key":
        raise NotFound(_("没有这个订阅"))
    people.require(actor, Duty.SYSTEM_ADMIN)


def subscriptions_of(actor: Actor) -> "QuerySet[Subscription]":
    """A key's own; all for those who administer or audit."""
    if actor.kind == "key":
        return Subscription.objects.filter(owner=actor.ref)
    may = people.may(actor, Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN)
    return Subscription.objects.all() if may else Subscription.objects.none()


def deliveries_of(actor: Actor) -> "QuerySet[Delivery]":
    """Every delivery, for those who administer or audit; nobody else's business."""
    may = people.may(actor, Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN)
    return Delivery.objects.all() if may else Delivery.objects.none()


def connectors_of(actor: Actor) -> "QuerySet[Connector]":
    """The ways out, for those who administer or audit."""
    may = people.may(actor, Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN)
    return Connector.objects.all() if may else Connector.objects.none()
