"""Standing in for somebody: by itself from a day to a day, named in every line, never too much."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import World
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.journal.models import Line
from shiyu.people import actions
from shiyu.people.actors import Actor
from shiyu.people.history import history
from shiyu.people.models import Appointment, Person, Post, PostDuty
from shiyu.people.tests.made import PROGRAM


def today() -> date:
    return timezone.localdate()


def post_of(world: World, key: str) -> Post:
    return Appointment.objects.in_force(today()).get(person=world.people[key]).post


def let_act(world: World, deputy: str, whose: str, **days: date) -> Appointment:
    given = {"starts_on": today(), "ends_on": today() + timedelta(days=7)} | days
    return actions.appoint(
        world.people[deputy],
        post_of(world, whose),
        acting_for=world.people[whose],
        actor=PROGRAM,
        **given,
    )


def last_line(case: Case) -> Line:
    return Line.objects.filter(subject=case.subject).latest("id")


def test_a_deputy_acts_and_every_line_says_for_whom(world: World) -> None:
    case = world.make_case(Stage.FILED)
    let_act(world, "intake", "dispatcher")

    do.dispatch(case, lead=world.units["roads"], actor=world.actor("intake"))

    line = last_line(case)
    whose = world.people["dispatcher"].pk
    assert (line.actor, line.facts["for"]) == (
        f"person:{world.people['intake'].pk}",
        f"person:{whose}",
    )


def test_what_one_may_do_oneself_is_not_done_for_another(world: World) -> None:
    let_act(world, "intake", "clerk")
    case = world.make_case(Stage.REPORTED)

    do.accept(case, actor=world.actor("intake"))

    assert "for" not in last_line(case).facts


def test_acting_starts_and_ends_by_itself(world: World) -> None:
    tomorrow = today() + timedelta(days=1)
    let_act(world, "nobody", "dispatcher", starts_on=tomorrow, ends_on=tomorrow)
    nobody = world.people["nobody"]

    held = [Actor.for_person(nobody, on=today() + timedelta(days=n)).holds("dispatch")
            for n in range(3)]  # fmt: skip
    assert held == [False, True, False]


@pytest.mark.parametrize(
    ("days", "why"),
    [
        ({"ends_on": None}, "到哪一天为止"),
        ({"ends_on": date(2020, 1, 1), "starts_on": date(2019, 1, 1)}, "已经过去"),
    ],
)
def test_acting_has_an_end_to_come(world: World, days: dict[str, date], why: str) -> None:
    with pytest.raises(Refused, match=why):
        let_act(world, "nobody", "dispatcher", **days)


def test_nobody_stands_in_for_themselves_or_for_who_does_not_hold_the_post(world: World) -> None:
    with pytest.raises(Refused, match="代理自己"):
        let_act(world, "dispatcher", "dispatcher")
    with pytest.raises(Refused, match="不在这个岗位上"):
        actions.appoint(
            world.people["nobody"],
            post_of(world, "dispatcher"),
            starts_on=today(),
            ends_on=today(),
            acting_for=world.people["intake"],
            actor=PROGRAM,
        )


def test_administrator_duties_are_not_joined_by_acting_either(world: World) -> None:
    post = actions.create_post(world.units["city"], "审计员", actor=PROGRAM)
    actions.give_duty(post, "audit_admin", first=1, last=1, actor=PROGRAM)
    over = today() - timedelta(days=1)
    Appointment.objects.filter(person=world.people["nobody"]).update(ends_on=over)
    actions.appoint(world.people["nobody"], post, starts_on=today(), actor=PROGRAM)

    with pytest.raises(Refused, match="三员分立"):
        let_act(world, "administrator", "nobody")
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(
            person=world.people["administrator"],
            post=post,
            starts_on=today(),
            ends_on=today() + timedelta(days=1),
            acting_for=world.people["nobody"],
        )
    let_act(world, "intake", "administrator")
    with pytest.raises(Refused, match="三员分立"):
        actions.appoint(
            world.people["intake"],
            post,
            starts_on=today(),
            ends_on=today(),
            acting_for=world.people["nobody"],
            actor=PROGRAM,
        )


def test_who_stands_in_for_the_handler_does_not_verify_in_another_office(world: World) -> None:
    case = world.make_case(Stage.HANDLED)
    let_act(world, "nobody", "handler")
    let_act(world, "nobody", "verifier")

    do.verify(case, reason="看过", actor=world.actor("nobody"))

    other = world.make_case(Stage.HANDLING)
    do.handle(other, unit=world.units["roads"], reason="好了", actor=world.actor("nobody"))
    with pytest.raises(Refused, match="处置人不能核查"):
        do.verify(other, reason="看过", actor=world.actor("nobody"))


def test_the_history_of_a_person_names_both(world: World) -> None:
    let_act(world, "nobody", "administrator")
    unit = world.units["waste"]

    actions.rename_unit(unit, name="环卫中心", from_on=today(), actor=world.actor("nobody"))

    newest = history(f"unit:{unit.pk}")[0]
    assert (newest.who, newest.what) == ("杨帆 代 沈杰", "更名生效")
    assert "代 沈杰" in history(f"person:{world.people['nobody'].pk}")[0].about


def test_leaving_hands_over_posts_and_rosters_and_closes_the_account(world: World) -> None:
    from shiyu.places.models import RosterEntry

    leaving, heir = world.people["verifier"], world.people["nobody"]
    held = Appointment.objects.get(person=leaving)
    RosterEntry.objects.create(
        place=world.places["cell_a"], title="网格长", person=leaving, starts_on=date(2026, 1, 1)
    )
    how = actions.Departure(successors={held.pk: heir}, personal=heir, close=True)

    assert actions.depart(leaving, how, actor=PROGRAM) == 1

    leaving.refresh_from_db()
    assert not leaving.is_active
    assert Actor.for_person(heir).holds("verify")
    assert RosterEntry.objects.get(ends_on=None).person == heir
    with pytest.raises(Refused, match="到期离任"):
        actions.depart(
            heir, actions.Departure(today() + timedelta(days=1), close=True), actor=PROGRAM
        )


def test_a_last_day_to_come_leaves_no_gap(world: World) -> None:
    leaving, heir = world.people["verifier"], world.people["nobody"]
    held = Appointment.objects.get(person=leaving)
    last = today() + timedelta(days=3)

    actions.depart(leaving, actions.Departure(last, {held.pk: heir}), actor=PROGRAM)

    for day, who in ((last, leaving), (last + timedelta(days=1), heir)):
        assert [p for p in (leaving, heir) if Actor.for_person(p, on=day).holds("verify")] == [who]


def test_no_one_is_put_into_a_post_of_an_ended_unit(world: World) -> None:
    post = post_of(world, "handler")
    actions.merge_unit(
        world.units["roads"], into=world.units["waste"], from_on=today(), actor=PROGRAM
    )
    with pytest.raises(Refused, match="已停用"):
        actions.appoint(world.people["nobody"], post, starts_on=today(), actor=PROGRAM)
    with pytest.raises((Refused, OutOfOrder)):
        actions.create_post(type(post.unit).objects.get(pk=post.unit_id), "x", actor=PROGRAM)
    assert PostDuty.objects.filter(post=post).exists()
    assert Person.objects.get(pk=world.people["handler"].pk).appointments.count() == 2
