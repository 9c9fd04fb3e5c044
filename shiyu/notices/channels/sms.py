"""By text message, through one documented HTTP interface (短信).

    POST url   {"id": ref, "to": "138…", "template": "…", "values": {…}, "text": "…"}
    answer     200 {"id": "provider's number"}; 4xx: refused; 429, 503: not now

Signed as webhooks are. `id` is the provider's idempotency key: the same id is sent once by a
provider that says so. A template is named, its values go by name: no text is a template.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from shiyu.common import attempts
from shiyu.common.attempts import Counter, Limit
from shiyu.common.egress import Door, ask, door
from shiyu.notices import reaching
from shiyu.notices.actions.connectors import secret_of
from shiyu.notices.actions.delivering import Result
from shiyu.notices.channels import texts
from shiyu.notices.channels.webhook import result_of, signed
from shiyu.notices.lifecycle import Channel
from shiyu.notices.models import Connector, Delivery

VALUES = ("number", "kind", "place", "count", "code", "minutes", "name")
"""What a template may name; anything else stays inside."""
TO_ONE_NUMBER = Limit("sms_number", 30, timedelta(days=1), timedelta(hours=6))
PROVIDERS_ID = re.compile(r"[!-~]{1,120}")


def send(
    delivery: Delivery,
    connector: Connector,
    *,
    gate: Callable[[], None],
    through: Door | None = None,
) -> Result:
    """Hand one text message to the provider. Raises as the egress does."""
    whom = delivery.address or delivery.follower
    if whom is None:
        return Result("failed", "not_wanted")
    if attempts.count(Counter(TO_ONE_NUMBER, whom.key)) is not None:
        return Result("failed", "too_often")
    body = message_of(delivery, to=reaching.opened(whom), settings=connector.settings)
    headers = signed(str(delivery.ref), body, [(1, secret_of(connector))], at=int(time.time()))
    answer = ask(
        str(connector.settings["url"]),
        body,
        headers=headers | {"Content-Type": "application/json; charset=utf-8"},
        through=through or door(Channel.SMS),
        gate=gate,
    )
    result = result_of(answer)
    if result.outcome != "sent":
        return result
    number = _number(answer.body)
    return Result("sent", answer=number) if number else Result("unknown", "garbled")


def message_of(delivery: Delivery, *, to: str, settings: Mapping[str, object]) -> bytes:
    """The request's body. A link goes along in the text only: templates are filed beforehand."""
    templates = settings.get("templates")
    named = templates if isinstance(templates, dict) else {}
    with texts.in_language(delivery):
        facts = texts.facts_of(delivery)
        text = " ".join(filter(None, (texts.line_of(delivery), texts.link_of(delivery))))
    body = {
        "id": str(delivery.ref),
        "to": to,
        "template": str(named.get(delivery.kind, delivery.kind)),
        "values": {name: str(facts[name]) for name in VALUES if name in facts},
        "text": text,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _number(body: bytes) -> str:
    """The provider's own number of the message; empty for an answer that cannot be read."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    number = str(said.get("id", "")) if isinstance(said, dict) else ""
    return number if PROVIDERS_ID.fullmatch(number) else ""
