"""What stands for all is kept by a process until somebody changes any of it, and no longer."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from shiyu.cases.tests.world import World
from shiyu.common import ready
from shiyu.people.models import Person, Unit
from tests.test_walls import WALLED

pytestmark = pytest.mark.django_db

NAMED = ready.Select(lambda code: Unit.objects.filter(code=code), "code", stands=True)
TRIGGERED = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'standing_changed'"


@pytest.fixture
def unit(world: World) -> Unit:
    return Unit.objects.filter(kind=Unit.Kind.CENTRE)[0]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement that is sent for what stands."""
    said: list[str] = []
    plain = ready.rows

    def noting(sql: str, params: Any = (), *, walled: bool = True) -> list[ready.Row]:
        said.append(sql)
        return plain(sql, params, walled=walled)

    monkeypatch.setattr(ready, "rows", noting)
    return said


def name_of(code: str) -> str:
    with ready.as_of(ready.stamp()):
        found = NAMED.first(code)
    assert found is not None
    return found.name


def test_the_next_act_asks_nothing_of_what_stands_until_it_is_changed(
    unit: Unit, asked: list[str]
) -> None:
    name_of(unit.code)
    asked.clear()
    assert name_of(unit.code) == unit.name
    assert len(asked) == 1  # for the stamp

    Unit.objects.filter(pk=unit.pk).update(name="新名")

    assert name_of(unit.code) == "新名"


def test_what_was_read_of_a_change_that_is_undone_is_never_met_again(unit: Unit) -> None:
    before = name_of(unit.code)
    with transaction.atomic():
        Unit.objects.filter(pk=unit.pk).update(name="没有生效")
        assert name_of(unit.code) == "没有生效"
        transaction.set_rollback(True)

    assert name_of(unit.code) == before
    Unit.objects.filter(pk=unit.pk).update(name="生效")
    assert name_of(unit.code) == "生效"


def test_whoever_signs_in_changes_nothing_that_stands_and_whoever_is_shut_out_does(
    world: World,
) -> None:
    before = ready.stamp()
    person = Person.objects.all()[0]
    Person.objects.filter(pk=person.pk).update(last_login=None, name="改名")
    assert ready.stamp() == before
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert ready.stamp() != before


def test_all_that_is_kept_lies_in_open_tables_that_change_the_stamp(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERED)
        stamped = {name for (name,) in cursor.fetchall()}
    assert not stamped & WALLED
    for words in ready.QUESTIONS:
        assert not _not_stamped(words(), stamped), words()
    assert _not_stamped("SELECT 1 FROM api_client JOIN people_unit ON true", stamped)


def _not_stamped(sql: str, stamped: set[str]) -> set[str]:
    return set(re.findall(r'(?:FROM|JOIN)\s+"?([a-z]+_[a-z_]+)"?', sql)) - stamped
