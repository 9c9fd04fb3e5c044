"""To programs elsewhere: CloudEvents 1.0, signed as Standard Webhooks does (网络回调)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

from shiyu.common import trail
from shiyu.common.egress import Answered, Door, ask, door
from shiyu.notices.actions.delivering import Result
from shiyu.notices.actions.subscribing import secrets_of
from shiyu.notices.lifecycle import Channel
from shiyu.notices.models import Delivery, Subscription
from shiyu.notices.quiet import the_house
from shiyu.places.models import City

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
NOT_TAKEN = frozenset({425, 429, 503})
"""Answers by which a peer says that it did nothing: these are tried again."""


def send(
    delivery: Delivery,
    subscription: Subscription,
    *,
    gate: Callable[[], None],
    through: Door | None = None,
) -> Result:
    """Hand one event over. Raises Forbidden, NothingLeft, PerhapsLeft, and what `gate` raises."""
    body = envelope(delivery)
    headers = signed(str(delivery.event), body, secrets_of(subscription), at=int(time.time()))
    answer = ask(
        subscription.url,
        body,
        headers=headers | {"Content-Type": CONTENT_TYPE} | _traced(subscription),
        through=through or door(Channel.WEBHOOK),
        gate=gate,
    )
    return result_of(answer)


def _traced(subscription: Subscription) -> dict[str, str]:
    """Our number, for a partner who wants it; nothing of it is signed."""
    walked = trail.here()
    return {"traceparent": trail.context(walked)} if subscription.traced and walked else {}


def envelope(delivery: Delivery) -> bytes:
    """The event as JSON. Its id is the same for every subscriber and every repeat.

    sequence  rises with every event owed to one subscriber, also where one came late.
    """
    city = City.objects.values_list("code", flat=True).first() or ""
    data = dict(delivery.facts)
    address = the_house().address
    links = data.get("links")
    if address and isinstance(links, dict):
        data["links"] = {name: f"{address}{path}" for name, path in links.items()}
    event = {
        "specversion": "1.0",
        "id": str(delivery.event),
        "source": address or f"/shiyu/{city}",
        "type": delivery.kind,
        "subject": data.get("number", delivery.subject),
        "time": data.get("at", delivery.owed_at.isoformat()),
        "sequence": f"{delivery.pk:020d}",
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def signed(id_: str, body: bytes, secrets: list[tuple[int, str]], *, at: int) -> dict[str, str]:
    """The headers that prove who sent it and when; one signature for each secret in force."""
    signatures = " ".join(f"v1,{signature(id_, at, body, secret)}" for _no, secret in secrets)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(at),
        "webhook-signature": signatures,
        "webhook-key-id": " ".join(f"k{number}" for number, _secret in secrets),
    }


def signature(id_: str, at: int, body: bytes, secret: str) -> str:
    """HMAC-SHA256 over id, time and body, in base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = f"{id_}.{at}.".encode() + body
    return base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()


def result_of(answer: Answered) -> Result:
    """What an answer says of whether it was taken."""
    if 200 <= answer.status < 300:
        return Result("sent", answer=str(answer.status))
    if answer.status in NOT_TAKEN:
        why = "busy" if answer.status == 429 else "not_now"
        return Result("later", why, wait_s=answer.retry_after_s)
    if 300 <= answer.status < 400:
        return Result("failed", "redirected", str(answer.status))
    if answer.status == 410:
        return Result("failed", "gone", "410")
    if 400 <= answer.status < 500:
        return Result("failed", "rejected", str(answer.status))
    return Result("unknown", "peer_error", str(answer.status))
