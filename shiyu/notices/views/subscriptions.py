"""Subscriptions of programs elsewhere, kept by the system administrator (订阅)."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.notices import actions, rules
from shiyu.notices.forms import SubscriptionForm
from shiyu.notices.models import Subscription
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs

SYSTEM = Duty.SYSTEM_ADMIN

ONE_CLICK: dict[str, tuple[Callable[..., object], object]] = {
    "rotate": (
        actions.rotate,
        gettext_lazy("密钥已换。旧的还能用 24 小时，请显示新密钥并交给对方"),
    ),
    "pause": (actions.pause, gettext_lazy("已暂停，事件先等着，最多三天")),
    "resume": (actions.resume, gettext_lazy("已恢复")),
    "end": (actions.unsubscribe, gettext_lazy("已退订")),
}
"""What is done to a subscription with one button, and what is said then."""


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def new(request: SignedIn) -> HttpResponse:
    """Have events sent to an address."""
    form = SubscriptionForm.of(None, posted(request))
    if form.is_valid():
        try:
            made, _secret = actions.subscribe(actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("订阅已建立。现在显示密钥，交给对方"))
            return redirect("notices:subscription", made.pk)
    return _page(request, None, form)


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def subscription(request: SignedIn, number: int) -> HttpResponse:
    """One subscription: change it, pause it, change its secret."""
    row = _row(request, number)
    form = SubscriptionForm.of(row, posted(request))
    if form.is_valid():
        try:
            actions.change_subscription(row, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("订阅已保存"))
            return redirect("notices:subscription", row.pk)
    return _page(request, row, form)


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
    if what == "end":
        return redirect("notices:connectors")
    return redirect("notices:subscription", number)


@needs(SYSTEM)
@require_POST
@never_cache
def reveal(request: SignedIn, number: int) -> HttpResponse:
    """The secret, once. The answer is kept nowhere, so that it cannot be given again."""
    row = _row(request, number)
    secret = actions.reveal(row, actor=actor_of(request))
    return render(request, "notices/secret.html", {"subscription": row, "secret": secret})


def _row(request: SignedIn, number: int) -> Subscription:
    found = rules.subscriptions_of(actor_of(request)).exclude(standing="ended")
    return get_object_or_404(found, pk=number)


def _page(request: SignedIn, row: Subscription | None, form: SubscriptionForm) -> HttpResponse:
    context = {"form": form, "subscription": row, "now": timezone.now()}
    status = 422 if form.errors else 200
    return render(request, "notices/subscription.html", context, status=status)
