"""Impact assessments: what needs one, one of them, each step of it (影响评估)."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs
from shiyu.privacy import actions, assessed, forms, rules
from shiyu.privacy.models import Assessment
from shiyu.privacy.processing import PROCESSINGS
from shiyu.privacy.rules import KEEPERS

NOT_YET = 422


@needs(*KEEPERS)
@require_safe
def assessments(request: SignedIn) -> HttpResponse:
    """Every processing that needs one, whether it has one, and all there ever were (影响评估)."""
    return render(request, "privacy/assessments.html", assessed.all_of(actor_of(request)))


@needs(Duty.SECURITY_ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def begin(request: SignedIn, processing: str) -> HttpResponse:
    """Write one down, with what the catalogue and the last one say already (提出评估)."""
    about = PROCESSINGS.get(processing)
    if about is None:
        raise Http404
    form = forms.AssessForm(posted(request), initial=assessed.proposed(about))
    if form.is_valid():
        said = {name: str(form.cleaned_data[name]) for name in assessed.WORDS}
        rest = {name: form.cleaned_data[name] for name in ("conclusion", "due_on")}
        try:
            made = actions.assess(processing, said=said, actor=actor_of(request), **rest)
        except Refused as refusal:
            field = refusal.field if refusal.field in form.fields else None
            form.add_error(field, refusal.message)
        else:
            messages.success(request, _("已提交，由另一名安全管理员批准"))
            return redirect("privacy:assessment", made.pk)
    context = {"about": about, "form": form}
    return render(request, "privacy/assess.html", context, status=NOT_YET if form.errors else 200)


@needs(*KEEPERS)
@require_safe
def assessment(request: SignedIn, pk: int) -> HttpResponse:
    """One of them, to read, print and decide (影响评估报告)."""
    return _page(request, _found(request, pk), forms.ReturnForm())


@needs(Duty.SECURITY_ADMIN)
@require_POST
@answered_once
def approve(request: SignedIn, pk: int) -> HttpResponse:
    """Approve it (批准)."""
    done = _("已批准，从现在起算数")
    return _step(request, pk, lambda one, who: actions.approve_assessment(one, actor=who), done)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@answered_once
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take one's own back (撤回)."""
    done = _("已撤回")
    return _step(request, pk, lambda one, who: actions.withdraw_assessment(one, actor=who), done)


@needs(Duty.SECURITY_ADMIN)
@require_POST
@answered_once
def give_back(request: SignedIn, pk: int) -> HttpResponse:
    """Return it with what it lacks (退回)."""
    form, found = forms.ReturnForm(request.POST), _found(request, pk)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            actions.return_assessment(found, reason=reason, actor=actor_of(request))
        except Refused as refusal:
            form.add_error("reason", refusal.message)
        else:
            messages.success(request, _("已退回，提出的人能看到缺什么"))
            return redirect("privacy:assessment", pk)
    return _page(request, found, form, status=NOT_YET)


def _step(
    request: SignedIn, pk: int, act: Callable[[Assessment, Actor], object], done: str
) -> HttpResponse:
    try:
        act(_found(request, pk), actor_of(request))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("privacy:assessment", pk)


def _found(request: SignedIn, pk: int) -> Assessment:
    found = rules.assessments_of(actor_of(request)).select_related("begun_by", "decided_by")
    return get_object_or_404(found, pk=pk)


def _page(
    request: SignedIn, found: Assessment, form: forms.ReturnForm, *, status: int = 200
) -> HttpResponse:
    context = assessed.one(found, actor_of(request)) | {"form": form}
    return render(request, "privacy/assessment.html", context, status=status)
