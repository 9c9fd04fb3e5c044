"""Of several servers that take writes the one promoted last counts; an older one is refused."""

import ast
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from shiyu.common import fence
from shiyu.common.connection import conninfo
from shiyu.common.postgresql.telling import Connection

NOBODY_LISTENS = "1"
SHIYU = Path(__file__).resolve().parents[2]
CONNECTS = {"psycopg.connect", "psycopg.Connection.connect", "psycopg.AsyncConnection.connect"}


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


EXCUSED = {
    "common/fence.py": "the look itself, at one host",
    "common/embedded.py": "our own server, of one host",
    "history/large/making.py": "a made city's own server",
    "history/large/hand.py": "a made city's own server",
    "site/backup/server.py": "a server that is being backed up or restored, named by itself",
    "site/checkup/database.py": "the doctor looks at what the address says",
    "site/outage.py": "asks only whether anybody lets us in",
}


def unfenced(source: str) -> list[int]:
    """The lines that connect to the database and have not asked which server counts."""
    found: list[int] = []
    if ".connect(" not in source:  # most files: not worth taking apart
        return found
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CONNECTS:
            found += [node.lineno] if "narrowed(" not in ast.unparse(node) else []
    return found


def test_whoever_connects_asks_which_server_counts():
    paths = [p for p in SHIYU.rglob("*.py") if "tests" not in p.parts]
    wrong = {str(p.relative_to(SHIYU)) for p in paths if unfenced(p.read_text())}

    assert wrong == set(EXCUSED)


def test_one_who_does_not_is_seen():
    assert unfenced('psycopg.connect(**conninfo("worker"))') == [1]
    assert unfenced('psycopg.connect(**narrowed(conninfo("worker")))') == []
