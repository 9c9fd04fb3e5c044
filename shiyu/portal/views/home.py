"""The front door: report, look up, help (首页)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from shiyu.common import cookies
from shiyu.portal import actions
from shiyu.portal.rules import next_step, photos_of
from shiyu.portal.views.holding import COOKIE, Held, held_by, writing


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Report with a photo, in words, by telephone; look up what one reported (首页)."""
    held = held_by(request)
    unsent = held.unsent
    begun = unsent is not None and bool(unsent.text or unsent.placed or photos_of(unsent))
    sent = held.draft.report if held.draft and held.is_sent else None
    return render(request, "portal/home.html", {"begun": begun, "sent": sent})


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Questions residents ask, answered shortly (帮助)."""
    return render(request, "portal/help.html")


@require_safe
@writing
def go_on(request: HttpRequest, held: Held) -> HttpResponse:
    """To the first step that is not answered yet (继续写)."""
    return redirect(f"portal:{next_step(held.draft)}")


@require_POST
@writing
def clear(request: HttpRequest, held: Held) -> HttpResponse:
    """Throw away what was written and begin anew (清空重来)."""
    if held.draft:
        actions.clear(held.draft)
    response = redirect("portal:home")
    return cookies.forget(response, COOKIE)
