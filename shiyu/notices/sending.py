"""The sender: takes deliveries up one by one and hands each to its channel (发送)."""

import logging
import time
from collections.abc import Callable
from functools import partial

from django.db import connections

from shiyu.common import trail
from shiyu.common.egress import Door, Forbidden, NothingLeft, PerhapsLeft
from shiyu.common.vault import Unreadable
from shiyu.notices.actions.delivering import Claimed, Result, Stale, claim, pass_gate, settle
from shiyu.notices.channels import mail, sms, webhook
from shiyu.notices.lifecycle import Channel

log = logging.getLogger(__name__)


def send_one(channel: str, *, through: Door | None = None) -> bool:
    """Take up and hand over one delivery; False when nothing may go now."""
    claimed = claim(channel)
    if claimed is None:
        return False
    delivery, began, job = claimed.delivery, time.perf_counter(), trail.here()
    number = delivery.trail.hex if delivery.trail else trail.fresh()
    with trail.walking(trail.Trail(number, f"deliver.{channel}", job=job.job if job else None)):
        result = _handed(claimed, through)
        settled = result is not None and settle(delivery.pk, result, attempt=claimed.attempt)
        facts = {
            "delivery": delivery.pk,
            "attempt": claimed.attempt,
            "outcome": result.outcome if result and settled else "stale",
            "ms": round((time.perf_counter() - began) * 1000, 1),
        }
        log.info("delivery handed over", extra={"facts": facts})
    return True


def send_all(channel: str, *, most: int = 10_000, through: Door | None = None) -> int:
    """Hand over whatever a channel owes now, one after another; how many were taken up."""
    sent = 0
    while sent < most and send_one(channel, through=through):
        sent += 1
    return sent


def sender_thread(channel: str) -> None:
    """`send_all` for a thread of its own, which leaves no connection behind."""
    try:
        send_all(channel)
    finally:
        connections.close_all()


def _handed(claimed: Claimed, through: Door | None) -> Result | None:
    """What came of handing it over; None when this attempt is no longer the one in hand."""
    passed: list[bool] = []

    def gate() -> None:
        pass_gate(claimed.delivery.pk, attempt=claimed.attempt)
        passed.append(True)

    try:
        return _channel(claimed)(gate=gate, through=through)
    except Stale:
        return None
    except Forbidden:
        return Result("failed", "forbidden_address")
    except NothingLeft as trouble:
        return Result("later", trouble.why)
    except PerhapsLeft as trouble:
        return Result("unknown", trouble.why)
    except Exception as error:
        # Its words may name an address: only its kind is told.
        kind = "unreadable secret" if isinstance(error, Unreadable) else type(error).__name__
        log.error("delivery %s came to nothing: %s", claimed.delivery.pk, kind)
        return Result("unknown", "broken_off") if passed else Result("later", "unreachable")


def _channel(claimed: Claimed) -> Callable[..., Result]:
    delivery, connector = claimed.delivery, claimed.connector
    if delivery.channel == Channel.WEBHOOK and delivery.subscription is not None:
        return partial(webhook.send, delivery, delivery.subscription)
    if delivery.channel == Channel.MAIL and connector is not None:
        return partial(mail.send, delivery, connector)
    if delivery.channel == Channel.SMS and connector is not None:
        return partial(sms.send, delivery, connector)
    return _nowhere


def _nowhere(**_ignored: object) -> Result:
    return Result("failed", "not_wanted")
