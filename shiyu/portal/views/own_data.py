"""What is known of whoever reported: to read, to take away, to have erased (我的个人信息)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.journal.models import Remark
from shiyu.portal import progress
from shiyu.portal.forms import EraseForm, ProofForm
from shiyu.portal.receipts import Receipt, count_guess
from shiyu.portal.views.following import with_receipt
from shiyu.portal.views.step import FORM_STATUS
from shiyu.privacy import access, actions, notice
from shiyu.privacy.belongings import of
from shiyu.privacy.models import Demand
from shiyu.privacy.shown import COUNTED


@require_safe
@with_receipt
def data(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """What is kept, who read it, and what one may ask for (我的个人信息)."""
    return _page(request, receipt)


@require_POST
@with_receipt
def copy(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """All of it as a file, for whoever knows code and telephone (查阅复制)."""
    form = ProofForm(request.POST, report=receipt.report, auto_id="copy_%s")
    if not _proven(form, receipt):
        return _page(request, receipt, copy=form)
    told = access.of([receipt.report.pk], actor=receipt.actor)
    answer = HttpResponse(access.as_zip(told), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{receipt.case.number}.zip"'
    return answer


@require_POST
@with_receipt
@answered_once
def erase(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """Ask that it be erased (申请删除)."""
    form = EraseForm(request.POST, report=receipt.report, auto_id="erase_%s")
    if not _proven(form, receipt):
        return _page(request, receipt, ask=form)
    try:
        ground = form.cleaned_data["ground"]
        actions.ask(receipt.report, ground=ground, whole_person=False, actor=receipt.actor)
    except Refused as refusal:
        form.add_error("ground", refusal.message)
        return _page(request, receipt, ask=form)
    messages.success(request, _("已收到删除申请，15 个工作日内答复"))
    return HttpResponseRedirect("../")


@require_safe
def privacy_notice(request: HttpRequest) -> HttpResponse:
    """Who asks for what, why, for how long, and what rights one has (个人信息处理告知)."""
    return render(request, "portal/notice.html", {"edition": notice.CURRENT})


def _proven(form: ProofForm, receipt: Receipt) -> bool:
    """Whether the telephone is the one that was given; guesses are counted for each report."""
    try:
        count_guess(receipt)
    except Refused as refusal:
        form.is_valid()
        form.add_error(None, refusal.message)
        return False
    return form.is_valid()


def _page(
    request: HttpRequest,
    receipt: Receipt,
    *,
    copy: ProofForm | None = None,
    ask: EraseForm | None = None,
) -> HttpResponse:
    report = receipt.report
    counts = of([report.pk]).counts
    asked = Demand.objects.filter(report=report, kind=Demand.Kind.ERASE).first()
    remark = (
        Remark.objects.filter(pk=asked.remark_id).first() if asked and asked.remark_id else None
    )
    wrong = copy or ask
    context: dict[str, Any] = {
        "receipt": receipt,
        "case": receipt.case,
        "counts": [(title, counts[name]) for name, title in COUNTED.items() if counts[name]],
        "looks": progress.looks_of(receipt),
        "told_who": hasattr(report, "reporter"),
        "asked": asked,
        "why": remark.text if remark else "",
        "copy": copy or ProofForm(report=report, auto_id="copy_%s"),
        "ask": ask or EraseForm(report=report, auto_id="erase_%s"),
        "edition": report.notice,
        "wrong": wrong,
        "has_errors": wrong is not None,
    }
    status = FORM_STATUS if wrong is not None else 200
    return render(request, "portal/data.html", context, status=status)
