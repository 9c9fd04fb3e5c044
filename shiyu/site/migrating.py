"""Migrations that are recorded in the transaction that makes them (迁移).

Django writes down a migration whose last statements wait for its end (foreign keys of new tables)
only after that end. Whoever is killed between the two has tables of a migration that is not
known, and can never migrate again. And when those last statements fail, e.g. for a lock, Django
leaves the connection inside of its transaction, where no other try can succeed.
"""

import contextlib
from typing import Any

from django.core.management.commands import migrate
from django.db import transaction
from django.db.migrations.executor import MigrationExecutor


class WholeExecutor(MigrationExecutor):
    """Django's own, but that a migration and the record of it are there together or not at all."""

    def apply_migration(self, state: Any, migration: Any, *how: Any, **named: Any) -> Any:
        whole = (
            transaction.atomic(self.connection.alias)
            if migration.atomic
            else contextlib.nullcontext()
        )
        try:
            with whole:
                return super().apply_migration(state, migration, *how, **named)
        except BaseException:
            self.connection.close()
            self.connection.connect()
            raise


class Command(migrate.Command):
    """`migrate` of Django, by this executor: it knows its own by the name in its module alone."""

    def handle(self, *args: Any, **options: Any) -> None:
        vars(migrate)["MigrationExecutor"] = WholeExecutor
        super().handle(*args, **options)
