"""The pages of one's account: who reaches them, what they show, what does not exist."""

import pytest
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from pytest_django import DjangoAssertNumQueries

from shiyu.common.errors import NotAllowed
from shiyu.people import actions
from shiyu.people.devices import device
from shiyu.people.models import Person
from shiyu.people.tests.made import PASSWORD, PROGRAM, appoint, make_person, post_with
from shiyu.people.web import actor_of, needs, signed_in

FOR_ANYBODY = ["account_login"]
FOR_SIGNED_IN = [
    "account_home",
    "account_sessions",
    "account_change_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
]
ONLY_POSTED = ["account_end_other_sessions", "account_keys"]
ALLAUTH_OWN = [
    "account_signup", "account_email", "account_reset_password", "account_set_password",
    "account_inactive", "account_confirm_email", "account_email_verification_sent",
    "account_request_login_code", "mfa_download_recovery_codes",
    "mfa_trust", "usersessions_list",
]  # fmt: skip


@pytest.fixture
def person(client: Client, db: None) -> Person:
    person = make_person("li", "intake", password=PASSWORD)
    client.force_login(person)
    return person


@pytest.mark.parametrize("name", FOR_SIGNED_IN)
def test_a_page_of_ones_own_is_for_those_signed_in(
    client: Client, person: Person, name: str
) -> None:
    if name != "mfa_activate_totp":  # asks for the password again first
        assert client.get(reverse(name)).status_code == 200
    anonymous = Client().get(reverse(name))
    assert anonymous.status_code == 302
    assert anonymous.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ONLY_POSTED)
def test_what_changes_something_is_posted_and_signed_in(
    client: Client, person: Person, name: str
) -> None:
    assert client.get(reverse(name)).status_code == 405
    assert client.post(reverse(name)).status_code == 302
    assert Client().post(reverse(name)).url.startswith(reverse("account_login"))


@pytest.mark.parametrize("name", FOR_ANYBODY)
def test_anybody_may_open(client: Client, db: None, name: str) -> None:
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ALLAUTH_OWN)
def test_no_other_page_of_allauth_exists(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_who_signed_in_already_is_not_asked_again(client: Client, person: Person) -> None:
    assert client.get(reverse("account_login")).url == "/desk/"


def test_htmx_is_told_to_load_the_sign_in_page_whole(client: Client, db: None) -> None:
    response = client.get(reverse("account_home"), headers={"HX-Request": "true"})

    assert response.status_code == 401
    assert response["HX-Redirect"].startswith(reverse("account_login"))


def test_home_shows_posts_and_duties_with_the_same_queries_for_one_and_three(
    client: Client, person: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    actions.end_appointment(person.appointments.get(), actor=PROGRAM)
    appoint(person, post_with("handle"))
    client.get(reverse("account_home"))
    with django_assert_max_num_queries(20) as one:
        page = client.get(reverse("account_home")).content.decode()
        queries = len(one)
    for duty in ("handle", "dispatch"):
        appoint(person, post_with(duty))
    client.get(reverse("account_home"))
    with django_assert_max_num_queries(queries):
        more = client.get(reverse("account_home")).content.decode()

    assert "处置" in page
    assert "派遣" in more


def test_the_actor_costs_no_query_once_known_and_changes_with_the_next_request(
    person: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = _request(person)
    assert actor_of(first).holds("intake")

    with django_assert_num_queries(0):
        assert actor_of(first).holds("intake")
        assert actor_of(_request(person)).holds("intake")
    actions.end_appointment(person.appointments.get(), actor=PROGRAM)

    assert not actor_of(_request(Person.objects.get(pk=person.pk))).holds("intake")


def test_needs_lets_holders_in_and_tells_others_whose_it_is(person: Person) -> None:
    view = needs("intake", "dispatch")(lambda request: HttpResponse("in"))

    assert view(_request(person)).content == b"in"
    with pytest.raises(NotAllowed, match="核查"):
        needs("verify")(lambda request: HttpResponse())(_request(person))


def test_signed_in_sends_a_post_back_to_no_form(client: Client, db: None) -> None:
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().post("/x/")
    request.user = AnonymousUser()

    assert signed_in(lambda r: HttpResponse())(request).url == reverse("account_login")


def test_sessions_are_listed_and_ended_by_their_owner(client: Client, person: Person) -> None:
    elsewhere = Client(HTTP_USER_AGENT="Kiosk")
    _sign_in(elsewhere, "li")
    other = UserSession.objects.get(user_agent="Kiosk")

    assert "Kiosk" in client.get(reverse("account_sessions")).content.decode()
    client.post(reverse("account_end_session", args=[other.pk]))

    assert elsewhere.get(reverse("account_home")).status_code == 302
    assert client.get(reverse("account_home")).status_code == 200


@pytest.mark.parametrize(
    ("user_agent", "says"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge，Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 MicroMessenger/8", "微信，Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18) Version/18 Safari/605", "Safari，iPhone"),
        ("Kiosk", "Kiosk"),
        ("", "没有说明"),
    ],
)
def test_a_device_is_named_as_its_owner_knows_it(user_agent: str, says: str) -> None:
    assert device(user_agent) == says


def test_nobody_ends_another_persons_session(client: Client, person: Person) -> None:
    victim = Client()
    make_person("victim", password=PASSWORD)
    _sign_in(victim, "victim")
    theirs = UserSession.objects.get(user__username="victim")

    assert client.post(reverse("account_end_session", args=[theirs.pk])).status_code == 404
    assert victim.get(reverse("account_home")).status_code == 200


def test_all_other_sessions_end_together(client: Client, person: Person) -> None:
    elsewhere = [Client(), Client()]
    for browser in elsewhere:
        _sign_in(browser, "li")

    client.post(reverse("account_end_other_sessions"))

    assert [b.get(reverse("account_home")).status_code for b in elsewhere] == [302, 302]
    assert client.get(reverse("account_home")).status_code == 200


def test_single_keys_are_switched_off_and_on(client: Client, person: Person) -> None:
    client.post(reverse("account_keys"), {"keys": "off"})
    person.refresh_from_db()
    assert person.keys_off

    client.post(reverse("account_keys"), {"keys": "on"})
    person.refresh_from_db()
    assert not person.keys_off


def test_demo_sign_ins_are_made_up_people_one_for_each_duty(db: None) -> None:
    from shiyu.people.demo import DEMO_PASSWORD, sign_ins

    make_person("real", "verify", made_up=False)
    make_person("a", "intake")
    make_person("b", "intake", "dispatch")
    actions.give_made_up_people_a_password(DEMO_PASSWORD, actor=PROGRAM)

    found = [(hint.duty, hint.username) for hint in sign_ins()]

    assert found == [("intake", "a"), ("dispatch", "b")]
    form = {"login": "a", "password": DEMO_PASSWORD}
    assert Client().post(reverse("account_login"), form).status_code == 302
    assert not Person.objects.get(username="real").has_usable_password()


def _request(person: Person) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = person
    return request


def _sign_in(browser: Client, username: str) -> None:
    browser.post(reverse("account_login"), {"login": username, "password": PASSWORD})
