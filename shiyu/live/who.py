"""Whose stream it is, and what a case asks of them: as on the pages (推送对象)."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import DatabaseError, Error, close_old_connections, connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from shiyu.common.wall import beyond
from shiyu.live.feed import Concern
from shiyu.people.actors import Actor, duties_in_force
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
        with beyond("feed"), connection.cursor() as cursor:
            cursor.execute(CONCERN, [ref])
            row = cursor.fetchone()
    except DatabaseError:
        return None
    finally:
        close_old_connections()
    return Concern(row[0], row[1], frozenset(row[2])) if row else None


def actor_of_session(key: str) -> Actor | None:
    """The person of a session key with the duties of this moment; None when it has ended."""
    return actors_of_sessions([key])[key]


def actors_of_sessions(keys: Iterable[str]) -> dict[str, Actor | None]:
    """The same for many at once, in as few questions as for one."""
    found: dict[str, Actor | None] = dict.fromkeys(keys)
    try:
        found |= _actors([key for key in found if key])
    except Error:
        return dict.fromkeys(found)
    finally:
        close_old_connections()
    return found


def _actors(keys: list[str]) -> dict[str, Actor | None]:
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    sessions = {key: _said(data) for key, data in rows.values_list("session_key", "session_data")}
    named = {key: _person_of(session) for key, session in sessions.items()}
    people = Person.objects.filter(is_active=True).in_bulk({pk for pk in named.values() if pk})
    held = duties_in_force(list(people), timezone.localdate()) if people else {}
    shown = {pk: person.get_session_auth_hash() for pk, person in people.items()}
    found: dict[str, Actor | None] = {}
    for key, session in sessions.items():
        person = people.get(named[key] or 0)
        if person is None or not _is_of(session, shown[person.pk]):
            continue
        actor = Actor("person", person.pk, person.name, held.get(person.pk, ()))
        found[key] = None if is_idle(session) or is_held_up(person, actor) else actor
    return found


@lru_cache(maxsize=8192)
def _said(data: str) -> Mapping[str, Any]:
    """What a session holds; the same words are read once."""
    return MappingProxyType(SessionStore().decode(data))


def _person_of(session: Mapping[str, Any]) -> int | None:
    key = session.get(SESSION_KEY)
    return int(key) if key is not None and session.get(BACKEND_SESSION_KEY) else None


def _is_of(session: Mapping[str, Any], shown: str) -> bool:
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), shown)
