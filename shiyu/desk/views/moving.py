"""Making a move: check its shape, say what it will tell, make it, open the next case (办理)."""

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shiyu.cases import rules, story
from shiyu.cases.lifecycle import MOVES, Stage
from shiyu.cases.models import Case
from shiyu.common.answered import answered_once
from shiyu.common.errors import NotAllowed, Refused
from shiyu.desk import done, listing, told
from shiyu.desk.back import back_of, list_url, place_in_list
from shiyu.desk.filters import Filters
from shiyu.desk.forms.base import MoveForm
from shiyu.desk.moves import MOVE_FORMS
from shiyu.desk.queues import Queue
from shiyu.desk.situation import Situation
from shiyu.desk.telling import title_of_verb
from shiyu.desk.views.cases import (
    case_numbered,
    case_url,
    show,
)
from shiyu.desk.views.frame import frame
from shiyu.people.actors import Actor
from shiyu.people.web import SignedIn, actor_of, signed_in

CONFLICT = 409
NOT_YET = 422


@signed_in
@require_http_methods(["GET", "POST"])
@answered_once
def move(request: SignedIn, number: str, name: str) -> HttpResponse:
    """One move of one case: its form (GET), or making it (POST)."""
    way = MOVE_FORMS.get(name)
    if way is None:
        raise Http404
    actor = actor_of(request)
    case = case_numbered(number, actor)
    about = Situation.of(case, actor)
    if request.method != "POST":
        back = back_of(request.GET)
        return show(request, case, back=back, form=way.form(about, name, initial={"back": back}))
    form = way.form(about, name, request.POST, request.FILES)
    if not rules.may(actor, name, about.concern):
        raise rules.not_yours(name)
    if case.stage not in MOVES[name].sources:
        return _with_words_kept(request, about, form, _who_moved(case))
    if not form.is_valid():
        return _again(request, about, form)
    if way.checked and "checked" not in request.POST:
        return _check(request, about, form)
    try:
        way.go(case, form, actor=actor)
    except Refused as refusal:
        return _refused(request, number, form, refusal)
    return _onwards(request, about, form)


def _back(form: MoveForm) -> str:
    return back_of(QueryDict(form.data.get("back", "")))


def _again(request: HttpRequest, about: Situation, form: MoveForm) -> HttpResponse:
    """The form again with what to change; a form that is not offered says it above the case."""
    if form.move in about.moves:
        return show(request, about.case, back=_back(form), form=form, status=NOT_YET)
    words = [str(error) for errors in form.errors.values() for error in errors]
    return _with_words_kept(request, about, form, words[0], status=NOT_YET)


def _check(request: HttpRequest, about: Situation, form: MoveForm) -> HttpResponse:
    """What will be told to whom, before a move that cannot be undone."""
    context = {
        "case": about.case,
        "form": form,
        "title": MOVES[form.move].title,
        "told": told.of(about, form),
        "answers": _answers(form),
        "kept": _kept(form),
        "cancel": case_url(about.case.number, _back(form)),
        "in_pane": "HX-Request" in request.headers,
    }
    if context["in_pane"]:
        return render(request, "desk/parts/check.html", context)
    return render(request, "desk/check.html", context | frame(request))


def _answers(form: MoveForm) -> list[tuple[str, str]]:
    """What was filled in, for reading once more."""
    found = []
    for bound in form.visible_fields():
        value = form.cleaned_data.get(bound.name)
        if isinstance(value, Case):
            value = f"{value.number} {value.kind or ''} {value.address}"
        choices = getattr(bound.field, "choices", None)
        if choices and not hasattr(value, "pk"):
            value = dict(choices).get(value, value)
        if value:
            found.append((str(bound.label), str(value)))
    return found


def _kept(form: MoveForm) -> list[tuple[str, str]]:
    """Everything that was sent, to be sent again with the word that it was checked."""
    return [(name, value) for name in form.fields for value in _sent(form).getlist(name)]


def _sent(form: MoveForm) -> QueryDict:
    """What was posted for this form."""
    assert isinstance(form.data, QueryDict)
    return form.data


def _refused(request: HttpRequest, number: str, form: MoveForm, refusal: Refused) -> HttpResponse:
    """A rule said no: at its field; or somebody was faster: who and what, the words kept."""
    if isinstance(refusal, NotAllowed):
        raise refusal
    case = case_numbered(number, form.about.actor)
    about = Situation.of(case, form.about.actor)
    seen = form.cleaned_data.get("version")
    if seen is None or seen == case.version:
        form.refuse(refusal)
        return _again(request, about, form)
    return _with_words_kept(request, about, form, _who_moved(case))


def _with_words_kept(
    request: HttpRequest, about: Situation, form: MoveForm, sentence: str, status: int = CONFLICT
) -> HttpResponse:
    """The case as it is now. What was typed stands in the same form, or in a remark."""
    back = _back(form)
    fresh: MoveForm | None = None
    if form.move in about.moves:
        data = _sent(form).copy()
        data["version"] = str(about.case.version)
        fresh = MOVE_FORMS[form.move].form(about, form.move, data)
        sentence = _("%(what)s。您写的内容还在，核对后可以再提交") % {"what": sentence}
    elif form.words and "remark" in about.moves:
        kept = {"reason": form.words, "back": back}
        fresh = MOVE_FORMS["remark"].form(about, "remark", initial=kept)
        sentence = _("%(what)s。您写的说明还在，可作为批注保存") % {"what": sentence}
    return show(request, about.case, back=back, form=fresh, note=sentence, status=status)


def _who_moved(case: Case) -> str:
    who, when, did = story.last_move(case)
    stage = Stage(case.stage).label
    told_of = {"who": who, "when": when, "did": did, "stage": stage}
    return _("%(who)s %(when)s 已“%(did)s”此案，现在%(stage)s") % told_of


def _onwards(request: HttpRequest, about: Situation, form: MoveForm) -> HttpResponse:
    """After a move: the next case of the list one came from, else this one again."""
    actor, back = about.actor, _back(form)
    here, asked = place_in_list(actor, back)
    case = rules.visible_to(actor).filter(pk=about.case.pk).first()
    done.note(request, case or about.case, form.move)
    did = {"number": about.case.number, "move": title_of_verb(form.move)}
    sentence = _("%(number)s 已%(move)s") % did
    number = _next_number(actor, here, asked, about.case, case)
    if "HX-Request" not in request.headers:
        messages.success(request, sentence)
        if number:
            return redirect(case_url(number, back))
        return redirect(list_url(here, asked) if here else reverse("desk:home"))
    response = _pane(request, number, back, here, asked)
    facts: dict[str, Any] = {"moved": {"id": about.case.pk, "text": sentence}}
    if number != about.case.number:
        response["HX-Trigger"] = json.dumps(facts)
    else:
        response["HX-Trigger"] = json.dumps({"moved": {"id": 0, "text": sentence}})
    return response


def _next_number(
    actor: Actor, here: Queue | None, asked: Filters, before: Case, after: Case | None
) -> str:
    """The case to open next: the same one while it stays in its list, else the one after it."""
    if here is None:
        return after.number if after else ""
    cases = asked.apply(here.cases(actor), timezone.now())
    if after is not None and (here.newest or cases.filter(pk=after.pk).exists()):
        return after.number
    due = before.due_at if asked.order == "due_at" else before.reported_at
    mark = listing.Mark(due, before.pk)
    if asked.order == "part_due":
        mark = listing.Mark(_own_due(before, actor), before.pk)
    following = listing.neighbour(cases, mark, due=asked.order)
    if following:
        return following
    first = listing.page(cases, due=asked.order, now=timezone.now()).rows[:1]
    return first[0].case.number if first else ""


def _own_due(case: Case, actor: Actor) -> Any:
    parts = case.assignments.filter(unit__in=actor.units("handle"))
    return parts.values_list("due_at", flat=True).first()


def _pane(
    request: HttpRequest, number: str, back: str, here: Queue | None, asked: Filters
) -> HttpResponse:
    """The next case in the pane, or that nothing is left."""
    beside = frame(request, here.name if here else "")
    if number:
        response = show(request, case_numbered(number, actor_of(request)), back=back, beside=beside)
        response["HX-Push-Url"] = case_url(number, back)
        return response
    address = list_url(here, asked) if here else reverse("desk:home")
    response = render(
        request, "desk/parts/queue_done.html", {"queue": here, "address": address} | beside
    )
    response["HX-Push-Url"] = address
    return response
