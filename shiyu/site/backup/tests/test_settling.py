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

from shiyu.api import actions
from shiyu.api.models import Key
from shiyu.common.home import PROJECT
from shiyu.journal.actions import record, write_remark
from shiyu.journal.erasing import erase
from shiyu.journal.models import Remark
from shiyu.notices.models import Attempt, Delivery
from shiyu.notices.tests.conftest import make_subscription
from shiyu.people.actors import Actor
from shiyu.people.models import Appointment, Person
from shiyu.people.tests.made import make_person
from shiyu.places.actions import found_city
from shiyu.site.backup import keeping, settling
from shiyu.site.backup.again import ACTIONS, again
from shiyu.site.backup.keeping import NEVER_UNDONE, follow, keep_up, later_lines
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


def test_a_restored_city_is_made_safe_to_open(server: "psycopg.Connection[Any]") -> None:
    """Nobody is in; nothing owed goes out; no number means two things; lines seal anew."""
    one = make_subscription("https://one.example/")
    waiting = [make_delivery(s, subscription=one) for s in ("owed", "withheld")]
    waiting += [make_delivery("sending", subscription=one, begun_at=timezone.now(), attempts=1)]
    ended = [make_delivery(s) for s in ("sent", "failed", "dropped", "unknown")]
    Attempt.objects.create(delivery=waiting[2], number=1, begun_at=timezone.now())
    Session.objects.create(session_key="x", expire_date=timezone.now() + timedelta(days=1))
    record("city:1", "noted", actor=PROGRAM)

    done = settling.settle(server, {"sequences": {"public.cases_number_seq": 5_000}})

    states = dict(Delivery.objects.values_list("pk", "state"))
    assert [states[row.pk] for row in waiting] == ["unknown"] * 3
    assert [states[row.pk] for row in ended] == ["sent", "failed", "dropped", "unknown"]
    assert Attempt.objects.get().outcome == "unknown"
    assert not Session.objects.exists()
    assert (done["deliveries_unknown"], done["sessions"], done["lines_cleared"]) == (3, 1, 1)
    assert server.execute("SELECT xid::text FROM journal_line").fetchall() == [("0",)]
    row = server.execute("SELECT nextval('cases_number_seq'), nextval('cases_case_id_seq')")
    number, case = row.fetchone() or (0, 0)
    assert number > 5_000 + settling.GAP - 1
    assert case > settling.GAP


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


@pytest.mark.django_db
@pytest.mark.parametrize(("at_once", "days"), [(True, 0), (False, 9)])
def test_a_post_that_was_ended_later_ends_on_the_same_day(at_once: bool, days: int) -> None:
    person = make_person("li", "handle")
    held = Appointment.objects.get(person=person)
    last_day = timezone.localdate() + timedelta(days=days)
    row = {"line": 1, "at": "", "verb": "end_appointment", "subject": f"person:{person.pk}"}
    facts = {"appointment": held.pk, "ends_on": str(last_day), "at_once": at_once}

    assert again([row | {"facts": facts}])["again"] == {"end_appointment": 1}
    held.refresh_from_db()
    assert (held.ends_on, held.left_at is not None) == (last_day, at_once)


def test_each_act_that_is_carried_out_again_is_noted_while_it_can_be() -> None:
    """And each verb that is watched for is one that some action still writes."""
    written = "".join(path.read_text() for path in PROJECT.glob("shiyu/*/**/*.py"))

    assert set(ACTIONS) <= set(NEVER_UNDONE)
    assert [verb for verb in NEVER_UNDONE if written.count(f'"{verb}"') < 2] == []


def test_each_minute_copies_pictures_and_notes_what_may_not_be_taken_back(
    server: "psycopg.Connection[Any]", store: Store, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(keeping, "copy_lists", lambda store: None)
    monkeypatch.setattr(keeping, "home", lambda: tmp_path)
    remark = write_remark("city:1", "a name", author=PROGRAM, at=timezone.now())
    record("city:1", "noted", actor=PROGRAM, remark=remark)
    erase(remark, actor=PROGRAM, ground="requested")
    picture = make_picture(server, tmp_path)

    assert keep_up(server, store) == {"pictures": 1, "later": 1}
    assert keep_up(server, store) == {"pictures": 0, "later": 0}

    (row,) = lines_of(store.later)
    assert (row["verb"], row["subject"]) == ("erase", f"remark:{remark.pk}")
    assert "public.journal_line_id_seq" in json.loads(store.reached.read_text())["sequences"]
    assert list(later_lines(server, datetime.now(UTC))) == []
    # A copy outlives its picture for a while, and no longer.
    picture.unlink()
    now = datetime.now(UTC)
    assert keeping.forget_pictures(store, keep_days=35, now=now) == 0
    assert keeping.forget_pictures(store, keep_days=35, now=now + timedelta(days=36)) == 1


def make_picture(server: "psycopg.Connection[Any]", home: Path) -> Path:
    name = "ab" * 32
    folder = home / "files" / "ab"
    folder.mkdir(parents=True)
    for size in keeping.SIZES:
        (folder / f"{name}{size}").write_bytes(b"picture")
    server.execute(
        "INSERT INTO files_photo (public_id, subject, role, sha256, width, height, bytes,"
        " added_by, added_at) VALUES ('p', 'case:1', 'scene', %s, 1, 1, 1, '', now())",
        [name],
    )
    return folder / f"{name}.jpg"


def test_what_follows_is_added_and_what_does_not_is_kept_beside(tmp_path: Path) -> None:
    source, kept = tmp_path / "witness.jsonl", tmp_path / "kept.jsonl"
    source.write_text("one\n")
    follow(source, kept)
    source.write_text("one\ntwo\n")
    assert follow(source, kept)
    source.write_text("another\n")
    assert follow(source, kept)

    assert kept.read_text() == "another\n"
    assert [p.read_text() for p in tmp_path.glob("kept-until-*")] == ["one\ntwo\n"]
