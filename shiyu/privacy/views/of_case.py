"""Those who reported a case, without who they are: what is asked for them (按案件办理)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shiyu.cases.models import Case, Report
from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.wall import beyond
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs
from shiyu.privacy import actions, forms, rules, shown
from shiyu.privacy.lifecycle import Kind

NOT_YET = 422


@needs(Duty.SECURITY_ADMIN)
@require_safe
@beyond("record keepers")
def of_case(request: SignedIn, number: str) -> HttpResponse:
    """Those who reported a case, without who they are: what is kept of each (按案件办理)."""
    found = rules.kept_cases(actor_of(request), *rules.SECURITY)
    return _page(request, get_object_or_404(found, number=number))


@needs(Duty.SECURITY_ADMIN)
@require_POST
@beyond("record keepers")
@answered_once
def ask(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """Ask for erasure on behalf of somebody whose identity was seen (代为申请删除)."""
    return _asked(request, number, pk, Kind.ERASE)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@beyond("record keepers")
@answered_once
def ask_copy(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """Ask for a copy on behalf of somebody whose identity was seen (代为申请查阅)."""
    return _asked(request, number, pk, Kind.COPY)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@beyond("record keepers")
@answered_once
def hold(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """Keep something because the law orders it (依法留存)."""
    report, form = _report(request, number, pk), forms.HoldForm(request.POST)
    if form.is_valid():
        try:
            actions.hold(report, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            field = refusal.field if refusal.field in form.fields else "ground"
            form.add_error(field, refusal.message)
        else:
            messages.success(request, _("已留存，到期以前不会删除"))
            return redirect("privacy:of_case", number)
    return _page(request, report.case, {"hold": form, "pk": pk}, status=NOT_YET)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@beyond("record keepers")
@answered_once
def lift(request: SignedIn, pk: int) -> HttpResponse:
    """End a hold before its day (解除留存)."""
    kept = rules.holds_of(actor_of(request)).select_related("report__case")
    found = get_object_or_404(kept, pk=pk)
    try:
        actions.lift(found, actor=actor_of(request))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已解除"))
    return redirect("privacy:of_case", found.report.case.number)


def _asked(request: SignedIn, number: str, pk: int, kind: str) -> HttpResponse:
    report = _report(request, number, pk)
    form = forms.FORMS[kind](request.POST)
    if form.is_valid():
        try:
            asked = actions.ask(report, actor=actor_of(request), kind=kind, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("ground", refusal.message)
        else:
            messages.success(request, _("已登记，须由另一名安全管理员办理"))
            return redirect("privacy:demand", asked.pk)
    return _page(request, report.case, {kind: form, "pk": pk}, status=NOT_YET)


def _report(request: SignedIn, number: str, pk: int) -> Report:
    found = rules.visible_to(actor_of(request)).select_related("case")
    return get_object_or_404(found, pk=pk, case__number=number)


def _page(
    request: SignedIn, case: Case, wrong: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    context = {"case": case, "rows": shown.reporters_of(case), "wrong": wrong or {}}
    context |= {kind: form() for kind, form in forms.FORMS.items()}
    context |= {"hold": forms.HoldForm()} | (wrong or {})
    return render(request, "privacy/of_case.html", context, status=status)
