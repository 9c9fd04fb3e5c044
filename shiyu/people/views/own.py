"""Signing in, and one's own account: posts, sessions, password, second factor."""

from allauth.account import views as account
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.cookies import forget_all
from shiyu.people import actions, demo
from shiyu.people.devices import device
from shiyu.people.duties import ADMINISTRATION, Duty
from shiyu.people.models import Appointment
from shiyu.people.web import SignedIn, actor_of, signed_in


class SignIn(account.LoginView):
    """The sign-in page; in a demo city it also offers the made-up people."""

    template_name = "people/sign_in.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        context["demo_sign_ins"] = demo.sign_ins  # asked for only where the page is a demo's
        context["identity"] = settings.IDENTITY
        context["demo_password"] = demo.DEMO_PASSWORD
        return context

    def render_to_response(self, context: dict[str, object], **kwargs: object) -> HttpResponse:
        form = context["form"]
        status = 422 if getattr(form, "errors", None) else 200
        response: HttpResponse = super().render_to_response(context, status=status, **kwargs)
        return response


class SignOut(account.LogoutView):
    """Signing out; the browser lets go of what it kept, words not sent yet among it (退出)."""

    template_name = "people/sign_out.html"

    def post(self, *args: object, **kwargs: object) -> HttpResponse:
        return forget_all(super().post(*args, **kwargs))


class ChangePassword(account.PasswordChangeView):
    """One's own password; an account without one is told how it signs in instead (改密码)."""

    template_name = "people/password.html"

    def dispatch(self, request: SignedIn, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.has_usable_password():
            text = _("这个账号没有密码，用通行密钥或统一身份登录。需要密码，找安全管理员设一个")
            messages.info(request, text)
            return redirect("account_home")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


@signed_in
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """My posts and duties, and what else is mine (我的)."""
    appointments = (
        Appointment.objects.in_force(timezone.localdate())
        .filter(person=request.user)
        .select_related("post__unit", "acting_for")
        .prefetch_related("post__duties__unit")
        .order_by("starts_on", "pk")
    )
    second_factor = Authenticator.objects.filter(
        user=request.user, type=Authenticator.Type.TOTP
    ).exists()
    passkeys = Authenticator.objects.filter(user=request.user, type="webauthn").count()
    manages = actor_of(request).holds(Duty.SECURITY_ADMIN, Duty.AUDIT_ADMIN)
    context = {
        "appointments": appointments,
        "second_factor": second_factor,
        "passkeys": passkeys,
        "identity": settings.IDENTITY,
        "manages_people": manages,
        "manages_units": actor_of(request).holds(*ADMINISTRATION),
    }
    return render(request, "people/home.html", context)


@signed_in
@require_safe
def sessions(request: SignedIn) -> HttpResponse:
    """Where I am signed in (我的登录)."""
    mine = UserSession.objects.filter(user=request.user).order_by("-last_seen_at")
    shown = [(session, device(session.user_agent)) for session in mine]
    context = {"sessions": shown, "here": request.session.session_key}
    return render(request, "people/sessions.html", context)


@signed_in
@require_POST
@answered_once
def end_session(request: SignedIn, number: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=number, user=request.user)
    actions.end_session(session, actor=actor_of(request))
    messages.success(request, _("这次登录已结束"))
    return redirect("account_sessions")


@signed_in
@require_POST
@answered_once
def end_other_sessions(request: SignedIn) -> HttpResponse:
    here = request.session.session_key or ""
    ended = actions.end_sessions(request.user, actor=actor_of(request), keep=here)
    messages.success(request, _("其他 %(count)s 处登录已结束") % {"count": ended})
    return redirect("account_sessions")


@signed_in
@require_POST
@answered_once
def keys(request: SignedIn) -> HttpResponse:
    """Switch single-key shortcuts off or on: they can get in the way of speech input."""
    off = request.POST.get("keys") == "off"
    actions.switch_single_keys(request.user, off=off, actor=actor_of(request))
    messages.success(request, _("单键快捷键已关闭") if off else _("单键快捷键已打开"))
    return redirect("account_home")
