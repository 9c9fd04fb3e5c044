"""Every request has a number: logged, counted, returned, shown when something fails (请求编号)."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shiyu.common import measures
from shiyu.common.trail import Trail, fresh, walking
from shiyu.site import pools

HEADER = "X-Request-Id"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NOT_ALLOWED = frozenset({401, 403})
"""Somebody tried what is not theirs, or without a good key: told in every log (越权留痕)."""
log = logging.getLogger("shiyu.requests")


class Trails:
    """The outermost of all: whatever happens inside has a number, and its answer carries it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with walking(Trail(fresh())) as trail:  # an interface names its key's holder itself
            request.request_id = trail.number  # type: ignore[attr-defined]
            response = self.get_response(request)
            response[HEADER] = trail.number
            trail.route, trail.actor = route_of(request), trail.actor or actor_of(request)
            _tell(request, response, trail, time.perf_counter() - began)
        return response


def route_of(request: HttpRequest) -> str:
    """The route's name; never the address, which may carry a receipt's code."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or "unnamed"
    is_static = request.path_info.startswith(settings.STATIC_URL)
    return "static" if is_static else "unknown"


def actor_of(request: HttpRequest) -> str:
    """Who acted, by reference; without asking the database anew."""
    known = getattr(request, "_actor", None)
    return known.ref if known is not None else ""


def _tell(request: HttpRequest, response: HttpResponse, trail: Trail, seconds: float) -> None:
    method = request.method if request.method in METHODS else "OTHER"
    status = response.status_code
    measures.REQUESTS.labels(trail.route, method, str(status)).inc()
    measures.REQUEST_SECONDS.labels(trail.route).observe(seconds)
    pools.note()
    facts = {"method": method, "status": status, "ms": round(seconds * 1000, 1)}
    level = logging.WARNING if status in NOT_ALLOWED else logging.INFO
    log.log(level, "answered", extra={"facts": facts})
