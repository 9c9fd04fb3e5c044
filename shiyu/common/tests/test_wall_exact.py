"""What the database is told of whose sight counts, word for word; no database."""

from collections.abc import Iterator

import pytest

from shiyu.common import wall
from shiyu.common.wall import EVERYTHING, NOBODY, PUBLIC, Sight

ALL = b"""'(t,"{}","{}",0,"{}")'"""
SOME = Sight(places=((10, 20), (30, 30)), holders=frozenset({9, 4}), person=7, cases=frozenset({3}))


@pytest.fixture(autouse=True)
def nothing_said() -> Iterator[None]:
    """As in a process in which nobody has said anything yet."""
    before = wall._base
    with wall.within(wall._UNTOLD):
        wall._base = NOBODY
        yield
    wall._base = before


def test_a_sight_is_said_in_numbers_and_signs_of_our_own():
    assert EVERYTHING.said == ALL
    assert PUBLIC.said == b"""'(f,"{}","{}",0,"{}")'"""
    assert SOME.said == b"""'(f,"{[10,21),[30,31)}","{4,9}",7,"{3}")'"""


def test_a_case_is_shown_by_its_place_or_by_who_takes_part_or_to_who_sees_all():
    nobody = frozenset[int]()

    assert [SOME.shows(place, nobody) for place in (9, 10, 20, 21, 30, 31)] == [
        False, True, True, False, True, False,
    ]  # fmt: skip
    assert SOME.shows(1, frozenset({4, 5}))
    assert not SOME.shows(1, frozenset({5, 3, 7}))
    assert EVERYTHING.shows(1, nobody)
    assert not PUBLIC.shows(1, frozenset({4}))


def test_units_people_and_keys_never_share_a_number():
    assert [wall.holder(kind, 5) for kind in (wall.UNIT, wall.PERSON, wall.KEY)] == [20, 21, 22]
    assert wall.holder(wall.UNIT, 6) == 24


def test_what_is_said_is_the_innermost_and_is_taken_back():
    assert wall.now_said() == NOBODY == b"DEFAULT"
    with wall.within(SOME):
        assert wall.now_said() == SOME.said
        with wall.within(None):
            assert wall.now_said() == NOBODY
        with wall.beyond("tests"):
            assert wall.now_said() == ALL
        assert wall.now_said() == SOME.said
        wall.look_as(PUBLIC)
        assert wall.now_said() == PUBLIC.said
    assert wall.now_said() == NOBODY


def test_where_nobody_has_said_what_counts_in_the_process_counts():
    wall.stand_beyond("command line")
    assert wall.now_said() == ALL
    with wall.within(None):
        assert wall.now_said() == NOBODY
    with wall.within(SOME):
        assert wall.now_said() == SOME.said
    wall.stand_beyond(None)
    assert wall.now_said() == NOBODY


@pytest.mark.parametrize("before", [None, wall._UNTOLD, PUBLIC])
def test_a_case_that_is_also_shown_is_added_to_what_is_seen(before):
    with wall.within(before):
        wall.look_also_at([8, 9])
        assert wall.now_said() == b"""'(f,"{}","{}",0,"{8,9}")'"""
    wall.stand_beyond("command line")
    with wall.within(SOME):
        wall.look_also_at([8])
        assert wall.now_said() == SOME.said.replace(b"{3}", b"{3,8}")
    with wall.within(before):
        wall.look_also_at([8])
        assert wall.now_said() == b"""'(f,"{}","{}",0,"{8}")'"""


def test_more_is_seen_for_a_reason_that_is_listed_and_for_no_other():
    said = """-c shiyu.sight=(t,"{}","{}",0,"{}")"""

    for reason in wall.WIDENINGS:
        assert wall.seeing(reason) == said
        assert wall.seeing_here(reason) == """SET LOCAL shiyu.sight = '(t,"{}","{}",0,"{}")'"""
        with wall.beyond(reason):
            assert wall.now_said() == ALL
    for act in (wall.seeing, wall.seeing_here, wall.stand_beyond):
        with pytest.raises(LookupError, match="no reason of WIDENINGS: curiosity"):
            act("curiosity")
    with pytest.raises(LookupError, match="curiosity"), wall.beyond("curiosity"):
        pass
    assert wall.now_said() == NOBODY
