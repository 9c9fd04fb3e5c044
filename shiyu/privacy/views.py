"""Pages of those who answer for personal data: catalogue, keeping, requests (个人信息管理)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shiyu.cases.models import Case, Report
from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs
from shiyu.privacy import access, actions, belongings, forms, shown
from shiyu.privacy.actions import retention
from shiyu.privacy.models import Demand, Hold

KEEPERS = (Duty.SECURITY_ADMIN, Duty.AUDIT_ADMIN)
SHOWN_MOST = 100
NOT_YET = 422


@needs(*KEEPERS)
@require_safe
def catalogue_page(request: SignedIn) -> HttpResponse:
    """Every kind of personal value: what for, on what ground, how long, who sees it (数据目录)."""
    return render(request, "privacy/catalogue.html", shown.catalogue())


@needs(*KEEPERS)
@require_safe
def keeping_page(request: SignedIn) -> HttpResponse:
    """How long each kind is kept, what was purged of late, what is due (保存期限)."""
    due = retention.due() if "due" in request.GET else None
    return render(request, "privacy/keeping.html", shown.keeping(due))


@needs(*KEEPERS)
@require_safe
def demands(request: SignedIn) -> HttpResponse:
    """What people asked to be erased; the open ones first (删除请求)."""
    number = request.GET.get("q", "").strip()[:40].upper()
    if number and Case.objects.filter(number=number).exists():
        return redirect("privacy:of_case", number)
    found = Demand.objects.select_related("report__case", "decided_by")
    rows = sorted(found[:SHOWN_MOST], key=lambda d: d.stage != Demand.Stage.ASKED)
    return render(request, "privacy/demands.html", {"demands": rows, "asked": number})


@needs(*KEEPERS)
@require_safe
def demand(request: SignedIn, pk: int) -> HttpResponse:
    """One request: what it would erase, and what stands against it (删除请求)."""
    return _demand(request, _demand_with(pk), forms.RefuseForm())


@needs(Duty.SECURITY_ADMIN)
@require_POST
@answered_once
def carry_out(request: SignedIn, pk: int) -> HttpResponse:
    """Erase what was asked for (同意删除)."""
    try:
        actions.carry_out(_demand_with(pk), actor=actor_of(request))
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("privacy:demand", pk)
    messages.success(request, _("已删除。办理记录和统计还在，核验照样通过"))
    return redirect("privacy:demand", pk)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@answered_once
def refuse(request: SignedIn, pk: int) -> HttpResponse:
    """Refuse a request with a reason (不同意删除)."""
    form, found = forms.RefuseForm(request.POST), _demand_with(pk)
    if form.is_valid():
        try:
            actions.refuse(found, reason=form.cleaned_data["reason"], actor=actor_of(request))
        except Refused as refusal:
            form.add_error("reason", refusal.message)
        else:
            messages.success(request, _("已答复，本人凭回执码能看到理由"))
            return redirect("privacy:demand", pk)
    return _demand(request, found, form, status=NOT_YET)


@needs(Duty.SECURITY_ADMIN)
@require_safe
def of_case(request: SignedIn, number: str) -> HttpResponse:
    """Those who reported a case, without who they are: what is kept of each (按案件办理)."""
    return _of_case(request, get_object_or_404(Case, number=number))


@needs(Duty.SECURITY_ADMIN)
@require_POST
@answered_once
def ask(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """Ask for erasure on behalf of somebody whose identity was seen (代为申请)."""
    report, form = _report(number, pk), forms.AskForPersonForm(request.POST)
    if form.is_valid():
        try:
            asked = actions.ask(report, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error("ground", refusal.message)
        else:
            messages.success(request, _("已登记，须由另一名安全管理员办理"))
            return redirect("privacy:demand", asked.pk)
    return _of_case(request, report.case, {"ask": form, "pk": pk}, status=NOT_YET)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@answered_once
def hold(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """Keep something because the law orders it (依法留存)."""
    report, form = _report(number, pk), forms.HoldForm(request.POST)
    if form.is_valid():
        try:
            actions.hold(report, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            field = refusal.field if refusal.field in form.fields else "ground"
            form.add_error(field, refusal.message)
        else:
            messages.success(request, _("已留存，到期以前不会删除"))
            return redirect("privacy:of_case", number)
    return _of_case(request, report.case, {"hold": form, "pk": pk}, status=NOT_YET)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@answered_once
def lift(request: SignedIn, pk: int) -> HttpResponse:
    """End a hold before its day (解除留存)."""
    found = get_object_or_404(Hold.objects.select_related("report__case"), pk=pk)
    try:
        actions.lift(found, actor=actor_of(request))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已解除"))
    return redirect("privacy:of_case", found.report.case.number)


@needs(Duty.SECURITY_ADMIN)
@require_POST
def copy(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """Everything about somebody, for them, as a file; each time is on record (代为查阅)."""
    report = _report(number, pk)
    told = access.of(belongings.same_person(report), actor=actor_of(request))
    return as_file(access.as_zip(told), f"{report.case.number}.zip")


def as_file(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _demand_with(pk: int) -> Demand:
    return get_object_or_404(Demand.objects.select_related("report__case", "decided_by"), pk=pk)


def _report(number: str, pk: int) -> Report:
    return get_object_or_404(Report.objects.select_related("case"), pk=pk, case__number=number)


def _demand(
    request: SignedIn, found: Demand, form: forms.RefuseForm, *, status: int = 200
) -> HttpResponse:
    context = shown.demand(found, actor_of(request)) | {"form": form}
    return render(request, "privacy/demand.html", context, status=status)


def _of_case(
    request: SignedIn, case: Case, wrong: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    context = {"case": case, "rows": shown.reporters_of(case), "wrong": wrong or {}}
    context |= {"ask": forms.AskForPersonForm(), "hold": forms.HoldForm()} | (wrong or {})
    return render(request, "privacy/of_case.html", context, status=status)
