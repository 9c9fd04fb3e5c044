"""Changes to administrators that wait for a second one: the list, one, its steps (账号变更)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.people import actions, rules
from shiyu.people.actions.two import gathering
from shiyu.people.duties import ADMINISTRATION, Duty
from shiyu.people.history import posts_named
from shiyu.people.lifecycle import PROPOSAL_MOVES, Stage
from shiyu.people.models import Proposal
from shiyu.people.web import SignedIn, actor_of, needs

SHOWN_MOST = 100
P = ParamSpec("P")
Page = Callable[Concatenate[SignedIn, P], HttpResponse]

STEPS: dict[str, tuple[Callable[..., object], object]] = {
    "approve": (actions.approve_proposal, gettext_lazy("已批准并办理")),
    "refuse": (actions.refuse_proposal, gettext_lazy("没有批准，变更没有发生")),
    "withdraw": (actions.withdraw_proposal, gettext_lazy("已撤回")),
}


def proposing(page: Page[P]) -> Page[P]:
    """What this page may not do alone it proposes, and leads to the proposal."""

    @wraps(page)
    def asked(request: SignedIn, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with gathering() as wanted:
            try:
                answer = page(request, *args, **kwargs)
            except Refused:
                if not wanted.what:
                    raise
        if not wanted.what:
            return answer
        made = actions.propose(wanted, actor=actor_of(request))
        messages.success(request, _("涉及管理员，已提出变更，由另一名管理员批准后办理"))
        return redirect("account_proposal", made.pk)

    return asked


@needs(*ADMINISTRATION)
@require_safe
def proposals(request: SignedIn) -> HttpResponse:
    """What was proposed: what waits first, then the newest (账号变更)."""
    found = rules.proposals_of(actor_of(request))
    found = found.select_related("person", "asked_by", "decided_by")
    waiting = list(found.filter(stage=Stage.ASKED)[:SHOWN_MOST])
    past = list(found.exclude(stage=Stage.ASKED)[:SHOWN_MOST])
    named = posts_named(one.facts.get("post") for one in (*waiting, *past))
    rows = [(one, named.get(one.facts.get("post") or 0, "")) for one in (*waiting, *past)]
    return render(request, "people/proposals.html", {"rows": rows})


@needs(*ADMINISTRATION)
@require_safe
def proposal(request: SignedIn, number: int) -> HttpResponse:
    """One of them: what is to change, who proposed it, whose turn it is (一项变更)."""
    found, actor = _found(request, number), actor_of(request)
    named = posts_named([found.facts.get("post")])
    duty = found.facts.get("duty", "")
    context = {
        "proposal": found,
        "post": named.get(found.facts.get("post") or 0, ""),
        "duty": Duty(duty).label if duty in Duty.values else "",
        "may": {
            name: found.stage in move.sources and rules.may_move_proposal(actor, name, found)
            for name, move in PROPOSAL_MOVES.items()
        },
        "may_see_people": actor.holds(Duty.SECURITY_ADMIN, Duty.AUDIT_ADMIN),
    }
    return render(request, "people/proposal.html", context)


@needs(*ADMINISTRATION)
@require_POST
@answered_once
def decide(request: SignedIn, number: int, what: str) -> HttpResponse:
    """Approve, refuse or withdraw (批准、不批准、撤回)."""
    if what not in STEPS:
        raise Http404
    step, said = STEPS[what]
    try:
        step(_found(request, number), actor=actor_of(request))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, str(said))
    return redirect("account_proposal", number)


def _found(request: SignedIn, number: int) -> Proposal:
    found = rules.proposals_of(actor_of(request))
    return get_object_or_404(found.select_related("person", "asked_by", "decided_by"), pk=number)
