"""A restored city is safe to open: nobody is in, nothing goes out twice, the erased is gone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from psycopg import sql

from shiyu.api import actions
from shiyu.api.models import Key
from shiyu.journal.actions import record, write_remark
from shiyu.journal.erasing import erase
from shiyu.journal.models import Remark
from shiyu.notices.models import Attempt, Delivery
from shiyu.notices.tests.conftest import make_subscription
from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.people.tests.made import make_person
from shiyu.places.actions import found_city
from shiyu.site.backup import keeping, settling
from shiyu.site.backup.again import ACTIONS, again
from shiyu.site.backup.keeping import NEVER_UNDONE, keep_up, later_lines, note_later
from shiyu.site.backup.store import Store, lines_of

PROGRAM = Actor.program("test")


@pytest.fixture
def server(transactional_db: None, database: Any) -> Iterator["psycopg.Connection[Any]"]:
    with database.connect("postgres", database.name) as connection:
        yield connection


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.made(tmp_path / "backups", "1")


def make_delivery(state: str, **more: Any) -> Delivery:
    now = timezone.now()
    more = {"key": f"{state}:{Delivery.objects.count()}", "channel": "webhook"} | more
    return Delivery.objects.create(kind="case.moved", state=state, due_at=now, owed_at=now, **more)


def test_nobody_is_in_and_nothing_that_was_owed_goes_out_by_itself(
    server: "psycopg.Connection[Any]",
) -> None:
    one = make_subscription("https://one.example/")
    waiting = [make_delivery(s, subscription=one) for s in ("owed", "withheld")]
    waiting += [make_delivery("sending", subscription=one, begun_at=timezone.now(), attempts=1)]
    ended = [make_delivery(s) for s in ("sent", "failed", "dropped", "unknown")]
    Attempt.objects.create(delivery=waiting[2], number=1, begun_at=timezone.now())
    Session.objects.create(session_key="x", expire_date=timezone.now() + timedelta(days=1))

    done = settling.settle(server, {"sequences": {"public.cases_number_seq": 5_000}})

    states = dict(Delivery.objects.values_list("pk", "state"))
    assert [states[row.pk] for row in waiting] == ["unknown"] * 3
    assert [states[row.pk] for row in ended] == ["sent", "failed", "dropped", "unknown"]
    assert Attempt.objects.get().outcome == "unknown"
    assert not Session.objects.exists()
    assert (done["deliveries_unknown"], done["sessions"]) == (3, 1)


def test_no_number_that_may_have_been_given_out_is_given_again(
    server: "psycopg.Connection[Any]",
) -> None:
    settling.settle(server, {"sequences": {"public.cases_number_seq": 5_000}})

    rows = server.execute("SELECT nextval('cases_number_seq'), nextval('cases_case_id_seq')")
    number, case = rows.fetchone() or (0, 0)
    assert number > 5_000 + settling.GAP - 1
    assert case > settling.GAP


def test_a_lines_transaction_of_another_cluster_means_nothing(
    server: "psycopg.Connection[Any]",
) -> None:
    record("city:1", "noted", actor=PROGRAM)

    done = settling.settle(server, {})

    assert done["lines_cleared"] == 1
    found = server.execute("SELECT xid::text FROM journal_line").fetchall()
    assert found == [("0",)]


@pytest.mark.django_db
def test_what_was_erased_later_is_erased_again_and_once() -> None:
    remark = write_remark("city:1", "a name", author=PROGRAM, at=timezone.now())
    row = {"line": 9, "at": "", "verb": "erase", "subject": f"remark:{remark.pk}"}
    row |= {"facts": {"of": "city:1", "ground": "requested"}}

    assert again([row])["again"] == {"erase": 1}
    assert Remark.objects.get(pk=remark.pk).text == ""
    assert again([row])["again"] == {}


@pytest.mark.django_db
def test_a_key_revoked_later_and_an_account_closed_later_stay_so() -> None:
    found_city(name="开封市", short_name="开封", code="410200", number_prefix="KF", actor=PROGRAM)
    client = actions.admit("12345", purpose="open311", scopes=(), per_minute=60, actor=PROGRAM)
    key, _ = actions.issue(client, actor=PROGRAM)
    person = make_person("li")
    rows = [
        {"line": 1, "verb": "revoke_key", "subject": "key:1", "facts": {"key": key.visible}},
        {"line": 2, "verb": "deactivate", "subject": f"person:{person.pk}", "facts": {}},
        {"line": 3, "verb": "set_password", "subject": f"person:{person.pk}", "facts": {}},
    ]

    found = again([row | {"at": "2026-11-22T00:00:00+00:00"} for row in rows])

    assert found["again"] == {"revoke_key": 1, "deactivate": 1}
    assert Key.objects.get().revoked_at is not None
    assert not Person.objects.get(pk=person.pk).is_active
    assert [row["verb"] for row in found["to_look_at"]] == ["set_password"]


def test_each_act_that_is_carried_out_again_is_noted_while_it_can_be() -> None:
    assert set(ACTIONS) <= set(NEVER_UNDONE)


def test_each_minute_notes_what_a_restore_may_not_take_back(
    server: "psycopg.Connection[Any]", store: Store, settings: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(keeping, "copy_lists", lambda store: None)
    remark = write_remark("city:1", "a name", author=PROGRAM, at=timezone.now())
    record("city:1", "noted", actor=PROGRAM, remark=remark)
    erase(remark, actor=PROGRAM, ground="requested")

    assert keep_up(server, store) == {"pictures": 0, "later": 1}
    assert note_later(server, store) == 0

    (row,) = lines_of(store.later)
    assert (row["verb"], row["subject"]) == ("erase", f"remark:{remark.pk}")
    assert "public.cases_number_seq" not in json.loads(store.reached.read_text())["sequences"]
    assert list(later_lines(server, datetime.now(UTC))) == []


def test_pictures_are_copied_once_and_a_copy_outlives_its_picture_for_a_while(
    server: "psycopg.Connection[Any]", store: Store, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(keeping, "home", lambda: tmp_path)
    name = "ab" * 32
    folder = tmp_path / "files" / "ab"
    folder.mkdir(parents=True)
    for size in keeping.SIZES:
        (folder / f"{name}{size}").write_bytes(b"picture")
    server.execute(
        sql.SQL(
            "INSERT INTO files_photo (public_id, subject, role, sha256, width, height, bytes,"
            " added_by, added_at) VALUES ('p', 'case:1', 'scene', {}, 1, 1, 1, '', now())"
        ).format(sql.Literal(name))
    )

    assert keeping.copy_pictures(server, store) == 1
    assert keeping.copy_pictures(server, store) == 0
    (folder / f"{name}.jpg").unlink()
    now = datetime.now(UTC)
    assert keeping.forget_pictures(store, keep_days=35, now=now) == 0
    assert keeping.forget_pictures(store, keep_days=35, now=now + timedelta(days=36)) == 1
