"""How allauth signs our people in: limits in the database, no mail, sealed secrets (登录)."""

import base64
import hashlib
from datetime import datetime
from io import BytesIO
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from qrcode.image.svg import SvgPathFillImage

from shiyu.common import attempts
from shiyu.common.errors import Refused
from shiyu.common.home import secret
from shiyu.people import actions, known, rules
from shiyu.people.actors import Actor
from shiyu.people.limits import ACCOUNT, of_account, of_address
from shiyu.people.models import Person

FRESH_S = 300
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - a value, not a socket: a request over a Unix socket

SAYINGS = {
    "account/messages/password_changed.txt": gettext_lazy("密码已改，其他设备上的登录已结束"),
    "account/messages/logged_out.txt": gettext_lazy("已退出登录"),
    "mfa/messages/totp_activated.txt": gettext_lazy("动态口令已启用"),
    "mfa/messages/totp_deactivated.txt": gettext_lazy("动态口令已停用"),
    "mfa/messages/webauthn_added.txt": gettext_lazy("通行密钥已添加"),
    "mfa/messages/webauthn_removed.txt": gettext_lazy("通行密钥已去掉"),
    "socialaccount/messages/account_connected.txt": gettext_lazy("统一身份已关联"),
    "mfa/messages/recovery_codes_generated.txt": gettext_lazy("备用码已生成，只显示这一次，请抄下"),
}
"""What we say where allauth would say something; the rest goes unsaid."""


class AccountAdapter(DefaultAccountAdapter):
    """Signs in by account name and password; nobody signs up, nothing is mailed."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy("账号或密码不对，核对后再试"),
        "incorrect_password": gettext_lazy("密码不对，核对后再试"),
        "enter_current_password": gettext_lazy("现在的密码不对，核对后再试"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        try:
            return str(super().get_client_ip(request))
        except PermissionDenied:
            return UNKNOWN_ADDRESS

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Count first, look at the password afterwards; a closed account looks like a wrong one.

        A browser in which the account was used before has a count of its own: nobody shuts its
        owner out by guessing.
        """
        username = str(credentials.get("username", ""))
        own = known.counter_of(request, username)
        others = (of_address(self.get_client_ip(request)), of_account(username))
        counters = (own,) if own else others
        closed = attempts.count(*counters)
        if closed:
            if closed.is_new and closed.counter.limit is ACCOUNT:
                actions.note_lock_out(username)
            raise ValidationError(try_again_at(closed.until), code="closed")
        person: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if person is None or not person.is_active:
            return None
        attempts.give_back(*counters)
        return person

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counted in `authenticate`, in the database."""

    def post_login(
        self, request: HttpRequest, user: AbstractBaseUser, **about: Any
    ) -> HttpResponse:
        """Signed in with all that is asked for: from now on this browser is known."""
        response: HttpResponse = super().post_login(request, user, **about)
        known.remember(request, response, user.get_username())
        return response

    def set_password(self, user: Person, password: str) -> None:
        try:
            actions.change_password(user, password, actor=Actor.for_person(user))
        except Refused as refusal:
            raise ValidationError(refusal.message) from refusal

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within five minutes of signing in: the password has just been given."""
        records = get_authentication_records(self.request, self.request.user)
        newest = max((r["at"] for r in records), default=0)
        return bool(timezone.now().timestamp() - newest > FRESH_S)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *_args: Any,
        **_more: Any,
    ) -> None:
        said = SAYINGS.get(message_template or "")
        if said:
            messages.add_message(request, level, str(said))

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        return redirect("account_login")

    def send_mail(self, *_args: Any, **_kwargs: Any) -> None:
        """The program needs no mail and sends none."""


class CodeAdapter(DefaultMFAAdapter):
    """Keeps the secrets of one-time codes sealed with a key that is not in the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("动态口令不对，看一下手机上的新口令再试"),
        "cannot_delete_authenticator": gettext_lazy("管理员账号须使用动态口令，不能停用"),
        "cannot_generate_recovery_codes": gettext_lazy("先启用动态口令，再生成备用码"),
    }

    def encrypt(self, text: str) -> str:
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _seal().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        person = authenticator.user
        if not rules.must_use_second_factor(person, Actor.for_person(person)):
            return True
        others = Authenticator.objects.filter(user=person, type__in=rules.SECOND_FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def generate_authenticator_name(self, user: Person, type: str) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("通行密钥 %(number)d") % {"number": count + 1}

    def _get_site_name(self) -> str:
        return "市域 Shiyu"

    def build_totp_svg(self, url: str) -> str:
        """On white of its own, since phones read no black code on a dark page."""
        out = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(out)
        return out.getvalue().decode()

    def get_totp_issuer(self) -> str:
        return "市域 Shiyu"


def try_again_at(moment: datetime) -> str:
    """What somebody is told who has tried too often; the same whether the account exists or not."""
    return _("试的次数太多了，%(time)s 以后再试。急用请找安全管理员") % {"time": f"{moment:%H:%M}"}


def _seal() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret("totp").encode()).digest()))
