"""What units hold against standards: the list, raising one, answering (标准异议)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.catalogue import actions, rules
from shiyu.catalogue.forms import ObjectionForm
from shiyu.catalogue.models import Kind, Objection, Standard
from shiyu.common.answered import answered_once
from shiyu.common.errors import NotAllowed, Refused
from shiyu.common.posted import posted
from shiyu.people.models import Unit
from shiyu.people.web import SignedIn, actor_of, signed_in

A_PAGE = 50


@signed_in
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """Every objection, the newest first; those that wait for an answer by choice (标准异议)."""
    actor, waiting = actor_of(request), request.GET.get("list", "") != "all"
    found = rules.objections(open_only=waiting).order_by("-id")
    before = request.GET.get("before", "")
    if before.isdecimal():
        found = found.filter(pk__lt=int(before[:18]))
    rows = list(found[: A_PAGE + 1])
    context = {
        "objections": rows[:A_PAGE],
        "last": rows[A_PAGE - 1] if len(rows) > A_PAGE else None,
        "waiting": waiting,
        "may_edit": rules.may_edit(actor),
        "own": rules.objects_for(actor),
    }
    return render(request, "catalogue/objections.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def raise_one(request: SignedIn, code: str, ordinal: int) -> HttpResponse:
    """A unit's objection to a condition that holds or is to come (提出标准异议)."""
    kind = get_object_or_404(Kind, code=code)
    today = timezone.localdate()
    versions = Standard.objects.filter(kind=kind, ordinal=ordinal).order_by("-version")
    standards = [s for s in versions if s.valid_until is None or s.valid_until >= today]
    if not versions:
        raise Http404
    actor = actor_of(request)
    units = list(Unit.objects.filter(pk__in=rules.objects_for(actor)).order_by("code"))
    if not units:
        raise NotAllowed(_("标准异议由单位提出：您没有处置、受理、派遣等岗位"))
    form = ObjectionForm(posted(request), standards=standards, units=units)
    if form.is_valid():
        given = form.cleaned_data
        standard = next(s for s in standards if str(s.pk) == given["version"])
        unit = next(u for u in units if str(u.pk) == given["unit"])
        try:
            actions.object_to(standard, unit=unit, said=given["said"], actor=actor)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已提出，答复后通知您。标准在答复前照常执行"))
            return redirect("catalogue:kind", code)
    context = {"form": form, "kind": kind, "ordinal": ordinal, "standards": standards}
    status = 422 if form.errors else 200
    return render(request, "catalogue/object.html", context, status=status)


@signed_in
@require_POST
@answered_once
def act(request: SignedIn, number: int, what: str) -> HttpResponse:
    """Adopt it, decline it, or take it back (答复、撤回异议)."""
    found, actor = get_object_or_404(Objection, pk=number), actor_of(request)
    answer = request.POST.get("answer", "")
    match what:
        case "adopt":
            actions.adopt_objection(found, answer=answer, actor=actor)
            said = _("已采纳并答复；接着修订标准")
        case "decline":
            actions.decline_objection(found, answer=answer, actor=actor)
            said = _("已答复")
        case _withdraw:
            actions.withdraw_objection(found, actor=actor)
            said = _("已撤回，可以重新提出")
    messages.success(request, said)
    if what == "adopt":
        standard = found.standard
        return redirect("catalogue:condition", standard.kind.code, standard.ordinal)
    return redirect("catalogue:objections")
