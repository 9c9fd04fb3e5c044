"""The ways out, kept by the system administrator: mail, text messages, the city's rules (接口)."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.notices import actions, rules
from shiyu.notices.forms import HouseForm, MailForm, SmsForm
from shiyu.notices.lifecycle import Channel, State
from shiyu.notices.models import Connector
from shiyu.notices.quiet import the_house
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs

SYSTEM, AUDIT = Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN
FORMS: dict[str, type[MailForm] | type[SmsForm]] = {Channel.MAIL: MailForm, Channel.SMS: SmsForm}
COUNTED_TO = 100

ONE_CLICK: dict[str, tuple[Callable[..., object], object]] = {
    "use": (actions.put_in_use, gettext_lazy("已启用")),
    "rest": (actions.take_out_of_use, gettext_lazy("已停用，要发的先等着")),
    "try": (actions.try_out, gettext_lazy("已试发给您自己，到“送达记录”看结果")),
}
"""What is done to a connector with one button, and what is said then."""


@needs(SYSTEM, AUDIT)
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """All ways out, how they do, and what holds for the city (接口与送达)."""
    return _listing(request, HouseForm.of(the_house()))


@needs(SYSTEM)
@require_POST
@answered_once
def house(request: SignedIn) -> HttpResponse:
    """Set what holds for the whole city."""
    form = HouseForm.of(the_house(), request.POST)
    if form.is_valid():
        try:
            actions.keep_house(actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("全市约定已保存"))
            return redirect("notices:connectors")
    return _listing(request, form)


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def new(request: SignedIn, channel: str) -> HttpResponse:
    """Enter a mail server or a text-message provider."""
    if channel not in FORMS:
        raise Http404
    form = FORMS[channel].of(None, posted(request))
    if form.is_valid():
        said = form.cleaned_data
        try:
            made = actions.new_connector(
                channel,
                name=said["name"],
                settings=form.settings,
                secret=said["secret"],
                actor=actor_of(request),
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已登记。启用后试发一次"))
            return redirect("notices:connector", made.pk)
    context = {"form": form, "channel": channel, "connector": None}
    return render(request, "notices/connector.html", context, status=422 if form.errors else 200)


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def connector(request: SignedIn, number: int) -> HttpResponse:
    """One connector: change it, use it, try it."""
    row = _row(request, number)
    form = FORMS[row.channel].of(row, posted(request))
    if form.is_valid():
        said = form.cleaned_data
        try:
            actions.set_connector(
                row,
                name=said["name"],
                settings=form.settings,
                secret=said["secret"] or None,
                actor=actor_of(request),
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("接口已保存"))
            return redirect("notices:connector", row.pk)
    context = {"form": form, "channel": row.channel, "connector": row, "now": timezone.now()}
    return render(request, "notices/connector.html", context, status=422 if form.errors else 200)


@needs(SYSTEM)
@require_POST
@answered_once
def act(request: SignedIn, number: int, what: str) -> HttpResponse:
    """One of the things done with a single button."""
    if what not in ONE_CLICK:
        raise Http404
    action, said = ONE_CLICK[what]
    action(_row(request, number), actor=actor_of(request))
    messages.success(request, str(said))
    return redirect("notices:connector", number)


def _row(request: SignedIn, number: int) -> Connector:
    return get_object_or_404(rules.connectors_of(actor_of(request)), pk=number)


def _listing(request: SignedIn, form: HouseForm) -> HttpResponse:
    actor = actor_of(request)
    deliveries = rules.deliveries_of(actor).order_by()
    counts = {
        state: deliveries.filter(state=state)[: COUNTED_TO + 1].count()
        for state in (State.UNKNOWN, State.FAILED, State.OWED)
    }
    context = {
        "connectors": rules.connectors_of(actor),
        "subscriptions": rules.subscriptions_of(actor).exclude(standing="ended"),
        "counts": [(state.label, state, n) for state, n in counts.items()],
        "most": COUNTED_TO,
        "form": form,
        "keeps": actor.holds(SYSTEM),
        "now": timezone.now(),
    }
    return render(request, "notices/connectors.html", context, status=422 if form.errors else 200)
