"""Access grants that are open: one's own, and those of one's places (查看授权)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shiyu.cases.lifecycle import INTAKE
from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.wall import beyond
from shiyu.people.web import SignedIn, actor_of, needs
from shiyu.privacy import actions, rules, shown
from shiyu.privacy.rules import KEEPERS


@needs(INTAKE, *KEEPERS)
@require_safe
@beyond("record keepers")
def grants(request: SignedIn) -> HttpResponse:
    """Who may see which reporter now, why and until when (查看授权)."""
    actor = actor_of(request)
    context = {"grants": shown.grants(actor), "keeps": actor.holds(*KEEPERS)}
    return render(request, "privacy/grants.html", context)


@needs(INTAKE, *KEEPERS)
@require_POST
@beyond("record keepers")
@answered_once
def end(request: SignedIn, pk: int) -> HttpResponse:
    """End one at once (收回查看授权)."""
    found = rules.grants_of(actor_of(request)).filter(under=None).select_related("report__case")
    grant = get_object_or_404(found, pk=pk)
    try:
        actions.end_grant(grant, actor=actor_of(request))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已收回，从现在起只显示隐去中间的号码"))
    if "case" in request.POST:
        return redirect("desk:case", grant.report.case.number)
    return redirect("privacy:grants")
