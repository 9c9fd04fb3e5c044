"""Taking a list out: the form, what became of it, who approves, who took out what (导出)."""

from typing import Any
from urllib.parse import quote

from django import forms
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import NotAllowed, Refused
from shiyu.desk import later, rules
from shiyu.desk.actions import exports
from shiyu.desk.back import back_of, list_url, place_in_list
from shiyu.desk.columns import COLUMNS, USUAL
from shiyu.desk.lifecycle import ExportStage
from shiyu.desk.models import Export
from shiyu.desk.queues import QUEUES, counted, shown_count
from shiyu.desk.views.frame import frame
from shiyu.people.web import SignedIn, actor_of, background, signed_in

NOT_YET = 422
SHOWN_MOST = 50


class ExportForm(forms.Form):
    """What for, and which columns (导出)."""

    purpose = forms.ChoiceField(
        label=_("用途"),
        choices=[("", _("选一个")), *Export.Purpose.choices],
        error_messages={"required": _("选一个用途")},
    )
    reason = forms.CharField(
        label=_("用来做什么、给谁看"),
        widget=forms.TextInput(attrs={"maxlength": exports.REASON_MOST}),
        error_messages={"required": _("写明用来做什么、给谁看")},
    )
    columns = forms.MultipleChoiceField(
        label=_("列"),
        choices=[(c.name, c.title) for c in COLUMNS.values()],
        widget=forms.CheckboxSelectMultiple,
        initial=list(USUAL),
        error_messages={"required": _("至少选一列")},
    )
    personal = forms.BooleanField(
        label=_("姓名和电话不隐去"),
        required=False,
        help_text=_("须由指挥岗位另一人批准；上报人会看到自己的信息被导出"),
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def new(request: SignedIn) -> HttpResponse:
    """Ask for the list one came from as a file."""
    actor = actor_of(request)
    source = request.POST if request.method == "POST" else request.GET
    back = back_of(QueryDict(source.get("back", "")))
    here, asked = place_in_list(actor, back)
    if here is None:
        raise Http404
    form = ExportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            export = exports.ask(
                here, asked.asked, actor=actor, later=later.make_export, **form.cleaned_data
            )
        except Refused as refusal:
            at = refusal.field if refusal.field in form.fields else None
            form.add_error(at, refusal.message)
        else:
            return redirect("desk:export", export.key)
    most = rules.limits()
    context = {
        "form": form,
        "queue": here,
        "asked_words": " · ".join(asked.words()),
        "back": back,
        "list_url": list_url(here, asked),
        "limits": most,
        "rows": shown_count(counted(asked.apply(here.cases(actor), timezone.now()))),
        "has_errors": bool(form.errors),
    }
    status = NOT_YET if form.errors else 200
    return render(request, "desk/export_new.html", frame(request) | context, status=status)


@signed_in
@require_safe
def exports_list(request: SignedIn) -> HttpResponse:
    """One's own exports, those waiting for one's word; all of them for the audit."""
    actor = actor_of(request)
    seen = rules.visible_to(actor).select_related("person", "approver", "seconder")
    shown = list(seen[:SHOWN_MOST])
    context = {
        "exports": [
            (e, rules.may_decide(actor, e) and e.stage == ExportStage.ASKED) for e in shown
        ],
        "audits": actor.holds(rules.AUDIT),
        "limits": rules.limits(),
    }
    return render(request, "desk/exports.html", frame(request) | context)


@signed_in
@require_safe
def export(request: SignedIn, key: str) -> HttpResponse:
    """One export: where it stands, what for, its file."""
    return _page(request, _export(request, key))


@background
@signed_in
@require_safe
def progress(request: SignedIn, key: str) -> HttpResponse:
    """How far the file is, alone."""
    found = _export(request, key)
    response = render(request, "desk/parts/export_progress.html", {"export": found})
    if found.stage != ExportStage.APPROVED:
        response["HX-Refresh"] = "true"
    return response


@signed_in
@require_POST
@answered_once
def decide(request: SignedIn, key: str) -> HttpResponse:
    """Approve or refuse what another person asked for."""
    found = _export(request, key)
    actor = actor_of(request)
    try:
        if "refuse" in request.POST:
            exports.refuse(found, reason=request.POST.get("reason", ""), actor=actor)
        else:
            exports.approve(found, actor=actor, later=later.make_export)
    except NotAllowed:
        raise
    except Refused as refusal:
        return _page(
            request, _export(request, key), wrong=refusal.message, status=refusal_status(refusal)
        )
    return redirect("desk:export", key)


@signed_in
@require_POST
def download(request: SignedIn, key: str) -> HttpResponseBase:
    """The file; each download is on the record."""
    found = _export(request, key)
    try:
        path = exports.download(found, actor=actor_of(request))
    except NotAllowed:
        raise
    except Refused as refusal:
        return _page(request, _export(request, key), wrong=refusal.message, status=refusal.status)
    name = f"{found.made_at:%Y%m%d}-{found.key[:8]}.xlsx"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


def refusal_status(refusal: Refused) -> int:
    """A field to fill in is 422; somebody quicker is 409."""
    return NOT_YET if refusal.field else refusal.status


def _export(request: HttpRequest, key: str) -> Export:
    seen = rules.visible_to(actor_of(request)).select_related("person", "approver", "seconder")
    found = seen.filter(key=key).first()
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest, found: Export, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    back = QueryDict(mutable=True)
    back.update({"in": found.queue} | found.filters)
    context: dict[str, Any] = {
        "export": found,
        "queue": _queue_title(found),
        "columns": [COLUMNS[name].title for name in found.columns if name in COLUMNS],
        "mine": found.person_id == actor.id,
        "may_decide": rules.may_decide(actor, found) and found.stage == ExportStage.ASKED,
        "wrong": wrong,
        "has_errors": bool(wrong),
        "again": f"{reverse('desk:export_new')}?back={quote(back.urlencode())}",
    }
    return render(request, "desk/export.html", frame(request) | context, status=status)


def _queue_title(found: Export) -> str:
    return str(QUEUES[found.queue].title) if found.queue in QUEUES else found.queue
