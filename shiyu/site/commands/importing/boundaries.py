"""`shiyu import boundaries`: where places end, from a map (导入边界)."""

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
@click.option("--crs", type=click.Choice(["wgs84", "gcj02", "bd09"]), default="wgs84")
@click.option("--code", "code_property", default="", help="the property that holds the code")
@click.option("--source", default="", help="whose boundaries these are")
@accept_valid
@dry_run
@rejects
def boundaries(
    file: Path,
    crs: str,
    code_property: str,
    source: str,
    rejects_file: Path | None,
    **how: bool,
) -> None:
    """Take in boundaries of places from a GeoJSON FeatureCollection."""

    def run(actor: "Actor") -> "Outcome":
        from shiyu.common.sheets import decoded
        from shiyu.places.boundaries import import_boundaries
        from shiyu.places.geometry import parse_geojson

        features = parse_geojson(decoded(file.read_bytes()))
        checking(len(features))
        return import_boundaries(
            features,
            source=source or file.name,
            actor=actor,
            crs=crs,
            code_property=code_property,
            **how,
        )

    carry_out(file, run, rejects_file)
