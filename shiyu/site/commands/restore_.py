"""`shiyu restore`: back to a moment, beside the living city, then by one step (恢复)."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shiyu.common.home import home
from shiyu.site.start import refuse

if TYPE_CHECKING:
    from shiyu.site.backup.restoring import Restored
    from shiyu.site.backup.store import Store

ERASED = {
    "reporters": "names with numbers",
    "remarks": "texts",
    "photos": "pictures",
    "followers": "numbers that heard of progress",
    "addresses": "addresses",
}


@click.command()
@click.option("--to", "to", help="The moment: 2026-11-22T15:04:05+08:00; the newest if left out.")
@click.option("--from", "source", type=click.Path(path_type=Path), help="Folder of the backups.")
@click.option("--into", type=click.Path(path_type=Path), help="Folder of the restored city.")
@click.option("--passphrase-file", type=click.Path(exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Say from what and whether it can be had.")
@click.option("--drill", is_flag=True, help="Restore aside to a random second, verify, measure.")
@click.option(
    "--switch",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Put the restored city in this folder in the place of the living one.",
)
def command(
    to: str | None,
    source: Path | None,
    into: Path | None,
    passphrase_file: str | None,
    dry_run: bool,
    drill: bool,
    switch: Path | None,
) -> None:
    """Restore the city as of a moment into a folder of its own and verify it there.

    Nothing of the living city is touched. When you have looked at the restored one, stop the city
    and say `shiyu restore --switch FOLDER`: the two change places at once, and the old one is kept.

    It may be broken off and begun again. Exit status 0: restored and verified (or drill passed);
    1: not, with the reason.
    """
    from shiyu.common.binaries import DatabaseTrouble
    from shiyu.site.backup.store import Trouble

    try:
        store = _store(source)
        if switch:
            _switch(store, switch)
        elif drill:
            _drill(store, into, _moment(to))
        elif dry_run:
            _dry_run(store, _moment(to))
        else:
            _restore(store, into, _moment(to), passphrase_file or "")
    except (Trouble, DatabaseTrouble) as trouble:
        refuse(str(trouble))
    except OSError as error:
        refuse(f"{error.strerror}: {error.filename}. The living city is untouched.")


def _store(source: Path | None) -> "Store":
    from shiyu.site.backup.plan import read_plan
    from shiyu.site.backup.store import Store

    plan = read_plan()
    place = source or (Path(plan.to) if plan else None)
    if place is None:
        refuse("Say where the backups are: --from FOLDER.")
    return Store.found(place.absolute())


def _moment(said: str | None) -> datetime | None:
    """A moment with its zone; without one it is the zone of this machine."""
    if not said:
        return None
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        refuse(f"{said} is no moment: write it as 2026-11-22T15:04:05+08:00.")
    at = at.astimezone(UTC)
    if at > datetime.now(UTC):
        refuse(f"{said} is still to come.")
    return at


def _restore(store: "Store", into: Path | None, at: datetime | None, passphrase: str) -> None:
    from shiyu.site.backup.alone import alone_in
    from shiyu.site.backup.restoring import restore_beside
    from shiyu.site.backup.taking import say_to_terminal

    stamp = f"{at or datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    place = (into or home().with_name(f"{home().name}-restored-{stamp}")).absolute()
    _room(store, place, at)
    with alone_in(place, say_to_terminal, waits=False):
        found = restore_beside(store, place, at, say_to_terminal, passphrase_file=passphrase)
    if sys.stderr.isatty():
        click.echo("", err=True)
    _say(found, place)


def _say(found: "Restored", place: Path) -> None:
    settled = found.settled
    click.echo(f"From the base backup {found.base}; last transaction {found.last_at or 'in it'}.")
    for line in found.verified:
        click.echo(line)
    click.echo(
        f"{found.photos} pictures checked, {len(found.photos_missing)} missing; "
        f"{settled['sessions']} sessions ended; {settled['deliveries_unknown']} deliveries "
        f"told as outcome unknown; carried out again: {settled['again'] or 'nothing'}; "
        f"erased again: {erased_again(settled['erased'])}."
    )
    for name in found.photos_missing[:20]:
        click.echo(f"  missing: {name}", err=True)
    for row in settled["to_look_at"]:
        click.echo(f"  look at: {row['subject']} {row['verb']} at {row['at']} ({row['why']})")
    click.echo(
        f"✓ The restored city is in {place}. Look at it:\n"
        f"  SHIYU_HOME={place} shiyu serve --port 8100\n"
        f"  Then stop the city and: shiyu restore --switch {place}"
    )


def erased_again(counts: dict[str, int]) -> str:
    """What the list of erasures took away once more; its entries are erasures, not people."""
    if not counts.get("erasures"):
        return "nothing"
    said = [f"{counts[name]} {what}" for name, what in ERASED.items() if counts.get(name)]
    return (
        f"{counts['erasures']} erasures of the list ({', '.join(said) or 'nothing left of them'})"
    )


def _dry_run(store: "Store", at: datetime | None) -> None:
    from shiyu.site.backup.recovering import tools_of

    base, until = store.base_for(at), store.archived_until()
    tools_of(base.major)
    gap = store.gap_after(base)
    said = f"{until:%Y-%m-%d %H:%M:%S} UTC" if until else "the end of the base backup"
    click.echo(f"From {base.name} ({base.bytes / 1e9:.2f} GB), WAL archived until {said}.")
    if gap:
        refuse(gap)
    if at and until and at > until:
        click.echo("That moment is not archived yet; the living database would be asked for it.")
    _room(store, home(), at)
    click.echo("It can be had. Nothing was written.")


def _room(store: "Store", place: Path, at: datetime | None) -> None:
    import shutil

    here = next(path for path in (place, *place.parents) if path.exists())
    need, free = store.base_for(at).bytes * 1.3, shutil.disk_usage(here).free
    if free < need:
        refuse(f"{here} has {free / 1e9:.1f} GB free; the restore needs {need / 1e9:.1f} GB.")


def _drill(store: "Store", into: Path | None, at: datetime | None) -> None:
    from shiyu.site.backup.drilling import drill
    from shiyu.site.backup.taking import say_to_terminal

    _room(store, home(), at)
    found = drill(store, say_to_terminal, into=into.absolute() if into else None, at=at)
    if sys.stderr.isatty():
        click.echo("", err=True)
    if not found.well:
        refuse(f"The drill failed: {found.says}")
    click.echo(
        f"✓ Restored to {found.moment} and verified in {found.back_s:.0f} s "
        f"({found.gigabytes:.2f} GB, {found.photos} pictures); a loss just then would have cost "
        f"{found.loss_s:.0f} s. {found.says}"
    )


def _switch(store: "Store", place: Path) -> None:
    from shiyu.site.backup.switching import switch
    from shiyu.site.backup.taking import say_to_terminal

    old = switch(place.absolute(), store, say_to_terminal)
    click.echo(
        f"✓ The restored city is now in {home()}; the one of before is kept in {old}.\n"
        "  Start it (shiyu serve --with-workers), then run `shiyu backup`."
    )
