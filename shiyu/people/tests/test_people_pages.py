"""The security administrator's pages: who reaches them and what they do."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.models import Appointment, Person
from shiyu.people.tests.made import PASSWORD, make_person, make_unit, post_with


@pytest.fixture
def security(client: Client, db: None) -> Person:
    person = make_person("security", "security_admin")
    client.force_login(person)
    return person


@pytest.fixture
def li(db: None) -> Person:
    return make_person("li", "intake", password=PASSWORD)


def page(client: Client, name: str, *args: int, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("duty", Duty.values)
def test_the_pages_are_for_security_and_to_read_for_audit(li: Person, duty: str) -> None:
    client = Client()
    client.force_login(make_person("someone", duty))
    reads = duty in ("security_admin", "audit_admin")
    writes = duty == "security_admin"

    for name, args in (("account_people", []), ("account_person", [li.pk])):
        assert client.get(reverse(name, args=args)).status_code == (200 if reads else 403)
    assert client.get(reverse("account_new_person")).status_code == (200 if writes else 403)
    for name, args in (
        ("account_person_act", [li.pk, "deactivate"]),
        ("account_person_password", [li.pk]),
        ("account_appoint", [li.pk, li.appointments.get().post_id]),
        ("account_leave", [li.pk, li.appointments.get().pk]),
    ):
        if not writes:
            assert client.post(reverse(name, args=args)).status_code == 403
    assert Client().get(reverse("account_people")).status_code == 302


def test_people_are_found_by_name_sound_and_account(client: Client, security: Person) -> None:
    from shiyu.people import actions

    actions.create_person("zw1", "张伟", actor=Actor.program())

    for asked in ("张", "zhangwei", "zw", "ZW1"):
        assert "张伟" in page(client, "account_people", q=asked)
    assert "没有符合「王」的人员" in page(client, "account_people", q="王")


def test_pages_of_people_follow_one_another(client: Client, security: Person) -> None:
    Person.objects.bulk_create(
        Person(username=f"p{n}", name=f"人{n}", pinyin="ren r") for n in range(120)
    )

    seen: list[int] = []
    query: dict[str, str] = {}
    while True:
        response = client.get(reverse("account_people"), query)
        seen += [p.pk for p in response.context["people"]]
        last = response.context["last"]
        if last is None:
            break
        query = {"after": f"{last.pk}~{last.pinyin}"}

    assert len(seen) == len(set(seen)) == 121


def test_the_list_takes_the_same_queries_for_one_and_three(
    client: Client, security: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    page(client, "account_people")
    with django_assert_max_num_queries(7) as one:
        page(client, "account_people")
        queries = len(one)
    make_person("a")
    make_person("b")

    with django_assert_max_num_queries(queries):
        page(client, "account_people")


def test_a_new_account_is_made_with_a_password_to_be_changed(
    client: Client, security: Person
) -> None:
    form = {"username": "New", "name": "新人", "password": "first password"}

    weak = client.post(reverse("account_new_person"), form | {"password": "123"})
    made = client.post(reverse("account_new_person"), form)
    again = client.post(reverse("account_new_person"), form | {"name": "另一人"})

    person = Person.objects.get(username="new")
    assert weak.status_code == 422
    assert "密码" in weak.content.decode()
    assert made.url == reverse("account_person", args=[person.pk])
    assert (again.status_code, Person.objects.count()) == (422, 2)
    assert person.must_change_password


def test_posts_are_given_and_left(client: Client, security: Person, li: Person) -> None:
    post = post_with("dispatch")

    assert "岗位" in page(client, "account_person", li.pk, unit=make_unit().name)
    form = {"starts_on": str(timezone.localdate())}
    shown = client.post(reverse("account_appoint", args=[li.pk, post.pk]), form)
    assert "派遣" in shown.content.decode()
    assert not Actor.for_person(li).holds("dispatch")
    client.post(reverse("account_appoint", args=[li.pk, post.pk]), form | {"checked": "1"})
    assert Actor.for_person(li).holds("dispatch")
    held = Appointment.objects.get(person=li, post=post)
    client.post(reverse("account_leave", args=[li.pk, held.pk]))

    held.refresh_from_db()
    assert held.ends_on == timezone.localdate()
    assert not Actor.for_person(li).holds("dispatch")


def test_sessions_of_another_end_and_accounts_close_and_open(
    client: Client, security: Person, li: Person
) -> None:
    theirs = Client()
    theirs.post(reverse("account_login"), {"login": "li", "password": PASSWORD})
    assert UserSession.objects.filter(user=li).exists()

    client.post(reverse("account_person_act", args=[li.pk, "end-sessions"]))
    assert theirs.get(reverse("account_home")).status_code == 302
    for what, active in (("deactivate", False), ("reactivate", True)):
        client.post(reverse("account_person_act", args=[li.pk, what]))
        li.refresh_from_db()
        assert li.is_active is active
    nothing = client.post(reverse("account_person_act", args=[li.pk, "make-admin"]))
    assert nothing.status_code == 404


def test_a_forgotten_password_is_set_anew(client: Client, security: Person, li: Person) -> None:
    url = reverse("account_person_password", args=[li.pk])

    assert client.post(url, {"password": ""}).status_code == 422
    assert client.post(url, {"password": "1234567890"}).status_code == 422
    assert client.post(url, {"password": "an unusual one"}).status_code == 302

    li.refresh_from_db()
    assert li.check_password("an unusual one")
    assert li.must_change_password


def test_one_finds_no_buttons_for_oneself_and_no_way_around(
    client: Client, security: Person
) -> None:
    assert "停用账号" not in page(client, "account_person", security.pk)
    response = client.post(reverse("account_person_act", args=[security.pk, "deactivate"]))

    assert response.status_code == 403
    assert "另一位安全管理员" in response.content.decode()
