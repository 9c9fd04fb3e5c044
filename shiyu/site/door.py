"""The door of programs: the interfaces, past what only pages need (接口入口).

A key stands for itself: no session, no cookie, no form token, no message, no sign-in. What is
left of the way of a page is the outage said plainly, safe headers, city time and the language.
"""

from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation
from django.utils.translation import gettext as _

from shiyu.api import headers, problems
from shiyu.api.entry import refuse_keys_in_address
from shiyu.common import wall
from shiyu.common.errors import Refused
from shiyu.site import outage
from shiyu.site.middleware import CityTime, Headers

PREFIXES = ("/api/v1/", "/open311/", "/notices/receipts/")
NO_METHOD = 405
KEYS_MAY_STAND = "/open311/v2/requests"
"""Open311 makes the key a parameter like any other, and clients there are put it in the address."""
UNSEEN = frozenset(chr(n) for n in range(32))


class Door:
    """Sends what is asked of an interface past the pages' middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.pages = get_response
        self.city_time = CityTime(_answer)
        self.programs = Headers(lambda request: _guarded(request, self.city_time))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIXES):
            return self.pages(request)
        with wall.within(None), translation.override(_language(request)):
            response = self.programs(request)
            response["Content-Language"] = translation.get_language()
            return headers.complete(request, response)


def _guarded(request: HttpRequest, go_on: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """Whatever happens, one of the interface's own answers."""
    try:
        if outage.is_lasting():
            return _gone(request)
        request.get_host()
        return go_on(request)
    except DisallowedHost:
        return problems.problem(request, 400, "unreadable", _("无法识别这次请求"))
    except Exception as error:  # the last door: nothing of our own is told to a stranger
        found = outage.behind(error)
        if found is not None:
            outage.note(found)
            return _gone(request)
        return problems.of_error(request, error) or problems.of_fault(request, error)


def _answer(request: HttpRequest) -> HttpResponse:
    if not (request.method == "POST" and request.path_info.startswith(KEYS_MAY_STAND)):
        refuse_keys_in_address(request)
    if UNSEEN & set(request.path_info) or "%00" in request.META.get("QUERY_STRING", ""):
        raise Refused(_("网址中含有无效字符。"))
    match = resolve(request.path_info)
    request.resolver_match = match
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response if response.status_code != NO_METHOD else _no_method(request, response)


def _no_method(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    text = _("这个地址不支持这种方法，可以用 %(methods)s")
    allowed = ", ".join(sorted(response.get("Allow", "").split(", ")))
    said = problems.problem(request, NO_METHOD, "no_such_method", text % {"methods": allowed})
    said["Allow"] = allowed
    return said


def unavailable(request: HttpRequest, text: str, *, again_s: int) -> HttpResponse:
    """Nothing can be done just now: said as an interface says it, without asking anything."""
    with translation.override(_language(request)):
        response = _unavailable(request, text, again_s)
        response["Content-Language"] = translation.get_language()
        return headers.complete(request, response)


def _gone(request: HttpRequest) -> HttpResponse:
    """The database is gone."""
    return _unavailable(request, outage.GONE, outage.RETRY_AFTER_S)


def _unavailable(request: HttpRequest, text: str, again_s: int) -> HttpResponse:
    response = problems.problem(request, 503, "unavailable", _(text))
    response["Retry-After"] = str(again_s)
    return response


def _language(request: HttpRequest) -> str:
    """What the caller reads; no cookie is looked at."""
    asked = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    return translation.get_language_from_request(request) if asked else "zh-hans"
