"""What somebody may see is the same set, wherever the database begins to look for it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shiyu.cases import rules
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.rules import Start
from shiyu.cases.tests.world import World
from shiyu.people.actors import Actor

pytestmark = pytest.mark.django_db


def test_wherever_one_begins_one_sees_the_same_cases(world: World, make_case: Any) -> None:
    make_case(Stage.HANDLING)
    make_case(Stage.CLOSED, kind="rubbish", lead="waste")
    make_case(Stage.REPORTED)
    for name, person in world.people.items():
        actor = Actor.for_person(person)
        seen = [
            set(rules.visible_to(actor, start=start).values_list("pk", flat=True))
            for start in Start
        ]
        assert all(some == seen[0] for some in seen), name
    handler = Actor.for_person(world.people["handler"])
    own = rules.visible_to(handler, start=Start.OWN)
    assert own.filter(stage=Stage.HANDLING).count() == 1
    assert set(own) < set(Case.objects.all())


def test_a_list_begins_where_a_unit_of_its_size_is_served_soonest(
    world: World, make_case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_case(Stage.HANDLING)
    handler = Actor.for_person(world.people["handler"])
    place = Actor.for_person(world.people["intake"])
    assert rules.start_of_newest(handler) is Start.OWN
    assert rules.start_of_newest(place) is not Start.OWN, "a place shows them all"
    assert rules.start_of_newest(Actor.program("test")) is Start.SET
    monkeypatch.setattr(rules, "FEW", 1)
    assert rules.start_of_newest(handler) is Start.SET
    monkeypatch.setattr(rules, "MANY", 2)
    assert rules.start_of_newest(handler) is Start.EACH
    assert (Start.SET.to_count, Start.EACH.to_count) == (Start.OWN, Start.EACH)


def test_no_page_of_a_unit_reads_what_it_ever_had(
    world: World, make_case: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a unit with many, each statement looks from a case at its parts, never through them."""
    make_case(Stage.HANDLING)
    monkeypatch.setattr(rules, "FEW", 0)
    monkeypatch.setattr(rules, "MANY", 0)
    client.force_login(world.people["handler"])
    for address in ("/desk/to_sign/", "/desk/handling/", "/desk/all/", "/desk/all/?stage=closed"):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        for query in captured.captured_queries:
            assert 'IN (SELECT U0."case_id"' not in query["sql"], address
