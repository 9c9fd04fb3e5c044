"""`shiyu facts`: count the daily facts anew, fold what has gathered (日统计)."""

import time

import click

from shiyu.site.start import django_ready


@click.group()
def command() -> None:
    """The daily facts. To check them: shiyu verify facts."""


@command.command()
def rebuild() -> None:
    """Count everything anew from the journal and put right what differs.

    For a city that is older than its facts, or after `shiyu verify facts` named a fault. The city
    goes on meanwhile. It can be repeated: what is right is left alone.
    """
    django_ready()
    from shiyu.facts import actions

    begun = time.monotonic()
    changed = actions.rebuild()
    actions.fold_all()
    click.echo(f"✓ {changed} facts put right in {time.monotonic() - begun:.1f} s.")


@command.command()
def fold() -> None:
    """Fold the deltas into the table now; a worker does so each minute."""
    django_ready()
    from shiyu.facts import actions

    click.echo(f"✓ {actions.fold_all()} deltas folded.")
