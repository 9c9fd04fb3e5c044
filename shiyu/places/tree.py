"""Preorder numbers with gaps: a subtree of places is an interval of integers (区域编号).

Numbers are spread far apart, so that a place added later finds a free stretch between its
neighbours and no number that a case or a post already carries has to change. Only when a
stretch is used up are the numbers of a subtree given anew. None exceeds what a double holds
exactly, since JSON readers know no other number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

FIRST = 1
LAST = 2**53 - 1
NARROWEST = 4096
SHARE_OF_A_GAP = 256


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers of a place and of everything below it: first..last, both included."""

    first: int
    last: int

    @property
    def width(self) -> int:
        return self.last - self.first + 1

    def covers(self, number: int) -> bool:
        """Whether the place with this number lies in the subtree."""
        return self.first <= number <= self.last


WHOLE = Interval(FIRST, LAST)


class NoRoom(Exception):
    """The gap is used up: the numbers of a subtree above must be given anew."""


def number_tree(parents: Sequence[int], within: Interval = WHOLE) -> list[Interval]:
    """An interval for every node; `parents[i]` is i's parent, which comes before it, -1 the root.

    Siblings keep their order. Each subtree gets room by its size, half of it left free around
    its neighbours and a quarter of the parent's at the end.

    Raises  NoRoom  where a node would get fewer than NARROWEST numbers.
    """
    children: list[list[int]] = [[] for _ in parents]
    sizes = [1] * len(parents)
    roots: list[int] = []
    for node, parent in enumerate(parents):
        if parent >= node:
            raise ValueError("a parent must come before its children")
        (children[parent] if parent >= 0 else roots).append(node)
    for node in range(len(parents) - 1, -1, -1):
        if parents[node] >= 0:
            sizes[parents[node]] += sizes[node]
    if len(roots) != 1:
        raise ValueError(f"a tree has one root, not {len(roots)}")
    intervals: list[Interval] = [within] * len(parents)
    for node, below in enumerate(children):
        if below:
            _share(intervals, node, below, sizes)
    return intervals


def _share(intervals: list[Interval], node: int, below: list[int], sizes: list[int]) -> None:
    """Give a node's children their stretches of its interval."""
    of_all = sum(sizes[child] for child in below)
    room = (intervals[node].width - 1) * 3 // 4
    start = intervals[node].first + 1
    for child in below:
        stretch = room * sizes[child] // of_all
        if stretch // 2 < NARROWEST:
            raise NoRoom
        intervals[child] = Interval(start, start + stretch // 2 - 1)
        start += stretch


def fit(parent: Interval, siblings: Sequence[Interval], at: int) -> Interval:
    """An interval for one more child, before `siblings[at]`, or last if `at` is their number.

    A child added at an end takes a small share near its neighbour, so that thousands may follow.

    Raises  NoRoom  if the gap there is used up.
    """
    after = siblings[at - 1].last if at else parent.first
    before = siblings[at].first if at < len(siblings) else parent.last + 1
    free = before - after - 1
    width = max(free // SHARE_OF_A_GAP, NARROWEST)
    if free < 3 * width:
        raise NoRoom
    if at == len(siblings):
        start = after + 1 + width
    elif at == 0:
        start = before - 2 * width
    else:
        start = after + 1 + (free - width) // 2
    return Interval(start, start + width - 1)
