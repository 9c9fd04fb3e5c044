"""Signing in with the city's identity service: who comes back, and whose account it is (统一身份).

An identity is (issuer, subject). Nothing else links it to an account: no name, no e-mail. Only
somebody who is signed in, with a second factor, links their own.
"""

from typing import Any

import jwt
import requests
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter

from shiyu.common.egress import Forbidden, NothingLeft, PerhapsLeft, ask_broker, is_barred
from shiyu.people.models import Person

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]
NEEDED = ["iss", "sub", "aud", "exp", "iat"]
LEEWAY_S = 60
WAIT_S = 5
FRESH_S = 300
STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class ByTheBroker(HTTPAdapter):
    """Hands a request to the one process that may go outside (经出口代理)."""

    def send(self, request: requests.PreparedRequest, *_args: Any, **_more: Any) -> Any:
        body: Any = request.body or b""
        try:
            found = ask_broker(
                request.url or "",
                body.encode() if isinstance(body, str) else body,
                purpose="identity",
                method=request.method or "GET",
                headers={name: str(value) for name, value in request.headers.items()},
            )
        except (Forbidden, NothingLeft, PerhapsLeft) as trouble:
            raise requests.ConnectionError(type(trouble).__name__, request=request) from None
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = found.status, request.url or "", request
        answer._content = found.body
        answer.encoding = "utf-8"
        return answer


class Sessions(requests.Session):
    """Asks the identity service and nobody else: no proxy of the environment, no redirects.

    Where this process may open no connection, the broker does, by its own list.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        if is_barred():
            for scheme in ("https://", "http://"):
                self.mount(scheme, ByTheBroker())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs |= {"timeout": WAIT_S, "allow_redirects": False}
        return super().request(*args, **kwargs)


class IdentityAdapter(DefaultSocialAccountAdapter):
    """Lets nobody in whose identity is not linked, and keeps nothing but issuer and subject."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def get_requests_session(self) -> requests.Session:
        return Sessions()

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        from django.urls import reverse

        return reverse("account_identity")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.state.get("process") == "connect":
            self._link(request, sociallogin)
        elif not sociallogin.is_existing:
            text = _("这个统一身份还没有关联账号。先用账号登录，再到“我的账号”里关联")
            messages.error(request, text)
            raise ImmediateHttpResponse(redirect("account_login"))

    def _link(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if not request.user.is_authenticated or not is_strong(request):
            messages.error(request, _("关联前先用动态口令或通行密钥确认一次"))
            raise ImmediateHttpResponse(redirect("account_identity"))
        if sociallogin.is_existing and sociallogin.user != request.user:
            messages.error(request, _("这个统一身份已经关联了别的账号"))
            raise ImmediateHttpResponse(redirect("account_identity"))

    def on_authentication_error(self, request: HttpRequest, provider: Any, **_more: Any) -> None:
        text = _("统一身份没有通过，或者没有应答。再试一次，或用账号登录")
        messages.error(request, text)
        back = "account_identity" if request.user.is_authenticated else "account_login"
        raise ImmediateHttpResponse(redirect(back))

    def send_notification_mail(self, *_args: Any, **_more: Any) -> None:
        """The program mails nothing about signing in."""


class OpenIDConnect(OpenIDConnectOAuth2Adapter):
    """Believes only a signed token of this issuer for us; takes its subject and nothing more."""

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        claims = self._checked(app, kwargs["response"].get("id_token", ""))
        data = {"id_token": {"iss": claims["iss"], "sub": claims["sub"]}}
        return self.get_provider().sociallogin_from_response(request, data)

    def _checked(self, app: Any, id_token: str) -> dict[str, Any]:
        issuer = app.settings["server_url"]
        config = self.openid_config
        if config.get("issuer") != issuer:
            raise OAuth2Error("the service calls itself by another name")
        try:
            keys = jwt.PyJWKSet.from_dict(self._fetch(config["jwks_uri"]))
            key = keys[jwt.get_unverified_header(id_token)["kid"]]
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key=key.key,
                algorithms=ALGORITHMS,
                audience=app.client_id,
                issuer=issuer,
                leeway=LEEWAY_S,
                options={"require": NEEDED},
            )
        except (jwt.PyJWTError, KeyError, ValueError) as wrong:
            raise OAuth2Error("not a token of this service for us") from wrong
        if claims.get("azp", app.client_id) != app.client_id or not str(claims["sub"]).strip():
            raise OAuth2Error("a token for somebody else")
        return claims

    def _fetch(self, address: str) -> dict[str, Any]:
        with Sessions() as session:
            answer = session.get(address)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found


def is_strong(request: HttpRequest) -> bool:
    """Whether this session showed a second factor within the last minutes (二次验证)."""
    person = request.user
    if not isinstance(person, Person):
        return False
    if not Authenticator.objects.filter(user=person, type__in=STRONG).exists():
        return False
    shown = [r["at"] for r in get_authentication_records(request, person) if r["method"] == "mfa"]
    return bool(shown) and timezone.now().timestamp() - max(shown) <= FRESH_S
