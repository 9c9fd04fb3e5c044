"""Step 3 of a report: of what kind it is, and whether somebody reported it already (类别)."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.catalogue.models import Kind
from shiyu.catalogue.rules import kinds_for_public, kinds_in_use
from shiyu.common import ready
from shiyu.common.posted import posted
from shiyu.portal import actions, forms, kinds, similar, suggest
from shiyu.portal.views.holding import Held, is_elder, writing
from shiyu.portal.views.step import draft_in, get_or_post, onward, show_step


@get_or_post
@writing
def kind(request: HttpRequest, held: Held) -> HttpResponse:
    """Step 3: of what kind it is; suggestions are offered with their reasons (类别)."""
    draft = draft_in(held)
    form = forms.MoreWordsForm(posted(request), initial={"text": draft.text})
    offers = suggest.suggested(draft.text, at=timezone.now())
    if draft.kind and draft.kind.pk not in {offer.kind.pk for offer in offers}:
        offers = [suggest.Suggestion(draft.kind, _("您选的")), *offers[: suggest.SHOWN_MOST - 1]]
    error = ""
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"] if "text" in request.POST else None
        chosen, known = request.POST.get("kind", ""), kind_with(request)
        undecided = not chosen or (chosen == "other" and not offers)
        if undecided and text and text != draft.text:
            actions.write(draft, held.token, text)
            speaks = suggest.by_words(text, list(kinds_for_public()), at=timezone.now())
            return redirect("portal:kind" if speaks else "portal:kinds")
        if chosen == "other":
            actions.write(draft, held.token, draft.text if text is None else text)
            return redirect("portal:kinds")
        if known is not None:
            actions.sort(draft, held.token, known, text=text)
            return onward(draft)
        error = _("没有这个类别，请重新选") if chosen else _("选一项，或选「都不是，我来选」")
    context = {"offers": offers, "chosen": draft.kind_id, "error": error}
    return show_step(request, draft, "kind", form, **context)


@get_or_post
@writing
def all_kinds(request: HttpRequest, held: Held) -> HttpResponse:
    """All kinds in two levels, some rows at a time, or by words (选类别)."""
    draft = draft_in(held)
    form = forms.FindKindForm(posted(request))
    error, found = "", None
    if request.method == "POST":
        chosen = request.POST.get("kind", "")
        if request.POST.get("do") == "find" and form.is_valid():
            found = suggest.by_words(
                form.cleaned_data["words"], list(kinds_for_public()), at=timezone.now(), most=9
            )
        elif chosen in {"", "unsure"}:
            actions.sort(draft, held.token, None)
            return onward(draft)
        elif (known := kind_with(request)) is not None:
            actions.sort(draft, held.token, known)
            return onward(draft)
        else:
            error = _("没有这个类别，请重新选")
    asked = request.GET.get("major", ""), request.GET.get("from", "")
    shelf = kinds.shelf(*asked, rows=kinds.ROWS_ELDER if is_elder(request) else kinds.ROWS)
    context = {"shelf": shelf, "found": found, "error": error}
    return show_step(request, draft, "kinds", form, **context)


@get_or_post
@writing
def same(request: HttpRequest, held: Held) -> HttpResponse:
    """Between 3 and 4: perhaps somebody has reported it already (可能重复)."""
    draft = draft_in(held)
    error = ""
    if request.method == "POST":
        mark = request.POST.get("same", "")
        case = similar.chosen(draft, mark) if mark else None
        if case is not None or not mark:
            actions.compare(draft, case)
            return onward(draft)
        error = _("这件刚刚办结，不能再关注。可以继续上报")
    found = similar.to_draft(draft)
    if not found and not error:
        actions.compare(draft, None)
        return onward(draft)
    return show_step(request, draft, "similar", None, found=found, error=error)


def kind_with(request: HttpRequest) -> Kind | None:
    code = request.POST.get("kind", "")
    if not code or "\0" in code:
        return None
    return _KIND.first(timezone.localdate(), code)


_KIND = ready.Select(
    lambda day, code: kinds_in_use(day).filter(for_public=True, code=code),
    date(2000, 1, 1),
    "code",
    stands=True,
)
