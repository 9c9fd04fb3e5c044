"""All kinds a resident may choose, two levels, at most nine rows at a time (类别两级)."""

from dataclasses import dataclass
from typing import TypeVar

from shiyu.catalogue.models import Kind
from shiyu.catalogue.rules import kinds_for_public

ROWS = 9
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Major:
    """A major class with some of what is in it (大类)."""

    code: str
    name: str
    examples: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one page of the choice shows: major classes, or the kinds of one.

    more  from which row the next page begins; 0 when this is the last.
    """

    majors: tuple[Major, ...]
    kinds: tuple[Kind, ...]
    major: Major | None
    more: int


def shelf(major: str = "", begin: str = "") -> Shelf:
    """Major classes from a row on; or, in a known one, its kinds."""
    first = int(begin) if begin.isascii() and begin.isdigit() and len(begin) < 5 else 0
    every = list(kinds_for_public())
    classes = _majors(every)
    chosen = next((m for m in classes if m.code == major), None)
    if chosen is None:
        majors, more = _some(classes, first)
        return Shelf(tuple(majors), (), None, more)
    kinds, more = _some([k for k in every if k.major_code == chosen.code], first)
    return Shelf((), tuple(kinds), chosen, more)


def _majors(kinds: list[Kind]) -> list[Major]:
    inside: dict[tuple[str, str], list[str]] = {}
    for kind in kinds:
        inside.setdefault((kind.major_code, kind.major_name), []).append(kind.name)
    return [Major(code, name, "、".join(names[:3])) for (code, name), names in inside.items()]


def _some(rows: list[Row], first: int) -> tuple[list[Row], int]:
    """A page of rows, and where the next begins."""
    until = first + ROWS
    return rows[first:until], until if until < len(rows) else 0
