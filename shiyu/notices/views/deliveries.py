"""What was sent and what came of it (送达记录)."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.notices import actions, ledger, rules
from shiyu.notices.lifecycle import Channel, State
from shiyu.notices.models import Delivery
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs

SYSTEM, AUDIT = Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN

ONE_CLICK: dict[str, tuple[Callable[..., object], object]] = {
    "resend": (actions.resend, gettext_lazy("已排队重新发送")),
    "mark_arrived": (actions.mark_arrived, gettext_lazy("已记为送达")),
    "give_up": (actions.give_up, gettext_lazy("已放下，不再列在要处理的里")),
}
"""A person's moves, and what is said then."""


@needs(SYSTEM, AUDIT)
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """Deliveries, those nobody knows of on top."""
    asked = {name: request.GET.get(name, "") for name in ("state", "channel")}
    shown = ledger.page(actor_of(request), after=request.GET.get("after", ""), **asked)
    context = {
        "shown": shown,
        "asked": asked,
        "states": State.choices,
        "channels": Channel.choices,
        "is_first": "after" not in request.GET,
        "is_filtered": any(asked.values()),
    }
    return render(request, "notices/deliveries.html", context)


@needs(SYSTEM, AUDIT)
@require_safe
def delivery(request: SignedIn, number: int) -> HttpResponse:
    """One delivery with every attempt at it."""
    row = _row(request, number)
    actor = actor_of(request)
    context = {
        "row": ledger.shown(row),
        "tries": [ledger.shown_try(attempt) for attempt in row.tries.all()],
        "moves": ledger.moves_for(row) if actor.holds(SYSTEM) else [],
        "gathered": row.gathered_in_id,
    }
    return render(request, "notices/delivery.html", context)


@needs(SYSTEM)
@require_POST
@answered_once
def act(request: SignedIn, number: int, what: str) -> HttpResponse:
    """Send again, mark as arrived, put aside."""
    if what not in ONE_CLICK:
        raise Http404
    action, said = ONE_CLICK[what]
    action(_row(request, number), actor=actor_of(request))
    messages.success(request, str(said) or _("已办"))
    return redirect("notices:delivery", number)


def _row(request: SignedIn, number: int) -> Delivery:
    found = rules.deliveries_of(actor_of(request))
    return get_object_or_404(ledger.with_names(found), pk=number)
