"""No migration may stop a working city; those that would are named, with the reason."""

import threading
import time
from types import SimpleNamespace
from typing import Any, ClassVar

import psycopg
import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import OperationalError, connections, migrations, models
from django.db.migrations.loader import MigrationLoader

from shiyu.common.schema import AddIndexAgain, may_be_repeated, unrepeatable
from shiyu.site.commands import migrate_
from shiyu.site.migrating import WholeExecutor
from shiyu.site.upgrading import dangers_in, dangers_of

FIRST = "made before the first city: no older page ever ran beside it"
BATCHED = "row by row in transactions of a moment each, beside the pages, and again if broken off"
KNOWN = {
    "cases.0003_watch": FIRST,
    "cases.0004_awaits": FIRST,
    "cases.0005_imported_without_kind": FIRST,
    "cases.0006_watch_version": FIRST,
    "cases.0007_only_indexes_in_use": FIRST,
    "cases.0008_found_and_looked_at": FIRST,
    "cases.0010_newest_open": FIRST,
    "cases.0011_by_channel": FIRST,
    "cases.0013_close_reporters": FIRST,
    "cases.0019_marked": BATCHED,
    "cases.0021_addresses_masked": BATCHED,
    "desk.0002_two_approvers": FIRST,
    "desk.0003_held_when_written": FIRST,
    "desk.0004_limits_by_versions": FIRST,
    "journal.0002_feed_in_commit_order": FIRST,
    "journal.0004_remarks_by_subject": FIRST,
    "journal.0005_sealing": FIRST,
    "people.0003_unit_changes_and_acting": FIRST,
    "portal.0003_drafts_masked": BATCHED,
}
"""Migrations that need the city to rest, and why that is no harm. A new one belongs here only if
docs/handbook/upgrade.md tells the operator of that version to stop the pages for it, or if it
changes rows in batches outside a transaction (`may_be_repeated`)."""


@pytest.fixture(scope="module")
def loader(django_db_setup: None, django_db_blocker: Any) -> MigrationLoader:
    return MigrationLoader(None, ignore_no_migrations=True)


@pytest.mark.django_db
def test_a_new_migration_may_run_while_the_city_works(loader: MigrationLoader) -> None:
    ours = {
        f"{app}.{name}": dangers_of(migration, loader)
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if migration.__module__.startswith("shiyu.")
    }

    new = {name: [str(d) for d in found] for name, found in ours.items() if found}
    assert {name: found for name, found in new.items() if name not in KNOWN} == {}, (
        "make it safe as said, or name it in KNOWN with the reason"
    )
    assert set(KNOWN) <= set(new), "safe by now: take it out of KNOWN"


UNSAFE = [
    'CREATE INDEX "x" ON "cases_case" ("stage")',
    "CREATE UNIQUE INDEX x ON public.cases_case (number)",
    'ALTER TABLE "cases_case" ADD COLUMN "b" integer NOT NULL',
    'ALTER TABLE "cases_case" ADD COLUMN "b" integer DEFAULT 0 NOT NULL;\n'
    'ALTER TABLE "cases_case" ALTER COLUMN "b" DROP DEFAULT',
    "ALTER TABLE cases_case ADD COLUMN b uuid DEFAULT gen_random_uuid()",
    'ALTER TABLE "cases_case" DROP COLUMN "stage" CASCADE',
    'DROP TABLE IF EXISTS "cases_case"',
    'ALTER TABLE "cases_case" RENAME COLUMN "a" TO "b"',
    'ALTER TABLE "cases_case" RENAME TO "other"',
    'ALTER TABLE "cases_case" ALTER COLUMN "a" TYPE bigint USING "a"::bigint',
    'ALTER TABLE "cases_case" ALTER COLUMN "a" SET NOT NULL',
    'ALTER TABLE "cases_case" ADD CONSTRAINT "c" CHECK (a > 0)',
    'ALTER TABLE "cases_case" ADD CONSTRAINT "c" FOREIGN KEY ("a") REFERENCES "b" ("id")',
    'ALTER TABLE "cases_case" ADD CONSTRAINT "c" UNIQUE ("a")',
    "UPDATE cases_case SET stage = 'x'",
    "DELETE FROM cases_case",
    "TRUNCATE cases_case",
    "DO $$ BEGIN UPDATE cases_case SET a = 1; END $$",
    "LOCK TABLE cases_case IN EXCLUSIVE MODE",
    "SET lock_timeout = 0",
]
SAFE = [
    'CREATE INDEX CONCURRENTLY "x" ON "cases_case" ("stage")',
    'ALTER TABLE "cases_case" ADD COLUMN "b" integer NULL',
    'ALTER TABLE "cases_case" ADD COLUMN "b" integer DEFAULT 0 NOT NULL',
    'ALTER TABLE "cases_case" ADD CONSTRAINT "c" CHECK (a > 0) NOT VALID',
    'ALTER TABLE "cases_case" VALIDATE CONSTRAINT "c"',
    'ALTER TABLE "cases_case" ADD CONSTRAINT "c" UNIQUE USING INDEX "x"',
    'CREATE TABLE "new" ("id" bigint NOT NULL); CREATE INDEX "n" ON "new" ("id"); '
    'ALTER TABLE "new" ADD CONSTRAINT "f" FOREIGN KEY ("id") REFERENCES "cases_case" ("id")',
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM cases_case; END $$",
    "-- CREATE INDEX x ON cases_case (a)",
    "GRANT SELECT ON cases_case TO web",
]


@pytest.mark.parametrize("sql", UNSAFE)
def test_what_would_stop_the_city_is_seen(sql: str) -> None:
    assert list(dangers_in(sql)) != []


@pytest.mark.parametrize("sql", SAFE)
def test_what_would_not_is_let_through(sql: str) -> None:
    assert list(dangers_in(sql)) == []


PLANTED = {
    "a field that must be filled": migrations.AddField("Case", "b", models.IntegerField(default=0)),
    "a field that goes": migrations.RemoveField("Case", "stage"),
    "a name that changes": migrations.RenameField("Case", "stage", "where"),
    "an index": migrations.AddIndex("Case", models.Index(fields=["stage"], name="planted")),
    "Python": migrations.RunPython(lambda apps, editor: None),
    "SQL": migrations.RunSQL("UPDATE cases_case SET version = 1"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_migration_is_caught(loader: MigrationLoader, planted: str) -> None:
    (last,) = loader.graph.leaf_nodes("cases")
    migration = migrations.Migration("9999_planted", "cases")
    migration.operations = [PLANTED[planted]]
    at_last = SimpleNamespace(project_state=lambda *_a, **_k: loader.project_state(last))

    assert dangers_of(migration, at_last) != []  # type: ignore[arg-type]


@pytest.mark.django_db
def test_what_is_broken_off_outside_a_transaction_may_be_run_again(loader: MigrationLoader) -> None:
    ours = {
        f"{app}.{name}": unrepeatable(migration)
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if migration.__module__.startswith("shiyu.")
    }

    assert {name: found for name, found in ours.items() if found} == {}, (
        "killed between two statements it could never be run again: a migration with "
        "atomic = False holds only shiyu.common.schema.AddIndexAgain, or Python marked with "
        "may_be_repeated; put the rest into a migration of its own before it"
    )


AN_INDEX = models.Index(fields=["stage"], name="planted")
OUTSIDE: dict[str, tuple[Any, bool]] = {
    "a field": (migrations.AddField("Case", "b", models.IntegerField(null=True)), False),
    "Django's own index": (AddIndexConcurrently("case", AN_INDEX), False),
    "Python": (migrations.RunPython(lambda apps, editor: None), False),
    "our index": (AddIndexAgain("case", AN_INDEX), True),
    "marked": (migrations.RunPython(may_be_repeated(lambda apps, editor: None)), True),
}


@pytest.mark.parametrize("planted", OUTSIDE)
def test_a_planted_one_that_could_not_be_run_again_is_caught(planted: str) -> None:
    migration = migrations.Migration("9999_planted", "cases")
    migration.operations, migration.atomic = [OUTSIDE[planted][0]], False

    assert (unrepeatable(migration) == []) == OUTSIDE[planted][1]


def _owners(connection: Any, database: Any) -> Any:
    """Another connection of Django's, as the role that migrates."""
    owner = connection.copy()
    owner.settings_dict = owner.settings_dict | {
        "USER": "owner",
        "PASSWORD": database.written["passwords"]["owner"],
    }
    return owner


@pytest.mark.parametrize("left", ["half an index", "a whole index", "nothing"])
def test_what_an_index_broken_off_left_behind_is_gone_on_with(
    as_owner: Any, database: Any, loader: MigrationLoader, left: str
) -> None:
    """Killed, or tired of waiting for somebody's transaction, PostgreSQL leaves half of one."""
    (last,) = loader.graph.leaf_nodes("cases")
    before = loader.project_state(last)
    operation, after = AddIndexAgain("case", AN_INDEX), before.clone()
    operation.state_forwards("cases", after)
    if left != "nothing":
        as_owner.execute("CREATE INDEX planted ON cases_case (stage)")
    with database.connect("postgres", database.name) as server:
        if left == "half an index":
            server.execute(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'planted'::regclass"
            )
    owner = _owners(connections["default"], database)
    try:
        with owner.schema_editor(atomic=False) as editor:
            operation.database_forwards("cases", editor, before, after)
    finally:
        owner.close()

    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'planted'::regclass"
    assert as_owner.execute(valid).fetchone() == (True,)


@pytest.mark.parametrize(
    "trouble", [psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected]
)
def test_a_lock_that_is_not_to_be_had_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, trouble: type[psycopg.Error]
) -> None:
    monkeypatch.setattr(migrate_, "LOCK_PAUSE_S", 0)
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError from trouble()

    migrate_._patiently(work)

    assert len(tries) == 3


def test_another_trouble_is_not_tried_again() -> None:
    def work() -> None:
        raise OperationalError from psycopg.errors.UndefinedTable()

    with pytest.raises(OperationalError):
        migrate_._patiently(work)


class Planted(migrations.Migration):
    """A table that refers to another: its foreign key waits for the end."""

    operations: ClassVar = [
        migrations.CreateModel(
            "Planted",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("place", models.ForeignKey("places.place", models.PROTECT)),
            ],
        )
    ]


@pytest.mark.parametrize("at", ["ADD CONSTRAINT", "INSERT INTO"])
def test_a_migration_and_its_record_are_there_together_or_not_at_all(
    as_owner: Any, database: Any, loader: MigrationLoader, monkeypatch: Any, at: str
) -> None:
    """Broken off in the last statements, or when it is written down; then it runs."""
    owner = _owners(connections["default"], database)
    monkeypatch.setattr(connections._connections, "default", owner)  # type: ignore[attr-defined]
    executor, planted = WholeExecutor(owner), Planted("planted", "places")
    (last,) = loader.graph.leaf_nodes("places")
    there = "SELECT to_regclass('places_planted') IS NOT NULL, count(*) FROM django_migrations"
    (_, before) = as_owner.execute(there).fetchone()

    def broken(execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        if at in str(statement):
            raise OperationalError("broken off")
        return execute(statement, params, many, context)

    try:
        with pytest.raises(OperationalError), owner.execute_wrapper(broken):
            executor.apply_migration(loader.project_state(last), planted)
        assert as_owner.execute(there).fetchone() == (False, before)
        assert not owner.in_atomic_block

        executor.apply_migration(loader.project_state(last), planted)
        assert as_owner.execute(there).fetchone() == (True, before + 1)
    finally:
        owner.close()


def test_a_waiting_migration_lets_the_pages_go_on(as_owner: Any, database: Any) -> None:
    """The owner gives up after two seconds, so that who stands behind it need not wait longer."""
    from shiyu.common.connection import LOCK_TIMEOUT_MS

    as_owner.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS['owner']}")
    with (
        database.connect("web", database.name) as slow,
        database.connect("web", database.name) as page,
    ):
        slow.execute("BEGIN")
        slow.execute("SELECT 1 FROM places_city")
        gave_up: list[type[BaseException]] = []

        def migrate() -> None:
            try:
                as_owner.execute("ALTER TABLE places_city ADD COLUMN planted int")
            except psycopg.errors.LockNotAvailable as error:
                gave_up.append(type(error))

        thread = threading.Thread(target=migrate)
        thread.start()
        time.sleep(0.2)
        began = time.monotonic()
        page.execute("SELECT 1 FROM places_city")
        waited = time.monotonic() - began
        thread.join()
        slow.execute("ROLLBACK")

    assert gave_up == [psycopg.errors.LockNotAvailable]
    assert waited < 4


def _of_sets(conditions: list[Any]) -> list[Any]:
    """Of these conditions, what would be written in another order by the next process."""
    found = []
    for part in conditions:
        if isinstance(part, models.Q):
            found += _of_sets(part.children)
        elif isinstance(part, tuple) and isinstance(part[1], set | frozenset):
            found.append(part)
    return found


def test_each_city_has_the_same_indexes_and_rules_letter_by_letter() -> None:
    ours = [model for model in apps.get_models() if model.__module__.startswith("shiyu.")]
    made = [each for m in ours for each in (*m._meta.indexes, *m._meta.constraints)]
    conditions = [each.condition for each in made if getattr(each, "condition", None)]

    assert len(conditions) > 20
    assert _of_sets(conditions) == []
    assert _of_sets([models.Q(~models.Q(stage__in={"a", "b"}), paused=True)])
