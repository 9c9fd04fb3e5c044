"""Following a report with its receipt code: progress, more words, rating (查询与评价)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.cases import actions as cases
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Rating
from shiyu.cases.rules import reopens_until
from shiyu.common.answered import answered_once
from shiyu.common.errors import NotFound, Refused
from shiyu.common.posted import posted
from shiyu.files.models import Photo
from shiyu.files.views import show
from shiyu.notices.actions import stop_following
from shiyu.portal import forms, progress
from shiyu.portal.receipts import Receipt, address_of, count_for, receipt_with
from shiyu.portal.rules import PHOTOS_MOST, UPLOADING
from shiyu.portal.views.holding import kept_private
from shiyu.portal.views.step import FORM_STATUS

BACK = "../"
"""From a form's address to its report: a relative address, so that no code is stored with it."""

View = Callable[..., HttpResponseBase]


def with_receipt(view: View) -> View:
    """A page of the holder of a code; whoever holds none is asked for it."""

    @kept_private
    @wraps(view)
    def following(request: HttpRequest, code: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            receipt = receipt_with(code, address=address_of(request))
        except (NotFound, Refused) as refusal:
            return _ask(request, forms.CodeForm(), refusal)
        return view(request, receipt, *args, **kwargs)

    return following


@require_http_methods(["GET", "HEAD", "POST"])
@kept_private
def find(request: HttpRequest) -> HttpResponse:
    """Ask for the code and lead to the report (我的上报)."""
    form = forms.CodeForm(posted(request))
    if request.method != "POST" or not form.is_valid():
        return _ask(request, form)
    try:
        receipt = receipt_with(form.cleaned_data["code"], address=address_of(request))
    except Refused as refusal:
        return _ask(request, form, refusal)
    return redirect("portal:follow", code=receipt.code)


@require_safe
@with_receipt
def follow(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """Where the report stands, what happened, what comes next (办理进度)."""
    return _follow(request, receipt)


@require_safe
@with_receipt
def photo(request: HttpRequest, receipt: Receipt, public_id: str, size: str) -> HttpResponseBase:
    """A photo of the report: one's own, and after closing what the unit shows."""
    found = progress.photos_for(receipt).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return show(request, found, size)


def counting_uploads(view: View) -> View:
    """Counts before the view's own transaction, so that refused pictures count as well."""

    @wraps(view)
    def counted(request: HttpRequest, receipt: Receipt) -> HttpResponseBase:
        try:
            if request.FILES:
                count_for(UPLOADING, request)
        except Refused as refusal:
            form = forms.MoreForm(request.POST)
            form.add_error("text", refusal.message)
            return _follow(request, receipt, more=form)
        return view(request, receipt)

    return counted


@require_POST
@with_receipt
@counting_uploads
@answered_once
def add(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """More words or photos for a report that is still open (补充)."""
    form = forms.MoreForm(request.POST)
    uploads = request.FILES.getlist("photos")
    if not form.is_valid():
        return _follow(request, receipt, more=form)
    if not uploads and not form.cleaned_data["text"]:
        form.add_error("text", _("写一句，或加一张照片"))
    elif len(uploads) > PHOTOS_MOST:
        form.add_error("text", _("照片最多 %(most)d 张") % {"most": PHOTOS_MOST})
    if form.errors:
        return _follow(request, receipt, more=form)
    try:
        if uploads:
            role = Photo.Role.SCENE
            cases.add_photos(receipt.case, uploads, role=role, actor=receipt.actor)
        if form.cleaned_data["text"]:
            cases.remark(receipt.case, actor=receipt.actor, reason=form.cleaned_data["text"])
    except Refused as refusal:
        form.add_error("text", refusal.message)
        return _follow(request, receipt, more=form)
    return _back(request, _("已收到您补充的情况"))


@require_POST
@with_receipt
@answered_once
def withdraw(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """Take one's own report back (撤回)."""
    form = forms.WithdrawForm(request.POST)
    if not form.is_valid():
        return _follow(request, receipt, withdraw=form)
    try:
        reason = form.cleaned_data["reason"]
        cases.withdraw(receipt.case, actor=receipt.actor, reason=reason)
    except Refused as refusal:
        form.add_error("reason", refusal.message)
        return _follow(request, receipt, withdraw=form)
    return _back(request, _("已撤回，不再办理"))


@require_POST
@with_receipt
@answered_once
def untold(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """Hear no more by text message; the number is forgotten at once (不再告知)."""
    stop_following(receipt.report.subject)
    return _back(request, _("好的，不再发短信，号码已删除"))


@require_POST
@with_receipt
@answered_once
def rate(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """Say whether it is solved; "not fixed" reopens it within the limit (评价)."""
    form = forms.RateForm(request.POST)
    if not form.is_valid():
        return _follow(request, receipt, rating=form)
    said = form.cleaned_data
    in_time = timezone.now() <= reopens_until(receipt.case)
    try:
        cases.rate(
            receipt.report,
            solved=said["solved"],
            satisfaction=said["satisfaction"],
            words=said["words"],
            actor=receipt.actor,
        )
    except Refused as refusal:
        form.add_error("solved", refusal.message)
        return _follow(request, receipt, rating=form)
    return _back(request, _thanks(said["solved"], in_time=in_time, receipt=receipt))


def _thanks(solved: str, *, in_time: bool, receipt: Receipt) -> str:
    if solved != Rating.Solved.NO:
        return _("已收到您的评价，谢谢")
    if in_time:
        return _("已收到。这件已退回重新办理，办完再请您评价")
    days = receipt.case.procedure.reopen_days
    text = _("已收到。办结超过 %(days)d 天，不能再退回重办。问题还在的话，请重新上报")
    return text % {"days": days}


def _back(request: HttpRequest, words: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(BACK)


def _follow(
    request: HttpRequest,
    receipt: Receipt,
    *,
    more: forms.MoreForm | None = None,
    withdraw: forms.WithdrawForm | None = None,
    rating: forms.RateForm | None = None,
) -> HttpResponse:
    bound = next((form for form in (more, withdraw, rating) if form is not None), None)
    context = progress.page_of(receipt) | {
        "more": more or forms.MoreForm(),
        "withdrawal": withdraw or forms.WithdrawForm(),
        "rating": rating or forms.RateForm(),
        "open_part": "more" if more else "withdraw" if withdraw else "",
        "has_errors": bound is not None,
        "can_rate": receipt.case.stage == Stage.CLOSED,
    }
    status = FORM_STATUS if bound is not None else 200
    return render(request, "portal/follow.html", context, status=status)


def _ask(
    request: HttpRequest, form: forms.CodeForm, refusal: Refused | None = None
) -> HttpResponse:
    context = {"form": form, "refusal": refusal, "has_errors": refusal is not None}
    status = refusal.status if refusal else FORM_STATUS if form.is_bound else 200
    return render(request, "portal/find.html", context, status=status)
