"""Asking the one process that may go outside, over a socket of this machine's files (经出口代理).

One question a connection: a line of JSON, the answer a line of JSON; bodies in base64.
"""

import base64
import json
import socket
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from shiyu.common.egress.asking import Answered
from shiyu.common.egress.leaving import broker_path
from shiyu.common.egress.reaching import Forbidden, NothingLeft, PerhapsLeft

WAIT_S = 20.0
LINE_MOST = 256 * 1024
RAISED = {"nothing_left": NothingLeft, "perhaps_left": PerhapsLeft}


def ask_broker(
    url: str, body: bytes, *, purpose: str, method: str, headers: Mapping[str, str]
) -> Answered:
    """What `ask` does, done by the broker for a purpose on its list.

    Raises  Forbidden, NothingLeft, PerhapsLeft.
    """
    said = {"do": "ask", "url": url, "purpose": purpose, "method": method}
    said |= {"headers": dict(headers), "body": base64.b64encode(body).decode()}  # type: ignore[dict-item]
    told = _told(said)
    answer = base64.b64decode(told["body"])
    return Answered(told["status"], answer, told["retry_after_s"])


def check_with_broker(url: str, *, purpose: str) -> None:
    """What `forbid_inside` does, with names looked up by the broker. Raises Forbidden."""
    _told({"do": "check", "url": url, "purpose": purpose})


def _told(said: Mapping[str, Any]) -> dict[str, Any]:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(WAIT_S)
            asking.connect(broker_path())
            asking.sendall(json.dumps(said).encode() + b"\n")
            with asking.makefile("rb") as read:
                told: dict[str, Any] = json.loads(read.readline(LINE_MOST))
    except (OSError, ValueError) as error:
        raise NothingLeft("no_broker") from error
    if why := told.get("forbidden"):
        raise Forbidden(str(why) or _("这个地址在内网或保留网段，不能访问"), field="url")
    for name, kind in RAISED.items():
        if name in told:
            raise kind(str(told[name]))
    return told
