"""Health tells the truth when something is ill, soon, and its reasons only to whom they belong."""

import os
import time
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from shiyu.common.connection import URLS
from shiyu.common.home import secret
from shiyu.site import health, pools, readiness
from shiyu.site.health import Rounds
from shiyu.site.readiness import Part

OUTSIDE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "rounds", Rounds())
    monkeypatch.setattr(health, "KEPT_S", 0.0)


@pytest.fixture
def made(django_db_setup: None, django_db_blocker: Any) -> None:
    """The database is there; the questions use no connection of Django's."""


def parts_of(client: Any, **more: str) -> dict[str, bool]:
    answer = client.get("/readyz", **more)
    told = {part["name"]: part["well"] for part in answer.json()["parts"]}
    assert (answer.status_code == 200) == all(told.values())
    return told


def test_all_is_well(client, made):
    assert client.get("/healthz").content == b"alive\n"
    assert parts_of(client) == {
        "disk": True,
        "pool": True,
        "database": True,
        "migrations": True,
        "queue": True,
    }


def test_a_stranger_learns_only_whether(client, made, monkeypatch):
    monkeypatch.setenv(URLS["web"], "postgresql://web:secret@127.0.0.1:1/nowhere")

    for more in (OUTSIDE, {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}, {"HTTP_FORWARDED": "for=x"}):
        answer = client.get("/readyz", **more)
        assert (answer.status_code, answer.content) == (503, b"not ready\n")


def test_the_token_opens_the_reasons(client, made):
    shown = {"HTTP_AUTHORIZATION": f"Bearer {secret('watch')}"} | OUTSIDE

    assert parts_of(client, **shown)["database"]
    wrong = client.get("/readyz", **OUTSIDE, HTTP_AUTHORIZATION="Bearer wrong")
    assert wrong.content == b"ready\n"


def test_a_stopped_database_is_told_and_the_process_still_lives(client, made, monkeypatch):
    monkeypatch.setenv(URLS["web"], "postgresql://web:x@127.0.0.1:1/nowhere")
    began = time.monotonic()

    assert parts_of(client) == {"disk": True, "pool": True, "database": False}
    assert client.get("/healthz").status_code == 200
    assert time.monotonic() - began < health.WHOLE_S


def test_a_database_that_accepts_and_then_says_nothing_is_given_up(client, made, monkeypatch):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        monkeypatch.setenv(URLS["web"], f"postgresql://web:x@127.0.0.1:{port}/nowhere")
        began = time.monotonic()

        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert time.monotonic() - began < health.WHOLE_S + 1


def test_a_question_that_never_ends_is_answered_in_time(client, monkeypatch):
    monkeypatch.setattr(health, "WHOLE_S", 0.2)
    stop = []
    rounds = Rounds(lambda: [time.sleep(0.01) for _ in iter(lambda: bool(stop), True)])
    monkeypatch.setattr(health, "rounds", rounds)

    answers = [client.get("/readyz") for _ in range(3)]

    stop.append(1)
    assert [a.status_code for a in answers] == [503] * 3
    assert answers[0].json()["parts"][0]["name"] == "answer"


@pytest.mark.django_db
def test_a_database_older_than_the_code_is_not_ready_a_newer_one_is(client, database):
    with database.connect("postgres", database.name) as owner:
        owner.execute("CREATE TEMP TABLE django_migrations (app text, name text)")
        leaves = sorted(readiness.wanted())
        for app, name in leaves[:-1]:
            owner.execute("INSERT INTO django_migrations VALUES (%s, %s)", [app, name])
        owner.execute("INSERT INTO django_migrations VALUES ('cases', '9999_of_tomorrow')")

        found = readiness._migrated(owner)
        owner.execute("INSERT INTO django_migrations VALUES (%s, %s)", leaves[-1])

        assert found == Part("migrations", False, f"1 missing: {'.'.join(leaves[-1])}")
        assert readiness._migrated(owner).well


def test_an_empty_database_is_not_ready(client, made, database, monkeypatch):
    monkeypatch.setenv(URLS["web"], database.url("web", "postgres"))

    assert parts_of(client)["migrations"] is False


def test_a_pool_without_a_free_connection_is_told(client, made, database, monkeypatch):
    words = database.url("web")
    with ConnectionPool(words, min_size=1, max_size=1, timeout=1) as pool:
        monkeypatch.setattr(pools, "pool", lambda: pool)
        assert parts_of(client)["pool"] is True

        with pool.connection():
            assert parts_of(client) == {
                "disk": True,
                "pool": False,
                "database": True,
                "migrations": True,
                "queue": True,
            }
        assert parts_of(client)["pool"] is True


def test_a_full_disk_is_told(client, made, monkeypatch):
    def full(_fd: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(readiness.os, "fsync", full)

    assert parts_of(client)["disk"] is False


def test_a_queue_that_stands_still_is_told_but_pages_go_on(client, made, database):
    with database.connect("worker", database.name) as queue:
        job = queue.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) "
            "VALUES ('interactive', 'x', now() - interval '1 hour') RETURNING id"
        ).fetchone()[0]
        queue.execute(
            "UPDATE procrastinate_events SET at = now() - interval '1 hour' WHERE job_id = %s",
            [job],
        )
        try:
            assert parts_of(client)["queue"] is False
            assert client.get("/readyz/pages").status_code == 200
        finally:
            queue.execute("DELETE FROM procrastinate_events WHERE job_id = %s", [job])
            queue.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job])


def test_it_stands_before_everything_that_could_fail(client, made):
    answer = client.get("/readyz", HTTP_HOST="not.ours.example")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


def test_nothing_is_changed_there(client):
    assert client.post("/readyz").status_code == 405


def test_many_who_ask_at_once_are_one_round(made):
    asked: list[int] = []
    rounds = Rounds(lambda: asked.append(1) or [Part("x", True, "")])  # type: ignore[func-returns-value]
    rounds.asked = SimpleNamespace(done=lambda: False, result=lambda _s: [])  # type: ignore[assignment]
    rounds.asked_at = time.monotonic()

    assert rounds.parts() == []
    assert asked == []


def test_a_refused_connection_names_no_password(made, monkeypatch):
    monkeypatch.setenv(URLS["web"], "postgresql://web:hunter2@127.0.0.1:1/nowhere")

    seen = " ".join(part.seen for part in readiness.parts())

    assert "hunter2" not in seen
