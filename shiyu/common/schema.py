"""Operations for migrations outside a transaction: broken off, they are run again (续迁).

A migration in a transaction is done whole or not at all. One outside may have been killed between
two statements or in the midst of one, and what it had done by then stays: each of its operations
must find that and go on. Only what is named so may stand there; a test looks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations.migration import Migration

WAITS_FOR_OTHERS = "30min"
F = TypeVar("F", bound=Callable[..., object])
REPEATED = "may_be_repeated"
STANDING = """
SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE c.relname = %s AND pg_table_is_visible(c.oid)
"""


def may_be_repeated(code: F) -> F:
    """Says of Python in a migration that it goes on from wherever it was broken off."""
    setattr(code, REPEATED, True)
    return code


class AddIndexAgain(AddIndexConcurrently):
    """Makes an index beside a working city; a whole one is kept, half of one is made anew.

    It waits until everybody who was at work has ended, however long: nobody waits behind it.
    """

    may_be_repeated = True

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.collect_sql:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        with schema_editor.connection.cursor() as cursor, _patience(cursor):
            cursor.execute(STANDING, [self.index.name])
            found = cursor.fetchone()
            if found and found[0]:
                return
            if found:
                quoted = schema_editor.quote_name(self.index.name)
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}")
            super().database_forwards(app_label, schema_editor, from_state, to_state)


@contextmanager
def _patience(cursor: Any) -> Iterator[None]:
    """Wait longer for those at work; what the session had is put back if it still lives."""
    cursor.execute("SELECT current_setting('lock_timeout')")
    (before,) = cursor.fetchone()
    cursor.execute("SELECT set_config('lock_timeout', %s, false)", [WAITS_FOR_OTHERS])
    yield
    cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])


def unrepeatable(migration: Migration) -> list[str]:
    """The operations of a migration outside a transaction that could not be run a second time."""
    if migration.atomic:
        return []
    return [
        operation.describe()
        for operation in migration.operations
        if not getattr(getattr(operation, "code", operation), REPEATED, False)
    ]
