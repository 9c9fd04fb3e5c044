"""Who takes out how much, who approves it and who reads of it, near every boundary."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from shiyu.desk import rules
from shiyu.desk.lifecycle import EXPORT_MOVES, ExportStage
from shiyu.desk.models import Export, ExportLimits
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import Duty
from shiyu.people.models import Appointment, Person, Post, PostDuty, Unit
from shiyu.places.models import Place
from shiyu.places.tests.small_city import found

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CITY = (1, 100)


def holding(*scopes: Scope, kind: str = "person", number: int = 7) -> Actor:
    return Actor(kind, number, "", scopes)


def scope(duty: str = "command", first: int = 10, last: int = 20, unit: int = 5) -> Scope:
    return Scope(duty, first, last, unit)


HANDLES = scope("handle", 1, 0)


# ---- without any record -------------------------------------------------------------------------


def test_an_export_is_approved_by_another_made_by_the_program_and_fetched_by_its_owner():
    assert {
        name: (str(move.title), move.source, move.target, move.by)
        for name, move in EXPORT_MOVES.items()
    } == {
        "approve": ("批准", "asked", "approved", "another"),
        "refuse": ("不批准", "asked", "refused", "another"),
        "make": ("生成", "approved", "made", "program"),
        "fail": ("没有生成", "approved", "failed", "program"),
        "download": ("下载", "made", "made", "owner"),
        "expire": ("过期删除", "made", "expired", "program"),
    }
    assert len(ExportStage) == 6


def test_only_those_who_administer_security_decide_how_much_may_be_taken():
    for duty in Duty.values:
        assert rules.may_set_limits(holding(scope(duty))) is (duty == "security_admin")
    assert not rules.may_set_limits(Actor.program("x"))


def test_cases_lie_between_the_ends_of_all_places_or_anywhere_for_who_handles():
    assert rules.WHOLE == (-(2**62), 2**62)
    assert rules.reach_of(holding(scope(), scope("intake", 15, 40))) == (10, 40)
    assert rules.reach_of(holding(scope(), scope("intake", 3, 4))) == (3, 20)
    assert rules.reach_of(holding(scope("intake", 7, 7))) == (7, 7)
    nowhere = scope("audit_admin", 1, 0)
    assert rules.reach_of(holding(nowhere, scope())) == (10, 20)
    for held in ((), (HANDLES,), (HANDLES, scope()), (nowhere,)):
        assert rules.reach_of(holding(*held)) == rules.WHOLE


def test_what_an_export_keeps_is_each_duty_that_shows_cases_once_and_in_order():
    held = [scope(duty) for duty in reversed([*Duty.values, "look"])]

    assert [one[0] for one in rules.held_by(holding(*held, *held))] == [
        "command", "dispatch", "handle", "intake", "patrol", "report", "verify",
    ]  # fmt: skip
    assert rules.held_by(holding(scope())) == [["command", 10, 20, 5]]


def test_a_file_is_the_owners_as_long_as_they_hold_all_by_which_it_was_seen():
    export = Export(held=rules.held_by(holding(scope(), scope("verify"))))

    assert rules.still_holds(holding(scope("verify"), scope(), scope("intake")), export)
    assert not rules.still_holds(holding(scope()), export)
    assert not rules.still_holds(holding(scope(last=21), scope("verify")), export)
    assert rules.still_holds(holding(), Export(held=[]))


@pytest.mark.parametrize(
    ("first", "last", "may"), [(10, 20, True), (11, 19, True), (9, 20, False), (10, 21, False)]
)
def test_another_whose_command_reaches_over_all_of_its_places_decides(first, last, may):
    export = Export(person_id=1, approver_id=2, first=first, last=last)

    assert rules.may_decide(holding(scope()), export) is may
    assert rules.may_decide(holding(scope(last=12), scope()), export) is may
    for number in (1, 2):
        assert not rules.may_decide(holding(scope(), number=number), export)
    assert not rules.may_decide(holding(scope(), kind="key"), export)
    assert not rules.may_decide(holding(scope("intake")), export)
    assert not rules.may_decide(holding(), export)


# ---- with records -------------------------------------------------------------------------------


@pytest.fixture
def city(db: None) -> None:
    found()
    Place.objects.filter(parent=None).update(first=CITY[0], last=CITY[1])
    above = Place.objects.get()
    Place.objects.create(code="990101", name="东", level="county", first=10, last=20, parent=above)


def person(name: str, *scopes: Scope, active: bool = True) -> Person:
    made = Person.objects.create(username=name, name=name, is_active=active)
    for held in scopes:
        unit, _ = Unit.objects.get_or_create(
            code="u", name="u", short_name="u", kind="centre", tier="city", place_code="99"
        )
        post = Post.objects.create(unit=unit, title=name)
        PostDuty.objects.create(
            post=post, duty=held.duty, place_first=held.first, place_last=held.last
        )
        starts = timezone.localdate() - timedelta(days=1)
        Appointment.objects.create(person=made, post=post, starts_on=starts)
    return made


def export(of: Person, **more: Any) -> Export:
    more = {
        "purpose": Export.Purpose.values[0], "reason": "x", "queue": "x", "first": 10, "last": 20,
        "counted": 5, "stage": "made", "asked_at": NOW, "made_at": NOW,
        "expires_at": NOW,
    } | more  # fmt: skip
    return Export.objects.create(person=of, **more)


@pytest.mark.django_db
def test_the_newest_limits_hold():
    for rows in (10, 9, 11):
        ExportLimits.objects.create(rows_most=rows, alone_most=5)
        assert rules.limits().rows_most == rows


@pytest.mark.parametrize(
    ("held", "approvals"),
    [
        ([scope("intake", 1, 100)], 2), ([scope("intake", 0, 101)], 2),
        ([scope("intake", 2, 100)], 1), ([scope("intake", 1, 99)], 1), ([], 1),
        ([scope("intake", 2, 99), scope("verify", 1, 100)], 1),
        ([scope("handle", 1, 100)], 1),
    ],
)  # fmt: skip
def test_the_cases_of_the_whole_city_are_approved_by_two(city, held, approvals):
    assert rules.approvals_for(holding(*held), {"intake", "handle"}) == approvals


def test_what_was_taken_within_a_day_with_nobodys_word_is_taken_off(city):
    ExportLimits.objects.create(rows_most=100, alone_most=50)
    me, other = person("me"), person("other")
    actor = holding(number=me.pk)
    assert rules.alone_left(actor, NOW) == 50

    day = timedelta(days=1)
    export(me, counted=1, asked_at=NOW - day + timedelta(seconds=1))
    export(me, counted=2, asked_at=NOW, stage="approved")
    export(me, counted=4, stage="expired")
    for stage in ("asked", "refused", "failed"):
        export(me, counted=8, stage=stage)
    export(me, counted=8, asked_at=NOW - day)
    export(me, counted=8, approver=other)
    export(other, counted=8)

    assert rules.alone_left(actor, NOW) == 43
    export(me, counted=43)
    assert rules.alone_left(actor, NOW) == 0
    export(me, counted=1)
    assert rules.alone_left(actor, NOW) == 0


def test_those_who_may_decide_are_told_and_would_be_let(city):
    people = {
        "me": person("me", scope()), "exact": person("exact", scope()),
        "wider": person("wider", scope("command", 9, 21)),
        "short": person("short", scope("command", 10, 19)),
        "late": person("late", scope("command", 11, 20)),
        "intake": person("intake", scope("intake")),
        "city": person("city", scope("command", 1, 100)),
        "gone": person("gone", scope(), active=False),
    }  # fmt: skip
    ids = {one.pk: name for name, one in people.items()}

    def told(of: Export) -> set[str]:
        names = {ids[pk] for pk in rules.who_may_decide(of)}
        let = {name for name, one in people.items() if rules.may_decide(Actor.for_person(one), of)}
        assert names == let
        return names

    small = export(people["me"])
    assert told(small) == {"exact", "wider", "city"}
    assert told(export(people["me"], approver=people["wider"])) == {"exact", "city"}
    whole = {"first": rules.WHOLE[0], "last": rules.WHOLE[1]}
    assert told(export(people["me"], **whole)) == {"city"}
    assert told(export(people["city"], **whole)) == set()
    nearly = export(people["me"], first=rules.WHOLE[0], last=20)
    assert told(nearly) == set()


def test_one_reads_of_ones_own_of_what_one_decides_and_the_audit_of_all(city):
    me, other, third = person("me"), person("other"), person("third")
    made = {
        "own": export(me), "decided": export(other, approver=me, first=1),
        "seconded": export(other, approver=third, seconder=me, first=1),
        "within": export(other, first=10, last=20),
        "before": export(other, first=9), "behind": export(other, last=21),
        "whole": export(other, first=rules.WHOLE[0], last=rules.WHOLE[1]),
        "begun": export(other, first=50, last=rules.WHOLE[1]),
        "ended": export(other, first=rules.WHOLE[0], last=50),
    }  # fmt: skip

    def seen(*held: Scope, kind: str = "person") -> set[str]:
        found = rules.visible_to(holding(*held, kind=kind, number=me.pk))
        return {name for name, one in made.items() if one in found}

    mine = {"own", "decided", "seconded"}
    assert seen() == seen(scope("intake", 1, 100)) == mine
    assert seen(scope()) == mine | {"within"}
    assert seen(scope("command", 1, 100)) == set(made) - {"begun", "ended"}
    assert seen(scope("command", 2, 100)) == mine | {"within", "before", "behind"}
    assert seen(scope("audit_admin")) == set(made)
    assert seen(scope("audit_admin"), kind="key") == set()
