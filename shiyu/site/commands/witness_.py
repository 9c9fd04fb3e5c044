"""`shiyu witness`: what the file outside the database says, its key, a restore on record (见证)."""

import json

import click

from shiyu.site.start import connect, hold_database, refuse


@click.group()
def command() -> None:
    """The witness file: signed heads of the journal, kept outside the database."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def show(as_json: bool) -> None:
    """Where the file is, its keys, the last head witnessed. Needs no database."""
    from shiyu.journal.keys import name_of
    from shiyu.journal.marks import Wrong
    from shiyu.journal.witness import last_mark, public_keys, witness_file

    path = witness_file()
    if not path.exists():
        refuse(f"Nothing has been witnessed yet: there is no {path}.")
    try:
        keys = public_keys()
    except Wrong as wrong:
        refuse(f"Line {wrong.row} of {path} {wrong.says}.")
    with path.open("rb") as file:
        last = last_mark(file)
    facts = {"file": str(path), "keys": keys, "last": json.loads(last.said) if last else None}
    if as_json:
        click.echo(json.dumps(facts, indent=1))
        return
    click.echo(f"file   {path}")
    for public in keys.values():
        click.echo(f"key    {name_of(public)}  {public}")
    if last:
        click.echo(f"last   {last.at}: batch {last.batch}, {last.lines} lines, head {last.head}")


@command.command("make-key")
def make_key() -> None:
    """Make the key before the sealer starts, where it may not write into the folder of secrets."""
    from shiyu.journal.keys import name_of, own_key

    public = own_key().public
    click.echo(f"key    {name_of(public)}  {public}")


@command.command("exchange-key")
def exchange_key() -> None:
    """Begin signing with a fresh key; the old one signs that it follows, then it is gone."""
    from shiyu.journal import witness

    try:
        mark = witness.exchange_key()
    except OSError as error:
        refuse(f"{witness.witness_file()}: {error}")
    click.echo(f"Signing with the key {mark.public} from {mark.at} on.")


@command.command("taken-back")
def taken_back() -> None:
    """State that a restore has taken the database back, so that what it lost is on record."""
    from shiyu.journal import witness

    hold_database()
    with connect("worker") as connection:
        try:
            mark = witness.taken_back(connection)
        except (ValueError, OSError) as error:
            refuse(f"{error}")
    click.echo(f"On record: taken back to batch {mark.batch} ({mark.lines} lines).")
