"""What holds for the whole city: the procedure's numbers, the lists, a whole file (流程与清单)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.catalogue import actions, rules, uploads
from shiyu.catalogue.forms import ProcedureForm, ReasonForm, UploadForm
from shiyu.catalogue.history import history
from shiyu.catalogue.models import Procedure, Reason, SheetUpload
from shiyu.catalogue.shown import numbers_changed, numbers_of
from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs, signed_in

SYSTEM = Duty.SYSTEM_ADMIN
SHOWN_VERSIONS, SHOWN_ROWS = 20, 50


@signed_in
@require_safe
def procedure(request: SignedIn) -> HttpResponse:
    """The numbers of the procedure that hold today, and all versions (流程参数)."""
    versions = list(Procedure.objects.order_by("-version")[:SHOWN_VERSIONS])
    today = timezone.localdate()
    held = next((v for v in versions if v.valid_from <= today), None)
    context = {
        "held": held,
        "numbers": numbers_of(held) if held else [],
        "versions": numbers_changed(versions),
        "today": today,
        "history": history("catalogue:procedure"),
        "may_edit": rules.may_edit(actor_of(request)),
    }
    return render(request, "catalogue/procedure.html", context)


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def edit_procedure(request: SignedIn) -> HttpResponse:
    """A new version of the numbers, from a day on (调整流程参数)."""
    last = Procedure.objects.order_by("-version").first()
    form = ProcedureForm(posted(request), initial=_now(last))
    if form.is_valid():
        try:
            day, numbers = form.cleaned_data["valid_from"], form.numbers()
            actions.set_procedure(valid_from=day, actor=actor_of(request), **numbers)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已发布新版本；在办的案件仍按原版本"))
            return redirect("catalogue:procedure")
    status = 422 if form.errors else 200
    return render(request, "catalogue/procedure_edit.html", {"form": form}, status=status)


@signed_in
@require_safe
def grid(request: SignedIn) -> HttpResponse:
    """The list of items admitted to the grid, and those kept out with the reason (入格事项清单)."""
    admitted = request.GET.get("list", "in") != "out"
    context = {
        "kinds": rules.grid_list(admitted=admitted).order_by("code"),
        "admitted": admitted,
        "counts": {
            "in": rules.grid_list().count(),
            "out": rules.grid_list(admitted=False).count(),
        },
        "may_edit": rules.may_edit(actor_of(request)),
    }
    return render(request, "catalogue/grid.html", context)


@signed_in
@require_safe
def reasons(request: SignedIn) -> HttpResponse:
    """The usual reasons of each move (常用理由)."""
    return _reasons(request, ReasonForm())


@needs(SYSTEM)
@require_POST
@answered_once
def new_reason(request: SignedIn) -> HttpResponse:
    """A reason more on the list of a move (新增常用理由)."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.add_reason(given["move"], given["text"], actor=actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已加入清单"))
            return redirect("catalogue:reasons")
    return _reasons(request, form, 422)


@needs(SYSTEM)
@require_POST
@answered_once
def set_reason(request: SignedIn, number: int, what: str) -> HttpResponse:
    """Offer a reason no longer, or again (停用、恢复理由)."""
    found = get_object_or_404(Reason, pk=number)
    change = actions.end_reason if what == "end" else actions.take_up_reason
    change(found, actor=actor_of(request))
    messages.success(request, _("已停用，可以恢复") if what == "end" else _("已恢复"))
    return redirect("catalogue:reasons")


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def upload(request: SignedIn) -> HttpResponse:
    """A city's own table: what it would change, row by row, before it is published (导入标准)."""
    form = UploadForm(posted(request), request.FILES or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            kept, outcome = uploads.keep_upload(
                given["file"].name,
                given["file"].read(),
                category=given["category"],
                valid_from=given["valid_from"],
                actor=actor_of(request),
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            context = {"upload": kept, "outcome": outcome, "most": SHOWN_ROWS}
            return render(request, "catalogue/upload_check.html", context)
    status = 422 if form.errors else 200
    return render(request, "catalogue/upload.html", {"form": form}, status=status)


@needs(SYSTEM)
@require_POST
@answered_once
def publish(request: SignedIn, number: int) -> HttpResponse:
    """Publish a table that was looked at (发布)."""
    found = get_object_or_404(SheetUpload, pk=number, by=actor_of(request).ref)
    accept = request.POST.get("accept") == "1"
    outcome = uploads.publish_upload(found, accept_valid=accept, actor=actor_of(request))
    messages.success(request, outcome.summary)
    return redirect("catalogue:kinds")


def _reasons(request: SignedIn, form: ReasonForm, status: int = 200) -> HttpResponse:
    every = list(Reason.objects.all())
    lists = [
        (label, [reason for reason in every if reason.move == move])
        for move, label in Reason.Move.choices
    ]
    context: dict[str, Any] = {
        "lists": lists,
        "any_reason": bool(every),
        "form": form,
        "may_edit": rules.may_edit(actor_of(request)),
    }
    return render(request, "catalogue/reasons.html", context, status=status)


def _now(last: Procedure | None) -> dict[str, Any]:
    return ProcedureForm.first_values(last) if last else {}
