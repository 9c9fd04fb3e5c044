"""The broker: `python -m shiyu.site.broker`, the way out for processes without one (出口代理).

Pages, which may open no connection, ask it over a socket in `SHIYU_HOME/run`. It asks whom the
list below names, for the purposes it names, and nobody else, through the same door as everything
that leaves: names resolved once, inside addresses refused when connecting, no redirects.
"""

import base64
import contextlib
import json
import os
import signal
import socketserver
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shiyu.common.egress import (
    Forbidden,
    NothingLeft,
    PerhapsLeft,
    ask,
    door,
    forbid_inside,
    target_of,
)
from shiyu.common.egress.brokered import LINE_MOST
from shiyu.common.egress.leaving import broker_path
from shiyu.people import identity

WHOLE_S = 10.0
AT_ONCE = 8
METHODS = frozenset({"GET", "POST"})
HEADERS = frozenset({"accept", "content-type", "authorization"})
CHECKS = frozenset({"webhook"})


def allowed(purpose: str) -> set[str]:
    """The origins that may be asked for a purpose: those of the city's identity service."""
    if purpose != "identity":
        return set()
    found = identity.read()
    if found is None:
        return set()
    named = os.environ.get("SHIYU_IDENTITY_ORIGINS", "").split(",")
    return {origin for text in (found.issuer, found.authorize, *named) if (origin := _origin(text))}


def answer(said: dict[str, Any]) -> dict[str, Any]:
    """The answer to one question."""
    try:
        return DOES[str(said.get("do"))](said)
    except Forbidden as error:
        return {"forbidden": error.message}
    except NothingLeft as error:
        return {"nothing_left": error.why}
    except PerhapsLeft as error:
        return {"perhaps_left": error.why}
    except (KeyError, TypeError, ValueError):
        return {"forbidden": "not a question of ours"}


def _ask(said: dict[str, Any]) -> dict[str, Any]:
    url, purpose, method = str(said["url"]), str(said["purpose"]), str(said["method"])
    target_of(url)
    if method not in METHODS or _origin(url) not in allowed(purpose):
        return {"forbidden": "not on the list of this purpose"}
    sent = {str(k): str(v) for k, v in said["headers"].items() if str(k).lower() in HEADERS}
    body = base64.b64decode(said["body"], validate=True)
    found = ask(
        url,
        body,
        headers=sent,
        through=door(purpose),
        gate=lambda: None,
        method=method,
        whole_s=WHOLE_S,
    )
    told = {"status": found.status, "retry_after_s": found.retry_after_s}
    return told | {"body": base64.b64encode(found.body).decode()}


def _check(said: dict[str, Any]) -> dict[str, Any]:
    if said["purpose"] not in CHECKS:
        return {"forbidden": "not on the list of this purpose"}
    forbid_inside(str(said["url"]), through=door(str(said["purpose"])))
    return {"ok": True}


DOES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"ask": _ask, "check": _check}


def _origin(url: str) -> str:
    parts = urlsplit(url.strip())
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


class Visit(socketserver.StreamRequestHandler):
    """One question and its answer."""

    timeout = WHOLE_S
    places = threading.BoundedSemaphore(AT_ONCE)

    def handle(self) -> None:
        with self.places:
            try:
                said = json.loads(self.rfile.readline(LINE_MOST))
                told = answer(said) if isinstance(said, dict) else {"forbidden": "not a question"}
            except (OSError, ValueError):
                return
            with contextlib.suppress(OSError):
                self.wfile.write(json.dumps(told).encode() + b"\n")


class Broker(socketserver.ThreadingUnixStreamServer):
    """Listens where only processes of this city's group may knock."""

    daemon_threads = True

    def __init__(self, path: str) -> None:
        place = Path(path)
        place.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        super().__init__(path, Visit)
        place.chmod(0o660)


def main() -> None:
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=False)
    with Broker(broker_path()) as broker:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=broker.shutdown).start())
        print("The broker listens.", file=sys.stderr, flush=True)
        broker.serve_forever(0.3)


if __name__ == "__main__":
    main()
