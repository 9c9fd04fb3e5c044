"""My notices: the list, the badge, marking read (提醒)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.notices import actions, pages, rules
from shiyu.notices.kinds import page_of
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, background, signed_in

OPEN = "open"


@signed_in
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """My notices, unread first (提醒)."""
    actor = actor_of(request)
    shown = pages.page(actor, after=request.GET.get("after", ""))
    context = {
        "shown": shown,
        "unread": rules.unread_count(actor),
        "many": rules.MANY,
        "newest": max((line.notice.pk for line in shown.lines), default=0),
        "is_first": "after" not in request.GET,
        "keeps": actor.holds(Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN),
    }
    return render(request, "notices/list.html", context)


@background
@signed_in
@require_safe
def badge(request: SignedIn) -> HttpResponse:
    """How many are unread, as a fragment for the menu."""
    context = {"unread": rules.unread_count(actor_of(request)), "many": rules.MANY}
    return render(request, "notices/badge.html", context)


@signed_in
@require_POST
@answered_once
def read(request: SignedIn, number: int) -> HttpResponse:
    """Mark one read; on to the record it is about, when that was asked for and has a page."""
    notice = actions.mark_read(number, actor=actor_of(request))
    page = page_of(notice.subject) if request.POST.get("do") == OPEN else ""
    return redirect(page or "notices:list")


@signed_in
@require_POST
@answered_once
def read_all(request: SignedIn) -> HttpResponse:
    """Mark those shown and older read; what came in meanwhile stays unread."""
    written = request.POST.get("up_to", "")
    up_to = int(written) if written.isdecimal() and len(written) < 19 else 0
    count = actions.mark_all_read(up_to=up_to, actor=actor_of(request))
    messages.success(request, _("%(count)s 条提醒已读") % {"count": count})
    return redirect("notices:list")
