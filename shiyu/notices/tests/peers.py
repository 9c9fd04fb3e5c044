"""Real peers on this machine for tests: an HTTP server, an SMTP server, and ways to break them."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Received:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class HttpPeer:
    """What came, and what is answered: by turns from `answers`, then always the last."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[Answer | Callable[[Any], None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def next_answer(self) -> Answer | Callable[[Any], None]:
        at = min(len(self.received), len(self.answers)) - 1
        return self.answers[at] if self.answers else (204, {}, b"")


@contextmanager
def http_peer(*answers: Any) -> Iterator[HttpPeer]:
    """An HTTP server on 127.0.0.1 that keeps what it gets."""
    peer = HttpPeer(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            peer.received.append(Received(self.path, headers, body))
            answer = peer.next_answer()
            if callable(answer):
                answer(self)
                return
            status, more, content = answer
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    peer.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()


def hang_up(handler: Any) -> None:
    """Close without a word, after the request was read."""
    handler.connection.shutdown(socket.SHUT_RDWR)


@dataclass
class MailPeer:
    """Mails that were taken, and what is said at each step instead of yes."""

    port: int = 0
    mails: list[Any] = field(default_factory=list)
    at_mail: str = ""
    at_rcpt: str = ""
    at_data: str = ""
    on_data: Callable[[], None] | None = None

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.mail_from = address
        return self.at_mail or "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.at_rcpt:
            return self.at_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.at_data:
            return self.at_data
        self.mails.append(envelope)
        if self.on_data:
            self.on_data()
        return "250 taken"


class _AnyPort(Controller):
    """A controller that takes whatever port is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_peer(**options: Any) -> Iterator[MailPeer]:
    """An SMTP server on 127.0.0.1."""
    peer = MailPeer()
    controller = _AnyPort(peer, hostname="127.0.0.1", port=0, **options)
    controller.start()
    peer.port = controller.port
    try:
        yield peer
    finally:
        controller.stop()


def closed_port() -> int:
    """A port of this machine at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
