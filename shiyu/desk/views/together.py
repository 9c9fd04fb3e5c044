"""Many cases at once: which were chosen, what would happen to each, how far it is (批量办理)."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.cases import rules
from shiyu.cases.lifecycle import MOVES
from shiyu.cases.models import Case
from shiyu.common.answered import answered_once
from shiyu.common.errors import NotAllowed, Refused
from shiyu.desk import later, listing
from shiyu.desk.actions import batches
from shiyu.desk.back import back_of, list_url, place_in_list
from shiyu.desk.forms.base import UNITS_LIST, units_at_work
from shiyu.desk.forms.together import TOGETHER_FORMS
from shiyu.desk.models import Batch, BatchItem
from shiyu.desk.together import MOST, way_of
from shiyu.desk.views.frame import frame
from shiyu.people.actors import Actor
from shiyu.people.web import SignedIn, actor_of, background, signed_in

NOT_YET = 422


@dataclass(frozen=True, slots=True)
class Line:
    """One case of the batch, and what would become or became of it."""

    item: BatchItem
    case: Case | None
    why: str


@signed_in
@require_POST
@answered_once
def choose(request: SignedIn) -> HttpResponse:
    """Which cases, for which move: from the list's marks, or all that the filter shows."""
    actor = actor_of(request)
    back = back_of(QueryDict(request.POST.get("back", "")))
    move = request.POST.get("move", "")
    try:
        batch = batches.choose(_chosen(request, actor, back), move, actor=actor, back=back)
    except NotAllowed:
        raise
    except Refused as refusal:
        here, asked = place_in_list(actor, back)
        context = {"wrong": refusal.message, "has_errors": True}
        context["list_url"] = list_url(here, asked) if here else reverse("desk:home")
        return render(request, "desk/together_none.html", frame(request) | context, status=NOT_YET)
    return redirect("desk:together", batch.key)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def together(request: SignedIn, key: str) -> HttpResponse:
    """The preview with its form; while it runs and after, how far it is and what came of it."""
    actor = actor_of(request)
    batch = _batch(key, actor)
    if request.method != "POST":
        return _page(request, batch, actor)
    if "resume" in request.POST:
        batches.resume(batch, actor=actor, later=later.carry_out)
        return redirect("desk:together", batch.key)
    form = TOGETHER_FORMS[batch.move](request.POST)
    if not form.is_valid():
        return _page(request, batch, actor, form=form, status=NOT_YET)
    batch = batches.say(batch, form.said(), actor=actor)
    if "go" in request.POST:
        batches.begin(batch, actor=actor, later=later.carry_out)
    return redirect("desk:together", batch.key)


@background
@signed_in
@require_safe
def progress(request: SignedIn, key: str) -> HttpResponse:
    """How far it is, alone: what the page asks for every two seconds."""
    batch = _batch(key, actor_of(request))
    response = render(request, "desk/parts/together_progress.html", _progress(batch))
    if batch.state != Batch.State.RUNNING:
        response["HX-Refresh"] = "true"
    return response


@signed_in
@require_POST
@answered_once
def undo(request: SignedIn, key: str) -> HttpResponse:
    """Choose what was done for the move that takes it back; it is previewed as any other."""
    actor = actor_of(request)
    batch = _batch(key, actor)
    done = batch.items.filter(state=BatchItem.State.DONE).values("case_id")
    back_move = way_of(batch.move).undone
    if not back_move:
        raise Http404
    cases = rules.visible_to(actor).filter(pk__in=done)
    chosen = batches.choose(cases, back_move, actor=actor, back=batch.back)
    return redirect("desk:together", chosen.key)


def _batch(key: str, actor: Actor) -> Batch:
    """One's own batch; another's does not exist."""
    batch = Batch.objects.filter(key=key, person_id=actor.id).first()
    if batch is None:
        raise Http404
    return batch


def _chosen(request: HttpRequest, actor: Actor, back: str) -> list[Case]:
    """The cases marked, or the first of the whole filtered list; one past the most, to say so."""
    if "all" in request.POST:
        here, asked = place_in_list(actor, back)
        if here is None:
            return []
        now = timezone.now()
        cases = asked.apply(here.cases(actor), now)
        return listing.first(cases, due=asked.order, most=MOST + 1)
    marked = {int(pk) for pk in request.POST.getlist("case") if pk.isdecimal() and len(pk) < 19}
    return list(rules.visible_to(actor).filter(pk__in=marked)[: MOST + 1])


def _page(
    request: HttpRequest,
    batch: Batch,
    actor: Actor,
    *,
    form: Any = None,
    status: int = 200,
) -> HttpResponse:
    way = way_of(batch.move)
    here, asked = place_in_list(actor, batch.back)
    preview = batch.state == Batch.State.CHOSEN
    if form is None:
        said = {**batch.said, "lead": batch.said.get("lead_name", "")}
        form = TOGETHER_FORMS[batch.move](said if batch.said else None)
    lines = _lines(batch, actor, preview=preview and not (form.is_bound and form.errors))
    goes = [line for line in lines if not line.why]
    context = {
        "batch": batch,
        "form": form,
        "title": MOVES[batch.move].title,
        "final": way.final,
        "lines": lines,
        "goes": len(goes),
        "stays": len(lines) - len(goes),
        "has_errors": form.is_bound and bool(form.errors),
        "may_undo": way.undone,
        "list_url": list_url(here, asked) if here else reverse("desk:home"),
        "unit_names": _unit_names() if UNITS_LIST in form.lists else [],
    }
    context |= _progress(batch) | frame(request)
    return render(request, "desk/together.html", context, status=status)


def _lines(batch: Batch, actor: Actor, *, preview: bool) -> list[Line]:
    """Each case with why it would be refused, or why it was."""
    items = list(batch.items.all())
    cases = batches.whole(actor).in_bulk([item.case_id for item in items])
    lines = []
    for item in items:
        case = cases.get(item.case_id)
        why = batches.refusal_for(item, case, batch, actor) if preview else item.why
        lines.append(Line(item, case, why))
    return sorted(lines, key=lambda line: not line.why)


def _progress(batch: Batch) -> dict[str, Any]:
    states = list(batch.items.values_list("state", flat=True))
    done = sum(state == BatchItem.State.DONE for state in states)
    refused = sum(state == BatchItem.State.REFUSED for state in states)
    through = done + refused
    told = {"all": len(states), "done": done, "refused": refused, "through": through}
    told["left"] = len(states) - through
    return {"batch": batch, "progress": told}


def _unit_names() -> list[str]:
    return list(units_at_work().values_list("name", flat=True))
