"""What a client is granted, how it is written, and who looks after clients; few records."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shiyu.api import rules
from shiyu.api.models import Client, Grant, Purpose, Verb
from shiyu.api.v1 import batches
from shiyu.common.errors import NotFound, Refused
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import LOOK, Duty
from shiyu.people.models import Unit
from shiyu.places.models import Place
from shiyu.places.tests.small_city import found

DESKS = ("cases:intake", "cases:dispatch", "cases:command")


def looks(first: int = 10, last: int = 20, duty: str = LOOK) -> Scope:
    return Scope(duty, first, last, 0)


# ---- without any record -------------------------------------------------------------------------


def test_a_grant_is_a_duty_like_a_persons():
    assert {str(verb): str(duty) for verb, duty in rules.DUTY_OF.items()} == {
        "cases:read": "look", "cases:report": "report", "cases:intake": "intake",
        "cases:dispatch": "dispatch", "cases:command": "command", "cases:handle": "handle",
        "cases:verify": "verify", "cases:patrol": "patrol",
    }  # fmt: skip
    assert set(DESKS) == rules.DESKS
    assert rules.usual("api") == ["cases:read", "cases:report"]
    assert rules.usual("open311") == ["cases:report"]


def test_a_batch_has_a_hundred_items_at_most_and_costs_as_much_as_twenty():
    assert (batches.ITEMS_MOST, batches.COST) == (100, 20)


def test_a_client_is_told_of_the_one_stretch_in_which_it_looks():
    assert rules.told_within([looks(), looks(1, 99, "report")]) == (10, 20)
    assert rules.told_within([looks(), looks(30, 40)]) is None
    assert rules.told_within([looks(1, 99, "report")]) is None
    assert rules.told_within([]) is None


def test_a_client_sees_its_own_photos_while_they_wait():
    key = Actor("key", 3)

    assert rules.upload_of(key) == "upload:3"
    assert rules.may_see_upload(key, "upload:3")
    assert not rules.may_see_upload(key, "upload:4")
    assert not rules.may_see_upload(Actor("person", 3), "upload:3")


# ---- with records -------------------------------------------------------------------------------


@pytest.fixture
def unit(db: None) -> Unit:
    found()
    top = Place.objects.get()
    Place.objects.filter(pk=top.pk).update(first=1, last=100)
    Place.objects.create(code="990101", name="东", level="county", first=10, last=20, parent=top)
    return Unit.objects.create(
        code="D1", name="x", short_name="x", kind="department", tier="city", place_code="99"
    )


def client(name: str = "a", **more: Any) -> Client:
    more = {
        "purpose": Purpose.API, "per_minute": 9, "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    } | more  # fmt: skip
    return Client.objects.create(name=name, **more)


def test_a_grant_is_read_as_it_is_written(unit):
    for verb in Verb.values:
        got = rules.wanted(f" {verb} ", unit=unit)
        assert got.verb == verb
        if verb == "cases:handle":
            assert (got.unit, got.place) == (unit, None)
            continue
        assert (got.unit, got.place and got.place.code) == (None, "990000")
        there = rules.wanted(f"{verb}@990101", unit=unit)
        assert there.place is not None
        assert there.place.code == "990101"
    other = Unit.objects.create(
        code="D2", name="y", short_name="y", kind="department", tier="city", place_code="99"
    )
    assert rules.wanted("cases:handle@D2", unit=unit).unit == other
    assert rules.wanted("cases:handle@D2", unit=None).unit == other
    assert rules.wanted("cases:read", unit=None).verb == "cases:read"


@pytest.mark.parametrize(
    "text", ["cases:fly", "read", "", "cases:read@", "cases:read@a b", "x" * 99]
)
def test_what_is_no_grant_is_told_with_all_that_are(unit, text):
    with pytest.raises(Refused) as refused:
        rules.wanted(text, unit=unit)

    known = "、".join(Verb.values)
    assert str(refused.value) == (
        f"没有“{text[:60]}”这种权限，可以写 {known}，后面加 @区域或机构代码"
    )
    assert refused.value.field == "scopes"


def test_a_desks_grant_stands_for_a_unit_and_a_code_must_exist(unit):
    for verb in (*DESKS, "cases:handle"):
        with pytest.raises(Refused, match="须写明代表哪个机构") as refused:
            rules.wanted(verb, unit=None)
        assert refused.value.field == "unit"
    with pytest.raises(Refused, match="没有代码为“D9”的机构") as refused:
        rules.wanted("cases:handle@D9", unit=unit)
    assert refused.value.field == "scopes"
    with pytest.raises(NotFound, match="没有代码为 D1 的区域"):
        rules.wanted("cases:read@D1", unit=unit)


def test_what_a_client_holds_are_its_grants_with_their_reach(unit, django_assert_num_queries):
    place = Place.objects.get(code="990101")
    mine, other = client(unit=unit), client("b")
    read = Grant.objects.create(client=mine, verb="cases:read", place=place)
    handle = Grant.objects.create(client=mine, verb="cases:handle", unit=unit)
    Grant.objects.create(client=other, verb="cases:verify", place=place)

    with django_assert_num_queries(1):
        assert rules.held_by(mine) == (
            Scope("look", 10, 20, unit.pk), Scope("handle", 1, 0, unit.pk),
        )  # fmt: skip
    assert rules.held_by(other) == (Scope("verify", 10, 20, 0),)
    assert [rules.written(grant) for grant in (read, handle)] == [
        "cases:read@990101",
        "cases:handle@D1",
    ]
    assert rules.written(Grant(verb="cases:read")) == "cases:read@"
    for duty in ("system_admin", "security_admin", "audit_admin"):
        with pytest.MonkeyPatch.context() as patched:
            patched.setitem(rules.DUTY_OF, "cases:read", duty)
            with pytest.raises(ValueError, match="administers"):
                rules.held_by(mine)


@pytest.mark.django_db
def test_clients_are_seen_by_who_looks_after_the_system_and_by_themselves():
    mine, other = client(), client("b")

    for duty in Duty.values:
        expected = {mine, other} if duty in {"system_admin", "audit_admin"} else set()
        assert set(rules.visible_to(Actor("person", mine.pk, "", (looks(duty=duty),)))) == expected
    assert set(rules.visible_to(Actor.program("x"))) == {mine, other}
    assert set(rules.visible_to(Actor("key", mine.pk))) == {mine}
    Client.objects.filter(pk=1).exists() or client("first", pk=1)
    assert not rules.visible_to(Actor.receipt(mine.pk))


@pytest.mark.django_db
def test_names_are_told_of_the_clients_among_many(django_assert_num_queries):
    mine, other = client(), client("b")

    with django_assert_num_queries(1):
        told = rules.names_of(
            [f"key:{mine.pk}", f"person:{other.pk}", "key:x", "key:", "key:0", f"xey:{other.pk}"]
        )
    assert told == {f"key:{mine.pk}": "a"}
    with django_assert_num_queries(0):
        assert rules.names_of(["person:1", "key:x"]) == {}
