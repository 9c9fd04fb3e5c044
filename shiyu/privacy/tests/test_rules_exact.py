"""Who answers for whose data, by duty and place, near every boundary; few records."""

from typing import Any

import pytest
from django.utils import timezone

from shiyu.cases.models import Case, Look, Report
from shiyu.cases.tests.world import World
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import Duty
from shiyu.people.models import Person
from shiyu.privacy import rules
from shiyu.privacy.lifecycle import MOVES
from shiyu.privacy.models import Demand

KEEPER, AUDITOR = "security_admin", "audit_admin"


def holding(*duties: str, first: int = 10, last: int = 20, kind: str = "person", number: int = 7):
    return Actor(kind, number, "", tuple(Scope(duty, first, last, 5) for duty in duties))


def case(place: int = 15) -> Case:
    return Case(place_number=place)


def grant(person: int = 3, place: int = 15) -> Look:
    return Look(person_id=person, report=Report(case=case(place)))


# ---- without any record -------------------------------------------------------------------------


def test_every_step_of_a_request_is_for_its_kinds_from_where_to_where_and_whose():
    every = "copy erase words"
    assert {
        name: (
            " ".join(sorted(move.kinds)), " ".join(sorted(move.sources)), move.target, move.whose
        )
        for name, move in MOVES.items()
    } == {
        "erase": ("erase words", "asked", "done", "another"),
        "grant": ("copy", "asked", "granted", "another"),
        "hand_out": ("copy", "done granted", "done", "who asked"),
        "refuse": (every, "asked", "refused", "another"),
        "withdraw": (every, "asked granted", "withdrawn", "who asked"),
    }  # fmt: skip
    assert rules.SECURITY == (KEEPER,)
    assert rules.KEEPERS == (KEEPER, AUDITOR)


@pytest.mark.parametrize(
    ("first", "last", "whole", "answers"),
    [
        (10, 20, False, True), (15, 15, False, True), (16, 20, False, False),
        (10, 14, False, False), (1, 0, True, True), (20, 10, True, True), (14, 14, False, False),
    ],
)  # fmt: skip
def test_a_security_administrator_answers_for_the_places_of_the_duty_or_without_any_for_all(
    first, last, whole, answers
):
    assert rules.is_whole(Scope(KEEPER, first, last, 5)) is whole
    assert rules.answers_for(holding(KEEPER, first=first, last=last), case()) is answers
    assert not rules.answers_for(holding(AUDITOR, first=first, last=last), case())
    assert not rules.answers_for(holding(KEEPER, first=first, last=last, kind="key"), case())


def test_a_grant_is_ended_by_who_has_it_by_the_program_or_by_who_answers_for_the_place():
    for actor, may in (
        (holding(number=3), True), (holding(number=4), False),
        (Actor("receipt", 3), False), (Actor.program("x"), True),
        (holding(KEEPER), True), (holding(AUDITOR), False), (holding(KEEPER, first=16), False),
        (holding(KEEPER, kind="key"), False), (holding(KEEPER, number=3, kind="key"), False),
    ):  # fmt: skip
        assert rules.may_end(actor, grant()) is may, actor


def test_a_receipt_asks_of_its_own_report_and_nobody_else_without_a_duty():
    report = Report(pk=9, case=case())

    assert rules.may_ask(Actor.receipt(9), report)
    assert not rules.may_ask(Actor.receipt(8), report)
    assert not rules.may_ask(Actor("key", 9), report)
    assert not rules.may_ask(Actor.program("x"), report)
    assert rules.may_ask(holding(KEEPER), report)
    assert not rules.may_ask(holding(KEEPER, first=16), report)


# ---- with records -------------------------------------------------------------------------------


@pytest.fixture
def reports(world: World) -> dict[str, Report]:
    """Of two places; the second lies behind the first."""
    made = {name: world.report()[0] for name in ("here", "there")}
    for place, report in zip((15, 21), made.values(), strict=True):
        Case.objects.filter(pk=report.case_id).update(place_number=place)
        report.refresh_from_db()
    return made


def seen(found: Any, made: dict[str, Any]) -> set[str]:
    keys = set(found.values_list("pk", flat=True))
    return {name for name, one in made.items() if one.pk in keys}


def test_only_the_places_of_the_duty_exist_for_who_keeps_or_audits(reports):
    cases = {name: report.case for name, report in reports.items()}
    for duty in Duty.values:
        kept = {"here"} if duty in {KEEPER, AUDITOR} else set()
        assert seen(rules.kept_cases(holding(duty)), cases) == kept, duty
        own = {"here"} if duty == KEEPER else set()
        assert seen(rules.visible_to(holding(duty)), reports) == own, duty
    assert seen(rules.visible_to(holding(AUDITOR), AUDITOR), reports) == {"here"}
    assert seen(rules.kept_cases(holding(AUDITOR), KEEPER), cases) == set()
    assert seen(rules.kept_cases(holding(KEEPER, first=1, last=0)), cases) == {"here", "there"}
    assert seen(rules.kept_cases(holding(KEEPER, kind="key")), cases) == set()
    assert seen(rules.kept_cases(holding(KEEPER, first=21, last=21)), cases) == {"there"}
    two = Actor("person", 7, "", (Scope(KEEPER, 15, 15, 5), Scope(AUDITOR, 21, 30, 5)))
    assert seen(rules.kept_cases(two), cases) == {"here", "there"}


def demand(report: Report, by: str = "person:3", **more: Any) -> Demand:
    """A request for a copy, not written."""
    told = {"kind": "copy", "stage": "asked", "reports": [report.pk], "asked_at": timezone.now()}
    return Demand(report=report, asked_by=by, **(told | more))


def test_requests_are_seen_by_who_keeps_or_audits_their_place(reports):
    made = {name: demand(report) for name, report in reports.items()}
    for one in made.values():
        one.save()
    for duty in Duty.values:
        expected = {"here"} if duty in {KEEPER, AUDITOR} else set()
        assert seen(rules.demands_of(holding(duty)), made) == expected, duty


def test_another_decides_who_answers_for_every_place_it_reaches_into(reports):
    here, there = reports.values()
    own = demand(here)

    assert rules.may_decide(holding(KEEPER), own)
    assert not rules.may_decide(holding(KEEPER, number=3), own)
    assert not rules.may_decide(holding(AUDITOR), own)
    assert not rules.may_decide(holding(KEEPER, first=16), own)
    assert not rules.may_decide(holding(KEEPER, kind="key"), own)
    assert not rules.may_decide(Actor.program("x"), own)
    assert rules.may_decide(holding(KEEPER, last=21), own)
    both = demand(here, reports=[here.pk, there.pk])
    assert not rules.may_decide(holding(KEEPER), both)
    assert rules.may_decide(holding(KEEPER, last=21), both)
    twice = demand(here, reports=[here.pk, here.pk])
    assert rules.may_decide(holding(KEEPER), twice)
    receipt = demand(here, f"receipt:{here.pk}")
    assert rules.may_decide(holding(KEEPER, number=here.pk), receipt)


def test_each_step_is_anothers_or_whose_it_was_asked_by_as_long_as_they_may_ask(reports):
    here = reports["here"]
    by_person, by_receipt = demand(here), demand(here, f"receipt:{here.pk}")
    asker, another = holding(KEEPER, number=3), holding(KEEPER)
    for name, move in MOVES.items():
        others = move.whose == "another"
        assert rules.may_move(another, name, by_person) is others, name
        assert rules.may_move(asker, name, by_person) is not others, name
        assert rules.may_move(holding(number=3), name, by_person) is False, name
        assert rules.may_move(Actor.receipt(here.pk), name, by_receipt) is not others, name
        assert not rules.may_move(Actor.receipt(here.pk + 1), name, by_receipt), name


def test_grants_are_seen_by_who_has_them_and_by_who_keeps_or_audits_their_place(reports):
    holder = Person.objects.create(username="h", name="h")
    first, _made = Person.objects.get_or_create(pk=1, defaults={"username": "1", "name": "1"})
    now = timezone.now()

    def looked(name: str, person: Person) -> Look:
        told = {"purpose": "verify", "at": now, "until": now}
        return Look.objects.create(report=reports[name], person=person, **told)

    made = {"here": looked("here", holder), "there": looked("there", first)}
    for duty in Duty.values:
        expected = {"here"} if duty in {KEEPER, AUDITOR} else set()
        assert seen(rules.grants_of(holding(duty, number=holder.pk + 99)), made) == expected, duty
    assert seen(rules.grants_of(holding(number=holder.pk)), made) == {"here"}
    assert seen(rules.grants_of(holding(number=holder.pk, kind="key")), made) == set()
    assert seen(rules.grants_of(Actor.program("x")), made) == set()
