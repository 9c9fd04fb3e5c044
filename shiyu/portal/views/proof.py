"""Proof of a report: to take home, and to check, by anybody, with nothing but it (凭证)."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shiyu.common.posted import posted
from shiyu.journal.proof import Malformed
from shiyu.portal import proofs
from shiyu.portal.receipts import Receipt, count_for
from shiyu.portal.rules import PROVING
from shiyu.portal.views.following import with_receipt
from shiyu.portal.views.step import FORM_STATUS


@require_safe
@with_receipt
def of_report(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """What the proof of this report says, in plain words, and the file itself (上报凭证)."""
    count_for(PROVING, request)
    context = {"receipt": receipt, "case": receipt.case, "proven": proofs.proof_for(receipt)}
    return render(request, "portal/proof.html", context)


@require_safe
@with_receipt
def download(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """The proof as a file; its page explains when there is none yet (下载凭证)."""
    count_for(PROVING, request)
    proven = proofs.proof_for(receipt)
    if proven is None:
        return redirect("portal:proof", code=receipt.code)
    name = f"shiyu-{receipt.case.number}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(proven.text, content_type="application/json", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Check anybody's proof; the heads witnessed lately, and the keys (核验凭证)."""
    form = proofs.ProofForm(posted(request), request.FILES or None)
    found = None
    if form.is_bound:
        count_for(PROVING, request)
    if form.is_bound and form.is_valid():
        try:
            found = proofs.checked(form.proof)
        except Malformed:
            form.add_error("file", _("这不是一份完整的凭证：请用下载的文件，一个字也不要改"))
    context = {
        "form": form,
        "found": found,
        "recorded": proofs.instant(found.line["recorded_at"]) if found else None,
        "marks": proofs.last_marks(),
        "keys": proofs.public_keys(),
        "has_errors": bool(form.errors),
    }
    return render(
        request, "portal/check_proof.html", context, status=FORM_STATUS if form.errors else 200
    )


@require_safe
def marks(request: HttpRequest) -> StreamingHttpResponse:
    """Every mark, as the witness file has them: for copies kept elsewhere (见证文件)."""
    count_for(PROVING, request)
    headers = {"Content-Disposition": 'attachment; filename="witness.jsonl"'}
    lines = proofs.all_marks()
    return StreamingHttpResponse(lines, content_type="application/jsonl", headers=headers)
