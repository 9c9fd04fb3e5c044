"""Which place holds which, who looks where, who is on duty; a tree of eight places."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shiyu.common.errors import NotAllowed, NotFound, OutOfOrder
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import LOOKING, Duty
from shiyu.people.models import Person
from shiyu.places import rules
from shiyu.places.models import City, Place, RosterEntry
from shiyu.places.tests.small_city import found

pytestmark = pytest.mark.django_db

# code: first, last, what it lies in
TREE = {
    "990000": (1, 100, None), "990101": (10, 50, "990000"), "990102": (51, 90, "990000"),
    "990101001": (11, 20, "990101"), "990101002": (21, 30, "990101"),
    "990101001001": (12, 15, "990101001"), "990101001002": (16, 16, "990101001"),
    "990102001": (52, 60, "990102"),
}  # fmt: skip


@pytest.fixture
def tree(db: None) -> dict[str, Place]:
    made: dict[str, Place] = {}
    found()
    Place.objects.filter(code="990000").update(first=1, last=100)
    for code, (first, last, above) in TREE.items():
        place = Place(code=code, name=code, level="county", first=first, last=last)
        if above is None:
            place = Place.objects.get(code=code)
        else:
            place.parent = made[above]
            place.save()
        made[code] = place
    return made


def codes(places: Any) -> list[str]:
    return [place.code for place in places]


def test_a_place_is_found_by_its_number_and_by_its_code(tree):
    for code, place in tree.items():
        assert rules.place_of(place.first) == place
        assert rules.place_by_code(code) == place
    assert "boundary" in rules.place_of(10).get_deferred_fields()
    with pytest.raises(NotFound, match="没有这个区域"):
        rules.place_of(13)
    with pytest.raises(NotFound, match="没有代码为 9901 的区域"):
        rules.place_by_code("9901")


def test_what_lies_in_a_place_is_itself_and_all_between_its_ends(tree):
    assert set(codes(rules.below(tree["990101"]))) == {
        "990101", "990101001", "990101002", "990101001001", "990101001002",
    }  # fmt: skip
    assert codes(rules.below(tree["990101001002"])) == ["990101001002"]
    assert len(rules.below(tree["990000"])) == len(TREE)


def test_a_path_goes_from_the_city_down_to_the_place_itself(tree, django_assert_num_queries):
    expected = {
        1: ["990000"],
        16: ["990000", "990101", "990101001", "990101001002"],
        52: ["990000", "990102", "990102001"],
    }
    for number, path in expected.items():
        assert codes(rules.path_of(number)) == path
    with django_assert_num_queries(3):
        found = rules.paths_of([1, 16, 52, 52, 13])
    assert {number: codes(path) for number, path in found.items()} == expected
    with django_assert_num_queries(1):
        assert codes(rules.paths_of([1])[1]) == ["990000"]
    assert rules.paths_of([]) == {}


def test_one_looks_over_the_places_of_a_duty_that_looks_and_over_no_others(tree):
    for duty in [*Duty.values, "look"]:
        actor = Actor("person", 1, "", (Scope(duty, 11, 16, 5), Scope(duty, 52, 52, 5)))
        expected = {"990101001", "990101001001", "990101001002", "990102001"}
        seen = set(codes(rules.visible_places(actor)))
        assert seen == (expected if duty in LOOKING else set()), duty
    assert len(rules.visible_places(Actor.program("x"))) == len(TREE)
    assert not rules.visible_places(Actor("key", 1))


def test_the_program_and_those_who_administer_the_system_edit_the_map():
    for duty in Duty.values:
        actor = Actor("person", 1, "", (Scope(duty, 1, 9, 5),))
        assert rules.may_edit_map(actor) is (duty == "system_admin")
    rules.must_edit_map(Actor.program("x"))
    with pytest.raises(NotAllowed, match="没有维护区域的权限"):
        rules.must_edit_map(Actor("person", 1))


def test_the_roster_of_a_place_is_who_serves_there_today(tree):
    today, one = timezone.localdate(), timedelta(days=1)
    place, other = tree["990101"], tree["990102"]
    rows = {
        "b": (today, today), "a": (today - one, None), "gone": (today - 9 * one, today - one),
        "coming": (today + one, None),
    }  # fmt: skip
    for name, (starts, ends) in rows.items():
        person = Person.objects.create(username=name, name=name, pinyin=name)
        RosterEntry.objects.create(
            place=place, person=person, title="网格长", starts_on=starts, ends_on=ends
        )
    RosterEntry.objects.create(place=place, person=person, title="a长", starts_on=today)
    RosterEntry.objects.create(place=other, person=person, title="a长", starts_on=today)

    assert [(entry.title, entry.person.name) for entry in rules.roster_of(place)] == [
        ("a长", "coming"), ("网格长", "a"), ("网格长", "b"),
    ]  # fmt: skip


def test_codes_of_the_country_grow_by_tiers():
    lengths = {
        "city": {6}, "county": {6}, "township": {9}, "community": {12}, "cell": {14, 15, 16},
    }  # fmt: skip
    assert set(rules.CHINESE_CODES) == set(lengths)
    for tier, pattern in rules.CHINESE_CODES.items():
        fitting = {n for n in range(1, 20) if re.fullmatch(pattern, "9" * n)}
        assert fitting == lengths[tier], tier
        assert not re.fullmatch(pattern, "a" * max(lengths[tier]))


def test_there_is_one_city_or_none_yet():
    if not City.objects.exists():
        with pytest.raises(OutOfOrder, match="还没有建立城市"):
            rules.the_city()
        assert found() == rules.the_city()
    assert rules.the_city().pk == 1
