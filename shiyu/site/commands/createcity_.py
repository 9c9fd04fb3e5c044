"""`shiyu createcity`: found the city of this database, and its first administrator (建城)."""

import sys

import click

from shiyu.common.errors import Refused
from shiyu.site.start import django_ready, refuse

DUTIES = ("security_admin", "system_admin", "audit_admin")


@click.command()
@click.option("--name", default="", help="Full name of the city, e.g. 开封市.")
@click.option("--code", default="", help="Its administrative code, e.g. 410200.")
@click.option("--short-name", default="", help="Shown where room is short; else the name.")
@click.option("--prefix", default="", help="Letters that case numbers begin with, e.g. KF.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True)
@click.option("--admin", required=True, help="The name the first administrator signs in with.")
@click.option("--admin-name", help="The administrator's own name; the account's name if none.")
@click.option("--duty", type=click.Choice(DUTIES), default=DUTIES[0], show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def command(
    name: str,
    code: str,
    short_name: str,
    prefix: str,
    timezone: str,
    admin: str,
    admin_name: str | None,
    duty: str,
    password_stdin: bool,
) -> None:
    """Found the city of this database, and its first administrator.

    The security administrator (the default duty) appoints everybody else. Once the city is
    there, run it again with --duty alone for the first administrator of another kind.
    """
    password = _password(password_stdin)
    django_ready()
    from django.db import transaction

    from shiyu.common.home import make_shared_secrets

    make_shared_secrets()

    try:
        with transaction.atomic():
            if name:
                _found(name, code, short_name or name, prefix, timezone)
            _appoint(duty, admin, admin_name or admin, password)
    except Refused as refusal:
        refuse(refusal.message)
    founded = f"{name} is founded. " if name else ""
    click.echo(f"{founded}{admin} may sign in as {duty}.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
        if not password:
            refuse("Standard input held no password.")
        return password
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _found(name: str, code: str, short_name: str, prefix: str, timezone: str) -> None:
    """The city, the root of its places, its calendar, and its centre."""
    from shiyu.calendars.actions import found_calendar
    from shiyu.people.actions import create_unit
    from shiyu.people.actors import Actor
    from shiyu.places.actions import found_city

    if not code or not prefix:
        refuse("A city needs --code and --prefix as well as --name.")
    actor = Actor.program("createcity")
    found_city(
        name=name,
        short_name=short_name,
        code=code,
        number_prefix=prefix,
        timezone=timezone,
        actor=actor,
    )
    found_calendar(actor=actor, timezone=timezone)
    create_unit(
        f"{prefix}-CENTRE",
        f"{name}市域治理指挥中心",
        kind="centre",
        tier="city",
        place_code=code,
        short_name="市中心",
        actor=actor,
    )


def _appoint(duty: str, username: str, name: str, password: str) -> None:
    """The first administrator of a kind, in a post of the city's centre."""
    from shiyu.people.actions import found_administrator
    from shiyu.people.actors import Actor
    from shiyu.people.models import Unit

    centre = Unit.objects.filter(kind="centre", tier="city").first()
    if centre is None:
        refuse("There is no city yet: name it with --name, --code and --prefix.")
    found_administrator(
        duty,
        username=username,
        name=name,
        password=password,
        unit=centre,
        actor=Actor.program("createcity"),
    )
