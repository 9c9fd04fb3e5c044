"""`shiyu import`: takes in a city's own tables and maps, and reports of another system."""

import click

from shiyu.site.commands.importing.boundaries import boundaries
from shiyu.site.commands.importing.places import places
from shiyu.site.commands.importing.reports import reports
from shiyu.site.commands.importing.standards import standards
from shiyu.site.commands.importing.units import units


@click.group("import")
def command() -> None:
    """Take in standards, places, boundaries or units from a city's own files; or reports.

    A file of the city's own is taken in whole or not at all, unless --accept-valid is given. Exit
    code 1 when rows were rejected and nothing was written. Reports are taken in row by row.
    """


for each in (standards, places, boundaries, units, reports):
    command.add_command(each)
