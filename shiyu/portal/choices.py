"""What the lists of one page offer: all kinds by class, all streets by county (一页填完)."""

from collections.abc import Iterable

from django.utils import timezone

from shiyu.catalogue.rules import kinds_for_public
from shiyu.common import ready
from shiyu.places import gazetteer
from shiyu.places.models import Place

Groups = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""Headings, each with codes and names."""


def all_kinds() -> Groups:
    """Every kind that a resident may choose, in the order of the catalogue."""
    rows = kinds_for_public().values_list("major_name", "code", "name")
    return ready.made_once(f"kinds {timezone.localdate()}", lambda: _grouped(rows))


def all_streets() -> Groups:
    """Every street, town and township, under its county (街道和乡镇)."""
    return ready.made_once("streets", _streets)


def _streets() -> Groups:
    towns = [e for e in gazetteer.entries() if e.level == Place.Level.TOWNSHIP]
    return _grouped((e.path, e.code, e.name) for e in towns)


def _grouped(rows: Iterable[tuple[str, str, str]]) -> Groups:
    found: dict[str, list[tuple[str, str]]] = {}
    for heading, code, name in rows:
        found.setdefault(heading, []).append((code, name))
    return tuple((heading, tuple(inside)) for heading, inside in found.items())
