"""Self-audits: those that were kept, one of them, one as a file (合规审计)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.people.web import SignedIn, actor_of, needs
from shiyu.privacy import actions, forms, rules, self_audit
from shiyu.privacy import audit_file as packed
from shiyu.privacy.models import SelfAudit
from shiyu.privacy.rules import KEEPERS

NOT_YET = 422
SHOWN_MOST = 100


@needs(*KEEPERS)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def audits(request: SignedIn) -> HttpResponse:
    """Those that were kept, and a new one of a time that is chosen (合规审计)."""
    actor = actor_of(request)
    since, until = self_audit.last_quarter(timezone.localdate())
    form = forms.PeriodForm(posted(request), initial={"since": since, "until": until})
    if form.is_valid():
        try:
            made = actions.audit_itself(**form.cleaned_data, actor=actor)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            messages.success(request, _("已经数完并保存，不能再改"))
            return redirect("privacy:audit", made.pk)
    kept = rules.audits_of(actor).select_related("made_by").defer("points")[:SHOWN_MOST]
    context = {"audits": list(kept), "form": form}
    return render(request, "privacy/audits.html", context, status=NOT_YET if form.errors else 200)


@needs(*KEEPERS)
@require_safe
def audit(request: SignedIn, pk: int) -> HttpResponse:
    """One of them, to read and print (合规审计报告)."""
    return render(request, "privacy/audit.html", self_audit.shown(_found(request, pk)))


@needs(*KEEPERS)
@require_safe
def audit_file(request: SignedIn, pk: int) -> HttpResponse:
    """The same as one file with a manifest (下载合规审计)."""
    found = _found(request, pk)
    answer = HttpResponse(packed.as_zip(found), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="self-audit-{found.pk}.zip"'
    answer["Cache-Control"] = "no-store"
    return answer


def _found(request: SignedIn, pk: int) -> SelfAudit:
    kept = rules.audits_of(actor_of(request)).select_related("made_by")
    return get_object_or_404(kept, pk=pk)
