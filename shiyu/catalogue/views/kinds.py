"""The catalogue as a list, one kind whole, and what may be done with a kind (立结案标准)."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.catalogue import actions, rules
from shiyu.catalogue.forms import KindForm, NewKindForm
from shiyu.catalogue.history import history
from shiyu.catalogue.models import Kind
from shiyu.catalogue.shown import condition_rows, listed
from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs, signed_in

A_PAGE = 50
SYSTEM = Duty.SYSTEM_ADMIN


@signed_in
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """The kinds with what holds of them today, narrowed by words and lists (立结案标准)."""
    asked = request.GET.get("q", "").strip()[:40]
    chosen = {name: request.GET.get(name, "")[:12] for name in ("category", "grid", "state")}
    kinds = _narrowed(asked, chosen)
    if after := request.GET.get("after", "")[:20]:
        kinds = kinds.filter(code__gt=after)
    found = list(kinds.order_by("code")[: A_PAGE + 1])
    context = {
        "kinds": listed(found[:A_PAGE], timezone.localdate()),
        "last": found[A_PAGE - 1] if len(found) > A_PAGE else None,
        "is_first": not after,
        "asked": asked,
        "chosen": chosen,
        "filtered": bool(asked or any(chosen.values())),
        "categories": Kind.Category.choices,
        "may_edit": rules.may_edit(actor_of(request)),
    }
    return render(request, "catalogue/kinds.html", context)


@signed_in
@require_safe
def kind(request: SignedIn, code: str) -> HttpResponse:
    """One kind: its conditions today, coming and past, who answers for them (小类)."""
    found = get_object_or_404(Kind, code=code)
    context = {
        "kind": found,
        "conditions": condition_rows(found, timezone.localdate()),
        "why_not_to_grid": rules.may_go_to_grid(found),
        "history": history(f"kind:{found.pk}"),
        "may_edit": rules.may_edit(actor_of(request)),
        "own": rules.objects_for(actor_of(request)),
        "today": timezone.localdate(),
    }
    return render(request, "catalogue/kind.html", context)


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def new(request: SignedIn) -> HttpResponse:
    """A new kind, kept out of the grid until it is admitted (新增小类)."""
    form = NewKindForm(posted(request), initial={"for_public": True})
    if form.is_valid():
        try:
            made = actions.create_kind(actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已新增小类。接着写第一个立案条件"))
            return redirect("catalogue:new_condition", made.code)
    status = 422 if form.errors else 200
    return render(request, "catalogue/kind_new.html", {"form": form}, status=status)


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def edit(request: SignedIn, code: str) -> HttpResponse:
    """Rename a kind, or change who may settle or choose it (更改小类)."""
    found = get_object_or_404(Kind, code=code)
    now = {name: getattr(found, name) for name in KindForm.base_fields}
    form = KindForm(posted(request), initial=now)
    if form.is_valid():
        try:
            actions.change_kind(found, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已更改"))
            return redirect("catalogue:kind", code)
    context: dict[str, Any] = {"form": form, "kind": found}
    return render(request, "catalogue/kind_edit.html", context, status=422 if form.errors else 200)


@needs(SYSTEM)
@require_POST
@answered_once
def act(request: SignedIn, code: str, what: str) -> HttpResponse:
    """Admit to the grid, keep out, end or take up again: one press each, undone by the other."""
    found, actor = get_object_or_404(Kind, code=code), actor_of(request)
    match what:
        case "admit":
            actions.admit(found, actor=actor)
            said = _("已列入入格事项清单")
        case "keep-out":
            actions.keep_out(found, because=request.POST.get("because", ""), actor=actor)
            said = _("已移出入格事项清单")
        case "end":
            actions.end_kind(found, on=timezone.localdate(), actor=actor)
            said = _("已停用：明天起不能再给案件定为这一类。可以恢复")
        case "take-up":
            actions.take_up_kind(found, actor=actor)
            said = _("已恢复")
        case _unknown:
            raise Http404
    messages.success(request, said)
    return redirect("catalogue:kind", code)


def _narrowed(asked: str, chosen: dict[str, str]) -> QuerySet[Kind]:
    kinds = Kind.objects.all()
    for word in asked.lower().split()[:5]:
        kinds = kinds.filter(
            Q(name__icontains=word)
            | Q(major_name__icontains=word)
            | Q(pinyin__contains=word)
            | Q(code__startswith=word)
            | Q(standards__filing_condition__icontains=word)
        )
    if chosen["category"] in Kind.Category.values:
        kinds = kinds.filter(category=chosen["category"])
    if chosen["grid"] in {"in", "out"}:
        kinds = kinds.filter(in_grid=chosen["grid"] == "in")
    today = timezone.localdate()
    ended = Q(ended_on__lt=today)
    if chosen["state"] == "coming":
        kinds = kinds.filter(standards__valid_from__gt=today, standards__valid_until=None)
    kinds = kinds.filter(ended) if chosen["state"] == "ended" else kinds.exclude(ended)
    return kinds.distinct()
