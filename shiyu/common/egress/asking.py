"""One HTTP request to a peer: no redirects, no proxies, bounded in size and time (对外请求)."""

import contextlib
import http.client
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from shiyu.common.egress.reaching import Door, Forbidden, NothingLeft, PerhapsLeft, within
from shiyu.common.egress.urls import Target, target_of

WHOLE_S = 15.0
ANSWER_MOST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answered:
    """What the peer answered; `body` is cut at 64 kB."""

    status: int
    body: bytes
    retry_after_s: int | None = None


class _Reached(http.client.HTTPConnection):
    """Speaks over a connection that has been made already; it never makes one itself."""

    def __init__(self, target: Target, reached: socket.socket) -> None:
        super().__init__(target.host, target.port)
        self.sock = reached
        self.auto_open = 0

    def connect(self) -> None:
        raise NothingLeft("unreachable")


def ask(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    through: Door,
    gate: Callable[[], None],
    method: str = "POST",
    whole_s: float = WHOLE_S,
) -> Answered:
    """Send one request and read its answer.

    gate  called when the peer is reached and nothing has been sent: the point of no return.

    Raises  Forbidden, NothingLeft, PerhapsLeft; whatever `gate` raises.
    """
    target = target_of(url)
    reached = through.reach(target.host, target.port, plain=target.scheme == "http")
    with contextlib.ExitStack() as held:
        held.callback(reached.close)
        held.enter_context(within(reached, whole_s))
        reached.settimeout(whole_s)
        spoken: socket.socket = reached
        if target.scheme == "https":
            spoken = through.secure(reached, target.host)
            held.callback(spoken.close)
        gate()
        return _exchange(target, spoken, body, method=method, headers=headers)


def forbid_inside(url: str, *, through: Door) -> None:
    """Refuse an address when it is written down, so that a mistake is told at once.

    A name that does not resolve now is let through under https: every sending looks again.
    """
    target = target_of(url)
    try:
        found = through.addresses(target.host, target.port)
    except NothingLeft:
        found = []
    is_open = bool(found) and all(through.is_open(a, target.port) for a in found)
    if target.scheme == "http" and not is_open:
        raise Forbidden(_("网址以 https:// 开头"), field="url")


def _exchange(
    target: Target, spoken: socket.socket, body: bytes, *, method: str, headers: Mapping[str, str]
) -> Answered:
    talk = _Reached(target, spoken)
    sent = {"Host": target.host_header, "Connection": "close", "User-Agent": "shiyu", **headers}
    try:
        talk.request(method, target.path, body=body, headers=sent)
        answer = talk.getresponse()
        read = answer.read(ANSWER_MOST)
    except TimeoutError as error:
        raise PerhapsLeft("timeout") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PerhapsLeft("broken_off") from error
    return Answered(answer.status, read, _seconds(answer.getheader("Retry-After")))


def _seconds(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None
