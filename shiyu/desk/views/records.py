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
from shiyu.common.wall import beyond
from shiyu.desk import records
from shiyu.journal.erasing import REASON_MOST
from shiyu.journal.models import Remark
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs
from shiyu.privacy.actions import ask_for_words
from shiyu.privacy.forms import grounds_of
from shiyu.privacy.lifecycle import Kind
from shiyu.privacy.rules import KEEPERS, answers_for, kept_cases


class EraseForm(forms.Form):
    """On what ground words are erased (删除批注)."""

    ground = forms.ChoiceField(
        label=gettext_lazy("删除依据"),
        choices=grounds_of(Kind.WORDS),
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
@beyond("record keepers")
def journal(request: SignedIn) -> HttpResponse:
    """How the journal is sealed and witnessed; what was erased (日志封存)."""
    number = request.GET.get("q", "").strip()[:40].upper()
    kept = kept_cases(actor_of(request))
    if number and kept.filter(number=number).exists():
        return redirect("desk:remarks", number)
    context = {"sealing": records.sealing(), "erased": records.erasings(kept), "asked": number}
    return render(request, "desk/journal.html", context)


@needs(*KEEPERS)
@require_safe
@beyond("record keepers")
def remarks(request: SignedIn, number: str) -> HttpResponse:
    """What was written in a case, without the words; where to erase it (案件批注)."""
    chosen = request.GET.get("erase", "")[:18]
    case = get_object_or_404(kept_cases(actor_of(request)), number=number)
    return _remarks(request, case, int(chosen) if chosen.isdecimal() else 0, EraseForm())


@needs(Duty.SECURITY_ADMIN)
@require_POST
@beyond("record keepers")
@answered_once
def erase_remark(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """Ask that the words of one remark be erased; another does it (申请删除批注)."""
    case = get_object_or_404(kept_cases(actor_of(request), Duty.SECURITY_ADMIN), number=number)
    remark = get_object_or_404(Remark, pk=pk, subject=case.subject)
    form = EraseForm(request.POST)
    if form.is_valid():
        try:
            asked = ask_for_words(remark, case, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            field = refusal.field if refusal.field in form.fields else "ground"
            form.add_error(field, refusal.message)
        else:
            messages.success(request, _("已提出申请，由另一名安全管理员办理"))
            return redirect("privacy:demand", asked.pk)
    return _remarks(request, case, pk, form, status=422)


def _remarks(
    request: SignedIn, case: Case, chosen: int, form: EraseForm, *, status: int = 200
) -> HttpResponse:
    written = records.remarks_of(case)
    may = answers_for(actor_of(request), case)
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
