"""Cases are searched by words and sight in one index: marks that are true, and the newest first."""

from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from shiyu.cases import actions, rules, search
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import World
from shiyu.common.wall import PERSON, UNIT, holder, within
from shiyu.people.actors import Actor
from shiyu.people.seeing import sight_of

pytestmark = pytest.mark.django_db

NUMBERS = st.integers(1, (1 << 53) - 1)
TRUE = "SELECT marks, cases_marks_of(case_id) FROM cases_found WHERE case_id = %s"
COVERS = "SELECT cases_place_marks(%s), cases_cover(%s, %s)"
PLAN = """
EXPLAIN SELECT case_id FROM cases_found WHERE words @> '{井盖}' AND marks && '{28}'
   AND cases_shelf(case_id) @> ARRAY[0::bigint]
"""


def asked(words: str, *values: object) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(words, values)
        return cursor.fetchone()


def are_true(case: Case) -> set[int]:
    kept, told = asked(TRUE, case.pk)
    assert sorted(kept) == sorted(told)
    return set(kept)


def test_marks_say_where_a_case_lies_its_kind_and_who_has_it_from_the_first_report_on(
    world: World, make_case: Any
) -> None:
    own = are_true(world.report(by="patrol")[0].case)
    assert holder(PERSON, world.people["patrol"].pk) in own
    plain = world.report()[0].case
    assert not any(mark > 0 for mark in are_true(plain))
    keyed = world.report(source="key:7", source_ref="A1")[0].case
    assert 7 * 4 + 2 in are_true(keyed)

    case = make_case(Stage.DISPATCHED)
    marks = are_true(case)
    assert search.mark_of_kind(case.kind_id) in marks
    assert holder(UNIT, world.units["roads"].pk) in marks
    assert holder(UNIT, world.units["waste"].pk) not in marks


def test_marks_follow_a_case_to_another_place_and_kind(world: World, make_case: Any) -> None:
    case = make_case(Stage.ACCEPTED)
    far = 5 << 40
    before = are_true(case)

    Case.objects.filter(pk=case.pk).update(place_number=far, kind=world.kinds["lamp"])

    after = are_true(case)
    assert set(search.marks_within(far, far)) < after
    assert not set(search.marks_within(far, far)) & before
    assert search.mark_of_kind(world.kinds["lamp"].pk) in after


@given(NUMBERS, NUMBERS, NUMBERS)
@settings(max_examples=60, deadline=None)
def test_whatever_lies_between_two_numbers_has_a_mark_of_theirs(a: int, b: int, n: int) -> None:
    first, number, last = sorted((a, b, n))
    marks, cover = asked(COVERS, number, first, last)

    own = search.marks_within(first, last)
    assert set(own) & set(marks)
    assert len(own) <= search.PARTS_MOST
    assert cover is None if last - first >= 1 << 51 else cover == own


LOOKING = ("intake", "handler", "patrol", "patrol_xisi", "commander_city", "nobody", None)


def test_the_newest_of_all_shelves_come_in_their_order_to_each_their_own(
    world: World, make_case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shelves lie far apart here, some of them empty, so that the way goes over all of them."""
    for skipped in (0, 17_000, 40_000):
        asked("SELECT count(nextval('cases_case_id_seq')) FROM generate_series(1, %s)", skipped)
        world.report(by="patrol")
        make_case(Stage.HANDLING)
        world.report(text="路灯不亮")
        world.report(text="井盖响", lon=114.45)

    for who in LOOKING:
        actor = Actor.for_person(world.people[who]) if who else Actor.program("test")
        seen = rules.visible_to(actor)
        found = seen.filter(found__words__contains=["井盖"]).order_by("-pk")
        true = list(found.values_list("pk", flat=True))
        assert len(true) > 2 or who in ("nobody", "patrol_xisi"), who
        for few in (0, 2000):
            monkeypatch.setattr(search, "FEW", few)
            with within(sight_of(actor)):
                assert search.newest(seen, ["井盖"], None, most=50) == true, (who, few)
                for most in (1, 3):
                    assert _step_by_step(seen, most) == (true, true[::-1]), (who, few, most)


def _step_by_step(seen: Any, most: int) -> tuple[list[int], list[int]]:
    """The same some at a time, from the newest down and from the oldest up."""
    down: list[int] = []
    up: list[int] = []
    while part := search.newest(seen, ["井盖"], None, most=most, below=down[-1] if down else None):
        down += part
    while part := search.newest(seen, ["井盖"], None, most=most, above=up[-1] if up else 0):
        up += part
    return down, up


def test_a_narrower_question_than_ones_sight_is_answered_to_its_end(world: World) -> None:
    cases = [world.report()[0].case for _ in range(4)]
    few = Case.objects.filter(pk__in=[cases[0].pk, cases[1].pk])

    assert search.newest(few, ["井盖"], None, most=2) == [cases[1].pk, cases[0].pk]
    assert search.newest(few.none(), ["井盖"], None, most=2) == []


def test_nothing_is_sought_that_has_neither_words_nor_marks(world: World) -> None:
    world.report()

    assert search.newest(Case.objects.all(), None, None, most=5) == []


def test_one_index_joins_words_marks_and_shelf(world: World, database: Any) -> None:
    with database.connect("owner", database.name) as owner:
        owner.execute("SET ROLE search")
        owner.execute("SET enable_seqscan = off")
        owner.execute("SET enable_indexscan = off")  # by the key alone: cheapest in a small city
        plan = "\n".join(row[0] for row in owner.execute(PLAN).fetchall())

    (conditions,) = [line for line in plan.splitlines() if "Index Cond" in line]
    assert "case_found_by" in plan
    assert all(word in conditions for word in ("words @>", "marks &&", "case_id >> 14"))


def test_a_dispatch_puts_a_case_within_its_units_reach(world: World, make_case: Any) -> None:
    case = make_case(Stage.FILED)
    handler = world.actor("handler")
    with within(sight_of(handler)):
        assert search.newest(rules.visible_to(handler), ["井盖"], None, most=5) == []

    case.refresh_from_db()
    actions.dispatch(case, lead=world.units["roads"], co=[], actor=world.actor("dispatcher"))

    with within(sight_of(handler)):
        assert search.newest(rules.visible_to(handler), ["井盖"], None, most=5) == [case.pk]


@pytest.mark.parametrize("who", ["intake", "handler", "patrol", "commander_city"])
def test_a_list_filtered_by_a_frequent_word_shows_the_same_as_by_a_rare_one(
    who: str, world: World, make_case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_case(Stage.HANDLING)
    world.report(by="patrol")
    world.report(text="井盖响", lon=114.45)
    world.report(text="路灯不亮", address="")
    actor, gulou = world.actor(who), world.places["gulou"]
    seen = rules.visible_to(actor)
    with within(sight_of(actor)):
        rare = [set(search.find(seen, words)) for words in ("井盖", "路灯", "没有")]
        monkeypatch.setattr(search, "LISTED_FEW", 0)
        often = [set(search.find(seen, words)) for words in ("井盖", "路灯", "没有")]
        newest, counted = search.typed("井盖", within=(gulou.first, gulou.last)) or ()
        in_place = seen.filter(counted)

        assert often == rare
        assert set(seen.filter(newest)) == rare[0]
        assert rare[0]
        here = {case for case in rare[0] if gulou.first <= case.place_number <= gulou.last}
        assert here <= set(in_place) <= rare[0]
