"""`shiyu city`: build a running city from what another system exported (建城)."""

import subprocess
import sys
import time
from pathlib import Path

import click

from shiyu.common.connection import conninfo
from shiyu.common.errors import Refused
from shiyu.common.home import home
from shiyu.site.start import connect, django_ready, hold_database, refuse

LOOKED_AT = "cases_case, cases_report, journal_line, journal_remark, places_place"
INDEXED_AT_ONCE_S = 6 * 3600.0
SHOWN_EVERY_S = 0.5


@click.group()
def command() -> None:
    """Build a city from an export."""


@command.command("from-reports")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--columns", default="", help="role=column pairs: id, created, closed, due, kind, …")
@click.option("--preset", default="", help="nyc311 or baltimore311: columns, zone, missing words.")
@click.option("--timezone", default="", help="Zone of times without one, e.g. America/New_York.")
@click.option("--missing", default="", help='Words that mean "nothing", e.g. NA,N/A.')
@click.option("--source", default="", help="Name of the source; else the preset's, else FILE's.")
@click.option("--name", default="", help="Name of the city.")
@click.option("--bounds", default="", help="west,south,east,north; else found from the points.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Where refused rows go.")
@click.option("--index", is_flag=True, help="Make the cases findable by their words at once.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of figures as JSON.")
def from_reports(
    file: Path,
    columns: str,
    preset: str,
    timezone: str,
    missing: str,
    source: str,
    name: str,
    bounds: str,
    rejects: Path | None,
    index: bool,
    as_json: bool,
) -> None:
    """Build a city from FILE (csv, xlsx or json), and replay its history.

    Roles for --columns: id and created are needed; closed, due, kind, unit, lat, lon, text,
    address and place make more of it. Cells are h3 hexagons around the points; without points,
    the values of place.

    Run it again after a stop, or with a longer file of the same source: what is there stays.
    Rows that cannot be used go to FILE.rejects.csv (or --rejects) with the reason for each; when
    nothing may be written beside FILE, it is in SHIYU_HOME. A row whose id the file has twice
    counts as already there if it says the same, and is refused if not. Rows with a point far from
    all others are taken in without a cell.

    Words to search by follow while the program runs (worker, queue bulk), or at once by --index.
    """
    _migrated()
    from shiyu.history.reports.bounds import Bounds
    from shiyu.history.reports.building import build
    from shiyu.history.reports.columns import layout

    bar = Bar()
    try:
        rejects = writable(rejects, file)
        asked = layout(preset, columns, timezone, missing, source)
        built = build(
            file,
            asked,
            name=name,
            limits=Bounds.parse(bounds) if bounds else None,
            rejects=rejects,
            tell=bar.say,
            welcome=_welcome,
            progress=bar.show,
        )
    except (Refused, ValueError) as refusal:
        refuse(str(refusal))
    tally = built.tally
    if tally.imported:
        look_at_tables()
    if index:
        index_now(bar)
    bar.end()
    for note in built.notes:
        click.echo(note, err=True)
    if tally.rejected:
        click.echo(f"{tally.rejected} 行退回，原因见 {rejects}", err=True)
    if as_json:
        click.echo(tally.line())
    else:
        click.echo(
            f"共 {tally.read} 行：载入 {tally.imported}，已有 {tally.already_there}，"
            f"退回 {tally.rejected}。在办 {tally.open}，已结 {tally.closed}，"
            f"超期办结 {tally.closed_late}。接着运行 shiyu serve"
        )


def _migrated() -> None:
    """The database running and of this version: this may be the first command of a new city."""
    hold_database()
    words = [sys.executable, "-c", "from shiyu.site.cli import main; main()", "migrate"]
    if subprocess.run(words, stdout=sys.stderr).returncode:
        refuse("数据库没有准备好，见上面的说明")
    django_ready()


def writable(asked: Path | None, file: Path) -> Path:
    """Where refused rows may be written; an empty file is not left behind for it."""
    name = f"{file.name}.rejects.csv"
    paths = [asked] if asked else [file.with_name(name), home() / name]
    reasons = {path: _why_not_written(path) for path in paths}
    for path, why in reasons.items():
        if not why:
            return path
    first, why = next(iter(reasons.items()))
    raise Refused(f"退回文件 {first} 写不了（{why}）：用 --rejects 另指一处")


def _why_not_written(path: Path) -> str:
    there = path.exists()
    try:
        path.open("a").close()
    except OSError as error:
        return str(error.strerror)
    if not there:
        path.unlink()
    return ""


def _welcome(password: str) -> None:
    click.echo(f"登录账号 desk，密码 {password}（只显示这一次）", err=True)


def look_at_tables() -> None:
    """Let the database count anew: it plans badly for tables that were empty a moment ago."""
    if conninfo("owner"):
        with connect("owner") as connection:
            connection.execute(f"ANALYZE {LOOKED_AT}")


def index_now(bar: "Bar") -> None:
    from shiyu.cases.search import index_for

    bar.say("为检索编制词条")
    index_for(INDEXED_AT_ONCE_S, progress=lambda done: bar.show(done, 0))


class Bar:
    """Progress on standard error: what is being done, how many rows, how fast."""

    def __init__(self) -> None:
        self.begun = self.step = time.monotonic()
        self.shown = 0.0

    def say(self, sentence: str) -> None:
        self.step = time.monotonic()
        click.echo(f"[{time.monotonic() - self.begun:6.1f} s] {sentence}", err=True)

    def show(self, done: int, of: int) -> None:
        now = time.monotonic()
        if done < of and now < self.shown + SHOWN_EVERY_S:
            return
        self.shown = now
        rate = done / max(now - self.step, 0.001)
        so_far = f"{done} / {of}" if of else f"{done}"
        click.echo(f"  {so_far} 行，{rate:.0f} 行/秒", err=True, nl=not sys.stderr.isatty())
        if sys.stderr.isatty():
            click.echo("\r", err=True, nl=False)

    def end(self) -> None:
        click.echo(f"[{time.monotonic() - self.begun:6.1f} s] 完成", err=True)
