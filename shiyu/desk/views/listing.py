"""The lists: a queue with its filters, one row of it (待办列表)."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shiyu.cases import rules, story
from shiyu.cases.channels import Channel
from shiyu.cases.lifecycle import MOVES
from shiyu.cases.models import Case
from shiyu.desk import filters, kept, listing, together
from shiyu.desk.back import back_of, place_in_list
from shiyu.desk.queues import (
    COUNTED_TO,
    QUEUES,
    Queue,
    counted,
    counting,
    counting_all,
    held_by,
    shown_count,
)
from shiyu.desk.views.frame import frame, frame_and_counts
from shiyu.people.actors import Actor
from shiyu.people.rules import require
from shiyu.people.web import SignedIn, actor_of, background, signed_in

NEWS_MOST = 60


@signed_in
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """My desk: the first of my queues in which something waits (我的工作台)."""
    actor = actor_of(request)
    queues = held_by(actor)
    if not queues:
        return render(request, "desk/nothing.html", frame(request))
    for one in kept.saved_for(actor):
        if one.opens_first and one.person_id == actor.id:
            return redirect(kept.address_of(one))
    work = [queue for queue in queues if not queue.newest]
    waiting = (queue for queue in work if queue.cases(actor).exists())
    return redirect("desk:queue", next(waiting, queues[0]).name)


@signed_in
@require_safe
def queue(request: SignedIn, name: str) -> HttpResponse:
    """One queue, soonest due first."""
    found = queue_named(name, actor_of(request))
    return render(request, "desk/queue.html", _context(request, found))


@background
@signed_in
@require_safe
def row(request: SignedIn, pk: int) -> HttpResponse:
    """One row again, where it stands; grey when the case has left the queue."""
    actor = actor_of(request)
    seen = rules.visible_to(actor)
    case = get_object_or_404(seen.with_row(), pk=pk)
    here = QUEUES.get(request.GET.get("in", ""))
    context: dict[str, Any] = {"here": back_of(request.GET)}
    if here is not None and actor.holds(*here.duties):
        still = here.cases(actor).with_row().filter(pk=pk).first()
        context["gone"] = "" if still else _gone(case)
        case = still or case
    context["row"] = listing.row_of(case, now=timezone.now())
    context["shown"] = kept.shown(request.GET, here, actor)
    return render(request, "desk/parts/row.html", context)


@background
@signed_in
@require_safe
def news(request: SignedIn) -> JsonResponse:
    """Of the cases that the feed named, those that belong to the list one looks at."""
    actor = actor_of(request)
    named = request.GET.get("ids", "").split(",")[:NEWS_MOST]
    ids = {int(pk) for pk in named if pk.isascii() and pk.isdecimal() and len(pk) < 19}
    here, asked = place_in_list(actor, back_of(request.GET))
    if here is None or not ids:
        return JsonResponse({"here": []})
    cases = asked.apply(here.cases(actor), timezone.now()).filter(pk__in=ids)
    return JsonResponse({"here": sorted(cases.values_list("pk", flat=True))})


def queue_named(name: str, actor: Actor) -> Queue:
    """A queue that this actor's duties give; 404 for a name that is none."""
    found = QUEUES.get(name)
    if found is None:
        raise Http404
    require(actor, *found.duties)
    return found


def _gone(case: Case) -> str:
    who, _when, did = story.last_move(case)
    return _("已由 %(who)s %(did)s") % {"who": who, "did": did}


def _context(request: HttpRequest, here: Queue) -> dict[str, Any]:
    actor, now = actor_of(request), timezone.now()
    asked = filters.read(request.GET, actor, due=here.due)
    start = rules.start_of_newest(actor) if here.newest else rules.Start.EACH
    cases = asked.apply(here.cases(actor, start=start), now)
    page = listing.page(
        cases,
        due=asked.order,
        now=now,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    look = kept.shown(request.GET, here, actor)
    start = rules.Start.EACH if asked.get("q") else start.to_count  # words are found first
    framed, total, elsewhere = _counts(request, here, asked, now, start=start)
    return framed | {
        "queue": here,
        "page_of_rows": page,
        "rows": page.rows,
        "total": shown_count(total),
        "elsewhere": elsewhere,
        "range": _range(request, page, total),
        "links": _links(request, page, asked, look),
        "shown": look,
        "all_columns": list(kept.LIST_COLUMNS.items()),
        "sort_url": _sort_url(asked),
        "asked": asked,
        "asked_words": " · ".join(asked.words()),
        "choices": _choices(asked, here),
        "together": [(name, MOVES[name].title) for name in together.offered(actor)],
        "together_most": together.MOST,
        "here": "&".join(filter(None, (f"in={here.name}", asked.query))),
        "empty_next": _next_work(request, actor, here),
    }


def _counts(
    request: HttpRequest,
    here: Queue,
    asked: filters.Filters,
    now: datetime,
    *,
    start: rules.Start,
) -> tuple[dict[str, Any], int, str]:
    """The frame, how many are in the list, how many at its stages in all: one query."""
    actor = actor_of(request)
    lists = []
    if not here.newest or asked:
        cases = here.cases(actor, start=start)
        lists.append(counting(asked.apply(cases, now, counted=True)))
    if here.stages:
        lists.append(counting_all(actor, here.name))
    framed, counts = frame_and_counts(request, lists, here=here.name)
    elsewhere = shown_count(counts[-1]) if here.stages else ""
    return framed, counts[0] if not here.newest or asked else 0, elsewhere


def _range(request: HttpRequest, page: listing.Page, total: int) -> str:
    """「1–50 / 148」; where it starts comes along in the address."""
    if not page.rows:
        return ""
    start = _start(request)
    shown = f"{start}–{start + len(page.rows) - 1}"
    return f"{shown} / {shown_count(total)}" if total else shown


def _start(request: HttpRequest) -> int:
    start = request.GET.get("from", "1")
    return max(int(start), 1) if start.isdecimal() and len(start) < 9 else 1


def _links(
    request: HttpRequest, page: listing.Page, asked: filters.Filters, look: kept.Shown
) -> dict[str, str]:
    start = _start(request)
    looks = look.query if "cols" in request.GET else ""
    query = "".join(f"{part}&" for part in (asked.query, looks) if part)
    earlier = max(start - listing.A_PAGE, 1)
    return {
        "previous": f"?{query}before={page.before}&from={earlier}" if page.before else "",
        "next": f"?{query}after={page.after}&from={start + len(page.rows)}" if page.after else "",
    }


def _sort_url(asked: filters.Filters) -> str:
    """The same list in the other order."""
    rest = {name: value for name, value in asked.asked.items() if name != "sort"}
    if asked.get("sort") != "newest":
        rest["sort"] = "newest"
    return f"?{urlencode(rest)}"


def _choices(asked: filters.Filters, here: Queue) -> dict[str, Any]:
    return {
        "places": [(code, name, level == "township") for code, name, level, *_ in asked.places],
        "kinds": asked.majors,
        "lights": filters.lights(),
        "channels": Channel.choices,
        "days": filters.spans(),
        "states": filters.states() if here.newest else [],
    }


def _next_work(request: HttpRequest, actor: Actor, here: Queue) -> tuple[str, str] | None:
    """Where to go from an empty queue: the next one in which something waits."""
    for other in held_by(actor):
        if other.newest or other.name == here.name:
            continue
        count = counted(other.cases(actor))
        if count:
            shown = f"{COUNTED_TO}+" if count > COUNTED_TO else str(count)
            words = _("看%(queue)s %(n)s 件") % {"queue": other.title, "n": shown}
            return reverse("desk:queue", args=[other.name]), words
    return None
