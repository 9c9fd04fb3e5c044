"""What somebody may see is the same set, said for a list and said for a count."""

from typing import Any

import pytest

from shiyu.cases import rules
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import World
from shiyu.people.actors import Actor

pytestmark = pytest.mark.django_db


def test_whoever_counts_sees_the_same_cases(world: World, make_case: Any) -> None:
    make_case(Stage.HANDLING)
    make_case(Stage.CLOSED, kind="rubbish", lead="waste")
    make_case(Stage.REPORTED)
    for name, person in world.people.items():
        actor = Actor.for_person(person)
        listed = set(rules.visible_to(actor).values_list("pk", flat=True))
        counted = set(rules.visible_to(actor, to_count=True).values_list("pk", flat=True))
        assert counted == listed, name
    handler = Actor.for_person(world.people["handler"])
    seen = rules.visible_to(handler, to_count=True)
    assert seen.filter(stage=Stage.HANDLING).count() == 1
    assert set(seen) < set(Case.objects.all())


def test_a_list_begins_at_a_units_own_cases_only_where_they_are_few(
    world: World, make_case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_case(Stage.HANDLING)
    make_case(Stage.HANDLING)
    handler = Actor.for_person(world.people["handler"])
    assert rules.has_few(handler)
    assert not rules.has_few(Actor.for_person(world.people["intake"])), "a place shows them all"
    assert not rules.has_few(Actor.program("test"))
    monkeypatch.setattr(rules, "FEW", 1)
    assert not rules.has_few(handler)
