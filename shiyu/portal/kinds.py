"""All kinds a resident may choose, two levels, nine rows at a time, four in elder mode (类别)."""

from dataclasses import dataclass
from typing import TypeVar

from shiyu.catalogue.models import Kind
from shiyu.catalogue.rules import kinds_for_public

ROWS = 9
ROWS_ELDER = 4
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


def shelf(major: str = "", begin: str = "", *, rows: int = ROWS) -> Shelf:
    """Major classes from a row on; or, in a known one, its kinds."""
    first = int(begin) if begin.isascii() and begin.isdigit() and len(begin) < 5 else 0
    every = list(kinds_for_public())
    classes = _majors(every)
    chosen = next((m for m in classes if m.code == major), None)
    if chosen is None:
        majors, more = _some(classes, first, rows)
        return Shelf(tuple(majors), (), None, more)
    kinds, more = _some([k for k in every if k.major_code == chosen.code], first, rows)
    return Shelf((), tuple(kinds), chosen, more)


def _majors(kinds: list[Kind]) -> list[Major]:
    inside: dict[tuple[str, str], list[str]] = {}
    for kind in kinds:
        inside.setdefault((kind.major_code, kind.major_name), []).append(kind.name)
    return [Major(code, name, "、".join(names[:3])) for (code, name), names in inside.items()]


def _some(every: list[Row], first: int, rows: int) -> tuple[list[Row], int]:
    """A page of rows, and where the next begins."""
    until = first + rows
    return every[first:until], until if until < len(every) else 0
