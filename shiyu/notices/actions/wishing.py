"""One's own addresses and how one wants to be told (提醒设置)."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Collection
from datetime import time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common import attempts, vault
from shiyu.common.attempts import Counter, Limit
from shiyu.common.errors import NotFound, Refused
from shiyu.journal.actions import record
from shiyu.notices import reaching
from shiyu.notices.actions.owing import owe_deliveries
from shiyu.notices.lifecycle import Channel, State
from shiyu.notices.models import Address, Connector, Delivery, Wishes
from shiyu.notices.preferences import GROUPS
from shiyu.people.actors import Actor

GOOD_FOR = timedelta(minutes=10)
ASKED = Limit("verify_asked", 5, timedelta(minutes=10), timedelta(minutes=10))
TRIED = Limit("verify_tried", 5, timedelta(minutes=10), timedelta(minutes=10))


class TooOften(Refused):
    """Asked or tried more often than a person would (次数过多)."""

    code = "too_often"
    status = 429


def ask_code(channel: str, value: str, *, language: str, actor: Actor) -> Address:
    """Enter one's address and have a code sent there; until it comes back nothing else is.

    Raises  Refused for what is no address; TooOften, counted by person and by address.
    """
    plain = reaching.tidy(channel, value)
    if not Connector.objects.filter(channel=channel, in_use=True).exists():
        raise Refused(_("这个渠道还没有开通，请找系统管理员"), field="value")
    _count(Counter(ASKED, actor.ref), Counter(ASKED, f"{channel}:{plain}"))
    return _enter(Channel(channel), plain, language, actor)


@transaction.atomic
def _enter(channel: Channel, plain: str, language: str, actor: Actor) -> Address:
    code, now = f"{secrets.randbelow(10**6):06d}", timezone.now()
    row = Address(person_id=actor.id, channel=channel)
    kept = reaching.sealed(channel, plain, whose=reaching.whose(row)) | {
        "language": language,
        "verified_at": None,
        "made_at": now,
        "code_hash": _hash(code, actor),
        "code_until": now + GOOD_FOR,
    }
    row, _made = Address.objects.update_or_create(
        person_id=actor.id, channel=channel, defaults=kept
    )
    ref = uuid.uuid4()
    delivery = Delivery(
        ref=ref,
        key=f"verify:{ref}",
        channel=channel,
        kind="verify",
        facts={"minutes": GOOD_FOR.seconds // 60},
        sealed=vault.seal(code, belongs_to=f"delivery:{ref}"),
        urgent=True,
        address=row,
        due_at=now,
        owed_at=now,
    )
    owe_deliveries([delivery])
    record(f"person:{actor.id}", "address_entered", actor=actor, facts={"channel": str(channel)})
    return row


def confirm(channel: str, code: str, *, actor: Actor) -> Address:
    """Give back the code that came: the address is one's own from now on (核实)."""
    counter = Counter(TRIED, f"{actor.ref}:{channel}")
    _count(counter)
    with transaction.atomic():
        row = _own(channel, actor)
        now = timezone.now()
        good = row.code_until is not None and now < row.code_until
        if not good or not hmac.compare_digest(row.code_hash, _hash(code.strip(), actor)):
            raise Refused(_("验证码不对，或已过期。核对后再填，或重新获取"), field="code")
        row.verified_at, row.code_hash, row.code_until = now, "", None
        row.save(update_fields=["verified_at", "code_hash", "code_until"])
        record(f"person:{actor.id}", "address_verified", actor=actor, facts={"channel": channel})
    attempts.give_back(counter)
    return row


@transaction.atomic
def drop_address(channel: str, *, actor: Actor) -> None:
    """Forget one's address; what waits for it is not sent any more (删除地址)."""
    row = _own(channel, actor)
    waiting = Delivery.objects.filter(address=row, state__in=[State.OWED, State.WITHHELD])
    waiting.update(state=State.DROPPED, why="not_wanted", ended_at=timezone.now(), sealed="")
    row.delete()
    record(f"person:{actor.id}", "address_dropped", actor=actor, facts={"channel": channel})


@transaction.atomic
def set_wishes(
    *,
    mail: Collection[str],
    sms: Collection[str],
    quiet: str,
    quiet_from: time | None,
    quiet_to: time | None,
    actor: Actor,
) -> Wishes:
    """Choose what comes by which channel, and when not to be disturbed (提醒偏好)."""
    if not {*mail, *sms} <= set(GROUPS) or quiet not in Wishes.Quiet.values:
        raise Refused(_("选项不在目录里，请重新打开页面"))
    if quiet == Wishes.Quiet.OWN and (quiet_from is None or quiet_to is None):
        raise Refused(_("填写免打扰从几点到几点，如 22:00 到 07:00"), field="quiet_from")
    chosen = {"mail": sorted(mail), "sms": sorted(sms), "quiet": quiet}
    own = quiet == Wishes.Quiet.OWN
    hours = {"quiet_from": quiet_from if own else None, "quiet_to": quiet_to if own else None}
    wishes, _made = Wishes.objects.update_or_create(person_id=actor.id, defaults=chosen | hours)
    record(f"person:{actor.id}", "wishes_set", actor=actor, facts=chosen)
    return wishes


def _own(channel: str, actor: Actor) -> Address:
    mine = Address.objects.filter(person_id=actor.id if actor.kind == "person" else 0)
    row = mine.filter(channel=channel).select_for_update().first()
    if row is None:
        raise NotFound(_("没有填过这个地址"))
    return row


def _hash(code: str, actor: Actor) -> str:
    digits = hashlib.sha256(code.encode()).hexdigest()
    return vault.mark(f"{actor.ref}:{digits}", purpose="code")


def _count(*counters: Counter) -> None:
    closed = attempts.count(*counters)
    if closed is not None:
        until = timezone.localtime(closed.until)
        raise TooOften(
            _("次数太多了，%(time)s 以后再试") % {"time": f"{until:%H:%M}"}, field="value"
        )
