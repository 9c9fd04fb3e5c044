"""The watch's own small server: `/metrics`, `/healthz`, `/readyz` (监测服务).

Listens on this machine alone unless told otherwise, and then wants the token of
`SHIYU_HOME/secrets/watch`. Nothing it says is about a person.
"""

import hmac
import json
import os
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import RestrictedRegistry

from shiyu.common import measures
from shiyu.common.gone import settled
from shiyu.common.home import secret
from shiyu.site import health
from shiyu.site.watch.figures import Figures


def metrics() -> bytes:
    """Everything counted by every process, and what the database and the disk say."""
    asked = CollectorRegistry()
    asked.register(Figures())
    return counted() + generate_latest(asked)


def counted() -> bytes:
    """What the processes count: of all of them where they keep files, else of this one."""
    folder = os.environ.get(measures.FOLDER)
    if not folder:
        return generate_latest(RestrictedRegistry(_names(), REGISTRY))
    with settled(Path(folder)):
        together = CollectorRegistry()
        MultiProcessCollector(together, folder)
        return generate_latest(together)


def _names() -> list[str]:
    return [
        sample.name for kept in measures.MEASURES for m in kept.collect() for sample in m.samples
    ]


class Answering(BaseHTTPRequestHandler):
    """One visit."""

    token = ""
    timeout = 5
    server_version, sys_version = "shiyu", ""

    def do_GET(self) -> None:
        if self.token and not self._is_shown():
            self._answer(401, b"", "text/plain")
        elif self.path == "/metrics":
            self._answer(200, metrics(), CONTENT_TYPE_LATEST)
        elif self.path == "/healthz":
            self._answer(200, b"alive\n", "text/plain")
        elif self.path == "/readyz":
            self._ready()
        else:
            self._answer(404, b"", "text/plain")

    def log_message(self, *_args: object) -> None:
        """Visits each few seconds are not written down."""

    def _ready(self) -> None:
        parts = health.rounds.parts()
        well = all(part.well for part in parts)
        told = {"ready": well, "parts": [asdict(part) for part in parts]}
        body = json.dumps(told, ensure_ascii=False).encode()
        self._answer(200 if well else 503, body, "application/json")

    def _is_shown(self) -> bool:
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(shown.encode("latin-1", "replace"), self.token.encode())

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def server(host: str, port: int, *, guarded: bool) -> ThreadingHTTPServer:
    """The server, listening; `guarded` wants the token shown."""
    words = {"token": secret("watch") if guarded else ""}
    return ThreadingHTTPServer((host, port), type("Visit", (Answering,), words))
