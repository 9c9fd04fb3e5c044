"""One box to find a case by whatever is known of it, with why each was found (查找案件)."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from shiyu.cases import actions, finding, rules
from shiyu.cases.finding import Asked
from shiyu.cases.models import CaseQuerySet
from shiyu.desk import found
from shiyu.desk.queues import held_by
from shiyu.desk.reporters import masked_phone
from shiyu.desk.views.frame import frame
from shiyu.people.actors import Actor
from shiyu.people.web import SignedIn, actor_of, signed_in

PAGE = "desk/search.html"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: SignedIn) -> HttpResponse:
    """What was typed, looked up (GET); what was typed into the box (POST).

    A telephone number is taken from a form alone, so that it stands in no address, history or
    log; everything else becomes an address that can be kept and sent on.
    """
    if request.method == "POST":
        return _typed(request)
    asked = finding.read(request.GET.get("q", ""))
    context: dict[str, Any] = {"needs_form": bool(asked.phone)}
    if asked.text and not asked.phone:
        context |= _results(request, asked)
    return _page(request, asked, context)


def _typed(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    asked = finding.read(request.POST.get("q", ""))
    if not asked.text:
        return redirect("desk:search")
    if asked.phone:
        return _by_phone(request, asked)
    cases = _looked_through(actor)
    for way in finding.look_up(cases, asked, finding.Meant()):
        exact = way.cases.values_list("number", flat=True).first() if way.name == "number" else None
        if exact:
            return redirect("desk:case", exact)
    return redirect(f"{reverse('desk:search')}?{urlencode({'q': asked.text})}")


def _by_phone(request: HttpRequest, asked: Asked) -> HttpResponse:
    """By telephone: recorded before anything is shown."""
    cases = actions.search_by_phone(asked.phone, actor=actor_of(request))
    rows = found.by_phone(cases, masked_phone(asked.phone), now=timezone.now())
    context = {"rows": rows, "by_phone": masked_phone(asked.phone), "recorded": True}
    return _page(request, asked, context)


def _results(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    cases = _looked_through(actor_of(request))
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = found.results(cases, asked, now=timezone.now(), after=after, before=before)
    query = urlencode({"q": asked.text})
    nothing = not page.rows
    return {
        "rows": page.rows,
        "links": {
            "previous": f"?{query}&before={page.before}" if page.before else "",
            "next": f"?{query}&after={page.after}" if page.after else "",
        },
        "here": urlencode({"in": "search", "q": asked.text}),
        "fewer": found.may_mean(cases, asked) if nothing else [],
        "units_like": found.units_like(asked) if nothing else [],
    }


def _looked_through(actor: Actor) -> CaseQuerySet:
    return rules.visible_to(actor, start=rules.start_of_newest(actor).to_count)


def _page(request: HttpRequest, asked: Asked, context: dict[str, Any]) -> HttpResponse:
    actor = actor_of(request)
    held = {queue.name for queue in held_by(actor)}
    context |= {
        "asked": asked,
        "only_lone": bool(asked.lone) and not asked.words and not asked.digits,
        "may_phone": found.may_search_phones(actor),
        "as_filter": "all" in held and bool(asked.words),
        "typed": "" if asked.phone else asked.text,
        "here_search": True,
    }
    return render(request, PAGE, frame(request) | context)
