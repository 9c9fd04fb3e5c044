"""A condition's next version: typed, compared with the last, published from a day (修订)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.catalogue import actions, rules
from shiyu.catalogue.forms import ConditionForm, LastDayForm
from shiyu.catalogue.models import Kind, Standard
from shiyu.catalogue.shown import compared, unit_names
from shiyu.catalogue.wanted import Wanted, differences
from shiyu.common.answered import answered_once
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.posted import posted
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs, signed_in

SYSTEM = Duty.SYSTEM_ADMIN


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def new(request: SignedIn, code: str) -> HttpResponse:
    """A further condition of a kind (新增立案条件)."""
    kind = get_object_or_404(Kind, code=code)
    return _write(request, kind, None)


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def revise(request: SignedIn, code: str, ordinal: int) -> HttpResponse:
    """The next version of a condition (修订立案条件)."""
    kind = get_object_or_404(Kind, code=code)
    return _write(request, kind, _newest(kind, ordinal))


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def end(request: SignedIn, code: str, ordinal: int) -> HttpResponse:
    """The last day on which cases are filed under a condition (停用立案条件)."""
    kind = get_object_or_404(Kind, code=code)
    standard = _newest(kind, ordinal)
    form = LastDayForm(posted(request), initial={"seen": standard.version})
    if form.is_valid():
        given = form.cleaned_data
        day, seen = given["valid_from"], given["seen"]
        try:
            actions.end_condition(kind, ordinal, last_day=day, seen=seen, actor=actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已停用。要恢复，修订一次即可"))
            return redirect("catalogue:kind", code)
    context = {"form": form, "kind": kind, "standard": standard}
    status = 422 if form.errors else 200
    return render(request, "catalogue/condition_end.html", context, status=status)


@needs(SYSTEM)
@require_POST
@answered_once
def withdraw(request: SignedIn, code: str, ordinal: int) -> HttpResponse:
    """Take back a version before its day (撤回)."""
    kind = get_object_or_404(Kind, code=code)
    seen = request.POST.get("seen", "")
    if not seen.isdecimal():
        raise Http404
    actions.withdraw_condition(kind, ordinal, seen=int(seen[:9]), actor=actor_of(request))
    messages.success(request, _("已撤回，原版本继续有效"))
    return redirect("catalogue:kind", code)


@signed_in
@require_safe
def compare(request: SignedIn, code: str, ordinal: int) -> HttpResponse:
    """Any two versions of a condition side by side (修订对照)."""
    kind = get_object_or_404(Kind, code=code)
    versions = list(
        Standard.objects.filter(kind=kind, ordinal=ordinal)
        .order_by("version")
        .prefetch_related("responsibilities__unit")
    )
    if not versions:
        raise Http404
    old, new = _asked(request, versions)
    context = {
        "kind": kind,
        "ordinal": ordinal,
        "versions": versions,
        "old": old,
        "new": new,
        "differences": compared(old, new),
    }
    return render(request, "catalogue/compare.html", context)


def _write(request: SignedIn, kind: Kind, standard: Standard | None) -> HttpResponse:
    """The form; what would differ; and once that was looked at, the publishing."""
    first = ConditionForm.first_values(standard) if standard else {"evidence": ["after"]}
    form = ConditionForm(posted(request), initial=first)
    context: dict[str, Any] = {"kind": kind, "standard": standard, "form": form}
    if form.is_valid():
        try:
            if request.POST.get("checked") == "1":
                return _publish(request, kind, standard, form)
            context |= _preview(request, standard, form)
            return render(request, "catalogue/condition_check.html", context)
        except OutOfOrder as refusal:
            form.refuse(refusal)
            context["theirs"] = _theirs(standard, form)
            data = request.POST.copy()
            data["seen"] = str(standard.version) if standard else ""
            form.data = data
        except Refused as refusal:
            form.refuse(refusal)
    status = 422 if form.errors else 200
    return render(request, "catalogue/condition.html", context, status=status)


def _publish(
    request: SignedIn, kind: Kind, standard: Standard | None, form: ConditionForm
) -> HttpResponse:
    day, actor = form.cleaned_data["valid_from"], actor_of(request)
    if standard is None:
        actions.add_condition(kind, form.wanted, valid_from=day, actor=actor)
    else:
        seen = form.cleaned_data["seen"] or 0
        actions.revise_condition(
            kind, standard.ordinal, form.wanted, valid_from=day, seen=seen, actor=actor
        )
    coming = day > timezone.localdate()
    told = {"day": day.isoformat()}
    said = _("已发布，%(day)s 起生效，之前可以撤回") if coming else _("已发布，今天起生效")
    messages.success(request, said % told)
    return redirect("catalogue:kind", kind.code)


def _preview(request: SignedIn, standard: Standard | None, form: ConditionForm) -> dict[str, Any]:
    old = Wanted.of(standard) if standard else None
    if old == form.wanted and standard is not None and standard.valid_until is None:
        raise Refused(_("没有改动"), field="filing_condition")
    if standard is not None and (form.cleaned_data["seen"] or 0) != standard.version:
        raise OutOfOrder(_("您打开页面以后，别人发布了新的版本"))
    names = unit_names([old, form.wanted])
    left_out = {"csrfmiddlewaretoken", "form_token", "checked"}
    against = rules.objections(open_only=True)
    return {
        "objections": list(
            against.filter(standard__kind=standard.kind_id, standard__ordinal=standard.ordinal)
        )
        if standard
        else [],
        "differences": differences(old, form.wanted, names),
        "day": form.cleaned_data["valid_from"],
        "today": form.cleaned_data["valid_from"] == timezone.localdate(),
        "sent": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in left_out
            for value in values
        ],
    }


def _theirs(standard: Standard | None, form: ConditionForm) -> list[Any]:
    """What the version published meanwhile says differently from the one the editor saw."""
    if standard is None:
        return []
    rows = Standard.objects.filter(kind=standard.kind_id, ordinal=standard.ordinal)
    seen = rows.filter(version=form.cleaned_data["seen"] or 0).first()
    return compared(seen, standard) if seen is not None else []


def _newest(kind: Kind, ordinal: int) -> Standard:
    rows = Standard.objects.filter(kind=kind, ordinal=ordinal).order_by("-version")
    found = rows.prefetch_related("responsibilities").first()
    if found is None:
        raise Http404
    return found


def _asked(request: SignedIn, versions: list[Standard]) -> tuple[Standard, Standard]:
    """The two versions named in the address; the last two, if it names none."""
    by_version = {str(s.version): s for s in versions}
    new = by_version.get(request.GET.get("new", ""), versions[-1])
    before = [s for s in versions if s.version < new.version]
    return by_version.get(request.GET.get("old", ""), before[-1] if before else new), new
