"""The page of a case: whole, beside the list, on paper (案件页)."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import EmptyResultSet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shiyu.cases import actions, rules
from shiyu.cases.lifecycle import MOVES
from shiyu.cases.models import Case, CaseQuerySet
from shiyu.common.ready import Select
from shiyu.desk import listing, sheet
from shiyu.desk.back import back_of, list_url, place_in_list
from shiyu.desk.forms.base import MoveForm
from shiyu.desk.moves import MOVE_FORMS
from shiyu.desk.queues import counting, shown_count
from shiyu.desk.situation import Situation
from shiyu.desk.views.frame import frame, frame_and_counts
from shiyu.people.actors import Actor
from shiyu.people.web import SignedIn, actor_of, signed_in

DIGITS = 9


@signed_in
@require_safe
def case(request: SignedIn, number: str) -> HttpResponse:
    """A case: the pane alone for htmx, else its own page."""
    found = case_numbered(number, actor_of(request))
    return show(request, found, back=back_of(request.GET))


@signed_in
@require_safe
def by_id(request: SignedIn, pk: int) -> HttpResponse:
    """A case by the id that notices and the feed know it by."""
    found = get_object_or_404(rules.visible_to(actor_of(request)), pk=pk)
    return redirect("desk:case", found.number)


@signed_in
@require_safe
def on_paper(request: SignedIn, number: str) -> HttpResponse:
    """The file of a case without menus, all of it (一档)."""
    about = Situation.of(case_numbered(number, actor_of(request)), actor_of(request))
    return render(request, "desk/paper.html", sheet.of(about) | {"own_page": True})


def case_numbered(number: str, actor: Actor) -> Case:
    """The case, if this person may see it; otherwise as if it did not exist."""
    try:
        found = _numbered(actor)(number)
    except EmptyResultSet:  # whoever sees nothing
        found = []
    if not found:
        raise Http404
    return found[0]


@lru_cache(maxsize=512)
def _numbered(actor: Actor) -> Select[Case]:
    """The statement that finds one, kept for as long as somebody's duties stay the same."""

    def build(number: str) -> CaseQuerySet:
        seen = rules.visible_to(actor).filter(number=number).defer("place__boundary")
        return seen.select_related("kind", "standard__kind", "procedure", "place", "centre")

    return Select(build, "any-number")


def show(
    request: HttpRequest,
    case: Case,
    *,
    back: str = "",
    form: MoveForm | None = None,
    note: str = "",
    status: int = 200,
    unmask: dict[str, Any] | None = None,
    beside: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page or pane of a case, with one form open if one is given.

    unmask  what was wrong with asking who a reporter is.
    beside  what of the menu changes with it, for an answer into the pane.
    """
    actor = actor_of(request)
    about = Situation.of(case, actor)
    if about.is_unseen and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        actions.opened(case, actor=actor)
        about.part_opened()
    about.lists = lists_of(about)
    swapped = "HX-Request" in request.headers
    in_pane = swapped and "whole" not in request.GET
    context = sheet.of(about, only_decisions=request.GET.get("story") == "decisions")
    context |= moves_of(about, back, form) | {
        "back": back,
        "conflict": note,
        "in_pane": in_pane,
        "own_page": not in_pane,
        "has_errors": unmask is not None or (form is not None and bool(form.errors)),
        "purposes": [(p.value, p.label) for p in actions.CHOSEN],
        "unmask": unmask,
    }
    if swapped:
        return render(request, "desk/parts/answer.html", context | (beside or {}), status=status)
    context |= framed(request, case, back)
    return render(request, "desk/case.html", context, status=status)


def moves_of(about: Situation, back: str, given: MoveForm | None = None) -> dict[str, Any]:
    """The numbered moves with their forms, and the lists of suggestions these lean on."""
    offered = []
    for place, name in enumerate((n for n in about.moves if n in MOVE_FORMS), start=1):
        way = MOVE_FORMS[name]
        is_open = given is not None and given.move == name
        form = way.form(about, name, initial={"back": back})
        form = given if given is not None and is_open else form
        key = str(place) if place <= DIGITS else ""
        shown = {"name": name, "title": MOVES[name].title, "key": key, "words": way.words}
        offered.append(shown | {"form": form, "open": is_open})
    return {
        "moves": offered,
        "kind_names": about.asides.kind_names,
        "unit_names": about.asides.unit_names,
    }


def lists_of(about: Situation) -> frozenset[str]:
    """The lists of suggestions that the forms of this stage lean on."""
    ways = (MOVE_FORMS[name] for name in about.permitted if name in MOVE_FORMS)
    return frozenset(wanted for way in ways for wanted in way.form.lists)


def framed(request: HttpRequest, case: Case, back: str) -> dict[str, Any]:
    """The frame, the way back to the list, and the cases before and after in it."""
    actor = actor_of(request)
    here, asked = place_in_list(actor, back)
    if here is None:
        way = {"list_url": _found_url(back) or reverse("desk:home"), "place_words": ""}
        return frame(request) | way
    way = {"list_url": list_url(here, asked), "place_words": ""}
    cases = asked.apply(here.cases(actor), timezone.now())
    own = cases.filter(pk=case.pk).first() if asked.order == "part_due" else case
    mark = listing.mark_of(own, asked.order) if own is not None else None
    beside = listing.neighbours(cases, mark, due=asked.order) if mark else None
    if mark is None or beside is None:  # it has left the list
        return frame(request) | way
    ahead = cases.filter(listing.before(asked.order, mark))
    context, (before, total) = frame_and_counts(request, [counting(ahead), counting(cases)])
    told = {"n": before + 1, "total": shown_count(total)}
    way["place_words"] = _("第 %(n)s/%(total)s") % told
    way |= {name: case_url(to, back) if to else "" for name, to in beside.items()}
    return context | way


def _found_url(back: str) -> str:
    """The results of a search from which a case was opened."""
    asked = QueryDict(back)
    if asked.get("in") != "search" or not asked.get("q"):
        return ""
    return f"{reverse('desk:search')}?{urlencode({'q': asked['q']})}"


def case_url(number: str, back: str) -> str:
    address = reverse("desk:case", args=[number])
    return f"{address}?{back}" if back else address
