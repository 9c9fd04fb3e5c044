"""Signing in: by password, limited by account and address, without telling who exists."""

import threading
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shiyu.common.models import Attempt
from shiyu.journal.models import Line
from shiyu.people import actions, limits
from shiyu.people.middleware import SEEN
from shiyu.people.models import Person
from shiyu.people.tests.made import PASSWORD, PROGRAM, make_person

WRONG = "账号或密码不对"
CLOSED = "试的次数太多了"


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> object:
    form = {"login": username, "password": password, **more}
    return client.post(reverse("account_login"), form, headers={"accept": "text/html"})


def said(response: object) -> str:
    return response.content.decode()


@pytest.fixture
def person(db: None) -> Person:
    return make_person("li", "intake", password=PASSWORD)


def test_the_right_password_signs_in_and_the_session_gets_a_new_id(
    client: Client, person: Person
) -> None:
    client.get(reverse("account_login"))
    session = client.session
    session["before"] = True
    session.save()
    before = session.session_key

    response = sign_in(client, " LI ")

    assert (response.status_code, response.url) == (302, "/desk/")
    assert client.session.session_key != before
    assert client.session["_auth_user_id"] == str(person.pk)


@pytest.mark.parametrize("username", ["li", "nobody"])
def test_a_wrong_password_says_the_same_whether_the_account_exists(
    client: Client, person: Person, username: str
) -> None:
    response = sign_in(client, username, "wrong")

    assert response.status_code == 422
    assert WRONG in said(response)
    assert "wrong" not in said(response)


def test_a_closed_account_looks_like_a_wrong_password(client: Client, person: Person) -> None:
    actions.deactivate(person, actor=PROGRAM)

    assert WRONG in said(sign_in(client, "li"))


@pytest.mark.parametrize("username", ["li", "nobody"])
def test_an_account_tried_too_often_is_closed_and_says_until_when(
    client: Client, person: Person, username: str
) -> None:
    for _ in range(limits.ACCOUNT.attempts):
        assert WRONG in said(sign_in(client, username, "wrong"))

    response = sign_in(client, username)

    until = Attempt.objects.get(kind="account").closed_until
    assert CLOSED in said(response)
    assert f"{timezone.localtime(until):%H:%M}" in said(response)
    assert "_auth_user_id" not in client.session


def test_a_closed_account_opens_again_by_itself(client: Client, person: Person) -> None:
    for _ in range(limits.ACCOUNT.attempts + 1):
        sign_in(client, "li", "wrong")

    Attempt.objects.update(closed_until=timezone.now() - timedelta(seconds=1))

    assert sign_in(client, "li").status_code == 302


def test_a_new_password_opens_a_closed_account(client: Client, person: Person) -> None:
    for _ in range(limits.ACCOUNT.attempts + 1):
        sign_in(client, "li", "wrong")

    actions.set_password(person, "another long secret", actor=PROGRAM)

    assert sign_in(client, "li", "another long secret").status_code == 302


def test_success_does_not_wipe_out_earlier_failures(client: Client, person: Person) -> None:
    for _ in range(3):
        sign_in(client, "li", "wrong")

    sign_in(client, "li")

    assert Attempt.objects.get(kind="account").failures == 3


def test_a_lock_out_leaves_one_line(client: Client, person: Person) -> None:
    for _ in range(limits.ACCOUNT.attempts + 4):
        sign_in(client, "li", "wrong")

    assert Line.objects.filter(verb="lock_out", subject=f"person:{person.pk}").count() == 1


def test_an_address_that_tries_many_accounts_is_closed_and_closes_nobody_else(
    client: Client, person: Person
) -> None:
    for number in range(limits.ADDRESS.attempts):
        Attempt.objects.filter(kind="account").delete()
        sign_in(client, f"guess{number}", "wrong")

    for _ in range(limits.ACCOUNT.attempts + 1):
        assert CLOSED in said(sign_in(client, "li", "wrong"))
    elsewhere = Client(REMOTE_ADDR="10.0.0.9")
    assert sign_in(elsewhere, "li").status_code == 302


def test_the_table_of_attempts_names_nobody(client: Client, person: Person) -> None:
    sign_in(client, "li", "wrong")

    kept = str(list(Attempt.objects.values_list("kind", "key")))
    assert "li'" not in kept
    assert "127.0.0.1" not in kept


@pytest.mark.django_db(transaction=True)
def test_many_attempts_at_once_get_no_more_than_the_limit() -> None:
    make_person("li", password=PASSWORD)
    at_once = 16
    barrier = threading.Barrier(at_once)
    answers: list[str] = []

    def attempt() -> None:
        client = Client()
        barrier.wait()
        try:
            answers.append(said(sign_in(client, "li", "wrong")))
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    looked_at = [a for a in answers if WRONG in a]
    assert len(looked_at) == limits.ACCOUNT.attempts
    assert len([a for a in answers if CLOSED in a]) == at_once - limits.ACCOUNT.attempts


def test_one_is_sent_back_to_where_one_was_but_never_elsewhere(
    client: Client, person: Person
) -> None:
    assert sign_in(client, "li", next="/notices/").url == "/notices/"
    assert sign_in(Client(), "li", next="https://example.org/").url == "/desk/"
    assert sign_in(Client(), "li", next="//example.org").url == "/desk/"


def test_signing_in_and_out_leaves_lines_without_personal_values(
    client: Client, person: Person
) -> None:
    sign_in(client, "li")
    client.post(reverse("account_logout"))

    lines = Line.objects.filter(subject=f"person:{person.pk}").order_by("id")
    assert [line.verb for line in lines][-2:] == ["sign_in", "sign_out"]
    everything = str(list(Line.objects.values("subject", "verb", "actor", "facts")))
    for personal in ("李强", "'li'", '"li"', PASSWORD, "127.0.0.1"):
        assert personal not in everything


def test_an_account_closed_meanwhile_is_out_with_the_next_request(
    client: Client, person: Person
) -> None:
    sign_in(client, "li")
    assert client.get(reverse("account_home")).status_code == 200

    actions.deactivate(person, actor=PROGRAM)

    assert client.get(reverse("account_home")).status_code == 302


def test_an_idle_session_ends_and_says_why(client: Client, person: Person) -> None:
    sign_in(client, "li")
    client.get(reverse("account_home"))
    session = client.session
    session[SEEN] = int(time.time()) - 61 * 60
    session.save()

    response = client.get(reverse("account_home"), follow=True)

    assert response.redirect_chain[0][0].startswith(reverse("account_login"))
    assert "60 分钟没有操作" in said(response)


def test_what_a_page_asks_for_by_itself_keeps_no_session_alive(
    client: Client, person: Person
) -> None:
    sign_in(client, "li")
    client.get(reverse("account_home"))
    session = client.session
    session[SEEN] = before = int(time.time()) - 50 * 60
    session.save()

    client.get(reverse("notices:badge"))

    assert client.session[SEEN] == before
    client.get(reverse("notices:list"))
    assert client.session[SEEN] > before


def test_a_password_set_by_another_is_changed_before_anything_else(
    client: Client, person: Person
) -> None:
    from shiyu.people.actors import Actor

    security = Actor.for_person(make_person("security", "security_admin"))
    actions.set_password(person, "given by someone", actor=security)
    sign_in(client, "li", "given by someone")

    assert client.get(reverse("notices:list")).url == reverse("account_change_password")
    page = said(client.get(reverse("account_change_password")))
    form = {"oldpassword": "given by someone", "password1": PASSWORD, "password2": PASSWORD}
    response = client.post(reverse("account_change_password"), form)

    assert "现在的密码是安全管理员设的" in page
    assert response.status_code == 302
    assert client.get(reverse("notices:list")).status_code == 200
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        (
            {
                "oldpassword": "no",
                "password1": "quite another one",
                "password2": "quite another one",
            },
            "现在的密码不对",
        ),
        (
            {"oldpassword": PASSWORD, "password1": "quite another one", "password2": "different"},
            "两遍新密码不一样",
        ),
        ({"oldpassword": PASSWORD, "password1": PASSWORD, "password2": PASSWORD}, "与现在的相同"),
        ({"oldpassword": PASSWORD, "password1": "short", "password2": "short"}, "10"),
        ({}, "填写现在的密码"),
    ],
)
def test_a_password_is_not_changed_when(
    client: Client, person: Person, form: dict[str, str], says: str
) -> None:
    sign_in(client, "li")

    response = client.post(reverse("account_change_password"), form)

    person.refresh_from_db()
    assert says in said(response)
    assert person.check_password(PASSWORD)


def test_changing_the_password_ends_the_other_sessions(client: Client, person: Person) -> None:
    elsewhere = Client()
    sign_in(client, "li")
    sign_in(elsewhere, "li")
    new = "quite another secret"

    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    assert client.get(reverse("account_home")).status_code == 200
    assert elsewhere.get(reverse("account_home")).status_code == 302


def test_sessions_past_their_time_are_forgotten(client: Client, person: Person) -> None:
    elsewhere = Client()
    sign_in(client, "li")
    sign_in(elsewhere, "li")
    Session.objects.filter(pk=elsewhere.session.session_key).update(
        expire_date=timezone.now() - timedelta(hours=1)
    )

    assert actions.forget_ended_sessions() == 1
    assert client.get(reverse("account_home")).status_code == 200
