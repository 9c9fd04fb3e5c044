"""`shiyu import places`: the tree of a city's places (导入区域)."""

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
def places(file: Path, rejects_file: Path | None, **how: bool) -> None:
    """Take in a table of places: code, name, and perhaps level and parent's code."""

    def run(actor: "Actor") -> "Outcome":
        from shiyu.common.sheets import read_sheets
        from shiyu.places.bulk import import_places
        from shiyu.places.table import read_places

        planned = read_places(read_sheets(file))
        checking(len(planned))
        return import_places(planned, actor=actor, **how)

    carry_out(file, run, rejects_file)
