"""Paths of signing in and of one's own account. Of allauth's, only these exist."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import path

from shiyu.people.views import identity, own, passkeys, people, posts, proposals, units
from shiyu.people.web import signed_in

urlpatterns = [
    path("", own.home, name="account_home"),
    path("login/", own.SignIn.as_view(), name="account_login"),
    path(
        "logout/",
        own.SignOut.as_view(),
        name="account_logout",
    ),
    path(
        "password/",
        signed_in(own.ChangePassword.as_view()),
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
        passkeys.Code.as_view(),
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
    path("passkeys/", signed_in(passkeys.Passkeys.as_view()), name="mfa_list_webauthn"),
    path("passkeys/add/", signed_in(passkeys.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path(
        "passkeys/<int:pk>/name/",
        signed_in(passkeys.NamePasskey.as_view()),
        name="mfa_edit_webauthn",
    ),
    path(
        "passkeys/<int:pk>/remove/",
        signed_in(passkeys.RemovePasskey.as_view()),
        name="mfa_remove_webauthn",
    ),
    path("login/passkey/", passkeys.SignInByPasskey.as_view(), name="mfa_login_webauthn"),
    path(
        "again/passkey/",
        signed_in(passkeys.AskPasskey.as_view()),
        name="mfa_reauthenticate_webauthn",
    ),
    path("login/identity/", identity.begin, name="openid_connect_login"),
    path("login/identity/<slug:provider_id>/back/", identity.back, name="openid_connect_callback"),
    path("identity/", identity.identity, name="account_identity"),
    path("identity/link/", identity.link, name="account_link_identity"),
    path("identity/<int:number>/unlink/", identity.unlink, name="account_unlink_identity"),
    path("sessions/", own.sessions, name="account_sessions"),
    path("sessions/end-others/", own.end_other_sessions, name="account_end_other_sessions"),
    path("sessions/<int:number>/end/", own.end_session, name="account_end_session"),
    path("keys/", own.keys, name="account_keys"),
    path("people/", people.listing, name="account_people"),
    path("people/new/", people.new, name="account_new_person"),
    path("people/<int:number>/", people.person, name="account_person"),
    path("people/<int:number>/password/", people.password, name="account_person_password"),
    path("people/<int:number>/posts/<int:post>/", posts.appoint, name="account_appoint"),
    path("people/<int:number>/leave/<int:appointment>/", posts.leave, name="account_leave"),
    path("people/<int:number>/do/<slug:what>/", people.act, name="account_person_act"),
    path("people/<int:number>/depart/", posts.depart, name="account_depart"),
    path("changes/", proposals.proposals, name="account_proposals"),
    path("changes/<int:number>/", proposals.proposal, name="account_proposal"),
    path("changes/<int:number>/<slug:what>/", proposals.decide, name="account_decide_proposal"),
    path("posts/<int:number>/", posts.post, name="account_post"),
    path("posts/<int:number>/title/", posts.rename, name="account_rename_post"),
    path("posts/<int:number>/duties/", posts.give, name="account_give_duty"),
    path(
        "posts/<int:number>/duties/<int:duty>/withdraw/",
        posts.withdraw,
        name="account_withdraw_duty",
    ),
    path("units/", units.listing, name="account_units"),
    path("units/new/", units.new, name="account_new_unit"),
    path("units/<int:number>/", units.unit, name="account_unit"),
    path("units/<int:number>/posts/", posts.new, name="account_new_post"),
    path("units/<int:number>/<slug:what>/", units.change, name="account_unit_change"),
    path("units/changes/<int:number>/undo/", units.undo, name="account_undo_change"),
]
