"""Taking in a whole catalogue from a city's own spreadsheet, all of it or nothing (标准导入)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.db import transaction

from shiyu.catalogue import rules
from shiyu.catalogue.actions.publishing import publish_standards
from shiyu.catalogue.draft import Draft
from shiyu.catalogue.standards import Seasons, read_standards
from shiyu.common.sheets import Outcome, Sheet
from shiyu.people.actions.units import create_unit
from shiyu.people.actors import Actor
from shiyu.people.models import Tier, Unit
from shiyu.places.models import City
from shiyu.places.rules import the_city

NO_UNIT = re.compile(r"^(各|所属|属地|相关|有关|其他|产权|权属)|(等|及各.*)$")
"""Names of a sort of unit, not of one: nobody can be sent a case under them."""


@transaction.atomic
def import_standards(
    sheets: Sequence[Sheet],
    *,
    valid_from: date,
    actor: Actor,
    category: str = "",
    seasons: Seasons | None = None,
    source: str = "",
    accept_valid: bool = False,
    create_units: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Publish what a spreadsheet says from a day on; nothing, if a row of it is rejected.

    accept_valid  publish the valid rows even so.
    create_units  found departments that the file names and the city does not have.
    dry_run       find out what would happen, and undo it.

    Raises  Refused  if the file has no headings of a standard, or newer versions exist.
    """
    rules.must_edit(actor)
    drafts, rejected, notes, read = read_standards(
        sheets, category=category, seasons=seasons, source=source
    )
    if rejected and not accept_valid:
        return Outcome(read=read, rejected=rejected, notes=notes)
    city = the_city()
    names = dict.fromkeys(owed.name for draft in drafts for owed in draft.owed)
    if create_units:
        _found_units(names, drafts, city, actor=actor)
    units = units_named(names, city)
    outcome = publish_standards(drafts, valid_from=valid_from, actor=actor, units=units)
    outcome.read, outcome.rejected = read, rejected
    outcome.notes = [*notes, *outcome.notes]
    if dry_run:
        transaction.set_rollback(True)
        outcome.applied = False
    return outcome


def units_named(names: Iterable[str], city: City) -> dict[str, Unit]:
    """Which unit each name means: its full or short name, with or without the city before it."""
    by_name: dict[str, Unit | None] = {}
    for unit in Unit.objects.filter(ended_on=None):
        for name in {bare(unit.name, city), bare(unit.short_name, city)}:
            by_name[name] = unit if by_name.setdefault(name, unit) == unit else None
    found = {name: by_name.get(bare(name, city)) for name in names}
    return {name: unit for name, unit in found.items() if unit is not None}


def bare(name: str, city: City) -> str:
    """A unit's name without the city's: 开封市城市管理局, 市城市管理局 → 城市管理局."""
    for before in (city.name, city.short_name, "市"):
        if before and name.startswith(before) and len(name) > len(before) + 2:
            return name[len(before) :]
    return name


def _found_units(
    names: Iterable[str], drafts: Sequence[Draft], city: City, *, actor: Actor
) -> None:
    """Found a department for every name that is one body and is not known yet."""
    known: Mapping[str, Unit] = units_named(names, city)
    tiers = {o.name: o.tier for draft in drafts for o in draft.owed if o.tier}
    taken = set(Unit.objects.values_list("code", flat=True))
    missing = {bare(n, city): n for n in names if n not in known and not NO_UNIT.search(n)}
    number = 0
    for name in missing.values():
        number += 1
        while (code := f"{city.code}-{number:04d}") in taken:
            number += 1
        create_unit(
            code,
            name[:80],
            kind=Unit.Kind.DEPARTMENT,
            tier=tiers.get(name) or Tier.CITY,
            place_code=city.code,
            actor=actor,
        )
