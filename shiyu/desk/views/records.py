"""Pages of the administrators about the record itself: its seals, and erasing words (日志封存)."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from shiyu.cases.models import Case
from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.desk import records
from shiyu.journal.erasing import REASON_MOST, Ground, erase, may_erase
from shiyu.journal.models import Remark
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs

KEEPERS = (Duty.SECURITY_ADMIN, Duty.AUDIT_ADMIN)


class EraseForm(forms.Form):
    """On what ground words are erased (删除批注)."""

    ground = forms.ChoiceField(
        label=gettext_lazy("删除依据"),
        choices=[("", gettext_lazy("请选择")), *Ground.choices],
        error_messages={"required": gettext_lazy("选一项删除依据")},
    )
    reason = forms.CharField(
        label=gettext_lazy("说明"),
        required=False,
        max_length=REASON_MOST,
        help_text=gettext_lazy("谁提出、文号等；不要重抄被删的内容"),
    )


@needs(*KEEPERS)
@require_safe
def journal(request: SignedIn) -> HttpResponse:
    """How the journal is sealed and witnessed; what was erased (日志封存)."""
    number = request.GET.get("q", "").strip()[:40].upper()
    if number and Case.objects.filter(number=number).exists():
        return redirect("desk:remarks", number)
    context = {"sealing": records.sealing(), "erased": records.erasings(), "asked": number}
    return render(request, "desk/journal.html", context)


@needs(*KEEPERS)
@require_safe
def remarks(request: SignedIn, number: str) -> HttpResponse:
    """What was written in a case, without the words; where to erase it (案件批注)."""
    chosen = request.GET.get("erase", "")[:18]
    case = get_object_or_404(Case, number=number)
    return _remarks(request, case, int(chosen) if chosen.isdecimal() else 0, EraseForm())


@needs(Duty.SECURITY_ADMIN)
@require_POST
@answered_once
def erase_remark(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """Erase the words of one remark (删除批注)."""
    case = get_object_or_404(Case, number=number)
    remark = get_object_or_404(Remark, pk=pk, subject=case.subject)
    form = EraseForm(request.POST)
    if form.is_valid():
        try:
            erase(remark, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            field = refusal.field if refusal.field in form.fields else "ground"
            form.add_error(field, refusal.message)
        else:
            messages.success(request, _("已删除。日志里那一行还在，核验照样通过"))
            return redirect("desk:remarks", number)
    return _remarks(request, case, pk, form, status=422)


def _remarks(
    request: SignedIn, case: Case, chosen: int, form: EraseForm, *, status: int = 200
) -> HttpResponse:
    written = records.remarks_of(case)
    may = may_erase(actor_of(request))
    one = next((w for w in written if w.remark.pk == chosen and not w.remark.erased_at), None)
    context = {
        "case": case,
        "written": written,
        "form": form,
        "chosen": one if may else None,
        "may_erase": may,
        "has_errors": bool(form.errors),
    }
    return render(request, "desk/remarks.html", context, status=status)
