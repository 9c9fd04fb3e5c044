"""Whose stream it is, and what a case asks of them: as on the pages (推送对象)."""

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, close_old_connections, connection
from django.utils.crypto import constant_time_compare

from shiyu.live.feed import Concern
from shiyu.people.actors import Actor
from shiyu.people.middleware import is_held_up, is_idle
from shiyu.people.models import Person

CONCERN = """
    SELECT c.id, c.place_number,
           array(SELECT a.unit_id FROM cases_assignment a WHERE a.case_id = c.id)
    FROM cases_case c WHERE c.id = %s
"""


def concern_of(ref: int) -> Concern | None:
    """What the policy asks of this case; None when there is none, or no database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(CONCERN, [ref])
            row = cursor.fetchone()
    except DatabaseError:
        return None
    finally:
        close_old_connections()
    return Concern(row[0], row[1], frozenset(row[2])) if row else None


def actor_of_session(key: str) -> Actor | None:
    """The person of a session key with the duties of this moment; None when it has ended."""
    if not key:
        return None
    try:
        return _actor(SessionStore(key).load())
    except DatabaseError:
        return None
    finally:
        close_old_connections()


def _actor(session: dict[str, Any]) -> Actor | None:
    key = session.get(SESSION_KEY)
    if not session.get(BACKEND_SESSION_KEY) or key is None:
        return None
    person = Person.objects.filter(pk=key, is_active=True).first()
    if person is None:
        return None
    known = session.get(HASH_SESSION_KEY, "")
    if not constant_time_compare(known, person.get_session_auth_hash()):
        return None
    actor = Actor.for_person(person)
    return None if is_idle(session) or is_held_up(person, actor) else actor
