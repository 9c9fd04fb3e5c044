"""Forms of signing in and of one's own account."""

import unicodedata
from typing import TYPE_CHECKING, Any

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AllauthAskCodeForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.common import attempts
from shiyu.common.errors import Refused
from shiyu.people.limits import of_address, of_codes
from shiyu.people.models import Person
from shiyu.people.sign_in import AccountAdapter, CodeAdapter, try_again_at

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

LAST_STEP = "last_step"


class SignInForm(LoginForm):
    """Account name and password (登录)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, "login", gettext_lazy("账号"), gettext_lazy("填写账号"))
        _word(self, "password", gettext_lazy("密码"), gettext_lazy("填写密码"))

    def clean_login(self) -> str:
        return unicodedata.normalize("NFKC", self.cleaned_data["login"]).strip().lower()


class ChangePasswordForm(AllauthChangePasswordForm):
    """The present password and, twice, the new one (改密码)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, "oldpassword", gettext_lazy("现在的密码"), gettext_lazy("填写现在的密码"))
        _word(self, "password1", gettext_lazy("新密码"), gettext_lazy("填写新密码"))
        _word(self, "password2", gettext_lazy("再写一遍新密码"), gettext_lazy("再写一遍新密码"))
        self.fields["password1"].help_text = _("至少 10 个字符，不用常见的密码")

    def clean_oldpassword(self) -> str:
        password: str = self.cleaned_data.get("oldpassword", "")
        adapter = AccountAdapter(context.request)
        if not adapter.reauthenticate(self.user, password):
            raise adapter.validation_error("enter_current_password")
        return password

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = forms.Form.clean(self) or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("两遍新密码不一样"))
        if first and first == cleaned.get("oldpassword"):
            self.add_error("password1", _("新密码与现在的相同，另取一个"))
        return cleaned


class AskPasswordForm(ReauthenticateForm):
    """One's password once more, before something that matters (再次确认)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, "password", gettext_lazy("密码"), gettext_lazy("填写密码"))


class OneTimeCode(forms.Form):
    """A one-time or recovery code, accepted once in all processes, tried a few times only."""

    user: Person

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label = gettext_lazy("动态口令或备用码")
        _word(self, "code", label, gettext_lazy("填写手机上的 6 位动态口令"))
        self.fields["code"].widget.attrs["inputmode"] = "numeric"

    def clean_code(self) -> str:
        code: str = plain_code(self.cleaned_data["code"])
        address = AccountAdapter(context.request).get_client_ip(context.request)
        counters = (of_address(address), of_codes(self.user.pk))
        closed = attempts.count(*counters)
        if closed:
            raise ValidationError(try_again_at(closed.until), code="closed")
        accepted = accept_code(self.user, code)
        if accepted is None:
            raise CodeAdapter().validation_error("incorrect_code")
        attempts.give_back(*counters)
        self.authenticator = accepted
        return code


class CodeForm(OneTimeCode, AuthenticateForm):
    """The second step of signing in (动态口令)."""


class AskCodeForm(OneTimeCode, AllauthAskCodeForm):
    """One's code once more, before something that matters (再次确认)."""


class EnrolForm(ActivateTOTPForm):
    """The first code of a newly enrolled phone (启用动态口令)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, "code", gettext_lazy("动态口令"), gettext_lazy("填写手机上的 6 位动态口令"))
        self.fields["code"].widget.attrs["inputmode"] = "numeric"

    def clean_code(self) -> str:
        code = plain_code(self.cleaned_data["code"])
        if not totp.validate_totp_code(self.secret, code):
            raise CodeAdapter().validation_error("incorrect_code")
        return code


class PasskeyForm(AddWebAuthnForm):
    """What the device answered, and what the person calls it (通行密钥)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, "name", gettext_lazy("名称"), gettext_lazy("填写名称"))
        self.fields["name"].help_text = _("写这台设备，如“办公室电脑”“我的手机”")
        self.fields["name"].max_length = 40
        self.fields["name"].required = False
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].widget = forms.HiddenInput()

    def clean_name(self) -> str:
        name: str = super().clean_name()
        return name.strip()[:40]

    def clean_passwordless(self) -> bool:
        """Always: a passkey that does not check its owner is no first factor."""
        return True


class NamePasskeyForm(EditWebAuthnForm):
    """Another name for a passkey (通行密钥改名)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, "name", gettext_lazy("名称"), gettext_lazy("填写名称"))

    def clean_name(self) -> str:
        return str(self.cleaned_data["name"]).strip()[:40]


class RefusableForm(forms.Form):
    """A form that can show what an action refused, at the field it is about."""

    def refuse(self, refusal: Refused) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class NewPersonForm(RefusableForm):
    """Account, name, telephone and first password of somebody new (建账号)."""

    username = forms.CharField(
        label=gettext_lazy("账号"),
        max_length=40,
        help_text=gettext_lazy("登录时填写，字母和数字最方便"),
        error_messages={"required": gettext_lazy("填写账号")},
    )
    name = forms.CharField(
        label=gettext_lazy("姓名"),
        max_length=40,
        error_messages={"required": gettext_lazy("填写姓名")},
    )
    phone = forms.CharField(label=gettext_lazy("手机"), max_length=20, required=False)
    password = forms.CharField(
        label=gettext_lazy("首次登录的密码"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("至少 10 个字符，本人登录后须改"),
        error_messages={"required": gettext_lazy("填写首次登录的密码")},
    )


class SetPasswordForm(RefusableForm):
    """A new password for somebody who forgot theirs (重设密码)."""

    password = forms.CharField(
        label=gettext_lazy("新密码"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("至少 10 个字符，本人登录后须改"),
        error_messages={"required": gettext_lazy("填写新密码")},
    )


@transaction.atomic
def accept_code(person: Person, code: str) -> Authenticator | None:
    """The authenticator this code belongs to; a code once accepted is never accepted again.

    The step of the last one-time code is kept with the authenticator, under its lock: a second
    process, or a second request at the same moment, finds it used.
    """
    for held in Authenticator.objects.select_for_update().filter(user=person).order_by("pk"):
        if held.type == Authenticator.Type.WEBAUTHN:
            continue
        if held.type == Authenticator.Type.RECOVERY_CODES:
            if held.wrap().validate_code(code):
                return held
            continue
        step = _step_of(held, code)
        if step is not None and step > held.data.get(LAST_STEP, 0):
            held.data[LAST_STEP] = step
            held.save(update_fields=["data"])
            return held
    return None


def plain_code(typed: str) -> str:
    """A code as it is compared: full-width digits and blanks are forgiven."""
    return "".join(unicodedata.normalize("NFKC", typed).split())


def _step_of(held: Authenticator, code: str) -> int | None:
    secret = decrypt(held.data["secret"])
    for step in totp.yield_hotp_counters_from_time():
        if totp.compare_user_code(
            actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step))
        ):
            return step
    return None


def _word(form: forms.Form, name: str, label: "StrPromise", missing: "StrPromise") -> None:
    """Our own words on a field of allauth's; no placeholder, since it vanishes when typing."""
    field = form.fields[name]
    field.label = label
    field.help_text = ""
    field.error_messages["required"] = missing
    field.widget.attrs.pop("placeholder", None)
