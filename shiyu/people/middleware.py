"""What a session must have before it reaches a page: it is alive, and fully signed in (会话).

From here on the database shows what this person sees and no more (common/wall.py).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common import wall
from shiyu.people import rules
from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.people.seeing import sight_of
from shiyu.people.web import SignedIn, actor_of, to_sign_in

SEEN = "seen_at"
SEEN_STEP_S = 60

WAY_OUT = frozenset({"account_logout", "set_language"})
ENROLLING = frozenset(
    {
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "account_reauthenticate",
    }
)


class SignIn:
    """Ends idle sessions; asks for a new password or a second factor before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with wall.within(None):
            known = request.user.is_authenticated
            wall.look_as(sight_of(actor_of(request)) if known else wall.PUBLIC)
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        if not request.user.is_authenticated:
            return None
        if is_idle(request.session):
            logout(request)
            minutes = settings.IDLE_LIMIT_S // 60
            text = _("%(minutes)s 分钟没有操作，已为您退出。请重新登录") % {"minutes": minutes}
            messages.info(request, text)
            return to_sign_in(request)
        if not getattr(view, "is_background", False):
            _note_activity(request)
        return _first_things(request)


def is_idle(session: Mapping[str, Any]) -> bool:
    """Whether nothing was done in this session for too long (空闲)."""
    seen = session.get(SEEN)
    return seen is not None and time.time() - seen > settings.IDLE_LIMIT_S


def is_held_up(person: Person, actor: Actor) -> bool:
    """Whether this account has to do something else first: a new password, a second factor."""
    return person.must_change_password or _lacks_second_factor(person, actor)


def _note_activity(request: HttpRequest) -> None:
    """Keep the time of the last request, to the minute: one write a minute and session."""
    now = time.time()
    if now - request.session.get(SEEN, 0) < SEEN_STEP_S:
        return
    request.session[SEEN] = int(now)
    key = request.session.session_key
    UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now())


def _first_things(request: HttpRequest) -> HttpResponse | None:
    """What this account has to do before it may do anything else."""
    name = request.resolver_match.url_name if request.resolver_match else None
    if name in WAY_OUT:
        return None
    person = cast(SignedIn, request).user
    if person.must_change_password:
        return None if name == "account_change_password" else _go("account_change_password")
    if name in ENROLLING or not _lacks_second_factor(person, actor_of(request)):
        return None
    return _go("mfa_activate_totp")


def _lacks_second_factor(person: Person, actor: Actor) -> bool:
    if not rules.must_use_second_factor(person, actor):
        return False
    enrolled = Authenticator.objects.filter(user=person, type__in=rules.SECOND_FACTORS)
    return not enrolled.exists()


def _go(name: str) -> HttpResponse:
    return redirect(reverse(name))
