"""Saved filters and columns: keeping, arranging, bringing back (常用筛选)."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from shiyu.common.answered import answered_once
from shiyu.common.errors import NotAllowed, Refused
from shiyu.desk import kept
from shiyu.desk.actions import keeping
from shiyu.desk.back import back_of, list_url, place_in_list
from shiyu.desk.models import Saved
from shiyu.desk.views.frame import frame
from shiyu.people.web import SignedIn, actor_of, signed_in

NOT_YET = 422


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def saved(request: SignedIn) -> HttpResponse:
    """One's saved filters (GET); keep the list one looks at (POST)."""
    if request.method != "POST":
        return _page(request)
    actor = actor_of(request)
    here, asked = place_in_list(actor, back_of(QueryDict(request.POST.get("back", ""))))
    if here is None:
        raise Http404
    look = kept.shown(request.POST, here, actor)
    try:
        made = keeping.keep(
            here,
            name=request.POST.get("name", ""),
            filters=asked.asked,
            columns=look.columns,
            dense=look.dense,
            shared="shared" in request.POST,
            opens_first="opens_first" in request.POST,
            actor=actor,
        )
    except Refused as refusal:
        return _page(request, wrong=refusal.message, status=NOT_YET)
    return redirect(kept.address_of(made))


@signed_in
@require_POST
@answered_once
def change(request: SignedIn, pk: int, what: str) -> HttpResponse:
    """Rename, move, share, delete, bring back: one's own alone."""
    actor = actor_of(request)
    found = get_object_or_404(Saved, pk=pk, person_id=actor.id)
    changes: dict[str, Any] = {
        "rename": lambda: keeping.rename(found, request.POST.get("name", ""), actor=actor),
        "up": lambda: keeping.move(found, by=-1, actor=actor),
        "down": lambda: keeping.move(found, by=1, actor=actor),
        "first": lambda: keeping.open_first(found, actor=actor),
        "share": lambda: keeping.share(found, actor=actor),
        "delete": lambda: keeping.delete(found, actor=actor),
        "restore": lambda: keeping.restore(found, actor=actor),
    }
    if what not in changes:
        raise Http404
    try:
        changes[what]()
    except NotAllowed:
        raise
    except Refused as refusal:
        return _page(request, wrong=refusal.message, status=NOT_YET)
    return redirect("desk:saved")


@signed_in
@require_POST
@answered_once
def layout(request: SignedIn) -> HttpResponse:
    """Remember columns and density, and show the list with them."""
    actor = actor_of(request)
    columns = kept.known(request.POST.getlist("column"))
    keeping.lay_out(columns, dense="dense" in request.POST, actor=actor)
    here, asked = place_in_list(actor, back_of(QueryDict(request.POST.get("back", ""))))
    return redirect(list_url(here, asked) if here else "desk:home")


def _page(request: HttpRequest, *, wrong: str = "", status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    rows = kept.saved_for(actor)
    gone = Saved.objects.filter(person_id=actor.id, deleted_at__isnull=False)
    context = {
        "mine": [(s, kept.address_of(s)) for s in rows if s.person_id == actor.id],
        "shared": [(s, kept.address_of(s)) for s in rows if s.person_id != actor.id],
        "gone": list(gone.order_by("-deleted_at")[:10]),
        "wrong": wrong,
        "has_errors": bool(wrong),
    }
    return render(request, "desk/saved.html", frame(request) | context, status=status)
