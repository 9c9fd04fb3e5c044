"""Sessions are read by a statement of our own, and are Django's for all that."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from shiyu.common.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("writes", "reads"), [(db.SessionStore, SessionStore), (SessionStore, db.SessionStore)]
)
def test_each_reads_what_the_other_wrote(writes, reads):
    written = writes()
    written["who"] = "某人"
    written.save()

    assert reads(written.session_key)["who"] == "某人"


def test_one_that_is_over_or_was_never_there_is_empty_and_gets_another_key(
    django_assert_num_queries,
):
    written = SessionStore()
    written["who"] = "某人"
    written.save()
    with django_assert_num_queries(1):
        assert dict(SessionStore(written.session_key).items()) == {"who": "某人"}
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    for key in (written.session_key, "f" * 32):
        found = SessionStore(key)
        assert dict(found.items()) == {}
        assert found.session_key is None


def test_the_pages_use_it():
    assert import_module(settings.SESSION_ENGINE).SessionStore is SessionStore
