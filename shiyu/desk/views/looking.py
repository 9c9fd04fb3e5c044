"""Asking to see who reported: with a purpose, for a while, on the record (查看上报人)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shiyu.cases import actions
from shiyu.cases.models import Report
from shiyu.common.answered import answered_once
from shiyu.common.errors import NotAllowed, Refused
from shiyu.desk.back import back_of
from shiyu.desk.views.cases import case_numbered, case_url, show
from shiyu.people.web import SignedIn, actor_of, signed_in

NOT_YET = 422


@signed_in
@require_POST
@answered_once
def unmask(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """See a reporter's name, number or both for a while: an access grant.

    The answer leads to the page and never holds them itself: it is kept for the next click.
    """
    actor = actor_of(request)
    case = case_numbered(number, actor)
    report = get_object_or_404(Report.objects.select_related("case", "reporter"), pk=pk, case=case)
    purpose, reason = request.POST.get("purpose", ""), request.POST.get("reason", "")
    back = back_of(QueryDict(request.POST.get("back", "")))
    try:
        fields = request.POST.getlist("fields")
        actions.unmask(report, purpose=purpose, reason=reason, fields=fields, actor=actor)
    except NotAllowed:
        raise
    except Refused as refusal:
        asked = {"pk": pk, "purpose": purpose, "reason": reason, "wrong": refusal.message}
        return _again(request, number, back, asked)
    return redirect(f"{case_url(case.number, back)}#reports")


@signed_in
@require_POST
@answered_once
def mark_minor(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """Say that a reporter is under fourteen, and whether their guardian consents (未成年人)."""
    actor = actor_of(request)
    case = case_numbered(number, actor)
    report = get_object_or_404(Report.objects.select_related("case"), pk=pk, case=case)
    back = back_of(QueryDict(request.POST.get("back", "")))
    try:
        actions.mark_minor(report, guardian=request.POST.get("guardian", ""), actor=actor)
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已标记。姓名和电话不再显示，监护人不同意的已经删除"))
    return redirect(f"{case_url(case.number, back)}#reports")


def _again(request: HttpRequest, number: str, back: str, asked: dict[str, Any]) -> HttpResponse:
    case = case_numbered(number, actor_of(request))
    return show(request, case, back=back, unmask=asked, status=NOT_YET)
