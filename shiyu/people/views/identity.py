"""Pages of the city's identity service: to it, back from it, linking and unlinking (统一身份)."""

from allauth.account.internal.decorators import login_not_required
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.people import actions
from shiyu.people.linking import STRONG, OpenIDConnect, is_strong
from shiyu.people.web import SignedIn, actor_of, signed_in


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """To the identity service, to sign in with it."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return _go(request, "login", wanted if safe else None)


@login_not_required
@require_safe
def back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the identity service, with the state and the code it gave."""
    identity = settings.IDENTITY
    if identity is None or identity.provider_id != provider_id:
        raise Http404
    view = OAuth2CallbackView.adapter_view(OpenIDConnect(request, provider_id))
    response: HttpResponse = view(request)
    return response


@signed_in
@require_safe
def identity(request: SignedIn) -> HttpResponse:
    """Which identity is linked to my account (统一身份)."""
    linked = SocialAccount.objects.filter(user=request.user).order_by("pk")
    context = {
        "service": settings.IDENTITY,
        "linked": linked,
        "has_strong": Authenticator.objects.filter(user=request.user, type__in=STRONG).exists(),
        "is_strong": is_strong(request),
    }
    return render(request, "people/identity.html", context)


@signed_in
@require_POST
def link(request: SignedIn) -> HttpResponse:
    """To the identity service, to link what it says of me with my account (关联)."""
    if not is_strong(request):
        messages.info(request, _("关联前先用动态口令或通行密钥确认一次"))
        if not Authenticator.objects.filter(user=request.user, type__in=STRONG).exists():
            return redirect("mfa_index")
        return redirect(f"{reverse(_how(request))}?next={reverse('account_identity')}")
    return _go(request, "connect", None)


@signed_in
@require_POST
@answered_once
def unlink(request: SignedIn, number: int) -> HttpResponse:
    """Take a linked identity off my account (解除关联)."""
    found = get_object_or_404(SocialAccount, pk=number, user=request.user)
    actions.unlink_identity(found, actor=actor_of(request))
    messages.success(request, _("已解除关联"))
    return redirect("account_identity")


def _how(request: SignedIn) -> str:
    """The page that asks for the second factor this person has."""
    totp = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP)
    return "mfa_reauthenticate" if totp.exists() else "mfa_reauthenticate_webauthn"


def _go(request: HttpRequest, process: str, next_url: str | None) -> HttpResponse:
    service = settings.IDENTITY
    if service is None:
        raise Http404
    provider = get_adapter().get_provider(request, service.provider_id)
    response: HttpResponse = provider.redirect(request, process=process, next_url=next_url)
    return response
