"""How modules above people follow what changes here (随机构人员变更).

People knows none of them: each registers, when the program starts, what it keeps about units and
persons, says beforehand what a change would touch, and takes part in its transaction.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shiyu.people.actors import Actor
from shiyu.people.models import Heir, Person, Unit, UnitChange

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Touched:
    """One sort of thing that a change concerns, counted (涉及事项).

    open   it is unfinished work: a unit that has some cannot simply be closed.
    """

    title: str
    count: int
    open: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A place or kind found by what somebody typed; first..last for places."""

    code: str
    name: str
    first: int = 0
    last: int = 0


class UnitFollower(Protocol):
    """What a module does about units (机构变更随动)."""

    def touched(self, unit: Unit) -> Sequence[Touched]:
        """What of this module names the unit and would be touched by its end."""

    def follow(self, change: UnitChange) -> None:
        """Take part in a merge or split, in its transaction: small things only."""

    def hand_over_some(self, change: UnitChange, most: int) -> int:
        """Hand over up to so many open things to the heirs; 0 when nothing is left."""

    def waiting(self, unit_ids: Collection[int]) -> Collection[int]:
        """Which of these units, all ended, still have open things that can go over."""


class Personal(Protocol):
    """Things of one person that stay behind when they leave (个人事项)."""

    title: "StrPromise | str"

    def count(self, person: Person) -> int:
        """How many there are."""

    def hand_over(self, person: Person, *, to: Person, actor: Actor) -> int:
        """Give them to somebody else, in the caller's transaction; returns how many."""


Lookup = Callable[[str], Sequence[Named]]
Deal = Callable[[Unit, Sequence[Heir]], Sequence[int]]
Sight = Callable[[Actor], Sequence[tuple[str, int]]]

units: list[UnitFollower] = []
personal: list[Personal] = []
deal: list[Deal] = []
"""How many open things each heir would take, in the order of the heirs."""
places: list[Lookup] = []
"""Finds places by code, name or sound; one entry, by the module that knows places."""
place_names: list[Callable[[Collection[str]], dict[str, str]]] = []
"""The names of places by code, in one query."""
kinds: list[Lookup] = []
"""Finds kinds of case by code or name."""
sight: list[Sight] = []
"""What somebody sees with the duties they hold, as (words, count)."""


def find_places(words: str) -> Sequence[Named]:
    """Places of this code or name, the best first."""
    return [found for look in places for found in look(words)]


def names_of_places(codes: Collection[str]) -> dict[str, str]:
    """The names of these places by code; a code nobody knows is left out."""
    wanted = {code for code in codes if code}
    found: dict[str, str] = {}
    for look in place_names if wanted else ():
        found |= look(wanted)
    return found


def find_kinds(words: str) -> Sequence[Named]:
    """Kinds of case of this code or name, the best first."""
    return [found for look in kinds for found in look(words)]


def touched_by(unit: Unit) -> list[Touched]:
    """What the end of a unit would touch, in all modules, without what is not there."""
    return [t for follower in units for t in follower.touched(unit) if t.count]
