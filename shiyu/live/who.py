"""Whose stream it is: the same session and duties as on the pages (推送对象)."""

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, close_old_connections
from django.utils.crypto import constant_time_compare

from shiyu.people.actors import Actor
from shiyu.people.models import Person


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


def _actor(session: dict[str, str]) -> Actor | None:
    key = session.get(SESSION_KEY)
    if not session.get(BACKEND_SESSION_KEY) or key is None:
        return None
    person = Person.objects.filter(pk=key, is_active=True).first()
    if person is None:
        return None
    known = session.get(HASH_SESSION_KEY, "")
    if not constant_time_compare(known, person.get_session_auth_hash()):
        return None
    return Actor.for_person(person)
