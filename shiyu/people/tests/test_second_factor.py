"""One-time codes: required of administrators, accepted once, guessed a few times only."""

import threading
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from shiyu.journal.models import Line
from shiyu.people import actions, limits
from shiyu.people.actors import Actor
from shiyu.people.forms import accept_code
from shiyu.people.models import Person
from shiyu.people.tests.made import PASSWORD, make_person

ENROL = "mfa_activate_totp"


@pytest.fixture
def admin(db: None) -> Person:
    return make_person("admin", "security_admin", made_up=False, password=PASSWORD)


def code_of(secret: str, step: int = 0) -> str:
    counter = int(time.time()) // 30 + step
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def sign_in(client: Client, person: Person) -> object:
    return client.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})


def enrol(client: Client, person: Person) -> str:
    """Signed in and enrolled; returns the secret."""
    sign_in(client, person)
    secret = client.get(reverse(ENROL)).context["form"].secret
    assert client.post(reverse(ENROL), {"code": code_of(secret)}).status_code == 302
    return secret


def secret_of(person: Person) -> str:
    return decrypt(Authenticator.objects.get(user=person, type="totp").data["secret"])


@pytest.mark.parametrize("name", ["account_home", "account_sessions", "notices:list", "mfa_index"])
def test_an_administrator_without_a_second_factor_can_only_enrol(
    client: Client, admin: Person, name: str
) -> None:
    sign_in(client, admin)

    assert client.get(reverse(name)).url == reverse(ENROL)
    assert client.get(reverse(ENROL)).status_code == 200


def test_a_made_up_administrator_of_a_demo_city_is_not_asked(client: Client, db: None) -> None:
    sign_in(client, make_person("demo", "security_admin", password=PASSWORD))

    assert client.get(reverse("account_home")).status_code == 200


def test_others_need_no_second_factor(client: Client, db: None) -> None:
    sign_in(client, make_person("li", "intake", made_up=False, password=PASSWORD))

    assert client.get(reverse("account_home")).status_code == 200


def test_an_administrator_made_one_meanwhile_is_asked_with_the_next_request(
    client: Client, db: None
) -> None:
    from shiyu.people.tests.made import appoint, post_with

    person = make_person("li", "intake", made_up=False, password=PASSWORD)
    sign_in(client, person)
    assert client.get(reverse("account_home")).status_code == 200

    appoint(person, post_with("audit_admin"))

    assert client.get(reverse("account_home")).url == reverse(ENROL)


def test_enrolling_shows_recovery_codes_once_and_seals_the_secret(
    client: Client, admin: Person
) -> None:
    secret = enrol(client, admin)

    first = client.get(reverse("mfa_view_recovery_codes"))
    again = client.get(reverse("mfa_view_recovery_codes"))

    codes = first.context["unused_codes"]
    assert len(codes) == 10
    assert all(code in first.content.decode() for code in codes)
    assert not any(code in again.content.decode() for code in codes)
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
    assert Line.objects.filter(subject=f"person:{admin.pk}", verb="add_second_factor").exists()


def test_a_wrong_first_code_does_not_enrol(client: Client, admin: Person) -> None:
    sign_in(client, admin)
    client.get(reverse(ENROL))

    response = client.post(reverse(ENROL), {"code": "000000"})

    assert "动态口令不对" in response.content.decode()
    assert not Authenticator.objects.exists()


def test_the_password_alone_does_not_sign_in_any_more(client: Client, admin: Person) -> None:
    secret = enrol(Client(), admin)

    assert sign_in(client, admin).url == reverse("mfa_authenticate")
    assert client.get(reverse("account_home")).status_code == 302
    typed = " ".join(code_of(secret, 1)).translate(
        str.maketrans("0123456789", "０１２３４５６７８９")
    )
    assert client.post(reverse("mfa_authenticate"), {"code": typed}).url == "/desk/"
    assert client.get(reverse("account_home")).status_code == 200
    assert Line.objects.filter(verb="sign_in").order_by("id").last().facts == {"with_code": True}


def test_a_code_is_accepted_once_even_by_another_process(client: Client, admin: Person) -> None:
    secret = enrol(Client(), admin)
    code = code_of(secret)
    assert accept_code(admin, code) is not None

    cache.clear()  # what another process would not know

    assert accept_code(admin, code) is None
    assert accept_code(admin, code_of(secret, -1)) is None
    assert accept_code(admin, code_of(secret, 1)) is not None
    assert accept_code(admin, code_of(secret, 5)) is None


@pytest.mark.django_db(transaction=True)
def test_a_code_is_accepted_once_of_many_at_the_same_moment() -> None:
    person = make_person("admin", "security_admin", made_up=False, password=PASSWORD)
    code = code_of(enrol(Client(), person))
    barrier, accepted = threading.Barrier(4), []

    def attempt() -> None:
        barrier.wait()
        try:
            accepted.append(accept_code(person, code))
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([a for a in accepted if a]) == 1


def test_a_recovery_code_stands_in_once(client: Client, admin: Person) -> None:
    enrolled = Client()
    enrol(enrolled, admin)
    code = enrolled.get(reverse("mfa_view_recovery_codes")).context["unused_codes"][0]

    assert accept_code(admin, code) is not None
    assert accept_code(admin, code) is None


def test_codes_are_guessed_a_few_times_only(client: Client, admin: Person) -> None:
    secret = enrol(Client(), admin)
    sign_in(client, admin)

    for _ in range(limits.CODE.attempts):
        page = client.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
        assert "动态口令不对" in page
    response = client.post(reverse("mfa_authenticate"), {"code": code_of(secret, 1)})

    assert "试的次数太多了" in response.content.decode()
    assert client.get(reverse("account_home")).status_code == 302


def test_the_code_page_is_for_those_between_password_and_code(client: Client, db: None) -> None:
    assert client.get(reverse("mfa_authenticate")).url == reverse("account_login")


def test_an_administrator_can_not_drop_the_second_factor(client: Client, admin: Person) -> None:
    enrol(client, admin)

    page = client.get(reverse("mfa_deactivate_totp")).content.decode()
    client.post(reverse("mfa_deactivate_totp"))

    assert "管理员账号须使用动态口令" in page
    assert Authenticator.objects.filter(type="totp").exists()


def test_others_may_drop_it(client: Client, db: None) -> None:
    person = make_person("li", "intake", made_up=False, password=PASSWORD)
    enrol(client, person)

    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302

    assert not Authenticator.objects.exists()


def test_a_lost_second_factor_is_taken_off_by_another_administrator(
    client: Client, admin: Person
) -> None:
    enrol(client, admin)
    other = Actor.for_person(make_person("other", "security_admin"))

    actions.remove_second_factor(admin, actor=other)

    assert not Authenticator.objects.exists()
    assert client.get(reverse("account_home")).url.startswith(reverse("account_login"))
    sign_in(client, admin)
    assert client.get(reverse("account_home")).url == reverse(ENROL)


def test_new_recovery_codes_end_the_old_ones(client: Client, admin: Person) -> None:
    enrol(client, admin)
    old = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"][0]

    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200
    client.post(reverse("mfa_generate_recovery_codes"))

    assert accept_code(admin, old) is None


def test_what_matters_is_asked_for_again_after_a_while(client: Client, admin: Person) -> None:
    enrol(client, admin)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 600
    session.save()

    asked = client.get(reverse("mfa_generate_recovery_codes"))

    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert client.get(asked.url).status_code == 200
    again = client.post(asked.url, {"password": PASSWORD})
    assert again.url == reverse("mfa_generate_recovery_codes")
    assert client.get(again.url).status_code == 200
    assert client.get(reverse("mfa_reauthenticate")).status_code == 200
