"""Neighbours that are down, slow, talk nonsense, hang up, or are too busy: real servers (邻居).

What they took in is what they were told, whatever they answered: a message counts as told when the
whole of it had been read and the neighbour's own rule of the moment is to take it.
"""

import asyncio
import contextlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

SLOW_S = 30.0
MOODS = ("well", "down", "slow", "garbage", "hangs up", "busy", "broken", "well")
"""`busy` says that nothing was taken (503, 451); all others but `down` take what they get."""


class Mood:
    """How all neighbours are just now, and what each has been told how often."""

    def __init__(self) -> None:
        self.now = "well"
        self.told: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.ended = threading.Event()

    def hear(self, key: str) -> str:
        """Somebody tells this; the mood it is met with."""
        with self.lock:
            self.asked[self.now] += 1
            if self.now != "busy":
                self.told[key] += 1
            return self.now


def _handler(mood: Mood) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if mood.now == "down":  # nothing is read; the connection is reset
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            name = self.headers.get("webhook-id", "")
            met = mood.hear(f"{self.path} {name}")
            with contextlib.suppress(OSError):
                self._answer(met, body)

        def _answer(self, met: str, body: bytes) -> None:
            if met == "slow":
                mood.ended.wait(SLOW_S)
            if met == "hangs up":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if met == "garbage":
                self.wfile.write(b"\x00\xff<html>\r\n" * 40)
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response({"busy": 503, "broken": 500}.get(met, 200))
            said = json.dumps({"id": json.loads(body).get("id", "")}).encode()
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            return

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class Neighbours:
    """One HTTP server (webhooks, text messages) and one mail server, of one mood."""

    def __init__(self) -> None:
        self.mood = Mood()
        self.http: Server | None = Server(("127.0.0.1", 0), _handler(self.mood))
        self.http_port: int = self.http.server_address[1]
        self._serve(self.http)
        self.mail = _AnyPort(_Post(self.mood), hostname="127.0.0.1", port=0)
        self.mail.start()
        self.mail_port = int(self.mail.port)

    def turn(self, mood: str) -> None:
        """Be so from now on; who is down does not listen at all."""
        self.mood.now = mood
        if mood == "down" and self.http is not None:
            self._shut()
        elif mood != "down" and self.http is None:
            self.http = Server(("127.0.0.1", self.http_port), _handler(self.mood))
            self._serve(self.http)

    def end(self) -> None:
        self.mood.ended.set()
        self._shut()
        self.mail.stop()

    def _serve(self, server: Server) -> None:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def _shut(self) -> None:
        if self.http is not None:
            self.http.shutdown()
            self.http.server_close()
            self.http = None


class _AnyPort(Controller):
    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class _Post:
    """A mail server that says no at once when it is down: mail has no other way to be away."""

    def __init__(self, mood: Mood) -> None:
        self.mood = mood

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # fmt: skip  # noqa: E501
        envelope.mail_from = address
        return "421 down" if self.mood.now == "down" else "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        from email import message_from_bytes

        if self.mood.now == "down":
            return "421 down"
        name = str(message_from_bytes(envelope.content)["Message-ID"]).strip("<>").split("@")[0]
        met = self.mood.hear(f"mail {name}")
        if met == "slow":
            await asyncio.sleep(SLOW_S)
        if met == "hangs up":
            server.transport.close()
        words = {"busy": "451 later", "broken": "554 no", "garbage": "\x01\x02 what"}
        if met == "broken":  # 554 says that it was not taken
            self.mood.told[f"mail {name}"] -= 1
        return words.get(met, "250 taken")


@contextlib.contextmanager
def neighbours() -> Iterator[Neighbours]:
    them = Neighbours()
    try:
        yield them
    finally:
        them.end()
