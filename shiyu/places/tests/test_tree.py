import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiyu.places.tree import LAST, NARROWEST, WHOLE, Interval, NoRoom, fit, number_tree

TREES = st.lists(st.integers(0, 10**6), min_size=0, max_size=120).map(
    lambda picks: [-1, *(pick % position for position, pick in enumerate(picks, 1))]
)


@given(TREES)
def test_a_subtree_is_exactly_an_interval(parents):
    intervals = number_tree(parents)

    for node, interval in enumerate(intervals):
        inside = {n for n, other in enumerate(intervals) if interval.covers(other.first)}
        assert inside == below(node, parents)


@given(TREES)
def test_numbers_are_different_fit_a_double_and_keep_the_order_of_siblings(parents):
    intervals = number_tree(parents)

    assert len({interval.first for interval in intervals}) == len(parents)
    assert all(float(i.last) == i.last <= LAST for i in intervals)
    for parent in range(len(parents)):
        children = [intervals[n].first for n, p in enumerate(parents) if p == parent]
        assert children == sorted(children)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
def test_a_child_added_anywhere_lies_between_its_neighbours(places):
    siblings: list[Interval] = []

    for place in places:
        at = place % (len(siblings) + 1)
        try:
            siblings.insert(at, fit(WHOLE, siblings, at))
        except NoRoom:
            break

    edges = [WHOLE.first, *(edge for s in siblings for edge in (s.first, s.last)), WHOLE.last]
    assert edges == sorted(set(edges))


def test_a_thousand_children_follow_one_another_without_new_numbers():
    siblings: list[Interval] = []

    for at in range(1000):
        siblings.append(fit(WHOLE, siblings, at))

    assert siblings[-1].last < WHOLE.last


def test_a_gap_that_is_used_up_is_told():
    narrow = Interval(1, 2 * NARROWEST)

    with pytest.raises(NoRoom):
        fit(narrow, [], 0)


def test_a_tree_that_does_not_fit_is_told():
    with pytest.raises(NoRoom):
        number_tree([-1, 0, 0], Interval(1, 5 * NARROWEST))


@pytest.mark.parametrize("parents", [[0], [-1, 2, 1], [-1, -1], []])
def test_what_is_no_tree_is_refused(parents):
    with pytest.raises(ValueError, match=r"parent|root"):
        number_tree(parents)


def below(node, parents):
    found = {node}
    for child in range(node + 1, len(parents)):
        if parents[child] in found:
            found.add(child)
    return found
