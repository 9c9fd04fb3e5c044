"""Subscriptions of programs elsewhere: their address, events and secret (订阅办理).

Every change is a line in the journal. The secret is made here, kept sealed, and shown once.
"""

import base64
import contextlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common import vault
from shiyu.common.egress import NothingLeft, check_with_broker, door, forbid_inside, is_barred
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.switching import before_switching_on
from shiyu.journal.actions import record
from shiyu.notices import rules
from shiyu.notices.actions.owing import wake
from shiyu.notices.events import EVENTS
from shiyu.notices.lifecycle import NO_KEY, Channel, State
from shiyu.notices.models import Delivery, Subscription
from shiyu.people.actors import Actor

OLD_SIGNS_FOR = timedelta(hours=24)
FOR_ONE_OWNER = 20
NAME_MOST = 60


@transaction.atomic
def subscribe(
    url: str,
    types: Collection[str],
    *,
    name: str,
    actor: Actor,
    places: tuple[int, int] | None = None,
    drops_repeats: bool = False,
    traced: bool = False,
) -> tuple[Subscription, str]:
    """Have events sent to an address (订阅); returns the subscription and its secret, once.

    places  first and last preorder number the owner may see; None only for the whole city.

    Raises  Refused: an address inside, an unknown event, too many of one owner.
    """
    rules.require_keeper(actor)
    before_switching_on("interfaces", actor=actor)
    checked = _checked(url, types, name)
    mine = Subscription.objects.filter(owner=actor.ref).exclude(standing="ended")
    if mine.count() >= FOR_ONE_OWNER:
        raise Refused(_("最多 %(most)d 个订阅，先退订不用的") % {"most": FOR_ONE_OWNER})
    first, last = places or (None, None)
    row = Subscription(
        owner=actor.ref,
        first=first,
        last=last,
        made_at=timezone.now(),
        drops_repeats=drops_repeats,
        traced=traced,
        **checked,
    )
    secret = _new_secret()
    row.sealed = vault.seal(secret, belongs_to=f"subscription:{row.ref}:1")
    row.save()
    record(row.subject, "subscribe", actor=actor, facts={"types": checked["types"]})
    return row, secret


@transaction.atomic
def change_subscription(
    subscription: Subscription,
    *,
    url: str,
    types: Collection[str],
    name: str,
    drops_repeats: bool,
    actor: Actor,
    traced: bool = False,
) -> Subscription:
    """Change where events go and which (改订阅)."""
    row = _locked(subscription, actor)
    checked = _checked(url, types, name) | {"drops_repeats": drops_repeats, "traced": traced}
    changed = sorted(field for field, value in checked.items() if getattr(row, field) != value)
    for field, value in checked.items():
        setattr(row, field, value)
    row.failures, row.open_until = 0, None
    row.save()
    record(row.subject, "change", actor=actor, facts={"fields": changed, "types": row.types})
    return row


@transaction.atomic
def reveal(subscription: Subscription, *, actor: Actor) -> str:
    """Show the secret, the one time it may be seen. Raises OutOfOrder the second time."""
    row = _locked(subscription, actor)
    if row.shown_at is not None:
        raise OutOfOrder(_("密钥只显示一次，已经显示过。没有记下，请换一把"))
    row.shown_at = timezone.now()
    row.save(update_fields=["shown_at"])
    record(row.subject, "reveal", actor=actor, facts={"key": row.key_no})
    return secret_of(row)


@transaction.atomic
def rotate(subscription: Subscription, *, actor: Actor) -> tuple[Subscription, str]:
    """A new secret; the old one signs beside it for a day (换密钥)."""
    row = _locked(subscription, actor)
    row.before, row.before_until = row.sealed, timezone.now() + OLD_SIGNS_FOR
    row.key_no += 1
    secret = _new_secret()
    row.sealed = vault.seal(secret, belongs_to=f"subscription:{row.ref}:{row.key_no}")
    row.shown_at = None
    row.save(update_fields=["before", "before_until", "key_no", "sealed", "shown_at"])
    record(row.subject, "rotate", actor=actor, facts={"key": row.key_no})
    return row, secret


@transaction.atomic
def pause(subscription: Subscription, *, actor: Actor) -> Subscription:
    """Hold events back for a while: what has happened waits, up to three days (暂停)."""
    return _stand(subscription, Subscription.Standing.PAUSED, "pause", actor)


@transaction.atomic
def resume(subscription: Subscription, *, actor: Actor) -> Subscription:
    """Go on sending (恢复)."""
    row = _stand(subscription, Subscription.Standing.ACTIVE, "resume", actor)
    Subscription.objects.filter(pk=row.pk).update(failures=0, open_until=None, last_why="")
    wake([Channel.WEBHOOK])
    return row


@transaction.atomic
def unsubscribe(subscription: Subscription, *, actor: Actor) -> Subscription:
    """End a subscription: what waits is dropped, its secrets are forgotten (退订)."""
    row = _stand(subscription, Subscription.Standing.ENDED, "unsubscribe", actor)
    Subscription.objects.filter(pk=row.pk).update(sealed="", before="", before_until=None)
    Delivery.objects.filter(subscription=row, state=State.OWED).update(
        state=State.DROPPED, why="not_wanted", ended_at=timezone.now()
    )
    return row


@transaction.atomic
def keep_within(owner: str, places: tuple[int, int] | None, *, actor: Actor) -> None:
    """Hold an owner's subscriptions to the places it may see now (随授权收窄).

    places  first and last preorder number, as when subscribing; None ends them all.
    """
    mine = Subscription.objects.filter(owner=owner).exclude(standing="ended")
    for row in mine.select_for_update().order_by("pk"):
        if places is None:
            unsubscribe(row, actor=actor)
        elif (row.first, row.last) != places:
            row.first, row.last = places
            row.save(update_fields=["first", "last"])
            record(row.subject, "change", actor=actor, facts={"fields": ["places"]})


@transaction.atomic
def hold(owner: str, *, actor: Actor) -> int:
    """Hold back an owner's events while it may not ask for anything itself (随密钥暂停).

    What happens meanwhile waits as for any pause; `let_go` takes it up again.
    """
    active = Subscription.objects.filter(owner=owner, standing=Subscription.Standing.ACTIVE)
    rows = list(active.select_for_update().order_by("pk"))
    for row in rows:
        row.standing, row.last_why = Subscription.Standing.PAUSED, NO_KEY
        row.save(update_fields=["standing", "last_why"])
        record(row.subject, "pause", actor=actor, facts={"why": NO_KEY})
    return len(rows)


@transaction.atomic
def let_go(owner: str, *, actor: Actor) -> int:
    """Go on with what `hold` held back, and with nothing that somebody paused (随密钥恢复)."""
    held = Subscription.objects.filter(
        owner=owner, standing=Subscription.Standing.PAUSED, last_why=NO_KEY
    )
    rows = list(held.select_for_update().order_by("pk"))
    for row in rows:
        row.standing, row.last_why = Subscription.Standing.ACTIVE, ""
        row.save(update_fields=["standing", "last_why"])
        record(row.subject, "resume", actor=actor, facts={"why": NO_KEY})
    if rows:
        wake([Channel.WEBHOOK])
    return len(rows)


def secret_of(row: Subscription) -> str:
    """The secret that signs now; for the sender and for `reveal` alone."""
    return vault.unseal(row.sealed, belongs_to=f"subscription:{row.ref}:{row.key_no}")


def secrets_of(row: Subscription) -> list[tuple[int, str]]:
    """The secrets that sign now with their numbers, the newest first."""
    found = [(row.key_no, secret_of(row))]
    if row.before and row.before_until is not None and row.before_until > timezone.now():
        number = row.key_no - 1
        kept = vault.unseal(row.before, belongs_to=f"subscription:{row.ref}:{number}")
        found.append((number, kept))
    return found


def _stand(subscription: Subscription, standing: str, verb: str, actor: Actor) -> Subscription:
    row = _locked(subscription, actor)
    row.standing = standing
    row.save(update_fields=["standing"])
    record(row.subject, verb, actor=actor)
    return row


def _locked(subscription: Subscription, actor: Actor) -> Subscription:
    rules.require_keeper(actor, subscription)
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if row.standing == Subscription.Standing.ENDED:
        raise OutOfOrder(_("这个订阅已经退订"))
    return row


def _checked(url: str, types: Collection[str], name: str) -> dict[str, object]:
    plain = name.strip()
    if not plain or len(plain) > NAME_MOST:
        raise Refused(_("填写名称，不超过 %(most)d 字") % {"most": NAME_MOST}, field="name")
    chosen = sorted(set(types))
    if not chosen or not set(chosen) <= set(EVENTS):
        raise Refused(_("至少选一种事件"), field="types")
    _forbid_inside(url.strip())
    return {"url": url.strip(), "types": chosen, "name": plain}


def _forbid_inside(url: str) -> None:
    """At once where this process may look names up, else by the broker; each sending looks again.

    Without a broker what the address itself says is still looked at.
    """
    if is_barred():
        with contextlib.suppress(NothingLeft):
            check_with_broker(url, purpose=Channel.WEBHOOK)
            return
    forbid_inside(url, through=door(Channel.WEBHOOK))


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
