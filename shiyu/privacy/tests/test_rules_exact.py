"""Who answers for whose data, by duty and place, near every boundary; few records."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shiyu.cases.models import Case, Look, Report
from shiyu.cases.tests.world import World
from shiyu.journal.actions import record
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import Duty
from shiyu.people.models import Person
from shiyu.privacy import rules
from shiyu.privacy.lifecycle import ASSESSMENT_MOVES, MOVES, OF_ASSESSMENTS, WAITING
from shiyu.privacy.models import Assessment, Demand, Hold, SelfAudit

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


def test_what_the_law_keeps_is_seen_by_who_keeps_its_place(reports, world):
    owner, now = world.people["nobody"], timezone.now()
    told = {"ground": "lawsuit", "until": now.date(), "by": owner, "at": now}
    made = {n: Hold.objects.create(report=report, **told) for n, report in reports.items()}
    for duty in Duty.values:
        expected = {"here"} if duty == KEEPER else set()
        assert seen(rules.holds_of(holding(duty)), made) == expected, duty
    assert seen(rules.holds_of(holding(KEEPER, kind="key")), made) == set()


# ---- impact assessments and self-audits ---------------------------------------------------------


def test_every_step_of_an_assessment_is_from_where_to_where_and_whose():
    assert sorted(OF_ASSESSMENTS) == ["assessment"]
    assert sorted(WAITING) == ["asked"]
    assert {
        name: (move.kinds, move.sources, move.target, move.whose)
        for name, move in ASSESSMENT_MOVES.items()
    } == {
        "approve": (OF_ASSESSMENTS, WAITING, "approved", "another"),
        "return": (OF_ASSESSMENTS, WAITING, "returned", "another"),
        "withdraw": (OF_ASSESSMENTS, WAITING, "withdrawn", "who asked"),
    }


def test_who_assesses_and_who_audits_by_duty_alone():
    for duty in Duty.values:
        assert rules.may_assess(holding(duty)) is (duty == KEEPER), duty
        assert rules.may_audit(holding(duty)) is (duty in {KEEPER, AUDITOR}), duty
    for actor in (holding(KEEPER, AUDITOR, kind="key"), Actor.program("x"), Actor.receipt(7)):
        assert not rules.may_assess(actor)
        assert not rules.may_audit(actor)


def test_assessments_and_audits_are_seen_by_those_two_duties_all_of_them(world):
    owner, now = world.people["nobody"], timezone.now()
    told = {"points": [], "made_by": owner, "made_at": now}
    SelfAudit.objects.create(since=now.date(), until=now.date(), **told)
    everything = Assessment.objects.count()
    for duty in Duty.values:
        sees = duty in {KEEPER, AUDITOR}
        assert rules.assessments_of(holding(duty)).count() == sees * everything, duty
        assert rules.audits_of(holding(duty)).count() == sees, duty
    for found in (rules.assessments_of, rules.audits_of):
        assert not found(holding(KEEPER, kind="key")).exists()


def test_a_step_of_an_assessment_is_anothers_or_whose_it_is(world):
    begun = Assessment(begun_by_id=3)
    for name, move in ASSESSMENT_MOVES.items():
        others = move.whose == "another"
        assert rules.may_move_assessment(holding(KEEPER, number=7), name, begun) is others, name
        own = rules.may_move_assessment(holding(KEEPER, number=3), name, begun)
        assert own is not others, name
        assert not rules.may_move_assessment(holding(AUDITOR, number=7), name, begun), name
        assert not rules.may_move_assessment(holding(AUDITOR, number=3), name, begun), name
    record("person:7", "set_password", actor=holding(number=3))
    assert not rules.may_move_assessment(holding(KEEPER, number=7), "approve", begun)


def assessed(world: World, processing: str, *, due: int = 1, at: int = 0, **more: Any) -> None:
    """One that was approved so many days from now, good for so many."""
    now, day = timezone.now(), timedelta(days=1)
    owner = world.people["nobody"]
    told = {"conclusion": "go", "stage": "approved", "decided_by": owner} | more
    decided = None if told["stage"] == "asked" else now + at * day
    Assessment.objects.create(
        processing=processing,
        due_on=timezone.localdate() + due * day,
        begun_by=owner,
        begun_at=now,
        decided_at=decided,
        **told,
    )


def test_the_newest_approved_counts_through_its_last_day(world):
    def in_force() -> str:
        one = rules.in_force().get("suggest")
        return one.conclusion if one else ""

    assert in_force() == "go"
    assessed(world, "suggest", due=0, at=2, conclusion="with_measures")
    assessed(world, "suggest", at=1)
    assert in_force() == "with_measures"
    assessed(world, "suggest", stage="returned", at=5, conclusion="not")
    assessed(world, "suggest", stage="asked", decided_by=None, conclusion="not")
    assert in_force() == "with_measures"
    assert rules.not_assessed() == []
    assessed(world, "suggest", due=-1, at=3)
    assert in_force() == ""
    assert rules.not_assessed() == ["suggest"]
    assert rules.unassessed() == [str(rules.PROCESSINGS["suggest"].title)]
    assert rules.may_begin("suggest")  # it is done already: told, not stopped


def test_what_must_not_be_done_is_told_and_stopped_and_what_is_new_waits(world):
    assert all(rules.may_begin(name) for name in rules.PROCESSINGS)
    assessed(world, "export", due=-1)
    assert not rules.may_begin("export")
    assert rules.not_assessed() == []
    for name in ("export", "suggest"):
        assessed(world, name, at=1, conclusion="not")
        assert not rules.may_begin(name)
    assert rules.not_assessed() == ["suggest"]
    assessed(world, "export", at=2, conclusion="with_measures")
    assert rules.may_begin("export")
    assert rules.may_begin("what nobody has named")
