"""What every page passes through: an outage said plainly, safe headers, city time, refusals."""

import time
from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.places.rules import city_if_founded
from shiyu.site import outage

GetResponse = Callable[[HttpRequest], HttpResponse]

PERMISSIONS = (
    "accelerometer=(), camera=(self), geolocation=(self), gyroscope=(), magnetometer=(), "
    "microphone=(), payment=(), usb=()"
)
HSTS = "max-age=31536000"


class Unavailable:
    """Says that the database is gone, and serves again once it is back (服务中断)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_static = request.path_info.startswith(settings.STATIC_URL)
        if not is_static and outage.is_lasting():
            return outage.page(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer_outage(request, error)


def answer_outage(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The page that says the database is gone, if that is what the error means."""
    found = outage.behind(error)
    if found is None:
        return None
    outage.note(found)
    return outage.page(request)


class Headers:
    """Tells the browser to load nothing from elsewhere and to let nobody frame us."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", _content_policy(settings.LIVE_URL))
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("X-Frame-Options", "DENY")
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("Permissions-Policy", PERMISSIONS)
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.is_secure():
            response.setdefault("Strict-Transport-Security", HSTS)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            # A shared desk computer: after signing out, "back" shows nothing.
            response.setdefault("Cache-Control", "private, no-store")
        elif response.get("Content-Type", "").startswith("text/html"):
            # A page knows the reader's language, size and draft: nobody else's copy, asked anew.
            response.setdefault("Cache-Control", "private, no-cache")
        return response


@cache
def _content_policy(live_url: str) -> str:
    """Everything from ourselves; connections also to the live feed (内容安全策略)."""
    connect = " ".join(filter(None, ["'self'", live_url]))
    identity = settings.IDENTITY  # a form that leads there is redirected, which counts as a form
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": connect,
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "form-action": " ".join(filter(None, ["'self'", identity.origin if identity else ""])),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        # No text becomes markup or code but through these two: swaps.ts and map.ts.
        "require-trusted-types-for": "'script'",
        "trusted-types": "htmx default",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class CityTime:
    """Shows and reads times in the city's own zone (城市时区)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.zone = ZoneInfo(settings.TIME_ZONE)
        self.stale_at = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if time.monotonic() >= self.stale_at:
            city = city_if_founded()
            self.zone = ZoneInfo(city.timezone if city else settings.TIME_ZONE)
            self.stale_at = time.monotonic() + settings.CITY_KEPT_S
        with timezone.override(self.zone):
            return self.get_response(request)


class Refusals:
    """Turns a refusal into a page that says why, so that no view need catch it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return refused(request, Refused(_("网址中含有无效字符。")))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return refused(request, error) if isinstance(error, Refused) else None


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The refusal's own sentence and status, as a page or as JSON."""
    if outage.wants_json(request):
        answer = {"error": refusal.code, "message": refusal.message, "field": refusal.field}
        return JsonResponse(answer, status=refusal.status)
    return render(request, "site/refused.html", {"refusal": refusal}, status=refusal.status)
