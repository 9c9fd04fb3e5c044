"""What is done to an administrator takes two: one proposes, another approves (三员、两人办理)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from shiyu.cases.tests.world import LONG_AGO, World
from shiyu.common.errors import NotAllowed, OutOfOrder
from shiyu.journal.models import Line
from shiyu.notices.kinds import page_of
from shiyu.notices.models import Notice
from shiyu.people import actions, rules
from shiyu.people.actions.two import Wanted, gathering
from shiyu.people.actors import Actor
from shiyu.people.lifecycle import PROPOSAL_MOVES, Stage, What
from shiyu.people.models import Appointment, Person, Post, PostDuty, Proposal

pytestmark = pytest.mark.django_db
STRONG = "kai-feng-liang-yuan-66"
MOVES: dict[str, Callable[..., Proposal]] = {
    "approve": actions.approve_proposal,
    "refuse": actions.refuse_proposal,
    "withdraw": actions.withdraw_proposal,
}


@pytest.fixture
def team(world: World) -> dict[str, Person]:
    """Two security administrators, a system and an audit administrator, and a worker."""
    made = {}
    duties = {"security": "security_admin", "other": "security_admin"}
    for name, duty in {**duties, "system": "system_admin", "audit": "audit_admin"}.items():
        post = Post.objects.create(unit=world.units["city"], title=name)
        PostDuty.objects.create(
            post=post, duty=duty, place_code="410200", place_first=1, place_last=9999
        )
        made[name] = Person.objects.create(username=name, name=name, made_up=True)
        made[name].set_unusable_password()
        made[name].save()
        Appointment.objects.create(person=made[name], post=post, starts_on=LONG_AGO)
    made["worker"] = world.people["clerk"]
    return made


def of(person: Person) -> Actor:
    return Actor.for_person(Person.objects.get(pk=person.pk))


def tried(act: Callable[..., Any], *args: Any, **kwargs: Any) -> Wanted:
    """What this action wanted of a second person."""
    with gathering() as wanted, pytest.raises(NotAllowed, match="另一名管理员批准"):
        act(*args, **kwargs)
    return wanted


def asked(team: dict[str, Person]) -> Proposal:
    by = of(team["security"])
    return actions.propose(tried(actions.deactivate, team["other"], actor=by), actor=by)


def at_stage(team: dict[str, Person], stage: str) -> Proposal:
    one = asked(team)
    for name, move in PROPOSAL_MOVES.items():
        if move.target == stage:
            MOVES[name](one, actor=of(team["system" if move.whose == "another" else "security"]))
    return Proposal.objects.get(pk=one.pk)


def test_every_stage_by_every_step_by_everybody(team: dict[str, Person]) -> None:
    for stage in Stage.values:
        for name, move in PROPOSAL_MOVES.items():
            others = {"system", "audit"} if move.whose == "another" else {"security"}
            for who, person in team.items():
                with transaction.atomic():
                    one = at_stage(team, stage)
                    if stage == Stage.DONE and who == "other":
                        actions.reactivate(person, actor=Actor.program("x"))
                    actor, lines = of(person), Line.objects.count()
                    wrong = NotAllowed if who not in others else OutOfOrder
                    if who in others and stage in move.sources:
                        MOVES[name](one, actor=actor)
                        assert Line.objects.count() > lines
                    else:
                        with pytest.raises(wrong), transaction.atomic():
                            MOVES[name](one, actor=actor)
                        assert Line.objects.count() == lines
                    transaction.set_rollback(True)


def everything(team: dict[str, Person], by: Actor) -> dict[str, Callable[[], object]]:
    """Each kind of change to an administrator, as the security administrator tries it."""
    other, worker = team["other"], team["worker"]
    held = other.appointments.get()
    given, today = held.post.duties.get(), timezone.localdate()
    empty = Post.objects.create(unit=held.post.unit, title="新岗")
    place = {"place_code": "410200", "first": 1, "last": 9999}
    closed = team["audit"]
    Person.objects.filter(pk=closed.pk).update(is_active=False)
    closed.refresh_from_db()
    return {
        "deactivate": lambda: actions.deactivate(other, actor=by),
        "reactivate": lambda: actions.reactivate(closed, actor=by),
        "set_password": lambda: actions.set_password(other, STRONG, actor=by),
        "remove_second_factor": lambda: actions.remove_second_factor(other, actor=by),
        "appoint": lambda: actions.appoint(worker, held.post, starts_on=today, actor=by),
        "end_appointment": lambda: actions.end_appointment(held, actor=by),
        "give_duty": lambda: actions.give_duty(empty, "audit_admin", actor=by, **place),
        "withdraw_duty": lambda: actions.withdraw_duty(given, actor=by),
    }


@pytest.mark.parametrize("what", What.values)
def test_nobody_does_it_alone_and_two_do_it(team: dict[str, Person], what: str) -> None:
    by = of(team["security"])
    tries = everything(team, by)
    assert set(tries) == set(What.values)
    if what == "remove_second_factor":
        from allauth.mfa.models import Authenticator

        Authenticator.objects.create(user=team["other"], type="totp", data={})
    lines = Line.objects.count()

    wanted = tried(tries[what])
    assert (wanted.what, Line.objects.count()) == (what, lines)
    one = actions.propose(wanted, actor=by)
    with pytest.raises(OutOfOrder):
        actions.propose(wanted, actor=by)
    actions.approve_proposal(one, actor=of(team["system"]))

    done = Line.objects.filter(verb=what).latest("pk")
    assert done.actor == by.ref
    assert Line.objects.filter(verb="approve_proposal").get().actor == of(team["system"]).ref
    assert Proposal.objects.get().secret == ""
    if what == "set_password":
        assert Person.objects.get(pk=team["other"].pk).check_password(STRONG)


def test_who_is_no_administrator_is_managed_by_one_as_before(team: dict[str, Person]) -> None:
    by = of(team["security"])
    actions.deactivate(team["worker"], actor=by)
    actions.reactivate(team["worker"], actor=by)
    actions.set_password(team["worker"], STRONG, actor=by)
    assert not Proposal.objects.exists()


def test_the_proposer_who_lost_the_duty_since_has_nothing_carried_out(
    team: dict[str, Person],
) -> None:
    one = asked(team)
    PostDuty.objects.filter(post__appointments__person=team["security"]).delete()
    Person.objects.filter(pk=team["security"].pk).update(access_version=9)
    with pytest.raises(NotAllowed):
        actions.approve_proposal(one, actor=of(team["system"]))
    assert Person.objects.get(pk=team["other"].pk).is_active


def test_an_account_that_the_proposer_had_in_hand_does_not_approve(
    team: dict[str, Person],
) -> None:
    by = of(team["security"])
    mine = actions.create_person("mine", "我的第二个", actor=by, password=STRONG)
    post = team["system"].appointments.get().post
    Appointment.objects.create(person=mine, post=post, starts_on=LONG_AGO)
    with pytest.raises(NotAllowed):
        actions.approve_proposal(asked(team), actor=of(mine))


def test_the_only_administrator_of_a_new_city_appoints_the_second(
    team: dict[str, Person],
) -> None:
    by = of(team["security"])
    Person.objects.filter(pk__in=rules.approvers() - {by.id}).update(is_active=False)
    assert rules.approvers() == {by.id}
    post = team["system"].appointments.get().post
    actions.appoint(team["worker"], post, starts_on=timezone.localdate(), actor=by)
    assert not Proposal.objects.exists()


def test_an_administrator_does_not_leave_in_one_step(team: dict[str, Person]) -> None:
    with pytest.raises(Exception, match="逐项离任"):
        actions.depart(team["other"], actions.Departure(), actor=of(team["security"]))


def test_through_the_pages(team: dict[str, Person]) -> None:
    browsers = {name: Client() for name in team}
    for name, person in team.items():
        browsers[name].force_login(person)
    address = f"/account/people/{team['other'].pk}/"

    told = browsers["security"].post(f"{address}do/deactivate/")["Location"]
    assert Person.objects.get(pk=team["other"].pk).is_active
    page = browsers["security"].get(told).content.decode()
    assert 'id="withdraw-it"' in page
    assert 'id="approve-it"' not in page
    assert 'id="approve-it"' in browsers["audit"].get(told).content.decode()
    assert browsers["worker"].get(told).status_code == 403
    assert "停用账号" in browsers["system"].get("/account/changes/").content.decode()

    browsers["system"].post(f"{told}approve/")
    assert not Person.objects.get(pk=team["other"].pk).is_active
    assert "批准变更" in browsers["audit"].get(address).content.decode()
    heard = set(Notice.objects.filter(kind="second_asked").values_list("to", flat=True))
    assert {team["system"].pk, team["audit"].pk} <= heard
    assert not heard & {team["security"].pk, team["other"].pk}
    (answer,) = Notice.objects.filter(kind="second_decided")
    assert (answer.to, page_of(answer.subject)) == (team["security"], told)


def test_the_database_keeps_what_was_proposed(team: dict[str, Person]) -> None:
    asked(team)
    for words in ("DELETE FROM people_proposal", "UPDATE people_proposal SET what = 'appoint'"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(words)
