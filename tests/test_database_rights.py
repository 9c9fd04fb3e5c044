"""What the roles `web` and `worker` may do with each table, asked of the database itself.

A table stands in exactly one of the two lists below: history, with the little that may still
change in it, or a table that lives. A new table that stands in none fails here.
"""

from typing import Any, NamedTuple

import pytest

pytestmark = pytest.mark.django_db

ROLES = ("web", "worker")
NONE: frozenset[str] = frozenset()


class Kept(NamedTuple):
    """What may still be done with history: columns that are filled in later, who may delete."""

    fills_in: frozenset[str] = NONE
    deletes: frozenset[str] = NONE
    inserts: frozenset[str] = frozenset(ROLES)


NO_ONE_WRITES = Kept(inserts=NONE)
SEALER_ADDS = Kept(inserts=frozenset({"worker"}))

HISTORY = {
    "journal_line": NO_ONE_WRITES,  # column by column, without when and in which transaction
    "journal_remark": Kept(frozenset({"text", "salt", "erased_at"})),
    "journal_change": Kept(deletes=frozenset({"worker"})),
    "journal_span": NO_ONE_WRITES,
    "journal_seal": SEALER_ADDS,
    "journal_mark": SEALER_ADDS,
    "cases_look": Kept(),
    "cases_lookend": Kept(),
    "common_standing": NO_ONE_WRITES,  # a trigger on each table that stands for all does
    "cases_reach": NO_ONE_WRITES,  # triggers of the role `search` do
    "privacy_erasure": Kept(),
    "privacy_assessment": Kept(frozenset({"stage", "decided_by_id", "decided_at", "said_id"})),
    "privacy_selfaudit": Kept(),
    "calendars_calendar": Kept(),
    "calendars_revision": Kept(frozenset({"published_at"})),
    "calendars_retimed": Kept(deletes=frozenset(ROLES)),  # of a look in advance: a trigger says
    "catalogue_standard": Kept(frozenset({"valid_until"})),
    "catalogue_responsibility": Kept(),
    "catalogue_procedure": Kept(frozenset({"id"})),  # a lock needs a right to change something
    "catalogue_objection": Kept(frozenset({"stage", "answer", "ended_by_id", "ended_at"})),
    "catalogue_reason": Kept(frozenset({"ended_at"})),
    "notices_attempt": Kept(frozenset({"left_at", "ended_at", "outcome", "why"})),
    "notices_notice": Kept(frozenset({"read_at"})),
    "people_appointment": Kept(frozenset({"ends_on", "left_at"})),
    "people_heir": Kept(),
    "people_proposal": Kept(frozenset({"stage", "secret", "decided_by_id", "decided_at"})),
    "people_unitchange": Kept(
        frozenset({"from_on", "applied_at", "cancelled_at", "finished_at", "handed", "hindered"})
    ),
    "places_former": Kept(),
    "places_rosterentry": Kept(frozenset({"ends_on"})),
    "places_survey": Kept(frozenset({"state", "valid_from", "in_force_at", "version"})),
    "places_surveyed": Kept(frozenset({"former", "former_source"})),
    "facts_daily": NO_ONE_WRITES,
    "facts_delta": Kept(),
    "desk_exportlimits": Kept(frozenset({"id"})),  # a lock needs a right to change something
    "django_migrations": NO_ONE_WRITES,
}

CHANGES_BUT_STAYS = frozenset(
    {
        *("cases_case", "cases_assignment", "cases_report", "cases_rating", "cases_check"),
        *("privacy_demand", "privacy_hold"),
        *("api_client", "api_key", "desk_export", "notices_delivery", "catalogue_kind"),
    }
)
"""Rows that go on to change, and that nobody deletes."""

LIVES = frozenset(
    {
        *("account_emailaddress", "account_emailconfirmation"),
        *("api_bucket", "api_grant"),
        *("auth_group", "auth_group_permissions", "auth_permission"),
        *("calendars_retiming",),
        *("cases_found", "cases_reporter", "cases_watch"),
        "catalogue_sheetupload",
        *("common_answered", "common_attempt"),
        *("desk_batch", "desk_batchitem", "desk_layout", "desk_saved"),
        *("django_content_type", "django_session"),
        *("files_photo",),
        *("mfa_authenticator",),
        *(
            "notices_address",
            "notices_connector",
            "notices_follower",
            "notices_house",
            "notices_subscription",
            "notices_wishes",
        ),
        *("people_person", "people_post", "people_postduty", "people_unit"),
        *("places_address", "places_city", "places_place"),
        *("portal_draft",),
        *(
            "procrastinate_events",
            "procrastinate_jobs",
            "procrastinate_periodic_defers",
            "procrastinate_workers",
        ),
        *("socialaccount_socialaccount", "socialaccount_socialapp", "socialaccount_socialtoken"),
        *("usersessions_usersession",),
    }
)
"""Rows that come, change and go; what became of them is on the journal."""

TABLES = """
    SELECT c.relname FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
       AND NOT c.relispartition
"""


def asked(connection: Any, words: str, *values: object) -> Any:
    return connection.execute(words, values).fetchall()


def tables(connection: Any) -> set[str]:
    return {name for (name,) in asked(connection, TABLES)}


def may(connection: Any, role: str, right: str, table: str) -> bool:
    ((answer,),) = asked(connection, "SELECT has_table_privilege(%s, %s, %s)", role, table, right)
    return bool(answer)


def may_fill_in(connection: Any, role: str, table: str) -> set[str]:
    words = """
        SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
           AND NOT attisdropped AND has_column_privilege(%s, attrelid, attnum, 'UPDATE')
    """
    return {name for (name,) in asked(connection, words, table, role)}


@pytest.fixture(scope="module")
def rights(database: Any, django_db_setup: None) -> Any:
    with database.connect("owner", database.name) as connection:
        yield connection


def test_every_table_is_history_or_declared_to_live(rights: Any) -> None:
    declared = [*HISTORY, *CHANGES_BUT_STAYS, *LIVES]

    assert len(declared) == len(set(declared))
    assert tables(rights) == set(declared)


@pytest.mark.parametrize("table", sorted(HISTORY))
@pytest.mark.parametrize("role", ROLES)
def test_history_is_added_to_and_not_rewritten(rights: Any, role: str, table: str) -> None:
    kept = HISTORY[table]

    assert may_fill_in(rights, role, table) == kept.fills_in
    assert may(rights, role, "DELETE", table) == (role in kept.deletes)
    assert may(rights, role, "INSERT", table) == (role in kept.inserts)
    assert not may(rights, role, "TRUNCATE", table)


@pytest.mark.parametrize("table", sorted(CHANGES_BUT_STAYS))
@pytest.mark.parametrize("role", ROLES)
def test_what_stays_is_deleted_by_nobody(rights: Any, role: str, table: str) -> None:
    assert not may(rights, role, "DELETE", table)


def test_no_role_of_the_program_empties_or_owns_a_table(rights: Any) -> None:
    for table in sorted(tables(rights)):
        for role in ROLES:
            assert not may(rights, role, "TRUNCATE", table), (role, table)
            assert not may(rights, role, "TRIGGER", table), (role, table)
            assert not may(rights, role, "REFERENCES", table), (role, table)
    words = "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = ANY(%s)"
    assert asked(rights, words, list(ROLES)) == [(0,)]
