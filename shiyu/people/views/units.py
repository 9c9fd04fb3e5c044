"""Pages of the system administrator: the tree of units, one unit, its changes (机构)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.people import actions, following, rules
from shiyu.people.actors import Actor, predecessors
from shiyu.people.duties import Duty
from shiyu.people.forms import RefusableForm
from shiyu.people.history import history
from shiyu.people.models import Appointment, Heir, Unit, UnitChange
from shiyu.people.unit_forms import (
    HEIRS,
    CloseForm,
    MergeForm,
    MoveForm,
    NewUnitForm,
    RenameForm,
    SplitForm,
)
from shiyu.people.web import SignedIn, actor_of, needs

A_PAGE = 50
SYSTEM = Duty.SYSTEM_ADMIN
READERS = (SYSTEM, Duty.SECURITY_ADMIN, Duty.AUDIT_ADMIN)


@needs(*READERS)
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """The units, a level of the tree at a time, or those that were looked for (机构)."""
    asked = request.GET.get("q", "").strip()[:40]
    under = _number(request.GET.get("under", ""))
    above = get_object_or_404(Unit, pk=under) if under else None
    units = rules.find_units(asked) if asked else Unit.objects.filter(parent=above)
    units = _shown(units)
    after = _after(request.GET.get("after", ""))
    if after:
        sound, number = after
        units = units.filter(Q(pinyin__gt=sound) | Q(pinyin=sound, pk__gt=number))
    found = list(units[: A_PAGE + 1])
    path = Unit.objects.in_bulk(rules.ancestors(above)) if above else {}
    context = {
        "units": found[:A_PAGE],
        "last": found[A_PAGE - 1] if len(found) > A_PAGE else None,
        "is_first": not after,
        "asked": asked,
        "above": above,
        "path": [path[pk] for pk in reversed(rules.ancestors(above)) if pk in path]
        if above
        else [],
        "coming": _coming() if not asked and above is None else [],
        "may_edit": actor_of(request).holds(SYSTEM),
    }
    return render(request, "people/units.html", context)


@needs(*READERS)
@require_safe
def unit(request: SignedIn, number: int) -> HttpResponse:
    """One unit: what it is, what it was, its posts, changes and history (机构详情)."""
    found = get_object_or_404(Unit.objects.select_related("parent"), pk=number)
    changes = found.changes.select_related("ordered_by", "parent_after")
    in_force = Q(appointments__in=Appointment.objects.in_force(timezone.localdate()))
    context = {
        "unit": found,
        "changes": changes.prefetch_related("heirs__unit"),
        "posts": found.posts.annotate(holders=Count("appointments", filter=in_force))
        .prefetch_related("duties__unit")
        .order_by("pk"),
        "children": found.children.order_by("pinyin", "pk")[:A_PAGE],
        "before": Unit.objects.filter(pk__in=predecessors([found.pk]).get(found.pk, [])),
        "history": history(f"unit:{found.pk}"),
        "may_edit": actor_of(request).holds(SYSTEM) and found.ended_on is None,
        "may_undo": actor_of(request).holds(SYSTEM),
        "may_see_people": actor_of(request).holds(Duty.SECURITY_ADMIN, Duty.AUDIT_ADMIN, SYSTEM),
    }
    return render(request, "people/unit.html", context)


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def new(request: SignedIn) -> HttpResponse:
    """A new unit (设立机构)."""
    under = _number(request.GET.get("under", ""))
    above = Unit.objects.filter(pk=under).first() if under else None
    sent = request.POST if request.method == "POST" else None
    form = NewUnitForm(sent, initial={"parent": above.name if above else ""})
    if form.is_valid():
        given = dict(form.cleaned_data)
        given["place_code"] = given.pop("place")
        try:
            made = actions.create_unit(actor=actor_of(request), **given)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("机构已设立"))
            return redirect("account_unit", made.pk)
    status = 422 if form.errors else 200
    return render(request, "people/unit_new.html", {"form": form}, status=status)


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def change(request: SignedIn, number: int, what: str) -> HttpResponse:
    """One change from a day on: the form, what it touches, and only then the change (机构变更)."""
    if what not in CHANGES:
        raise Http404
    found = get_object_or_404(Unit.objects.select_related("parent"), pk=number)
    form = _form(request, found, what)
    sure = request.POST.get("checked") == "1"
    context: dict[str, Any] = {"unit": found, "form": form, "what": what}
    context |= {"title": UnitChange.Kind(what).label, "heirs": range(1, HEIRS + 1)}
    if form.is_valid():
        try:
            if sure:
                made = CHANGES[what](found, form, actor_of(request))
                messages.success(request, _said(made))
                return redirect("account_unit", found.pk)
            context |= _preview(found, form, what, actor_of(request))
            return render(request, "people/unit_check.html", context)
        except Refused as refusal:
            form.refuse(refusal)
    status = 422 if form.errors else 200
    return render(request, "people/unit_change.html", context, status=status)


@needs(SYSTEM)
@require_POST
@answered_once
def undo(request: SignedIn, number: int) -> HttpResponse:
    """Take a change back before its day, or open a closed unit again (撤销)."""
    found = get_object_or_404(UnitChange, pk=number)
    actions.undo_change(found, actor=actor_of(request))
    messages.success(request, _("已撤销"))
    return redirect("account_unit", found.unit_id)


def _form(request: SignedIn, found: Unit, what: str) -> RefusableForm:
    data = request.POST if request.method == "POST" else None
    match what:
        case "rename":
            now = {"name": found.name, "short_name": found.short_name}
            return RenameForm(data, initial=now)
        case "move":
            return MoveForm(data, initial={"parent": found.parent.name if found.parent else ""})
        case "merge":
            return MergeForm(data)
        case "split":
            return SplitForm(data, unit=found)
    return CloseForm(data)


def _preview(found: Unit, form: RefusableForm, what: str, actor: Actor) -> dict[str, Any]:
    """What the change would touch, said before it is made (变更预览)."""
    given = form.cleaned_data
    shares: list[actions.Share] = []
    if what == "split":
        shares = form.shares()  # type: ignore[attr-defined]
    elif what == "merge":
        shares = [actions.Share(given["heir1"])]
    heirs = [Heir(unit=s.unit, places=list(s.places), kinds=list(s.kinds)) for s in shares]
    counts = [sum(of) for of in zip(*(deal(found, heirs) for deal in following.deal), strict=True)]
    _would_be_refused(found, form, what, actor)
    return {
        "sent": [(name, value) for name, values in form.data.lists() for value in values]
        if hasattr(form.data, "lists")
        else [],
        "given": given,
        "touched": following.touched_by(found) if what in rules.ENDINGS else [],
        "dealt": list(zip(shares, counts or [0] * len(shares), strict=True)),
        "people": Appointment.objects.not_over().filter(post__unit=found).count(),
        "today": given["from_on"] <= timezone.localdate(),
    }


def _would_be_refused(found: Unit, form: RefusableForm, what: str, actor: Actor) -> None:
    """Try the change as one to come, and leave nothing of it: a refusal is told on the form."""
    day = form.cleaned_data["from_on"]
    with transaction.atomic():
        if what != "close":
            tomorrow = timezone.localdate() + timedelta(days=1)
            form.cleaned_data["from_on"] = (
                max(day, tomorrow) if day >= timezone.localdate() else day
            )
        try:
            CHANGES[what](found, form, actor)
        finally:
            form.cleaned_data["from_on"] = day
            transaction.set_rollback(True)


def _said(made: UnitChange) -> str:
    made.refresh_from_db()
    if made.applied_at is None:
        told = {"day": made.from_on, "kind": made.get_kind_display()}
        return _("已定于 %(day)s %(kind)s，之前可以撤销") % told
    if made.kind in rules.WITH_HEIRS and made.finished_at is None:
        return _("已生效。在办案件已移交 %(count)d 件，其余几分钟内移交完") % {"count": made.handed}
    return _("已生效")


def _merge(found: Unit, form: RefusableForm, actor: Actor) -> UnitChange:
    given = form.cleaned_data
    return actions.merge_unit(
        found,
        into=given["heir1"],
        from_on=given["from_on"],
        with_posts=given["with_posts"],
        actor=actor,
    )


def _split(found: Unit, form: RefusableForm, actor: Actor) -> UnitChange:
    shares = form.shares()  # type: ignore[attr-defined]
    day = form.cleaned_data["from_on"]
    return actions.split_unit(found, shares=shares, from_on=day, actor=actor)


CHANGES: dict[str, Callable[[Unit, RefusableForm, Actor], UnitChange]] = {
    "rename": lambda u, form, actor: actions.rename_unit(u, actor=actor, **form.cleaned_data),
    "move": lambda u, form, actor: actions.move_unit(u, actor=actor, **form.cleaned_data),
    "close": lambda u, form, actor: actions.close_unit(u, actor=actor, **form.cleaned_data),
    "merge": _merge,
    "split": _split,
}


def _shown(units: "QuerySet[Unit]") -> "QuerySet[Unit]":
    below = Count("children", filter=Q(children__ended_on=None), distinct=True)
    return units.select_related("parent").annotate(below=below).order_by("pinyin", "pk")


def _coming() -> "QuerySet[UnitChange]":
    waiting = UnitChange.objects.filter(applied_at=None, cancelled_at=None)
    return waiting.select_related("unit").order_by("from_on", "pk")[:20]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _after(mark: str) -> tuple[str, int] | None:
    number, _tilde, sound = mark.partition("~")
    return (sound, _number(number)) if _number(number) else None
