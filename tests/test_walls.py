"""The second wall, asked of the database itself: whose each row is, and that it stays so.

Every table stands in exactly one of the two lists below: behind the wall, or open, with the
reason. A new table that stands in neither fails here: say in a migration whose its rows are
(shiyu/site/migrations/0001_wall.py shows how), or here why they are nobody's.
"""

from typing import Any

import psycopg
import pytest

from shiyu.common import wall
from tests.test_database_rights import asked, tables

pytestmark = pytest.mark.django_db

WALLED = frozenset(
    {
        *("cases_case", "cases_assignment", "cases_report", "cases_reporter", "cases_look"),
        *("cases_lookend", "cases_rating", "cases_check", "cases_found", "cases_reach"),
        *("journal_line", "journal_remark", "files_photo"),
        *("notices_notice", "notices_address", "notices_wishes"),
        *("desk_saved", "desk_layout", "desk_batch", "desk_batchitem"),
    }
)

SIGN_IN = "asked before it is known who asks"
EVERYBODYS = "the city's own order, which everybody who works reads"
COUNTED = "counts and times without a case, a person or a word"
PROGRAMS = "the program's own book-keeping, which no page lists by case"
OPEN = {
    **dict.fromkeys(
        [
            *("account_emailaddress", "account_emailconfirmation", "auth_group"),
            *("auth_group_permissions", "auth_permission", "django_session"),
            *("mfa_authenticator", "socialaccount_socialaccount", "socialaccount_socialapp"),
            *("socialaccount_socialtoken", "usersessions_usersession", "common_attempt"),
            *("people_person", "people_post", "people_postduty", "people_appointment"),
            *("api_client", "api_key", "api_grant", "api_bucket"),
        ],
        SIGN_IN,
    ),
    **dict.fromkeys(
        [
            *("people_unit", "people_unitchange", "people_heir", "people_proposal"),
            *("places_address", "places_city", "places_place", "places_former"),
            *("places_rosterentry", "places_survey", "places_surveyed"),
            *("calendars_calendar", "calendars_revision", "calendars_retiming"),
            *("catalogue_standard", "catalogue_responsibility", "catalogue_procedure"),
            *("catalogue_reason", "catalogue_kind", "catalogue_sheetupload"),
            *("desk_exportlimits", "catalogue_objection"),
        ],
        EVERYBODYS,
    ),
    **dict.fromkeys(["facts_daily", "facts_delta", "cases_watch", "notices_house"], COUNTED),
    **dict.fromkeys(
        [
            *("journal_seal", "journal_mark", "journal_span", "django_migrations"),
            *("django_content_type", "procrastinate_events", "procrastinate_jobs"),
            *("procrastinate_periodic_defers", "procrastinate_workers"),
            *("notices_connector", "notices_subscription", "notices_follower"),
            *("notices_delivery", "notices_attempt"),
        ],
        PROGRAMS,
    ),
    **dict.fromkeys(
        [
            *("privacy_demand", "privacy_erasure", "privacy_hold"),
            *("privacy_assessment", "privacy_selfaudit"),
        ],
        "what somebody asks about their own data, answered by administrators who see no case",
    ),
    "common_standing": "a stamp without any meaning but that it is another one",
    "common_answered": "sealed with the server's key and found by who asked alone",
    "journal_change": "id and version alone; the feed asks `may_know` of each before it goes out",
    "calendars_retimed": "numbers of the cases a calendar's edit moves, for who edits calendars",
    "desk_export": "what was asked and approved, no row of a case; whoever approves reads others'",
    "portal_draft": "a browser's, found by a secret that only it has; no case and no account yet",
}

WIDE_VIEWS = frozenset({"cases_words", "cases_numbers"})
"""Views that see past the wall and so keep it themselves; all others are `security_invoker`."""
WIDE_FUNCTIONS = frozenset(
    {
        *("cases_reach_parts", "cases_reach_reports", "cases_reach_anew"),
        *("cases_found_marks", "cases_marks_anew", "cases_marks_reach"),
    }
)
"""Functions of the role `search`, which is not held by any wall: triggers."""
ANSWERING = frozenset({"cases_few", "cases_seek"})
"""Those of them that answer; what they give has gone through `cases_numbers`."""


@pytest.fixture(scope="module")
def owner(database: Any, django_db_setup: None) -> Any:
    with database.connect("owner", database.name) as connection:
        yield connection


def test_every_table_is_walled_or_open_for_a_reason(owner: Any) -> None:
    assert not WALLED & set(OPEN)
    assert tables(owner) == WALLED | set(OPEN)


def test_walls_stand_and_hold_the_owner_too(owner: Any) -> None:
    words = """
        SELECT c.relname FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
           AND c.relrowsecurity AND c.relforcerowsecurity AND NOT c.relispartition
           AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
    """
    assert {name for (name,) in asked(owner, words)} == WALLED


def test_months_of_the_journal_are_read_through_the_journal_alone(owner: Any) -> None:
    words = """
        SELECT count(*), count(*) FILTER (WHERE has_table_privilege('web', inhrelid, 'SELECT'))
          FROM pg_inherits WHERE inhparent = 'journal_line'::regclass
    """
    ((months, read),) = asked(owner, words)

    assert months > 1
    assert read == 0


def test_views_keep_the_wall_of_whoever_asks(owner: Any) -> None:
    words = """
        SELECT relname, coalesce('security_invoker=true' = ANY (reloptions), false),
               pg_get_userbyid(relowner)
          FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
    """
    views = asked(owner, words)

    assert {name for name, asker, _owner in views if not asker} == WIDE_VIEWS
    assert {name for name, _a, who in views if who == "search"} == WIDE_VIEWS


def test_triggers_and_the_search_alone_run_past_the_wall(owner: Any) -> None:
    words = """
        SELECT proname, prorettype = 'trigger'::regtype FROM pg_proc
         WHERE pg_get_userbyid(proowner) = 'search'
    """
    found = dict(asked(owner, words))

    assert {name for name, is_trigger in found.items() if is_trigger} == WIDE_FUNCTIONS
    assert {name for name, is_trigger in found.items() if not is_trigger} == ANSWERING


def test_the_program_s_roles_stand_before_the_wall(owner: Any) -> None:
    words = """
        SELECT rolname FROM pg_roles r WHERE rolname IN ('web', 'worker', 'owner')
           AND (rolsuper OR rolbypassrls
                OR rolname <> 'owner' AND (pg_has_role(rolname, 'owner', 'MEMBER')
                                           OR pg_has_role(rolname, 'search', 'MEMBER')))
    """
    assert asked(owner, words) == []


@pytest.mark.parametrize("said", ["", "''", "'nonsense'"])
def test_nothing_said_is_nothing_seen(said: str, database: Any, world: Any, make_case: Any) -> None:
    from django.db import connection, transaction
    from django.db.utils import DatabaseError

    make_case("handled")
    for table in sorted(WALLED):
        with transaction.atomic(), connection.cursor() as cursor, wall.within(None):
            cursor.execute(f"SET LOCAL shiyu.sight = {said or 'DEFAULT'}")
            connection.connection.told = wall.now_said()
            try:
                with transaction.atomic():
                    cursor.execute(f"SELECT count(*) FROM {table}")
                    seen = cursor.fetchone()[0]
            except DatabaseError:
                seen = 0
            assert seen == 0, table
            transaction.set_rollback(True)


def test_a_session_that_was_told_nothing_raises(database: Any, world: Any) -> None:
    with (
        database.connect("web", database.name) as connection,
        pytest.raises(psycopg.errors.UndefinedObject),
    ):
        connection.execute("SELECT current_setting('shiyu.sight')")
