"""Posts and duties: what they give, how they end, and what no account may hold."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.models import Line
from shiyu.people import actions
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.models import Appointment, Person, PostDuty
from shiyu.people.tests.made import LONG_AGO, PROGRAM, appoint, give, make_person, post_with

ADMINS = ["system_admin", "security_admin", "audit_admin"]


def held(person: Person) -> set[str]:
    return {scope.duty for scope in Actor.for_person(Person.objects.get(pk=person.pk)).held}


@pytest.mark.django_db
def test_an_appointment_gives_the_duties_of_the_post() -> None:
    person = make_person("li", "intake", "handle")

    assert held(person) == {"intake", "handle"}


@pytest.mark.django_db
def test_leaving_a_post_ends_its_duties_the_same_day() -> None:
    person = make_person("li", "intake")
    before = person.access_version

    actions.end_appointment(person.appointments.get(), actor=PROGRAM)

    person.refresh_from_db()
    assert held(person) == set()
    assert person.access_version > before
    assert list(Appointment.objects.in_force(timezone.localdate() - timedelta(days=1)))


@pytest.mark.django_db
def test_leaving_on_the_first_day_is_possible() -> None:
    person = make_person("li")
    post = post_with("intake")
    today = timezone.localdate()
    appointment = actions.appoint(person, post, starts_on=today, actor=PROGRAM)

    actions.end_appointment(appointment, actor=PROGRAM)

    assert held(person) == set()


@pytest.mark.django_db
def test_an_appointment_may_end_with_a_day_to_come() -> None:
    person = make_person("li", "intake")
    tomorrow = timezone.localdate() + timedelta(days=1)

    actions.end_appointment(person.appointments.get(), ends_on=tomorrow, actor=PROGRAM)

    assert held(person) == {"intake"}
    assert not Appointment.objects.in_force(tomorrow + timedelta(days=1)).exists()


@pytest.mark.django_db
def test_a_post_left_can_not_be_left_again() -> None:
    person = make_person("li", "intake")
    appointment = person.appointments.get()
    actions.end_appointment(appointment, actor=PROGRAM)

    with pytest.raises(OutOfOrder, match="已经离任"):
        actions.end_appointment(appointment, actor=PROGRAM)


@pytest.mark.django_db
def test_a_post_left_can_be_taken_again() -> None:
    person = make_person("li", "intake")
    appointment = person.appointments.get()
    actions.end_appointment(appointment, actor=PROGRAM)

    actions.appoint(person, appointment.post, starts_on=timezone.localdate(), actor=PROGRAM)

    assert held(person) == {"intake"}


@pytest.mark.django_db
def test_the_same_post_is_not_held_twice_at_once() -> None:
    person = make_person("li", "intake")

    with pytest.raises(OutOfOrder):
        appoint(person, person.appointments.get().post)


@pytest.mark.django_db
@pytest.mark.parametrize("first", ADMINS)
@pytest.mark.parametrize("second", ADMINS)
def test_no_account_holds_two_administrator_duties_through_two_posts(
    first: str, second: str
) -> None:
    person = make_person("li", first)
    other = post_with(second)

    if first == second:
        appoint(person, other)
        assert held(person) == {first}
    else:
        with pytest.raises(Refused, match="三员分立"):
            appoint(person, other)
        assert held(person) == {first}


@pytest.mark.django_db
def test_no_post_is_given_two_administrator_duties() -> None:
    post = post_with("system_admin")

    with pytest.raises(Refused, match="三员分立"):
        give(post, "audit_admin")


@pytest.mark.django_db
def test_a_post_held_by_an_administrator_is_not_given_another_administrator_duty() -> None:
    person = make_person("li", "system_admin")
    plain = post_with("intake")
    appoint(person, plain)

    with pytest.raises(Refused, match="三员分立"):
        give(plain, "security_admin")
    assert held(person) == {"system_admin", "intake"}


@pytest.mark.django_db
def test_a_closed_account_still_counts_when_administrator_duties_are_given() -> None:
    person = make_person("li", "system_admin")
    actions.deactivate(person, actor=PROGRAM)
    plain = person.appointments.get().post

    with pytest.raises(Refused, match="三员分立"):
        give(plain, "audit_admin")


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_do_not_give_one_account_two_administrator_duties() -> None:
    person = make_person("li")
    posts = [post_with("intake"), post_with("intake")]
    for post in posts:
        appoint(person, post)
    tries: list[Callable[[], object]] = [
        lambda: give(posts[0], "system_admin"),
        lambda: give(posts[1], "security_admin"),
    ]

    refused = _together(tries)

    assert len(refused) == 1
    assert PostDuty.objects.filter(duty__in=ADMINS).count() == 1


@pytest.mark.django_db
def test_a_duty_withdrawn_is_gone_for_every_holder_at_once() -> None:
    person = make_person("li", "intake")
    given = person.appointments.get().post.duties.get()

    actions.withdraw_duty(given, actor=PROGRAM)

    assert held(person) == set()
    assert Person.objects.get(pk=person.pk).access_version > person.access_version
    with pytest.raises(OutOfOrder):
        actions.withdraw_duty(given, actor=PROGRAM)


@pytest.mark.django_db
def test_a_duty_given_twice_is_given_once() -> None:
    post = post_with("intake")

    assert give(post, "intake") == post.duties.get()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("duty", "scope"),
    [
        ("handle", {"place_code": "410200", "first": 1, "last": 9}),
        ("handle", {}),
        ("intake", {}),
        ("intake", {"place_code": "410200", "first": 9, "last": 1}),
        ("no_such_duty", {}),
    ],
)
def test_a_duty_needs_its_kind_of_scope(duty: str, scope: dict[str, object]) -> None:
    with pytest.raises(Refused):
        actions.give_duty(post_with(), duty, actor=PROGRAM, **scope)


@pytest.mark.django_db
def test_scopes_follow_a_renumbered_tree() -> None:
    person = make_person("li", "intake")

    changed = actions.follow_places({"410200": (5, 50), "410203": (7, 8)}, actor=PROGRAM)

    scope = Actor.for_person(person).scopes("intake")[0]
    assert (changed, scope.first, scope.last) == (1, 5, 50)
    assert Person.objects.get(pk=person.pk).access_version > person.access_version
    assert actions.follow_places({"410200": (5, 50)}, actor=PROGRAM) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("duty", [d for d in Duty.values if d != "security_admin"])
def test_only_the_security_administrator_gives_access(duty: str) -> None:
    outsider = Actor.for_person(make_person("outsider", duty))
    person, post = make_person("li"), post_with("intake")
    before = Line.objects.count()

    for attempt in (
        lambda: appoint(person, post, actor=outsider),
        lambda: give(post, "dispatch", actor=outsider),
        lambda: actions.withdraw_duty(post.duties.get(), actor=outsider),
        lambda: actions.create_person("x", "x", actor=outsider),
        lambda: actions.deactivate(person, actor=outsider),
        lambda: actions.set_password(person, "another long secret", actor=outsider),
        lambda: actions.remove_second_factor(person, actor=outsider),
        lambda: actions.end_sessions(person, actor=outsider),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert Line.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize("duty", [d for d in Duty.values if d != "system_admin"])
def test_only_the_system_administrator_sets_up_units_and_posts(duty: str) -> None:
    outsider = Actor.for_person(make_person("outsider", duty))
    post = post_with()

    with pytest.raises(NotAllowed):
        actions.create_post(post.unit, "另一岗", actor=outsider)
    with pytest.raises(NotAllowed):
        actions.create_unit(
            "U9", "机构", kind="centre", tier="city", place_code="1", actor=outsider
        )


@pytest.mark.django_db
def test_nobody_changes_their_own_access() -> None:
    person = make_person("security", "security_admin")
    actor, post = Actor.for_person(person), post_with("intake")
    own = person.appointments.get()

    for attempt in (
        lambda: appoint(person, post, actor=actor),
        lambda: give(own.post, "intake", actor=actor),
        lambda: actions.end_appointment(own, actor=actor),
        lambda: actions.deactivate(person, actor=actor),
        lambda: actions.set_password(person, "another long secret", actor=actor),
    ):
        with pytest.raises(NotAllowed, match="另一位"):
            attempt()


@pytest.mark.django_db
def test_the_security_administrator_appoints_others() -> None:
    security = Actor.for_person(make_person("security", "security_admin"))
    person = actions.create_person("Zhang San ", "张三", actor=security)

    actions.appoint(person, post_with("intake"), starts_on=LONG_AGO, actor=security)

    assert person.username == "zhang san"
    assert held(person) == {"intake"}


@pytest.mark.django_db
def test_a_unit_code_is_used_once() -> None:
    post_with()

    with pytest.raises(Refused, match="U1"):
        actions.create_unit("U1", "又", kind="centre", tier="city", place_code="1", actor=PROGRAM)


@pytest.mark.django_db
def test_each_kind_of_first_administrator_is_founded_once_and_by_the_program_alone() -> None:
    unit = post_with().unit
    security = make_person("security", "security_admin")
    wanted = {"password": "a long enough secret", "unit": unit}

    founded = actions.found_administrator(
        "system_admin", username="root", name="王系统", actor=PROGRAM, **wanted
    )

    assert held(founded) == {"system_admin"}
    assert not founded.must_change_password
    for duty, actor in [("system_admin", PROGRAM), ("audit_admin", Actor.for_person(security))]:
        with pytest.raises(Refused):
            actions.found_administrator(duty, username="x", name="x", actor=actor, **wanted)


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["second post", "second duty"])
def test_the_database_refuses_two_administrator_duties_as_well(way: str) -> None:
    person = make_person("li", "system_admin")
    post = person.appointments.get().post
    other = post_with("audit_admin")

    rows: dict[str, Appointment | PostDuty] = {
        "second post": Appointment(person=person, post=other, starts_on=LONG_AGO),
        "second duty": PostDuty(post=post, duty="audit_admin"),
    }
    with pytest.raises(IntegrityError, match="two administrator duties"):
        rows[way].save()


@pytest.mark.django_db
def test_who_left_one_administrator_post_may_take_another() -> None:
    person = make_person("li", "system_admin")
    actions.end_appointment(person.appointments.get(), actor=PROGRAM)

    appoint(person, post_with("audit_admin"))

    assert held(person) == {"audit_admin"}


def _together(tries: list[Callable[[], object]]) -> list[Refused]:
    """Start all at once; the refusals that came back."""
    barrier = threading.Barrier(len(tries))
    refused: list[Refused] = []

    def run(attempt: Callable[[], object]) -> None:
        barrier.wait()
        try:
            attempt()
        except Refused as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[attempt]) for attempt in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused
