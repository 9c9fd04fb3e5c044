"""Requests about somebody's data: the list, one of them, each step of it (个人信息申请)."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.wall import beyond
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs
from shiyu.privacy import access, actions, forms, rules, shown
from shiyu.privacy.models import Demand
from shiyu.privacy.rules import KEEPERS

NOT_YET = 422


@needs(*KEEPERS)
@require_safe
@beyond("record keepers")
def demands(request: SignedIn) -> HttpResponse:
    """What was asked in one's places; the open ones first (个人信息申请)."""
    actor, number = actor_of(request), request.GET.get("q", "").strip()[:40].upper()
    if number and rules.kept_cases(actor).filter(number=number).exists():
        return redirect("privacy:of_case", number)
    context = {"demands": shown.demands(actor), "asked": number}
    return render(request, "privacy/demands.html", context)


@needs(*KEEPERS)
@require_safe
@beyond("record keepers")
def demand(request: SignedIn, pk: int) -> HttpResponse:
    """One request: what it reaches, what stands against it, whose turn it is (个人信息申请)."""
    return _page(request, _found(request, pk), forms.RefuseForm())


@needs(Duty.SECURITY_ADMIN)
@require_POST
@beyond("record keepers")
@answered_once
def carry_out(request: SignedIn, pk: int) -> HttpResponse:
    """Erase what was asked for (同意删除)."""
    done = _("已删除。办理记录和统计还在，核验照样通过")
    return _step(request, pk, lambda one, actor: actions.carry_out(one, actor=actor), done)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@beyond("record keepers")
@answered_once
def grant(request: SignedIn, pk: int) -> HttpResponse:
    """Let who asked for a copy fetch it (同意查阅)."""
    done = _("已同意，申请人 72 小时内可以取走，每次都有记录")
    return _step(request, pk, lambda one, actor: actions.grant(one, actor=actor), done)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@beyond("record keepers")
@answered_once
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take one's own request back (撤回申请)."""
    done = _("已撤回")
    return _step(request, pk, lambda one, actor: actions.withdraw(one, actor=actor), done)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@beyond("record keepers")
@answered_once
def refuse(request: SignedIn, pk: int) -> HttpResponse:
    """Refuse a request with a reason (不同意)."""
    form, found = forms.RefuseForm(request.POST), _found(request, pk)
    if form.is_valid():
        try:
            actions.refuse(found, reason=form.cleaned_data["reason"], actor=actor_of(request))
        except Refused as refusal:
            form.add_error("reason", refusal.message)
        else:
            messages.success(request, _("已答复，申请人能看到理由"))
            return redirect("privacy:demand", pk)
    return _page(request, found, form, status=NOT_YET)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@beyond("record keepers")
def copy(request: SignedIn, pk: int) -> HttpResponse:
    """Everything about somebody, for them, as a file; each time is on record (取走副本)."""
    found = _found(request, pk)
    try:
        told = actions.hand_out(found, actor=actor_of(request))
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("privacy:demand", pk)
    name = f"{found.of_case.number}.zip"
    answer = HttpResponse(access.as_zip(told), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _step(
    request: SignedIn, pk: int, act: Callable[[Demand, Actor], object], done: str
) -> HttpResponse:
    try:
        act(_found(request, pk), actor_of(request))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("privacy:demand", pk)


def _found(request: SignedIn, pk: int) -> Demand:
    found = rules.demands_of(actor_of(request))
    return get_object_or_404(found.select_related("report__case", "case", "decided_by"), pk=pk)


def _page(
    request: SignedIn, found: Demand, form: forms.RefuseForm, *, status: int = 200
) -> HttpResponse:
    context = shown.demand(found, actor_of(request)) | {"form": form}
    return render(request, "privacy/demand.html", context, status=status)
