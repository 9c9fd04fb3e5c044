"""`/healthz` and `/readyz`: whether this process lives, whether it may be sent work (健康检查).

Answered before everything else a page passes through, so that no outage, host name or session
stands in between. Anybody learns "ready" or "not ready"; which part is ill is told to whoever asks
from this machine itself or shows the watch's token (`SHIYU_HOME/secrets/watch`).

Every answer comes within `WHOLE_S`: the questions run in a thread of their own, one round at a
time for all who ask, and what has not answered by then is not well.
"""

import hmac
import ipaddress
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from shiyu.common.home import secret
from shiyu.site import readiness
from shiyu.site.readiness import Part

WHOLE_S = 4.0
KEPT_S = 1.0
ASKING = ("GET", "HEAD")
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_PROTO")
LATE = Part("answer", False, f"no answer within {WHOLE_S:g} s")


class Health:
    """Answers the two addresses first of all; every other request goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = VIEWS.get(request.path_info)
        if view is None:
            return self.get_response(request)
        return view(request) if request.method in ASKING else HttpResponseNotAllowed(ASKING)


def alive(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked."""
    return _plain("alive", 200)


def ready(request: HttpRequest) -> HttpResponse:
    """Everything that a city needs: database, version, connections, disk, the queue."""
    return _answer(request, rounds.parts())


def ready_pages(request: HttpRequest) -> HttpResponse:
    """What a page needs: for a load balancer, which must not withdraw pages over a queue."""
    return _answer(request, [part for part in rounds.parts() if part.name != readiness.QUEUE])


class Rounds:
    """One round of questions at a time, kept for a second, however many ask."""

    def __init__(self, ask: Callable[[], list[Part]] = readiness.parts) -> None:
        self.ask = ask
        self.lock = threading.Lock()
        self.workers: ThreadPoolExecutor | None = None
        self.asked: Future[list[Part]] | None = None
        self.asked_at = 0.0

    def parts(self) -> list[Part]:
        with self.lock:
            if self.asked is None or (self.asked.done() and self._is_old()):
                self.workers = self.workers or ThreadPoolExecutor(1, thread_name_prefix="health")
                self.asked, self.asked_at = self.workers.submit(self.ask), time.monotonic()
            asked = self.asked
            left = self.asked_at + WHOLE_S - time.monotonic()
        try:
            return asked.result(max(left, 0.0))
        except TooLate:
            return [LATE]

    def _is_old(self) -> bool:
        return time.monotonic() - self.asked_at > KEPT_S


rounds = Rounds()


def may_know_more(request: HttpRequest) -> bool:
    """Whether whoever asks may know which part is ill: this machine itself, or by token.

    Behind a proxy everybody comes from the proxy's address: then only the token counts.
    """
    shown = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    if shown and hmac.compare_digest(shown.encode(), secret("watch").encode()):
        return True
    if any(request.META.get(name) for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _answer(request: HttpRequest, parts: list[Part]) -> HttpResponse:
    well = all(part.well for part in parts)
    status = 200 if well else 503
    if not may_know_more(request):
        return _plain("ready" if well else "not ready", status)
    told = {"ready": well, "parts": [asdict(part) for part in parts]}
    return _unkept(JsonResponse(told, status=status))


def _plain(word: str, status: int) -> HttpResponse:
    answer = HttpResponse(word + "\n", status=status, content_type="text/plain; charset=utf-8")
    return _unkept(answer)


def _unkept(answer: HttpResponse) -> HttpResponse:
    answer._has_been_logged = True  # type: ignore[attr-defined]  # asked each few seconds
    answer["Cache-Control"] = "no-store"
    return answer


VIEWS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": alive,
    "/readyz": ready,
    "/readyz/pages": ready_pages,
}
