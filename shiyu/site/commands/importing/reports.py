"""`shiyu import reports`: reports of another system, taken in as new ones (批量接件)."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shiyu.site.commands.importing.own_file import FILE
from shiyu.site.start import django_ready

if TYPE_CHECKING:
    from shiyu.history.intake.taking import Asked, Taken, Tally
    from shiyu.site.commands.city_ import Bar

ANALYZED_FROM = 5_000
"""After so many new rows the database counts its tables anew."""


@click.command()
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
    """Take in reports of another system (csv, xlsx, json or xml) as new ones.

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

    from shiyu.common.errors import Refused
    from shiyu.site.commands.city_ import Bar, writable

    bar = Bar()
    with translation.override("zh-hans"):
        try:
            rejects = writable(rejects, file)
            asked = _asked(
                preset or "",
                (columns, zone, missing, source),
                channel=channel,
                crs=crs,
                kinds=kinds,
                otherwise=otherwise,
            )
            taken = _taken(file, asked, bar, dry_run=dry_run)
        except Refused as refusal:
            raise click.ClickException(refusal.message) from None
    if not dry_run:
        _afterwards(taken, bar, index=index)
    bar.end()
    _refused(rejects, taken.rejects)
    for note in taken.notes:
        click.echo(note, err=True)
    click.echo(taken.tally.line() if as_json else _said(taken.tally, dry_run=dry_run))


def _asked(
    preset: str,
    words: tuple[str, str, str, str],
    *,
    channel: str | None,
    crs: str,
    kinds: Path | None,
    otherwise: str,
) -> "Asked":
    """What the options ask for; raises Refused where they name what there is not."""
    from shiyu.cases.channels import Channel
    from shiyu.history.intake.presets import ARRIVAL_ROLES, ARRIVALS, CHANNELS
    from shiyu.history.intake.taking import Asked
    from shiyu.history.reports.columns import layout
    from shiyu.places.rules import place_by_code

    return Asked(
        layout(preset, *words, presets=ARRIVALS, roles=ARRIVAL_ROLES),
        Channel(channel) if channel else CHANNELS.get(preset, Channel.PUBLIC),
        crs=crs,
        kinds=kinds,
        otherwise=place_by_code(otherwise) if otherwise else None,
    )


def _taken(file: Path, asked: "Asked", bar: "Bar", *, dry_run: bool) -> "Taken":
    from shiyu.history.intake.taking import take
    from shiyu.people.actors import Actor

    return take(
        file,
        asked,
        actor=Actor.program("import"),
        dry_run=dry_run,
        tell=bar.say,
        progress=bar.show,
    )


def _afterwards(taken: "Taken", bar: "Bar", *, index: bool) -> None:
    """Statistics for the database after many rows; and words to search by, if asked for."""
    from shiyu.site.commands.city_ import index_now, look_at_tables

    if taken.tally.new > ANALYZED_FROM:
        look_at_tables()
    if index:
        index_now(bar)


def _said(tally: "Tally", *, dry_run: bool) -> str:
    would = "将" if dry_run else ""
    return (
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
