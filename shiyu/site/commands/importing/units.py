"""`shiyu import units`: departments and centres (导入单位)."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shiyu.site.commands.importing.own_file import (
    FILE,
    accept_valid,
    carry_out,
    checking,
    dry_run,
    rejects,
)

if TYPE_CHECKING:
    from shiyu.common.sheets import Outcome
    from shiyu.people.actors import Actor


@click.command()
@click.argument("file", type=FILE)
@accept_valid
@dry_run
@rejects
def units(file: Path, rejects_file: Path | None, **how: bool) -> None:
    """Take in a table of units: code, name, and perhaps tier, superior and place."""

    def run(actor: "Actor") -> "Outcome":
        from shiyu.common.sheets import read_sheets
        from shiyu.people.unit_import import import_units
        from shiyu.people.unit_table import read_units
        from shiyu.places.models import Place
        from shiyu.places.rules import the_city

        rows = read_units(read_sheets(file))
        checking(len(rows))
        return import_units(
            rows,
            root_place=the_city().code,
            places=set(Place.objects.values_list("code", flat=True)),
            actor=actor,
            **how,
        )

    carry_out(file, run, rejects_file)
