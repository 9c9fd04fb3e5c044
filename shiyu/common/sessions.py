"""Sessions in the database, each found by a statement built and planned once (会话)."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from shiyu.common.ready import Select


def _alive(key: str, now: object) -> "QuerySet[Session]":
    return Session.objects.filter(session_key=key, expire_date__gt=now)


_found = Select(_alive, "key", timezone.now(), walled=False)


class SessionStore(db.SessionStore):
    """Django's own, but for how a session is read: each page of whoever is signed in does so.

    Of the same name as Django's, with which what it keeps is signed: each reads what the other
    wrote.
    """

    def _get_session_from_db(self) -> Session | None:
        found = _found.first(self.session_key, timezone.now())
        if found is None:
            self._session_key = None
        return found
