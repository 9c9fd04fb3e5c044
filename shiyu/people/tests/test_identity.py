"""Signing in with the city's identity service: by issuer and subject, linked by its owner only."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.mfa.totp.internal import auth as totp
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import reverse

from shiyu.journal.models import Line
from shiyu.people import identity as kept
from shiyu.people.models import Person
from shiyu.people.tests.identity_service import CLIENT, SECRET, Service, running
from shiyu.people.tests.made import PASSWORD, make_person


@pytest.fixture(scope="module")
def service_on() -> Iterator[Service]:
    with running() as service:
        yield service


@pytest.fixture
def service(service_on: Service, settings: Any, db: None) -> Service:
    """The service set as the city's, and nothing of it bent."""
    service_on.subject, service_on.claims = "user-17", {}
    service_on.sign_with, service_on.calls_itself = service_on.key, None
    found = kept.Identity(service_on.issuer, CLIENT, SECRET, "统一身份认证")
    settings.IDENTITY = found
    settings.SOCIALACCOUNT_PROVIDERS = kept.providers(found)
    return service_on


@pytest.fixture
def li(db: None) -> Person:
    return make_person("li", "intake", password=PASSWORD, made_up=False)


def go(client: Client, address: str, **form: str) -> Any:
    """To the service and back, as a browser would go; returns the last answer."""
    there = client.post(address, form)
    assert there.status_code == 302, there.content.decode()[:300]
    back = requests.get(there["Location"], allow_redirects=False, timeout=5).headers["Location"]
    return client.get(urlsplit(back).path + "?" + urlsplit(back).query)


def sign_in(client: Client) -> Any:
    return go(client, reverse("openid_connect_login"))


def link(person: Person, subject: str = "user-17", *, service: Service) -> SocialAccount:
    provider = kept.Identity(service.issuer, CLIENT, SECRET, "x").provider_id
    return SocialAccount.objects.create(user=person, provider=provider, uid=subject)


def strongly_signed_in(person: Person) -> Client:
    """A browser in which this person has just signed in with password and code."""
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(person, secret)
    client = Client()
    client.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})
    code = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get(reverse("account_home")).status_code == 200
    return client


def test_a_linked_identity_signs_its_owner_in_with_state_and_pkce(
    client: Client, service: Service, li: Person
) -> None:
    link(li, service=service)

    answer = sign_in(client)

    assert answer.status_code == 302
    assert client.get(reverse("account_home")).context["user"] == li
    asked = service.asked[-1]
    assert asked["scope"] == "openid"
    assert len(asked["state"]) >= 8
    assert asked["code_challenge_method"] == "S256"


def test_an_unknown_identity_gets_no_account_and_is_never_matched_by_mail_or_name(
    client: Client, service: Service, li: Person
) -> None:
    service.claims = {"preferred_username": "li", "email": "li", "name": li.name}

    answer = sign_in(client)

    assert answer["Location"] == reverse("account_login")
    assert client.get(reverse("account_home")).status_code == 302
    assert (SocialAccount.objects.count(), Person.objects.count()) == (0, 1)


def test_the_same_subject_of_another_issuer_is_another_identity(
    client: Client, service: Service, li: Person
) -> None:
    SocialAccount.objects.create(user=li, provider="oidc-of-another", uid="user-17")

    sign_in(client)

    assert client.get(reverse("account_home")).status_code == 302


def test_a_closed_account_is_not_opened_by_its_identity(
    client: Client, service: Service, li: Person
) -> None:
    link(li, service=service)
    Person.objects.filter(pk=li.pk).update(is_active=False)

    sign_in(client)

    assert client.get(reverse("account_home")).status_code == 302


def test_a_second_factor_is_asked_for_after_the_service_too(
    client: Client, service: Service, li: Person
) -> None:
    link(li, service=service)
    totp.TOTP.activate(li, totp.generate_totp_secret())

    answer = sign_in(client)

    assert answer["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("account_home")).status_code == 302


def _hour_ago() -> dict[str, Any]:
    return {"iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600}


@pytest.mark.parametrize(
    "bend",
    [
        lambda s: s.claims.update(aud="somebody else"),
        lambda s: s.claims.update(iss="https://elsewhere.example"),
        lambda s: s.claims.update(**_hour_ago()),
        lambda s: s.claims.update(azp="somebody else"),
        lambda s: s.claims.update(sub=" "),
        lambda s: setattr(s, "sign_with", rsa.generate_private_key(65537, 2048)),
        lambda s: setattr(s, "calls_itself", "https://elsewhere.example"),
    ],
    ids=["audience", "issuer", "expired", "party", "no subject", "another key", "another name"],
)
def test_a_token_that_is_not_the_services_for_us_signs_nobody_in(
    client: Client, service: Service, li: Person, bend: Any
) -> None:
    link(li, service=service)
    link(li, " ", service=service)
    bend(service)

    answer = sign_in(client)

    assert answer["Location"] == reverse("account_login")
    assert client.get(reverse("account_home")).status_code == 302


def test_a_code_brought_without_its_state_or_to_another_browser_is_refused(
    client: Client, service: Service, li: Person
) -> None:
    link(li, service=service)
    there = client.post(reverse("openid_connect_login"))
    asked = {k: v[0] for k, v in parse_qs(urlsplit(there["Location"]).query).items()}
    back = urlsplit(service.authorize(asked))

    for browser, query in ((Client(), back.query), (client, "code=x&state=made-up")):
        answer = browser.get(f"{back.path}?{query}")
        assert answer["Location"] == reverse("account_login")
        assert browser.get(reverse("account_home")).status_code == 302


def test_only_who_showed_a_second_factor_links_and_only_for_themselves(
    service: Service, li: Person
) -> None:
    weak = Client()
    weak.post(reverse("account_login"), {"login": "li", "password": PASSWORD})
    refused = weak.post(reverse("account_link_identity"))
    assert refused["Location"] == reverse("mfa_index")
    assert SocialAccount.objects.count() == 0

    strong = strongly_signed_in(li)
    answer = go(strong, reverse("account_link_identity"))

    assert answer["Location"] == reverse("account_identity")
    linked = SocialAccount.objects.get()
    assert (linked.user, linked.uid) == (li, "user-17")
    assert linked.extra_data == {"id_token": {"iss": service.issuer, "sub": "user-17"}}
    line = Line.objects.get(subject=f"person:{li.pk}", verb="link_identity")
    assert "user-17" not in str(line.facts)


def test_an_identity_belongs_to_one_account(service: Service, li: Person) -> None:
    other = make_person("wang", "intake", password=PASSWORD, made_up=False)
    link(other, service=service)

    answer = go(strongly_signed_in(li), reverse("account_link_identity"))

    assert answer["Location"] == reverse("account_identity")
    assert SocialAccount.objects.get().user == other


def test_a_link_is_taken_off_by_its_owner_and_leaves_a_line(
    client: Client, service: Service, li: Person
) -> None:
    linked = link(li, service=service)
    stranger = make_person("wang", "intake")
    client.force_login(stranger)
    assert client.post(reverse("account_unlink_identity", args=[linked.pk])).status_code == 404

    client.force_login(li)
    client.post(reverse("account_unlink_identity", args=[linked.pk]))

    assert not SocialAccount.objects.exists()
    assert Line.objects.filter(subject=f"person:{li.pk}", verb="unlink_identity").exists()


def test_headers_of_a_proxy_sign_nobody_in(client: Client, li: Person) -> None:
    for header in ("Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Auth-Request-User"):
        answer = client.get(reverse("account_home"), headers={header: "li"})
        assert answer.status_code == 302, header


def test_without_a_service_there_is_no_way_through_it(client: Client, li: Person) -> None:
    assert client.post(reverse("openid_connect_login")).status_code == 404
    back = reverse("openid_connect_callback", args=["oidc-x"])
    assert client.get(back, {"code": "x", "state": "y"}).status_code == 404
    assert "go-identity" not in client.get(reverse("account_login")).content.decode()


@pytest.mark.parametrize(
    ("issuer", "fine"),
    [
        ("https://id.example.gov.cn", True),
        ("http://localhost:8001", True),
        ("http://id.example.gov.cn", False),
        ("https://user:pass@id.example", False),
        ("https://id.example/?x=1", False),
        ("ftp://localhost", False),
    ],
)
def test_the_service_is_reached_safely_or_not_at_all(issuer: str, fine: bool) -> None:
    assert (kept.Identity(issuer, "c", "s", "n").fault() == "") is fine


def test_an_account_without_a_password_is_told_so(client: Client, li: Person) -> None:
    li.set_unusable_password()
    li.save()
    client.force_login(li)

    answer = client.get(reverse("account_change_password"), follow=True)

    assert answer.status_code == 200
    assert "没有密码" in answer.content.decode()
