"""`shiyu import standards`: kinds, standards and limits of a city (导入立案结案标准)."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

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
@click.option(
    "--from", "valid_from", type=click.DateTime(["%Y-%m-%d"]), help="first day in force (today)"
)
@click.option(
    "--category", default="", help="部件, 事件, 诉求 or 事项, where the file does not say"
)
@click.option("--season", "seasons", multiple=True, help="种植季节=02-15:04-15, for each season")
@click.option("--source", default="", help="where the standard is published")
@click.option("--create-units", is_flag=True, help="found departments the city does not have yet")
@accept_valid
@dry_run
@rejects
def standards(
    file: Path,
    valid_from: datetime | None,
    category: str,
    seasons: tuple[str, ...],
    source: str,
    create_units: bool,
    rejects_file: Path | None,
    **how: bool,
) -> None:
    """Take in a 立案、处置和结案标准 (xlsx, xls, ods or csv)."""
    days = _seasons(seasons)

    def run(actor: "Actor") -> "Outcome":
        from shiyu.catalogue.bulk import import_standards
        from shiyu.common.sheets import read_sheets

        sheets = read_sheets(file)
        checking(sum(len(sheet.rows) for sheet in sheets))
        return import_standards(
            sheets,
            valid_from=valid_from.date() if valid_from else _today(),
            actor=actor,
            category=category,
            seasons=days,
            source=source or file.name,
            create_units=create_units,
            **how,
        )

    carry_out(file, run, rejects_file)


def _seasons(given: tuple[str, ...]) -> Mapping[str, tuple[str, str]]:
    """`种植季节=02-15:04-15` as a name and two days."""
    seasons: dict[str, tuple[str, str]] = {}
    for words in given:
        found = re.fullmatch(r"([^=\d]+)=(\d\d-\d\d):(\d\d-\d\d)", words.strip())
        if found is None:
            raise click.BadParameter("write it as 种植季节=02-15:04-15", param_hint="--season")
        seasons[found[1]] = (found[2], found[3])
    return seasons


def _today() -> date:
    """Today in the city's own zone."""
    from django.utils import timezone

    from shiyu.places.rules import the_city

    return timezone.localdate(timezone=ZoneInfo(the_city().timezone))
