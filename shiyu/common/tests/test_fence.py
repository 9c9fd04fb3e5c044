"""Of several servers that take writes the one promoted last counts; an older one is refused."""

import psycopg
import pytest
from django.db import connection

from shiyu.common import fence
from shiyu.common.connection import conninfo
from shiyu.common.postgresql.telling import Connection

NOBODY_LISTENS = "1"


@pytest.fixture
def words(db, monkeypatch):
    """The tests' server under two names, as if they were two."""
    monkeypatch.setattr(fence, "_highest", 0)
    monkeypatch.setattr(fence, "_resting", {})
    one = conninfo("web") | {"dbname": connection.settings_dict["NAME"]}
    port = str(one["port"])
    return one | {
        "host": "127.0.0.1,localhost",
        "port": f"{port},{port}",
        "target_session_attrs": "read-write",
    }


def test_one_host_is_not_asked(words):
    one = conninfo("web")

    assert fence.narrowed(one) is one


def test_one_of_two_is_chosen_and_its_timeline_remembered(words):
    made = Connection.connect(**words, autocommit=True, prepare_threshold=0)
    made.close()

    assert fence._highest == 1
    assert "," not in fence.narrowed(words)["host"]


def test_an_older_one_than_was_seen_is_refused(words, monkeypatch):
    monkeypatch.setattr(fence, "_highest", 2)

    with pytest.raises(psycopg.OperationalError, match="old primary"):
        Connection.connect(**words)


def test_a_dead_host_costs_one_try_only(words):
    port = words["port"].split(",")[0]
    words |= {"port": f"{NOBODY_LISTENS},{port}"}

    assert fence.narrowed(words)["port"] == port
    assert list(fence._resting) == [("127.0.0.1", NOBODY_LISTENS)]


def test_where_none_lets_in_libpq_says_so_itself(words):
    words |= {"port": f"{NOBODY_LISTENS},{NOBODY_LISTENS}"}

    assert fence.narrowed(words) == words
