"""`shiyu migrate`: bring the database to this version, as its owner."""

import contextlib
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import click
import psycopg

from shiyu.common.connection import is_embedded
from shiyu.site.start import connect, django_ready, first_line, hold_database, refuse

ROLES = ("owner", "web", "worker", "search", "backup")
IN_THE_WAY = {"55P03", "40P01"}
"""A lock that was not to be had in time, and a deadlock that the pages were spared."""
LOCK_TRIES = 10
LOCK_PAUSE_S = 3.0
ONE_AT_A_TIME = 7_405_116  # an advisory lock's number, of no meaning


@click.command()
@click.option("--check", is_flag=True, help="Only say whether anything is left to do; exit 1 then.")
@click.option("--plan", is_flag=True, help="Name what is left, and what needs the city to rest.")
def command(check: bool, plan: bool) -> None:
    """Bring the database to this version.

    Works as the role `owner`: the embedded database's own, or the one in SHIYU_OWNER_URL.
    Run it again as often as you like; what is done is not done twice.
    """
    hold_database()
    with connect("owner") as owner:
        _need_roles(owner)
        django_ready("owner")
        if plan:
            raise SystemExit(1 if _planned() else 0)
        if check:
            left = _left()
            click.echo(f"{left} migrations to carry out.")
            raise SystemExit(1 if left else 0)
        with _alone(owner):
            _migrate(owner)


def _need_roles(owner: "psycopg.Connection[Any]") -> None:
    """Stop with the one thing an administrator must do, when a role is missing."""
    rows = owner.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
    missing = sorted(set(ROLES) - {name for (name,) in rows})
    if missing:
        refuse(
            f"This PostgreSQL lacks the roles {', '.join(missing)}: an administrator of it must "
            f"run `psql -f {files('shiyu.common') / 'roles.sql'}` once, which makes them."
        )


@contextlib.contextmanager
def _alone(owner: "psycopg.Connection[Any]") -> Iterator[None]:
    """Only one process migrates at a time; the others wait and then find nothing to do."""
    owner.execute("SET lock_timeout = 0")
    owner.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
    try:
        yield
    finally:
        owner.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


def _left() -> int:
    """How many migrations are not yet carried out."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _planned() -> bool:
    """Name each migration left, safe beside a working city or not; whether one is not."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from shiyu.site.upgrading import dangers_of

    executor = MigrationExecutor(connection)
    left = executor.migration_plan(executor.loader.graph.leaf_nodes())
    unsafe = False
    for migration, _backwards in left:
        found = dangers_of(migration, executor.loader)
        unsafe = unsafe or bool(found)
        click.echo(f"{'✗' if found else '✓'} {migration.app_label}.{migration.name}")
        for danger in found:
            click.echo(f"    {danger}")
    if not left:
        click.echo("Nothing to migrate.")
    elif unsafe:
        click.echo("Those with ✗ need the city to rest: docs/handbook/upgrade.md.")
    else:
        click.echo("All may run while the city works.")
    return unsafe


def _patiently(work: Callable[[], object]) -> None:
    """Try again when a lock is not to be had: waiting longer would hold up everybody behind us.

    What was begun in a transaction is undone by then; what was begun outside may be repeated.
    """
    from django.db import OperationalError

    for left in reversed(range(LOCK_TRIES)):
        try:
            work()
            return
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in IN_THE_WAY or not left:
                raise
            click.echo(f"A table is in use; trying again in {LOCK_PAUSE_S:g} s.", err=True)
            time.sleep(LOCK_PAUSE_S)


def _migrate(owner: "psycopg.Connection[Any]") -> None:
    from django.core.management import call_command
    from django.db import DatabaseError

    from shiyu.site.migrating import Command

    began = time.monotonic()
    left = _left()
    try:
        owner.execute((files("shiyu.common") / "grants.sql").read_bytes())
        if left:
            _patiently(lambda: call_command(Command(), interactive=False, verbosity=1))
        # The pages may read what is migrated, never write it. Also when nothing is left to do: the
        # run that did it may have been killed before it came here.
        owner.execute("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM web, worker")
    except (DatabaseError, psycopg.DatabaseError) as error:
        refuse(f"Migrating stopped; the migrations before this one are kept: {first_line(error)}")
    where = "the embedded database" if is_embedded() else "the database"
    took = time.monotonic() - began
    done = f"{left} migrations carried out on {where} in {took:.1f} s."
    click.echo(done if left else f"Nothing to migrate on {where}.")
