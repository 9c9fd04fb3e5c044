"""What a text-message provider reports back: arrived or not, in a signed request (送达回执)."""

import hmac
import json
import time
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from shiyu.notices import actions
from shiyu.notices.actions.connectors import secret_of
from shiyu.notices.channels.webhook import signature
from shiyu.notices.lifecycle import Channel
from shiyu.notices.models import Connector

SLACK_S = 300
MOST_BYTES = 16 * 1024
STATES = {"delivered": True, "failed": False}
DONE, UNREADABLE, UNSIGNED = 204, 400, 401


@require_POST
def receipt(request: HttpRequest, ref: str) -> HttpResponse:
    """One receipt, signed with the connector's secret as our own requests are.

    The same receipt twice, one for a message that is not ours, or one that comes too late to
    change anything is answered as done: a provider has no more to do about it.
    """
    connector = Connector.objects.filter(ref=ref, channel=Channel.SMS).first()
    if connector is None or not connector.sealed or not _is_signed(request, secret_of(connector)):
        return HttpResponse(status=UNSIGNED)
    said = _said(request.body)
    if said is None:
        return HttpResponse(status=UNREADABLE)
    number = str(said.get("number", ""))
    actions.hear_back(connector, said["id"], arrived=STATES[said["state"]], answer=number)
    return HttpResponse(status=DONE)


def _is_signed(request: HttpRequest, secret: str) -> bool:
    id_, at = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
    if not (at.isascii() and at.isdigit() and len(at) < 12 and secret):
        return False
    if abs(time.time() - int(at)) > SLACK_S or int(request.headers.get("Content-Length") or 0) > (
        MOST_BYTES
    ):
        return False
    wanted = "v1," + signature(id_, int(at), request.body, secret)
    given = request.headers.get("webhook-signature", "").split()[:4]
    return any(hmac.compare_digest(wanted.encode(), one.encode()) for one in given)


def _said(body: bytes) -> dict[str, Any] | None:
    """What the receipt says; None for what is none."""
    try:
        said = json.loads(body)
        UUID(said["id"])
        return said if said["state"] in STATES else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
