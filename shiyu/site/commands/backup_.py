"""`shiyu backup`: everything a city must not lose, onto another disk (备份)."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shiyu.common.home import home
from shiyu.site.start import hold_database, refuse

if TYPE_CHECKING:
    from shiyu.site.backup.plan import Plan


@click.command()
@click.option("--to", "to", type=click.Path(path_type=Path), help="Folder of the backups.")
@click.option("--keep", type=click.IntRange(1, 400), help="How many base backups stay (7).")
@click.option("--every-hours", type=click.FloatRange(0.1, 24 * 7), help="How often (24).")
@click.option("--drill-days", type=click.FloatRange(0, 366), help="Drill each so many days (7).")
@click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Seal the secrets with its first line and put them in; else keep them apart yourself.",
)
@click.option(
    "--restart", is_flag=True, help="Restart the embedded database if archiving needs it."
)
@click.option("--dry-run", is_flag=True, help="Say what would be taken and whether there is room.")
@click.option("--list", "only_list", is_flag=True, help="Say what there is, oldest first.")
@click.option(
    "--check", "only_check", is_flag=True, help="Check every base backup and the WAL anew."
)
def command(
    to: Path | None,
    keep: int | None,
    every_hours: float | None,
    drill_days: float | None,
    passphrase_file: Path | None,
    restart: bool,
    dry_run: bool,
    only_list: bool,
    only_check: bool,
) -> None:
    """Take a base backup of the database; point its archive there; copy pictures and witness.

    The first time say --to FOLDER, on another disk or machine: the choices made are kept, and from
    then on `shiyu worker` copies each minute and takes a backup and holds a drill when due.

    It may be broken off and begun again. Exit status 0: taken and checked; 1: not, with the reason.
    """
    from shiyu.common.binaries import DatabaseTrouble
    from shiyu.site.backup.plan import Plan, read_plan
    from shiyu.site.backup.store import Trouble

    plan = read_plan()
    if plan is None and to is None:
        refuse("Say where backups go, the first time: shiyu backup --to FOLDER (another disk).")
    plan = plan or Plan(to="")
    asked: dict[str, Any] = {
        "to": str(to.absolute()) if to else None,
        "keep": keep,
        "every_hours": every_hours,
        "drill_days": drill_days,
        "passphrase_file": str(passphrase_file.absolute()) if passphrase_file else None,
    }
    chosen = {name: value for name, value in asked.items() if value is not None}
    plan = Plan(**(asdict(plan) | chosen))
    try:
        if only_list or only_check:
            _list(plan, check=only_check)
        else:
            hold_database()
            _dry_run(plan) if dry_run else _take(plan, restart=restart)
    except (Trouble, DatabaseTrouble) as trouble:
        refuse(str(trouble))
    except OSError as error:
        refuse(f"{error.strerror}: {error.filename or plan.to}. Nothing half is left.")


def _dry_run(plan: "Plan") -> None:
    from shiyu.site.backup.store import Store
    from shiyu.site.backup.taking import look

    wanted = look(Store(Path(plan.to)))
    click.echo(
        f"A base backup of {wanted.bytes / 1e9:.2f} GB into {plan.to}, where "
        f"{wanted.free / 1e9:.1f} GB are free; {plan.keep} stay. Nothing was written."
    )
    if not wanted.fits:
        refuse(f"There is not room enough: {wanted.needed / 1e9:.2f} GB are needed.")


def _take(plan: "Plan", *, restart: bool) -> None:
    from shiyu.site.backup import server
    from shiyu.site.backup.keeping import forget_pictures, keep_up
    from shiyu.site.backup.plan import OLDEST_DAYS, write_plan
    from shiyu.site.backup.store import Store
    from shiyu.site.backup.taking import say_to_terminal, take

    _not_inside_itself(Path(plan.to))
    with server.connect() as connection:
        store = Store.made(Path(plan.to), server.system_of(connection))
    with store.alone():
        store.sweep()
        left_to_do = server.point_at(store, restart=restart)
        write_plan(plan)
        with server.connect() as connection:
            kept = keep_up(connection, store)
        base = take(store, plan, say_to_terminal)
        gone = store.forget(plan.keep)
        forget_pictures(store, keep_days=OLDEST_DAYS)
    if sys.stderr.isatty():
        click.echo("", err=True)
    if left_to_do:
        click.echo(left_to_do, err=True)
    keys = "sealed with it" if base.sealed_keys else f"NOT in it: keep {home() / 'secrets'} apart"
    click.echo(
        f"✓ {store.base / base.name}: {base.bytes / 1e9:.2f} GB in {base.seconds:.0f} s, every "
        f"file checked; {kept['pictures']} new pictures; secrets {keys}; "
        f"{len(gone)} old ones removed."
    )


def _list(plan: "Plan", *, check: bool) -> None:
    from shiyu.site.backup.recovering import tools_of
    from shiyu.site.backup.store import Store
    from shiyu.site.backup.taking import check as check_base

    store = Store.found(Path(plan.to))
    until, faults = store.archived_until(), 0
    for base in store.bases():
        if check:
            check_base(tools_of(base.major), store.data_of(base))
        gap = store.gap_after(base)
        faults += bool(gap)
        said = f"  ✗ {gap}" if gap else ""
        click.echo(
            f"{base.name}  {base.bytes / 1e9:8.2f} GB  PostgreSQL {base.major}  "
            f"timeline {base.timeline}{'  checked' if check else ''}{said}"
        )
    click.echo(f"WAL is archived until {until:%Y-%m-%d %H:%M:%S} UTC." if until else "No WAL yet.")
    if faults:
        raise SystemExit(1)


def _not_inside_itself(to: Path) -> None:
    for name in ("files", "secrets"):
        if to.is_relative_to(home() / name):
            refuse(f"{to} lies inside what is backed up: name another disk.")
