"""Who is let in by a key, who is not, and what each is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from shiyu.api import actions, entry, keys
from shiyu.api.models import Client, Grant, Key
from shiyu.cases.tests.world import World
from shiyu.common.errors import NotAllowed, Refused
from shiyu.journal.models import Line
from shiyu.people.actors import Actor

pytestmark = pytest.mark.django_db
ADMIN = Actor.program("test")

Call = Callable[..., Any]


def admit(name: str = "热线平台", **how: Any) -> tuple[Client, str]:
    client = actions.admit(name, **{"purpose": "api", "actor": ADMIN} | how)
    return client, actions.issue(client, actor=ADMIN)[1]


def ask(text: str = "", path: str = "/api/v1/me", **headers: str) -> Any:
    given = {"Authorization": f"Bearer {text}"} if text else {}
    return Browser().get(path, headers=given | headers)


def test_a_key_is_shown_once_and_kept_as_a_hash(world: World) -> None:
    client, text = admit()

    kept = Key.objects.get(client=client)
    shown = keys.read(text)
    assert shown is not None
    assert (kept.visible, kept.hash) == (shown.visible, shown.hash)
    assert text not in str(Key.objects.values()) + str(list(Line.objects.values()))
    assert len(text.split("_", 2)[2]) == 43


def test_a_key_says_what_it_may_do(world: World) -> None:
    _client, text = admit(scopes=["cases:report@410204", "cases:handle@D1"])

    said = ask(text)

    assert said.status_code == 200
    assert said.json() == {
        "client": "热线平台",
        "purpose": "api",
        "unit": None,
        "scopes": ["cases:report@410204", "cases:handle@D1"],
        "moves": said.json()["moves"],
        "per_minute": 600,
        "key": keys.read(text).visible,  # type: ignore[union-attr]
        "expires_at": said.json()["expires_at"],
    }
    assert "sign" in said.json()["moves"]
    assert "dispatch" not in said.json()["moves"]


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_no_key_a_wrong_one_an_expired_and_a_revoked_one_are_refused(world: World) -> None:
    client, text = admit()
    key = Key.objects.get(client=client)
    wrong = text[:-2] + ("aa" if not text.endswith("aa") else "bb")

    assert told(ask()) == (401, "no_key")
    assert ask()["WWW-Authenticate"] == 'Bearer realm="shiyu"'
    assert told(ask("x")) == (401, "no_key")
    assert told(ask(wrong)) == (401, "no_key")
    Key.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    assert told(ask(text)) == (401, "key_expired")
    assert told(ask(wrong)) == (401, "no_key")
    Key.objects.filter(pk=key.pk).update(expires_at=timezone.now() + timedelta(days=1))
    assert ask(text).status_code == 200
    actions.revoke(key, why="遗失", actor=ADMIN)
    assert told(ask(text)) == (401, "key_revoked")


def test_a_key_opens_its_own_interface_alone(world: World) -> None:
    _client, text = admit(purpose="open311")

    assert told(ask(text)) == (403, "wrong_purpose")


def test_a_key_never_administers(world: World) -> None:
    with pytest.raises(Refused, match="没有“people:security_admin”"):
        admit(scopes=["people:security_admin"])
    client, _text = admit()
    place = world.places["city"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(client=client, verb="system_admin", place=place)


def test_a_desks_scope_needs_a_unit_to_stand_for(world: World) -> None:
    with pytest.raises(Refused, match="代表哪个机构"):
        admit(scopes=["cases:intake@410204"])

    client, _text = admit(scopes=["cases:intake@410204"], unit=world.units["gulou"])

    assert client.unit == world.units["gulou"]


def test_only_the_system_administrator_gives_keys(world: World) -> None:
    with pytest.raises(NotAllowed):
        actions.admit("x", purpose="api", actor=world.actor("commander_city"))

    assert actions.admit("x", purpose="api", actor=world.actor("administrator")).pk


def test_every_change_is_journalled_without_any_secret(world: World) -> None:
    client, text = admit()
    key, newer = actions.rotate(client, overlap=timedelta(days=1), actor=ADMIN)
    actions.regrant(client, scopes=["cases:read@410204"], actor=ADMIN)
    actions.revoke(key, why="测试结束", actor=ADMIN)

    lines = Line.objects.filter(subject=client.subject)
    verbs = list(lines.values_list("verb", flat=True))
    assert verbs == [
        "admit_client",
        "issue_key",
        "issue_key",
        "rotate_key",
        "regrant_client",
        "revoke_key",
    ]
    said = str(list(lines.values()))
    assert "测试结束" not in said
    assert all(t.split("_", 2)[2] not in said for t in (text, newer))


def test_after_a_rotation_both_keys_open_until_the_overlap_ends(world: World) -> None:
    client, old = admit()
    _key, new = actions.rotate(client, overlap=timedelta(hours=1), actor=ADMIN)

    assert (ask(old).status_code, ask(new).status_code) == (200, 200)
    actions.rotate(client, overlap=timedelta(0), actor=ADMIN)
    assert [told(ask(t)) for t in (old, new)] == [(401, "key_expired")] * 2


def test_other_grants_count_from_the_next_request(world: World) -> None:
    client, text = admit(scopes=["cases:read@410204"])
    assert ask(text).json()["scopes"] == ["cases:read@410204"]

    actions.regrant(client, scopes=["cases:report@410202"], actor=ADMIN)

    assert ask(text).json()["scopes"] == ["cases:report@410202"]


def test_when_places_get_new_numbers_the_scopes_follow(world: World) -> None:
    from shiyu.places.events import renumbered

    client, text = admit(scopes=["cases:read@410204"])
    ask(text)
    before = Client.objects.get(pk=client.pk).version

    renumbered.send(type(world.places["gulou"]), place_ids=[])

    assert Client.objects.get(pk=client.pk).version == before + 1


def test_a_quota_is_counted_told_and_fills_again(world: World) -> None:
    client, text = admit(per_minute=3)

    first = ask(text)
    assert first["RateLimit-Policy"] == '"minute";q=3;w=60'
    assert first["RateLimit"] == '"minute";r=2;t=20'
    assert [ask(text).status_code for _ in range(3)] == [200, 200, 429]
    late = ask(text)
    assert told(late) == (429, "too_many_requests")
    assert 1 <= int(late["Retry-After"]) <= 20
    with connection.cursor() as cursor:
        cursor.execute("UPDATE api_bucket SET at = at - interval '25 seconds'")
    assert ask(text).status_code == 200
    assert Key.objects.get(client=client).used_at is not None


def test_a_wrong_secret_takes_nothing_from_the_quota(world: World) -> None:
    _client, text = admit(per_minute=1)

    for _ in range(5):
        ask(text[:-1] + ("A" if text[-1] != "A" else "B"))

    assert ask(text).status_code == 200


def test_many_wrong_keys_from_one_address_are_shut_out(world: World, monkeypatch: Any) -> None:
    few = entry.Limit("wrong_key", 2, timedelta(minutes=1), timedelta(minutes=1))
    monkeypatch.setattr(entry, "WRONG_KEYS", few)
    _client, text = admit()

    assert [ask("shiyu_x").status_code for _ in range(3)] == [401, 401, 429]
    assert ask(text).status_code == 200


def test_a_key_in_an_address_is_refused_and_not_logged(world: World, caplog: Any) -> None:
    _client, text = admit()

    for path in (f"/api/v1/me?key={text}", f"/api/v1/{text}"):
        said = ask(path=path)
        assert told(said) == (400, "key_in_address")
        assert text not in said.content.decode()
    assert keys.hidden(f"GET /x?k={text}") == f"GET /x?k=shiyu_{text.split('_')[1]}_…"


def test_every_answer_carries_its_number_and_sets_no_cookie(world: World) -> None:
    _client, text = admit()

    for said in (ask(text), ask(), ask(path="/api/v1/nowhere")):
        assert len(said["X-Request-Id"]) == 32
        assert not said.cookies
        assert said["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in said
    nowhere = ask(path="/api/v1/nowhere", **{"Accept-Language": "en"})
    assert nowhere.json()["request_id"] == nowhere["X-Request-Id"]
    assert nowhere["Content-Language"] == "en"
    assert nowhere["Content-Type"] == "application/problem+json"
