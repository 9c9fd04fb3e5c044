"""Pages of the tree of places: what is in a place, and every change of it (区划)."""

from collections.abc import Callable, Mapping
from typing import Any

import shapely
from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.journal.models import Line
from shiyu.people.duties import Duty
from shiyu.people.models import Person
from shiyu.people.web import SignedIn, actor_of, needs, signed_in
from shiyu.places import actions, gazetteer, outline, rules
from shiyu.places.actions import reform
from shiyu.places.forms import AddForm, EnrolForm, Refusable, RenameForm, ToForm
from shiyu.places.models import Place, RosterEntry
from shiyu.places.reach import reach_of

A_PAGE = 60
FOUND_MOST = 60
HISTORY_MOST = 30
DRAWN_MOST = 400
ADMIN = Duty.SYSTEM_ADMIN


@signed_in
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The whole city's tree from the top, or what a name, code or sound finds (区划)."""
    asked = request.GET.get("q", "").replace("\0", "").strip()[:40]
    if not asked:
        root = Place.objects.filter(parent=None).first()
        if root is None:
            raise Http404
        return redirect("places:place", root.code)
    found = list(_found(asked)[: FOUND_MOST + 1])
    context = {
        "asked": asked,
        "found": [(place, rows) for place, rows in _with_paths(found[:FOUND_MOST])],
        "more": len(found) > FOUND_MOST,
    }
    return render(request, "places/search.html", context)


@signed_in
@require_safe
def place(request: HttpRequest, code: str) -> HttpResponse:
    """One place: where it lies, what is in it, who is on its roster, what it was (区域)."""
    return _page(request, _place(code), EnrolForm())


@needs(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def add(request: SignedIn, code: str) -> HttpResponse:
    """A new place below this one (新增区域)."""
    above = _place(code)
    form = AddForm(posted(request), parent=above)

    def act() -> Place:
        return actions.add_place(above, actor=actor_of(request), **form.cleaned_data)

    return _form_page(request, above, form, act, "add", _("新增下级区域"), _("已新增"))


@needs(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def rename(request: SignedIn, code: str) -> HttpResponse:
    """Another name from today on (更名)."""
    found = _place(code)
    form = RenameForm(posted(request), initial={"name": found.name})

    def act() -> Place:
        return reform.rename_place(found, actor=actor_of(request), **form.cleaned_data)

    return _form_page(request, found, form, act, "rename", _("更名"), _("已更名，原名在沿革里"))


@needs(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def move(request: SignedIn, code: str) -> HttpResponse:
    """Below another place: first what it touches, then the deed (划转)."""
    found = _place(code)
    is_post = request.method == "POST"
    form = ToForm((request.POST if is_post else request.GET) or None)
    to: Place | None = None
    if form.is_valid():
        to = form.cleaned_data["to"]
        if to is None:
            form.add_error("to", _("填写归到哪个区域"))
    if is_post and to is not None and form.is_valid():
        try:
            reform.move_place(found, to=to, actor=actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已划转，案件和职责范围随之更新"))
            return redirect("places:place", code)
    reach = reach_of(found, to=to) if to is not None else reach_of(found)
    context = {"form": form, "to": to, "reach": _told(reach.counts), "effects": reach}
    return _render_form(request, found, "places/move.html", context, form)


@needs(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def close(request: SignedIn, code: str) -> HttpResponse:
    """The end of a place; its children need another parent first (撤销)."""
    found = _place(code)
    form = ToForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            reform.close_place(found, to=form.cleaned_data["to"], actor=actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已撤销，历史案件仍记在它名下"))
            return redirect("places:place", code)
    reach = reach_of(found)
    children = list(found.children.filter(closed_on=None).order_by("code").defer("boundary"))
    context = {
        "form": form,
        "reach": _told(reach.counts),
        "effects": reach,
        "children": children[:A_PAGE],
        "children_n": len(children),
    }
    return _render_form(request, found, "places/close.html", context, form)


@needs(ADMIN)
@require_POST
@answered_once
def take_back(request: SignedIn, code: str) -> HttpResponse:
    """Undo the last change of a place: its name, its parent, its end (撤回上次变更)."""
    reform.take_back(_place(code), actor=actor_of(request))
    messages.success(request, _("已恢复到上次变更之前"))
    return redirect("places:place", code)


@needs(ADMIN)
@require_POST
@answered_once
def enrol(request: SignedIn, code: str) -> HttpResponse:
    """Somebody onto the roster from today on (入册)."""
    found, form = _place(code), EnrolForm(request.POST)
    if form.is_valid():
        try:
            starts_on = timezone.localdate()
            given = form.cleaned_data
            actions.enrol(found, starts_on=starts_on, actor=actor_of(request), **given)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已入册"))
            return redirect("places:place", code)
    return _page(request, found, form, status=422)


@needs(ADMIN)
@require_POST
@answered_once
def leave(request: SignedIn, code: str, entry: int) -> HttpResponse:
    """Somebody off the roster, today the last day (离册)."""
    held = get_object_or_404(RosterEntry, pk=entry, place__code=code)
    actions.leave_roster(held, on=timezone.localdate(), actor=actor_of(request))
    messages.success(request, _("已离册，今天是最后一天"))
    return redirect("places:place", code)


def _form_page(
    request: SignedIn,
    found: Place,
    form: Refusable,
    act: Callable[[], Place],
    name: str,
    title: str,
    done: str,
) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            made = act()
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, done)
            return redirect("places:place", made.code)
    context = {"form": form, "title": title, "name": name}
    return _render_form(request, found, "places/form.html", context, form)


def _render_form(
    request: HttpRequest, found: Place, page: str, context: Mapping[str, Any], form: forms.Form
) -> HttpResponse:
    shared = {"place": found, "path": rules.path_of(found.first)}
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, page, {**shared, **context}, status=status)


def _page(
    request: HttpRequest, found: Place, form: EnrolForm, *, status: int = 200
) -> HttpResponse:
    after = request.GET.get("after", "")[:24]
    children = _children(found, after)
    rows = list(children[: A_PAGE + 1])
    former = list(found.former.select_related("parent").defer("parent__boundary")[:HISTORY_MOST])
    context = {
        "place": found,
        "path": rules.path_of(found.first),
        "children": rows[:A_PAGE],
        "last": rows[A_PAGE - 1] if len(rows) > A_PAGE else None,
        "is_first": not after,
        "roster": list(rules.roster_of(found)),
        "former": former,
        "history": _history(found),
        "picture": _picture(found),
        "may_edit": rules.may_edit_map(actor_of(request)),
        "last_change": reform.last_change(found),
        "form": form,
    }
    return render(request, "places/place.html", context, status=status)


def _children(found: Place, after: str) -> QuerySet[Place]:
    rows = Place.objects.filter(parent=found).defer("boundary").order_by("code")
    rows = rows.annotate(inside=Count("children", filter=Q(children__closed_on=None)))
    return rows.filter(code__gt=after) if after else rows


def _found(asked: str) -> QuerySet[Place]:
    """By code, by name as written or in traditional signs, by sound and by initials."""
    words = gazetteer.plain(asked)
    fits = Q(code__startswith=asked) | Q(name__contains=asked) | Q(name__contains=words)
    if words.isascii() and words.isalpha():
        fits |= Q(pinyin__startswith=words) | Q(pinyin__contains=f" {words}")
    return Place.objects.filter(fits).defer("boundary").order_by("first")


def _with_paths(found: list[Place]) -> list[tuple[Place, str]]:
    paths = rules.paths_of([place.first for place in found])
    return [(place, " ".join(p.name for p in paths.get(place.first, [])[1:-1])) for place in found]


def _history(found: Place) -> list[dict[str, Any]]:
    lines = list(Line.objects.filter(subject=f"place:{found.pk}").order_by("-id")[:HISTORY_MOST])
    ids = {int(ref.split(":")[1]) for line in lines if (ref := line.actor).startswith("person:")}
    names = {f"person:{p.pk}": p.name for p in Person.objects.filter(pk__in=ids)}
    says = {
        "add_place": _("新增"),
        "rename": _("更名"),
        "move_place": _("划转 %(from)s → %(to)s"),
        "close_place": _("撤销"),
        "reopen_place": _("恢复"),
        "set_boundary": _("划界"),
        "enrol": _("入册"),
        "leave_roster": _("离册"),
    }
    return [
        {
            "at": line.occurred_at,
            "who": names.get(line.actor, _("系统")),
            "says": _filled(says.get(line.verb, line.verb), line.facts),
        }
        for line in lines
    ]


def _filled(says: str, facts: Mapping[str, Any]) -> str:
    return says % {"from": facts.get("from", ""), "to": facts.get("to", "")}


def _told(counts: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """What is counted in an area, in the reader's words."""
    words = {
        "open cases": _("在办案件"),
        "cases": _("全部案件"),
        "addresses": _("地址"),
    }
    return [(words.get(name, name), count) for name, count in counts]


def _picture(found: Place) -> outline.Picture | None:
    """The place among its children, drawn small."""
    own = Place.objects.filter(pk=found.pk).values_list("boundary", flat=True).first()
    rows = Place.objects.filter(parent=found, closed_on=None, boundary__isnull=False)
    shapes: list[tuple[str, Any, str]] = [
        ("there", shapely.from_wkb(bytes(wkb or b"")), name)
        for wkb, name in rows.values_list("boundary", "name")[:DRAWN_MOST]
    ]
    if own is not None:
        shapes.append(("edge", shapely.from_wkb(bytes(own)), found.name))
    return outline.draw(shapes)


def _place(code: str) -> Place:
    rows = Place.objects.select_related("parent").defer("boundary", "parent__boundary")
    return get_object_or_404(rows, code=code)
