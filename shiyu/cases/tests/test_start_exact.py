"""Where the database begins to look, and who is refused in which words, near every boundary."""

from datetime import UTC, datetime

import pytest

from shiyu.cases import rules
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Assignment, Case
from shiyu.cases.replay import Part, Standing
from shiyu.cases.rules import Concern, Start
from shiyu.cases.tests.world import World
from shiyu.common.errors import NotAllowed
from shiyu.people.actors import Actor, Scope

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def handles(*units: int, kind: str = "person") -> Actor:
    return Actor(kind, 7, "", tuple(Scope("handle", 1, 0, unit) for unit in units))


def test_a_count_begins_at_each_or_at_ones_own():
    assert [start.to_count for start in Start] == [Start.EACH, Start.OWN, Start.OWN]
    assert (rules.FEW, rules.MANY) == (5_000, 20_000)


def test_a_part_that_is_not_among_the_cases_own_gives_no_move_of_it():
    held = Standing(stage=Stage.HANDLING, parts={3: Part("signed", True, NOW)})
    case, about = Case(place_number=1, centre_id=1), Concern(1, 1, frozenset({2}), frozenset())

    assert "handle" not in rules.open_moves(handles(3, 2), case, held, about=about)
    sound = Concern(1, 1, frozenset({2, 3}), frozenset())
    assert "handle" in rules.open_moves(handles(3, 2), case, held, about=sound)


@pytest.fixture
def sent(world: World) -> tuple[int, int, Case]:
    """Two units; the first had parts in three cases, the second in the last of them."""
    first, second = world.units["roads"], world.units["waste"]
    for _number in range(3):
        case = world.report()[0].case
        Assignment.objects.create(case=case, unit=first, lead=True, sent_at=NOW)
    Assignment.objects.create(case=case, unit=second, lead=False, sent_at=NOW)
    return first.pk, second.pk, case


def test_the_newest_are_looked_for_by_how_many_the_units_ever_had(sent, monkeypatch):
    first, second, _case = sent
    looks = Actor("person", 7, "", (Scope("handle", 1, 0, second), Scope("look", 1, 9, 5)))

    for few, many, start in (
        (3, 9, Start.OWN), (2, 9, Start.SET), (2, 3, Start.SET), (1, 2, Start.EACH),
        (3, 3, Start.OWN), (9, 2, Start.EACH),
    ):  # fmt: skip
        monkeypatch.setattr(rules, "FEW", few)
        monkeypatch.setattr(rules, "MANY", many)
        for kind in ("person", "key"):
            assert rules.start_of_newest(handles(first, kind=kind)) is start, (few, many)
    monkeypatch.setattr(rules, "FEW", 1)
    assert rules.start_of_newest(handles(second)) is Start.OWN
    assert rules.start_of_newest(looks) is Start.SET
    for nobody in (handles(), handles(second, kind="receipt"), Actor.program("x")):
        assert rules.start_of_newest(nobody) is Start.SET


def test_what_is_asked_differs_by_where_it_begins_and_what_is_found_does_not(sent):
    first, second, case = sent
    own = handles(first, second)
    places = Actor("person", 7, "", (*own.held, Scope("look", 10**9, 10**9 + 1, 5)))

    def said(actor: Actor, start: Start) -> tuple[bool, bool]:
        words = str(rules.visible_to(actor, start=start).query)
        return " UNION " in words, "LIMIT 1" in words

    for actor in (own, places):
        assert said(actor, Start.EACH) == (False, True)
        assert said(actor, Start.SET) == (False, False)
        for start in Start:
            assert rules.visible_to(actor, start=start).count() == 3
            assert case in rules.visible_to(actor, start=start)
    assert said(own, Start.OWN) == (True, False)
    assert said(places, Start.OWN) == (False, False)


@pytest.mark.django_db
def test_who_may_not_is_refused_in_the_words_of_the_move(world):
    case = world.report()[0].case

    rules.must(world.actor("intake"), "accept", case)
    with pytest.raises(NotAllowed, match=r"^您的岗位不能对这件案件“受理”$"):
        rules.must(world.actor("handler"), "accept", case)


def test_a_reporter_is_known_within_the_places_of_the_duty_and_by_its_centre(world):
    case = world.report()[0].case
    number, centre = case.place_number, case.centre_id
    for first, last, unit, knows in (
        (number, number, centre, True), (number + 1, number + 9, centre, False),
        (number - 9, number - 1, centre, False), (number, number, centre + 999, False),
    ):  # fmt: skip
        everywhere = Scope("look", 1, 10**12, centre)
        actor = Actor("person", 7, "", (Scope("intake", first, last, unit), everywhere))
        assert rules.knows_reporter(actor, case) is knows
        assert rules.known_reporters(actor).filter(pk=case.pk).exists() is knows
