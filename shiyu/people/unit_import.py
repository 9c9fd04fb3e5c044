"""Taking in a whole table of units, all of it or nothing (机构导入)."""

from collections.abc import Collection, Sequence

from django.db import transaction

from shiyu.common.pinyin import pinyin_key
from shiyu.common.sheets import Outcome
from shiyu.journal.actions import record
from shiyu.people import rules
from shiyu.people.actions.units import create_unit
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.models import Unit
from shiyu.people.unit_table import UnitRow, check_units


@transaction.atomic
def import_units(
    rows: Sequence[UnitRow],
    *,
    root_place: str,
    actor: Actor,
    places: Collection[str] | None = None,
    accept_valid: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Enter the units of a table; those there already take over names and superiors.

    root_place  where a unit stands that names no place: the city's code.
    """
    rules.require(actor, Duty.SYSTEM_ADMIN)
    there_already = Unit.objects.select_for_update(of=("self",)).select_related("parent")
    units = {unit.code: unit for unit in there_already}
    known = {code: _as_row(unit) for code, unit in units.items()}
    usable, rejected = check_units(rows, known, root_place=root_place, places=places)
    outcome = Outcome(read=len(rows), rejected=rejected)
    refused = bool(rejected) and not accept_valid
    for row in usable:
        there = units.get(row.code)
        outcome.added += there is None
        if not refused:
            units[row.code] = _enter(row, units, outcome, actor=actor)
    outcome.unchanged = len(usable) - outcome.added - outcome.changed
    outcome.applied = not refused and not dry_run
    if dry_run:
        transaction.set_rollback(True)
    return outcome


def _as_row(unit: Unit) -> UnitRow:
    above = unit.parent.code if unit.parent else ""
    return UnitRow(0, unit.code, unit.name, tier=unit.tier, kind=unit.kind, parent_code=above)


def _enter(row: UnitRow, units: dict[str, Unit], outcome: Outcome, *, actor: Actor) -> Unit:
    parent = units[row.parent_code] if row.parent_code else None
    unit = units.get(row.code)
    if unit is None:
        return create_unit(
            row.code,
            row.name,
            short_name=row.short_name,
            kind=row.kind,
            tier=row.tier,
            parent=parent,
            place_code=row.place_code,
            actor=actor,
        )
    short_name = row.short_name or unit.short_name
    if (unit.name, unit.short_name, unit.parent) != (row.name, short_name, parent):
        unit.name, unit.short_name, unit.parent = row.name, short_name, parent
        unit.pinyin = pinyin_key(short_name)[:200]
        unit.save(update_fields=["name", "short_name", "parent", "pinyin"])
        record(f"unit:{unit.pk}", "change", actor=actor, facts={"code": unit.code})
        outcome.changed += 1
    return unit
