"""How I am told: my addresses, what comes by which channel, quiet hours (提醒设置)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.notices import actions
from shiyu.notices.forms import AddressForm, CodeForm, WishesForm
from shiyu.notices.lifecycle import Channel
from shiyu.notices.models import Address, Connector, Wishes
from shiyu.notices.preferences import GROUPS, UNLESS_SAID
from shiyu.notices.quiet import the_house
from shiyu.people.web import SignedIn, actor_of, signed_in

CHANNELS = (Channel.MAIL, Channel.SMS)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def settings(request: SignedIn) -> HttpResponse:
    """The page, and keeping what was chosen on it."""
    if request.method != "POST":
        return _page(request)
    form = WishesForm(request.POST)
    if form.is_valid():
        try:
            actions.set_wishes(actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("提醒设置已保存"))
            return redirect("notices:settings")
    return _page(request, wishes=form)


@signed_in
@require_POST
@answered_once
def address(request: SignedIn, channel: str) -> HttpResponse:
    """Enter an address; a code goes there."""
    form = AddressForm(request.POST, channel=_known(channel))
    if form.is_valid():
        try:
            value, language = form.cleaned_data["value"], get_language() or "zh-hans"
            actions.ask_code(channel, value, language=language, actor=actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("验证码已发出，收到后填在下面"))
            return redirect("notices:settings")
    return _page(request, **{f"{channel}_address": form})


@signed_in
@require_POST
def confirm(request: SignedIn, channel: str) -> HttpResponse:
    """Give back the code. Outside any kept answer: a refused guess stays counted."""
    form = CodeForm(request.POST, channel=_known(channel))
    if form.is_valid():
        try:
            actions.confirm(channel, form.cleaned_data["code"], actor=actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已核实，以后会发到这里"))
            return redirect("notices:settings")
    return _page(request, **{f"{channel}_code": form})


@signed_in
@require_POST
@answered_once
def drop(request: SignedIn, channel: str) -> HttpResponse:
    """Forget an address."""
    actions.drop_address(_known(channel), actor=actor_of(request))
    messages.success(request, _("已删除，不再发到那里"))
    return redirect("notices:settings")


def _known(channel: str) -> str:
    if channel not in CHANNELS:
        raise Http404
    return channel


def _page(request: SignedIn, **bound: Any) -> HttpResponse:
    mine = {row.channel: row for row in Address.objects.filter(person=request.user)}
    wishes = Wishes.objects.filter(person=request.user).first()
    open_ = set(Connector.objects.filter(in_use=True).values_list("channel", flat=True))
    form = bound.get("wishes") or WishesForm(initial=_begun(wishes))
    chosen = {
        "mail": form["mail"].value() or [],
        "sms": form["sms"].value() or [],
    }
    ways = [
        _way(channel, mine.get(channel), bound, is_open=channel in open_) for channel in CHANNELS
    ]
    context = {
        "ways": ways,
        "form": form,
        "groups": [
            (key, title, key in chosen["mail"], key in chosen["sms"])
            for key, (title, _kinds) in GROUPS.items()
        ],
        "house": the_house(),
        "bound": next(iter(bound.values()), None),
    }
    status = 422 if bound else 200
    return render(request, "notices/settings.html", context, status=status)


def _begun(wishes: Wishes | None) -> dict[str, Any]:
    if wishes is None:
        given = {str(channel): sorted(UNLESS_SAID[channel]) for channel in CHANNELS}
        return given | {"quiet": Wishes.Quiet.CITY}
    return {n: getattr(wishes, n) for n in ("mail", "sms", "quiet", "quiet_from", "quiet_to")}


def _way(
    channel: Channel, row: Address | None, bound: dict[str, Any], *, is_open: bool
) -> dict[str, Any]:
    """One channel as the page shows it."""
    return {
        "channel": str(channel),
        "title": _("邮件") if channel == Channel.MAIL else _("短信"),
        "row": row,
        "is_open": is_open,
        "address": bound.get(f"{channel}_address") or AddressForm(channel=channel),
        "code": bound.get(f"{channel}_code") or CodeForm(channel=channel),
    }
