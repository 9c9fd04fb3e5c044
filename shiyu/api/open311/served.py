"""What every Open311 address has in common: its form, its jurisdiction, its errors (通用处理)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from shiyu.api.entry import Caller, enter, throttle
from shiyu.api.models import Purpose
from shiyu.api.open311.forms import answer, form_of
from shiyu.api.open311.jurisdictions import Jurisdiction, jurisdiction_of
from shiyu.api.refusals import NoMethod, TooLarge, TooMany, Unreadable
from shiyu.cases.story import plain
from shiyu.common.errors import NotFound, Refused
from shiyu.common.wall import beyond

NOT_THE_STANDARDS = {401: 403, 422: 400}
"""The standard knows 403 for every key that is not good."""
BEARER = "bearer "
COST = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of an Open311 client.

    caller  the system whose key was shown; None where none was.
    """

    request: HttpRequest
    form: str
    where: Jurisdiction
    caller: Caller | None = None

    def text(self, name: str) -> str:
        """A parameter as it was given, in the body or the address, without unseen signs."""
        given = self.request.POST.get(name) or self.request.GET.get(name) or ""
        return plain(given)

    @property
    def extended(self) -> bool:
        """Whether the client asks for what goes beyond the standard."""
        return self.text("extensions") in ("true", "1", "v1")


View = Callable[..., Any]


def served(
    *methods: str, needs_key: bool = False, everywhere: bool = False, cost: int = COST
) -> Callable[[View], View]:
    """Serve a view in both forms, with the standard's errors.

    needs_key   whoever asks must show a key; else a key is looked at when there is one.
    everywhere  no jurisdiction is asked for.
    """

    def of(view: View) -> View:
        @wraps(view)
        def run(request: HttpRequest, ending: str | None = None, **named: str) -> HttpResponse:
            form = form_of(request, ending)
            try:
                if (request.method or "") not in (
                    *methods,
                    *(["HEAD"] if "GET" in methods else []),
                ):
                    raise NoMethod(_("这个地址不支持 %(method)s") % {"method": request.method})
                caller = _caller(request, needs_key=needs_key, cost=cost)
                where = jurisdiction_of("" if everywhere else _place(request), everywhere)
                asked = Asked(request, form, where, caller)
                if request.method in ("GET", "HEAD") and not needs_key:
                    with beyond("published"):
                        return view(asked, **named)
                return view(asked, **named)  # what is a system's own: in its own sight
            except Refused as refusal:
                return refused(form, refusal)
            except (MultiPartParserError, UnreadablePostError, SuspiciousOperation) as error:
                large = isinstance(error, RequestDataTooBig)
                text = _("内容过大") if large else _("内容无法读取")
                return refused(form, TooLarge(text) if large else Unreadable(text))

        return run

    return of


def refused(form: str, refusal: Refused) -> HttpResponse:
    """A refusal as the standard writes errors: a list of code and description."""
    status = NOT_THE_STANDARDS.get(refusal.status, refusal.status)
    named = f"{refusal.field}: " if refusal.field else ""
    told = [{"code": status, "description": f"{named}{refusal.message}"}]
    response = answer(form, "errors", "error", told, status=status)
    if isinstance(refusal, TooMany):
        response["Retry-After"] = str(refusal.retry_after_s)
    return response


@served("GET", "POST", "PUT", "PATCH", "DELETE", everywhere=True)
def nowhere(asked: Asked) -> HttpResponse:
    """An address that is none of ours."""
    raise NotFound(_("没有这个地址。从 /open311/discovery.json 开始"))


def _caller(request: HttpRequest, *, needs_key: bool, cost: int) -> Caller | None:
    """The key in the standard's own parameter, or in the header."""
    header = request.headers.get("Authorization", "")
    shown = header[len(BEARER) :] if header.lower().startswith(BEARER) else ""
    if needs_key:
        shown = request.POST.get("api_key") or request.GET.get("api_key") or shown
        return enter(request, shown, purpose=Purpose.OPEN311, cost=cost)
    if shown:
        return enter(request, shown, purpose=Purpose.OPEN311, cost=cost)
    throttle(request, cost=cost)
    return None


def _place(request: HttpRequest) -> str:
    return plain(request.POST.get("jurisdiction_id") or request.GET.get("jurisdiction_id") or "")
