"""Step 4 of a report: check, say how to be told, send; then the receipt (提交与回执)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.posted import posted
from shiyu.notices.lifecycle import Channel
from shiyu.notices.rules import is_open
from shiyu.portal import actions, coming, forms, seal, where
from shiyu.portal.models import Draft
from shiyu.portal.receipts import count_for
from shiyu.portal.rules import SENDING, next_step, photos_of
from shiyu.portal.views.holding import (
    Held,
    held_by,
    is_of_another,
    kept_private,
    writing,
)
from shiyu.portal.views.step import draft_in, get_or_post, show_step
from shiyu.privacy import notice

GO = frozenset({"photo", "words", "place", "kind"})


@get_or_post
@kept_private
def check(request: HttpRequest) -> HttpResponseBase:
    """Step 4: everything once more, how to be told; sending it again gives the same receipt."""
    held = held_by(request)
    if request.method == "POST" and held.is_sent and not is_of_another(request, held):
        say_it_is_there(request, held)
        return redirect("portal:done")
    return _check(request)


@writing
def _check(request: HttpRequest, held: Held) -> HttpResponse:
    draft = draft_in(held)
    missing = next_step(draft)
    if missing != "check":
        return redirect(f"portal:{missing}")
    kept = seal.unseal(held.token, draft.sealed)
    form = forms.ContactForm(posted(request), initial=kept, by_sms=is_open(Channel.SMS))
    if request.method != "POST":
        return _check_page(request, held, form)
    if request.POST.get("go") in GO:
        typed = {n: str(request.POST.get(n, ""))[:40].replace("\0", "") for n in ("name", "phone")}
        actions.keep_contact(draft, held.token, **typed)
        return redirect(f"portal:{request.POST['go']}")
    if not form.is_valid():
        return _check_page(request, held, form)
    return _send(request, held, draft, form)


@require_safe
@kept_private
def done(request: HttpRequest) -> HttpResponse:
    """The receipt, for a day and this browser alone: number, code, what follows (回执)."""
    held = held_by(request)
    if held.draft is None or held.draft.report is None:
        return redirect("portal:find")
    report = held.draft.report
    context = {
        "draft": held.draft,
        "report": report,
        "case": report.case,
        "code": seal.unseal(held.token, held.draft.sealed).get("code", ""),
        "joined": held.draft.joins_id is not None,
        "next": coming.after_sending(report.case),
        "now_waiting": coming.in_one_sentence(report.case),
    }
    return render(request, "portal/done.html", context)


def _send(request: HttpRequest, held: Held, draft: Draft, form: forms.ContactForm) -> HttpResponse:
    contact = {"name": form.cleaned_data["name"], "phone": form.cleaned_data["phone"]}
    told_in = (get_language() or "zh-hans") if form.cleaned_data.get("told") else ""
    try:
        count_for(SENDING, request)
        seen = notice.known(request.POST.get("notice", ""))
        actions.send(draft, held.token, told_in=told_in, notice=seen, **contact)
    except OutOfOrder as ended:
        actions.compare(draft, None)
        form.add_error(None, ended.message)
        return _check_page(request, held, form)
    except Refused as refusal:
        form.add_error(None, refusal.message)
        page = _check_page(request, held, form)
        page.status_code = max(refusal.status, page.status_code)
        return page
    return redirect("portal:done")


def _check_page(request: HttpRequest, held: Held, form: forms.ContactForm) -> HttpResponse:
    draft = draft_in(held)
    more = {
        "hidden": "hidden" in seal.unseal(held.token, draft.sealed),
        "photos": photos_of(draft),
        "edition": notice.CURRENT,
        "place_in_words": where.in_words(draft.place) if draft.place else "",
    }
    return show_step(request, draft, "check", form, **more)


def say_it_is_there(request: HttpRequest, held: Held) -> None:
    report = held.draft.report if held.draft else None
    if report is None:
        return
    told = {
        "time": f"{timezone.localtime(report.reported_at):%H:%M}",
        "number": report.case.number,
    }
    messages.info(request, _("这件已于 %(time)s 收到，编号 %(number)s") % told)
