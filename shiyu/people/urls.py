"""Paths of signing in and of one's own account. Of allauth's, only these exist."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import path

from shiyu.people import views
from shiyu.people.web import signed_in

urlpatterns = [
    path("", views.home, name="account_home"),
    path("login/", views.SignIn.as_view(), name="account_login"),
    path(
        "logout/",
        account.LogoutView.as_view(template_name="people/sign_out.html"),
        name="account_logout",
    ),
    path(
        "password/",
        signed_in(account.PasswordChangeView.as_view(template_name="people/password.html")),
        name="account_change_password",
    ),
    path(
        "again/",
        signed_in(account.ReauthenticateView.as_view(template_name="people/ask_password.html")),
        name="account_reauthenticate",
    ),
    path(
        "again/code/",
        signed_in(mfa.ReauthenticateView.as_view(template_name="people/ask_code.html")),
        name="mfa_reauthenticate",
    ),
    path(
        "code/",
        mfa.AuthenticateView.as_view(template_name="people/code.html"),
        name="mfa_authenticate",
    ),
    path(
        "second-factor/",
        signed_in(mfa.IndexView.as_view(template_name="people/second_factor.html")),
        name="mfa_index",
    ),
    path(
        "second-factor/enrol/",
        signed_in(totp.ActivateTOTPView.as_view(template_name="people/enrol.html")),
        name="mfa_activate_totp",
    ),
    path(
        "second-factor/drop/",
        signed_in(totp.DeactivateTOTPView.as_view(template_name="people/drop.html")),
        name="mfa_deactivate_totp",
    ),
    path(
        "second-factor/codes/",
        signed_in(codes.ViewRecoveryCodesView.as_view(template_name="people/codes.html")),
        name="mfa_view_recovery_codes",
    ),
    path(
        "second-factor/codes/new/",
        signed_in(codes.GenerateRecoveryCodesView.as_view(template_name="people/new_codes.html")),
        name="mfa_generate_recovery_codes",
    ),
    path("sessions/", views.sessions, name="account_sessions"),
    path("sessions/end-others/", views.end_other_sessions, name="account_end_other_sessions"),
    path("sessions/<int:number>/end/", views.end_session, name="account_end_session"),
    path("keys/", views.keys, name="account_keys"),
]
