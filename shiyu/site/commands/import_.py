"""`shiyu import`: takes in a city's own tables and maps, and reports of another system."""

import csv
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from shiyu.site.start import django_ready

if TYPE_CHECKING:
    from shiyu.common.sheets import Outcome, Reject
    from shiyu.people.actors import Actor

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN_AT_MOST = 40
ANALYZED_FROM = 5_000
"""After so many new rows the database counts its tables anew."""

accept_valid = click.option(
    "--accept-valid", is_flag=True, help="take in the valid rows even if others are rejected"
)
dry_run = click.option("--dry-run", is_flag=True, help="say what would happen; write nothing")
rejects = click.option(
    "--rejects",
    "rejects_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="write the rejected rows with their reasons to this csv",
)


@click.group("import")
def command() -> None:
    """Take in standards, places, boundaries or units from a city's own files; or reports.

    A file of the city's own is taken in whole or not at all, unless --accept-valid is given. Exit
    code 1 when rows were rejected and nothing was written. Reports are taken in row by row.
    """


@command.command()
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
        _checking(sum(len(sheet.rows) for sheet in sheets))
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

    _carry_out(file, run, rejects_file)


@command.command()
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
        _checking(len(planned))
        return import_places(planned, actor=actor, **how)

    _carry_out(file, run, rejects_file)


@command.command()
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
        _checking(len(features))
        return import_boundaries(
            features,
            source=source or file.name,
            actor=actor,
            crs=crs,
            code_property=code_property,
            **how,
        )

    _carry_out(file, run, rejects_file)


@command.command()
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
        _checking(len(rows))
        return import_units(
            rows,
            root_place=the_city().code,
            places=set(Place.objects.values_list("code", flat=True)),
            actor=actor,
            **how,
        )

    _carry_out(file, run, rejects_file)


@command.command()
@click.argument("file", type=FILE)
@click.option(
    "--preset", type=click.Choice(["open311", "12345"]), help="columns, zone, channel, source"
)
@click.option("--columns", default="", help="role=column pairs: id, created, text, address, …")
@click.option("--timezone", "zone", default="", help="of times without one, e.g. Asia/Shanghai")
@click.option("--missing", default="", help='words that mean "nothing", e.g. 无,不详')
@click.option("--source", default="", help="name of the source; else the preset's, else FILE's")
@click.option(
    "--channel",
    type=click.Choice(["public", "hotline", "patrol", "sensor", "department", "superior"]),
    help="through which door they come (the preset's, else public)",
)
@click.option("--crs", type=click.Choice(["wgs84", "gcj02", "bd09"]), default="wgs84")
@click.option(
    "--kinds", type=FILE, help="table of the city's own: 来源类别 or 词, and 小类 (name or code)"
)
@click.option("--place", "otherwise", default="", help="code of the place of rows that say nowhere")
@click.option("--dry-run", is_flag=True, help="say what would happen; write nothing")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="where refused rows go (FILE.rejects.csv)",
)
@click.option("--index", is_flag=True, help="make all cases findable by their words at once")
@click.option("--json", "as_json", is_flag=True, help="end with one line of figures as JSON")
def reports(
    file: Path,
    preset: str | None,
    columns: str,
    zone: str,
    missing: str,
    source: str,
    channel: str | None,
    crs: str,
    kinds: Path | None,
    otherwise: str,
    dry_run: bool,
    rejects: Path | None,
    index: bool,
    as_json: bool,
) -> None:
    """Take in reports of another system (csv, xlsx or json) as new ones.

    Each is put into its grid cell by its point, else into the place that its address names; it
    is given a kind if the source's own is one of ours or the table of --kinds says so. The same
    (source, number) is taken in once, so the command may be run again after a stop, or with a
    longer file. Rows that cannot be taken go to FILE.rejects.csv with the reason for each.

    Up to 20,000 new cases are found by their words at once; of more, the words follow while the
    program runs (worker, queue bulk), or at once by --index.

    Reports that the source has closed are no new ones: `shiyu city from-reports` builds a city
    from such a history.
    """
    django_ready()
    from django.utils import translation

    from shiyu.cases.channels import Channel
    from shiyu.common.errors import Refused
    from shiyu.history.intake.presets import ARRIVAL_ROLES, ARRIVALS, CHANNELS
    from shiyu.history.intake.taking import Asked, take
    from shiyu.history.reports.columns import layout
    from shiyu.people.actors import Actor
    from shiyu.places.rules import place_by_code
    from shiyu.site.commands.city_ import Bar, index_now, look_at_tables, writable

    bar = Bar()
    with translation.override("zh-hans"):
        try:
            rejects = writable(rejects, file)
            how = layout(
                preset or "", columns, zone, missing, source, presets=ARRIVALS, roles=ARRIVAL_ROLES
            )
            asked = Asked(
                how,
                Channel(channel) if channel else CHANNELS.get(preset or "", Channel.PUBLIC),
                crs=crs,
                kinds=kinds,
                otherwise=place_by_code(otherwise) if otherwise else None,
            )
            taken = take(
                file,
                asked,
                actor=Actor.program("import"),
                dry_run=dry_run,
                tell=bar.say,
                progress=bar.show,
            )
        except Refused as refusal:
            raise click.ClickException(refusal.message) from None
    tally = taken.tally
    if tally.new > ANALYZED_FROM and not dry_run:
        look_at_tables()
    if index and not dry_run:
        index_now(bar)
    bar.end()
    _refused(rejects, taken.rejects)
    for note in taken.notes:
        click.echo(note, err=True)
    if as_json:
        click.echo(tally.line())
        return
    would = "将" if dry_run else ""
    click.echo(
        f"共 {tally.read} 行：{would}新接 {tally.new}，已有 {tally.already_there}，"
        f"退回 {tally.rejected}。按坐标定位 {tally.by_point}，按地名 {tally.by_name}，"
        f"只到全市 {tally.city_only}；已定类 {tally.with_kind}，有联系方式 {tally.with_contact}"
    )


def _refused(path: Path, rows: list[tuple[int, str]]) -> None:
    """Write the refused rows with their lines and reasons; an old file of them goes."""
    if not rows:
        path.unlink(missing_ok=True)
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(("line", "reason"))
        table.writerows(rows)
    click.echo(f"{len(rows)} 行退回，原因见 {path}", err=True)


def _carry_out(file: Path, run: "Callable[[Actor], Outcome]", rejects_file: Path | None) -> None:
    """Read and write the file, then say what became of it."""
    django_ready()
    from django.utils import translation

    from shiyu.common.errors import Refused
    from shiyu.people.actors import Actor

    click.echo(f"读取 {file} …", err=True)
    with translation.override("zh-hans"):
        try:
            outcome = run(Actor.program("import"))
        except Refused as refusal:
            raise click.ClickException(refusal.message) from None
        _tell("提示", outcome.notes)
        _tell("退回", outcome.rejected)
        if rejects_file is not None:
            _write_rejects(rejects_file, outcome.rejected)
            click.echo(f"退回的行已写入 {rejects_file}", err=True)
        click.echo(outcome.summary)
    if outcome.rejected and not outcome.applied:
        raise SystemExit(1)


def _checking(rows: int) -> None:
    click.echo(f"共 {rows} 行，检查并写入 …", err=True)


def _tell(title: str, rows: "list[Reject]") -> None:
    for row in rows[:SHOWN_AT_MOST]:
        click.echo(f"{title} {row}" + (f"（{_short(row.text)}）" if row.text else ""))
    if len(rows) > SHOWN_AT_MOST:
        click.echo(f"{title} 还有 {len(rows) - SHOWN_AT_MOST} 条，可用 --rejects 写成文件")


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:40]


def _write_rejects(path: Path, rows: "list[Reject]") -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["工作表", "行", "原因", "内容"])
        table.writerows([row.sheet, row.row, row.reason, row.text] for row in rows)


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
