"""`shiyu key`: let other systems in, give them keys, take keys back (接口密钥)."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

import click

from shiyu.common.errors import Refused
from shiyu.site.start import django_ready, refuse

if TYPE_CHECKING:
    from shiyu.api.models import Key
    from shiyu.people.models import Unit

PURPOSES = ("open311", "api")


@click.group()
def command() -> None:
    """Keys of other systems for /api/v1 and Open311."""


@command.command()
@click.argument("name")
@click.option("--for", "purpose", type=click.Choice(PURPOSES), help="Which interface it opens.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="What it may do and where, e.g. cases:read@410204, cases:handle@D1. Several times. "
    "Left out: cases:report over the whole city, and cases:read for --for api.",
)
@click.option("--expires", help="A day (2027-12-31) or a number of days (90d); else a year.")
@click.option("--as-unit", help="Code of the unit it stands for: needed for a desk's scopes.")
@click.option("--per-minute", type=int, help="How much it may ask in a minute; else 600.")
@click.option("--rotate", is_flag=True, help="A new key for NAME; its old ones go on for 7 days.")
def new(
    name: str,
    purpose: str | None,
    scopes: tuple[str, ...],
    expires: str | None,
    as_unit: str | None,
    per_minute: int | None,
    rotate: bool,
) -> None:
    """Let the system NAME in and print its key, once, as the last line.

    Only a hash of the key is kept: whoever loses it is given another.
    """
    django_ready()
    from django.db import transaction

    try:
        with transaction.atomic():
            expires_at = _time(expires)
            if rotate:
                text = _rotated(name, expires_at)
            elif purpose is None:
                refuse("Say what the key is for: --for open311 or --for api.")
            else:
                text = _admitted(name, purpose, scopes, expires_at, as_unit, per_minute)
    except Refused as refusal:
        refuse(refusal.message)
    click.echo(f"Key of {name}. It is shown this once; keep it where it is used.")
    click.echo(text)


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also revoked and expired keys.")
def list_(everything: bool) -> None:
    """All keys: number, system, what for, until when, last used."""
    django_ready()
    from shiyu.api.listing import listed

    rows = listed(everything=everything)
    for row in rows:
        used = f"{row.used_at:%Y-%m-%d %H:%M}" if row.used_at else "never used"
        line = f"{row.visible}  {row.state:<8} {row.purpose:<8} until {row.expires_at:%Y-%m-%d}"
        click.echo(f"{line}  {used:<16}  {row.client}  {' '.join(row.scopes)}")
    if not rows:
        click.echo("There are no keys.")


@command.command()
@click.argument("key")
@click.option("--why", required=True, help="Why; kept with the key.")
def revoke(key: str, why: str) -> None:
    """Take a key back, by its number or by the key itself; it counts from the next request."""
    django_ready()
    from shiyu.api import actions
    from shiyu.people.actors import Actor

    found = _key(key)
    try:
        actions.revoke(found, why=why, actor=Actor.program("key"))
    except Refused as refusal:
        refuse(refusal.message)
    click.echo(f"{found.visible} of {found.client} opens nothing any more.")


def _admitted(
    name: str,
    purpose: str,
    scopes: tuple[str, ...],
    expires_at: datetime | None,
    as_unit: str | None,
    per_minute: int | None,
) -> str:
    from shiyu.api import actions
    from shiyu.people.actors import Actor

    actor = Actor.program("key")
    quota = per_minute if per_minute is not None else actions.PER_MINUTE
    client = actions.admit(
        name,
        purpose=purpose,
        scopes=scopes,
        unit=_unit(as_unit) if as_unit else None,
        per_minute=quota,
        actor=actor,
    )
    return actions.issue(client, expires_at=expires_at, actor=actor)[1]


def _rotated(name: str, expires_at: datetime | None) -> str:
    from shiyu.api import actions
    from shiyu.api.models import Client
    from shiyu.people.actors import Actor

    client = Client.objects.filter(name=name).first()
    if client is None:
        refuse(f"There is no system called {name}: leave out --rotate to let it in.")
    return actions.rotate(client, expires_at=expires_at, actor=Actor.program("key"))[1]


def _key(text: str) -> "Key":
    from shiyu.api.keys import read
    from shiyu.api.models import Key

    whole = read(text)
    visible = whole.visible if whole else text.strip()
    found = Key.objects.select_related("client").filter(visible=visible).first()
    return found if found is not None else _none(visible)


def _none(visible: str) -> NoReturn:
    refuse(f"There is no key numbered {visible[:20]}: see shiyu key list.")


def _unit(code: str) -> "Unit":
    from shiyu.people.models import Unit

    unit = Unit.objects.filter(code=code).first()
    return unit if unit is not None else refuse(f"There is no unit with the code {code}.")


def _time(text: str | None) -> datetime | None:
    """When a key ends: the end of a day, or so many days from now."""
    from django.utils import timezone

    if not text:
        return None
    if days := re.fullmatch(r"(\d{1,4})d?", text):
        return timezone.now() + timedelta(days=int(days[1]))
    try:
        day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - made aware below
    except ValueError:
        return refuse(f"{text} is neither a day like 2027-12-31 nor a number of days like 90d.")
    return timezone.make_aware(day + timedelta(days=1))
