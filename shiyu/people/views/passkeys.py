"""Pages of passkeys: signing in with one, adding, naming, removing them (通行密钥)."""

from typing import Any

from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import views
from allauth.mfa.webauthn.internal import auth
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from shiyu.people import rules
from shiyu.people.web import SignedIn, actor_of

MOST = 10


class SignInByPasskey(views.LoginWebAuthnView):
    """Signs in with a passkey alone: the device has checked its owner's face, finger or PIN."""

    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(self.request, _("通行密钥没有通过。再试一次，或用密码登录"))
        return redirect("account_login")


class Code(mfa.AuthenticateView):
    """The second step of signing in: a code, or a passkey where there is one (动态口令)."""

    template_name = "people/code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        held = Authenticator.objects.filter(user=self.stage.login.user)
        types = set(held.values_list("type", flat=True))
        return context | {
            "has_passkey": Authenticator.Type.WEBAUTHN in types,
            "has_code": bool(types - {Authenticator.Type.WEBAUTHN}),
        }


class Passkeys(views.ListWebAuthnView):
    """My passkeys: where they are, when they were last used."""

    template_name = "people/passkeys.html"

    def get_queryset(self) -> "QuerySet[Authenticator]":
        found: QuerySet[Authenticator] = super().get_queryset()
        return found.order_by("pk")


class AddPasskey(views.AddWebAuthnView):
    """A new passkey, kept by the device and opened by its owner only."""

    template_name = "people/passkey_add.html"

    def dispatch(self, request: SignedIn, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            held = Authenticator.objects.filter(user=request.user, type="webauthn").count()
            if held >= MOST:
                messages.error(
                    request, _("最多 %(most)d 个通行密钥，先去掉不用的") % {"most": MOST}
                )
                return redirect("mfa_list_webauthn")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        options = auth.begin_registration(self.request.user, passwordless=True)
        context["js_data"] = {"creation_options": options}
        return context

    def form_invalid(self, form: Any) -> HttpResponse:
        context = self.get_context_data(form=form)
        context["failed"] = _("没有添加成功，再试一次")
        return self.render_to_response(context, status=422)

    def get_success_url(self) -> str:
        if self.did_generate_recovery_codes:
            return reverse("mfa_view_recovery_codes")
        return reverse("mfa_list_webauthn")


class NamePasskey(views.EditWebAuthnView):
    """Another name for one of my passkeys."""

    template_name = "people/passkey_name.html"


class RemovePasskey(views.RemoveWebAuthnView):
    """Take one of my passkeys off; an administrator keeps at least one second factor."""

    template_name = "people/passkey_remove.html"

    def form_valid(self, form: Any) -> HttpResponse:
        person = self.request.user
        others = Authenticator.objects.filter(user=person, type__in=rules.SECOND_FACTORS)
        last = not others.exclude(pk=self.get_object().pk).exists()
        if last and rules.must_use_second_factor(person, actor_of(self.request)):
            messages.error(self.request, _("管理员须保留一种登录凭证，先添加另一种再去掉"))
            return redirect("mfa_list_webauthn")
        if last and not person.has_usable_password():
            messages.error(self.request, _("这是您唯一的登录办法，不能去掉"))
            return redirect("mfa_list_webauthn")
        response: HttpResponse = super().form_valid(form)
        return response


class AskPasskey(views.ReauthenticateWebAuthnView):
    """One's passkey once more, before something that matters (再次确认)."""

    template_name = "people/ask_passkey.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(self.request, _("通行密钥没有通过，再试一次"))
        return redirect("mfa_reauthenticate_webauthn")
