"""Which draft a browser holds, and pages that must not be kept (手上的草稿)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from shiyu.common import cookies
from shiyu.common.wall import look_also_at
from shiyu.portal.models import Draft
from shiyu.portal.rules import KEPT, draft_of

COOKIE = "report"

View = Callable[..., HttpResponseBase]


@dataclass(slots=True)
class Held:
    """The draft behind a request and the token that opens it."""

    draft: Draft | None
    token: str

    @property
    def is_sent(self) -> bool:
        return self.draft is not None and self.draft.report_id is not None

    @property
    def unsent(self) -> Draft | None:
        return None if self.is_sent else self.draft


def held_by(request: HttpRequest) -> Held:
    """What this browser holds; nothing without its cookie."""
    token = cookies.read(request, COOKIE)
    draft = draft_of(token)
    if draft is not None and draft.report is not None:
        look_also_at([draft.report.case_id])
    return Held(draft, token)


def hand_to(response: HttpResponse, token: str) -> HttpResponse:
    """Give a browser the token of the draft it has begun."""
    return cookies.keep(response, COOKIE, token, seconds=int(KEPT.total_seconds()))


def is_elder(request: HttpRequest) -> bool:
    """Whether this browser asked for the elder pages (长辈版)."""
    return cookies.read(request, "size") == "elder"


def kept_private(view: View) -> View:
    """A page of one person: not kept, not indexed, its address told to nobody.

    "strict-origin" sends no path to anyone. With "no-referrer" browsers send forms with
    `Origin: null`, which the protection against forged forms refuses.
    """

    @wraps(view)
    def private(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Referrer-Policy"] = "strict-origin"
        return response

    return private


def writing(view: View) -> View:
    """A step of a report that has been begun and not yet sent; gives the view its `held`."""

    @kept_private
    @wraps(view)
    def step(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        held = held_by(request)
        if held.is_sent:
            return redirect("portal:done")
        if held.draft is None:
            text = _("没有找到您写的内容，可能已过一天，或浏览器没有保存 Cookie。请重新开始")
            messages.warning(request, text)
            return redirect("portal:photo")
        if is_of_another(request, held):
            return to_present(request)
        return view(request, held, *args, **kwargs)

    return step


def is_of_another(request: HttpRequest, held: Held) -> bool:
    """Whether a form was opened for another report than the one this browser writes now."""
    named = request.POST.get("draft", "")
    return bool(named) and held.draft is not None and named != held.draft.ref


def to_present(request: HttpRequest) -> HttpResponse:
    """Tell that a page was of an older report, and show the present one."""
    messages.warning(request, _("刚才那一页是另一份上报的，没有改动。现在这份在这里"))
    return redirect("portal:go_on")
