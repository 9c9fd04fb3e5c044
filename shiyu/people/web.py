"""Who is behind a request, and views only for those who may (请求中的人)."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import timezone

from shiyu.people import rules
from shiyu.people.actors import Actor
from shiyu.people.models import Person

KEPT_ACTORS = 4096

View = Callable[..., HttpResponseBase]
_kept: OrderedDict[tuple[int, int, date, str], Actor] = OrderedDict()


class SignedIn(HttpRequest):
    """A request by somebody who has signed in."""

    user: Person


def actor_of(request: HttpRequest) -> Actor:
    """The person behind this request with today's duties.

    Built anew whenever the account's `access_version` or the day has changed, so what was given
    or taken counts from the very next request, in every process.
    """
    known: Actor | None = getattr(request, "_actor", None)
    if known is None:
        known = _actor(cast(SignedIn, request).user)
        request._actor = known  # type: ignore[attr-defined]
    return known


def signed_in(view: View) -> View:
    """A view for anybody who has signed in; others are sent to sign in first."""

    @wraps(view)
    def for_signed_in(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        return view(request, *args, **kwargs)

    return for_signed_in


def needs(*duties: str) -> Callable[[View], View]:
    """A view for those who hold one of these duties; others who signed in are told whose it is."""

    def guard(view: View) -> View:
        @signed_in
        @wraps(view)
        def for_holders(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request._actor = rules.require(actor_of(request), *duties)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return for_holders

    return guard


def background(view: View) -> View:
    """Marks a view that a page asks for by itself: it does not keep an idle session alive."""
    view.is_background = True  # type: ignore[attr-defined]
    return view


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back to where one was; htmx is told to load it whole."""
    wanted = request.get_full_path() if request.method == "GET" else ""
    if "HX-Request" in request.headers:
        wanted = request.headers.get("HX-Current-URL", "")
        response = HttpResponse(status=401)
        response["HX-Redirect"] = _sign_in_url(wanted)
        return response
    return redirect(_sign_in_url(wanted))


def _sign_in_url(wanted: str) -> str:
    address = resolve_url(settings.LOGIN_URL)
    return f"{address}?{urlencode({'next': wanted})}" if wanted else address


def _actor(person: Person) -> Actor:
    # The salted hash tells apart accounts of the same number in a database made anew.
    key = (person.pk, person.access_version, timezone.localdate(), person.password)
    known = _kept.get(key)
    if known is None:
        known = Actor.for_person(person)
        _kept[key] = known
        while len(_kept) > KEPT_ACTORS:
            _kept.popitem(last=False)
    return known
