"""How much may be taken out: what holds, what held, and setting it anew (导出限额)."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shiyu.common.answered import answered_once
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.common.posted import posted
from shiyu.desk import rules
from shiyu.desk.actions.limits import HOURS, NUMBERS, ROWS, set_limits
from shiyu.desk.models import ExportLimits
from shiyu.desk.views.frame import frame
from shiyu.people.forms import RefusableForm
from shiyu.people.web import SignedIn, actor_of, signed_in

SHOWN_MOST = 20
NOT_YET = 422


class LimitsForm(RefusableForm):
    """Three numbers, and the version they were changed from (导出限额)."""

    rows_most = forms.IntegerField(
        label=gettext_lazy("一次最多（行）"),
        min_value=ROWS[0],
        max_value=ROWS[1],
        help_text=gettext_lazy("超过的请缩小范围分几次导出"),
    )
    alone_most = forms.IntegerField(
        label=gettext_lazy("一天合计多少行以内无须批准"),
        min_value=0,
        max_value=ROWS[1],
        help_text=gettext_lazy("0：每一次都要另一人批准"),
    )
    kept_hours = forms.IntegerField(
        label=gettext_lazy("文件保留（小时）"), min_value=HOURS[0], max_value=HOURS[1]
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def limits(request: SignedIn) -> HttpResponse:
    """What holds, for everybody; the security administrator sets it (导出限额)."""
    actor, held = actor_of(request), rules.limits()
    may_set = rules.may_set_limits(actor)
    if request.method == "POST" and not may_set:
        raise NotAllowed(_("导出限额由安全管理员调整"))
    first = {name: getattr(held, name) for name in NUMBERS} | {"seen": held.pk}
    form = LimitsForm(posted(request), initial=first)
    if form.is_valid():
        try:
            set_limits(actor=actor, **form.cleaned_data)
        except OutOfOrder as refusal:
            form.refuse(refusal)
            form.data = request.POST.copy() | {"seen": str(held.pk)}
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已调整，从现在起执行；已申请的按申请时的限额"))
            return redirect("desk:export_limits")
    context = {
        "held": held,
        "form": form,
        "may_set": may_set,
        "versions": ExportLimits.objects.select_related("set_by")[:SHOWN_MOST],
        "has_errors": bool(form.errors),
    }
    status = NOT_YET if form.errors else 200
    return render(request, "desk/export_limits.html", frame(request) | context, status=status)
