"""The words by which the database will know whose sight counts: said, taken back, and named."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from shiyu.common import ready, wall
from shiyu.people.actors import Actor
from shiyu.people.seeing import sight_of

pytestmark = pytest.mark.django_db

SAID = "SELECT current_setting('shiyu.sight', true)"
NOTHING = (None, "")


def said() -> Any:
    """What the database was told, asked by an ordinary statement."""
    with connection.cursor() as cursor:
        cursor.execute(SAID)
        return cursor.fetchone()[0]


def as_said(sight: wall.Sight) -> str:
    return sight.said.decode().strip("'")


def test_a_sight_is_said_inside_and_taken_back_after(world: Any) -> None:
    sight = sight_of(world.actor("intake"))
    with wall.within(None):
        with wall.within(sight):
            assert said() == as_said(sight)
            assert ready.rows(SAID) == [(as_said(sight),)]
            with wall.beyond("tests"):
                assert said() == as_said(wall.EVERYTHING)
            assert ready.rows(SAID) == [(as_said(sight),)]
        assert said() in NOTHING


def test_what_a_savepoint_takes_back_is_said_anew(world: Any) -> None:
    sight = sight_of(world.actor("intake"))
    with wall.within(wall.PUBLIC):
        assert said() == as_said(wall.PUBLIC)
        with wall.within(sight):
            with transaction.atomic():
                assert said() == as_said(sight)
                transaction.set_rollback(True)
            assert said() == as_said(sight)
        with transaction.atomic():
            with wall.within(sight):
                said()
            transaction.set_rollback(True)
        assert said() == as_said(wall.PUBLIC)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_stays_on_the_connection(world: Any) -> None:
    sight = sight_of(world.actor("intake"))
    with wall.within(sight):
        assert said() == as_said(sight)
        assert ready.rows(SAID) == [(as_said(sight),)]
        with transaction.atomic():
            assert ready.rows(SAID) == [(as_said(sight),)]
    with wall.within(None):
        assert said() in NOTHING
        assert ready.rows(SAID)[0][0] in NOTHING


def test_the_type_reads_what_is_said(world: Any) -> None:
    words = "SELECT (s).everything, (s).places::text, (s).holders, (s).person, (s).cases FROM "
    words += "(SELECT current_setting('shiyu.sight')::sight AS s) one"
    sight = wall.Sight(False, ((1, 9), (20, 20)), frozenset({5, 8}), 7, frozenset({3}))
    with wall.within(sight):
        assert ready.rows(words) == [(False, "{[1,10),[20,21)}", [5, 8], 7, [3])]


def test_sights_are_what_duties_reach(world: Any) -> None:
    intake, handler = (sight_of(world.actor(who)) for who in ("intake", "handler"))
    gulou, roads = world.places["gulou"], world.units["roads"]

    assert intake.places == ((gulou.first, gulou.last),)
    assert handler.places == ()
    assert wall.holder(wall.UNIT, roads.pk) in handler.holders
    assert sight_of(world.actor("nobody")).holders == frozenset()
    assert sight_of(Actor.receipt(1)) == wall.PUBLIC
    assert not any(sight_of(world.actor(who)).everything for who in world.people)


@contextmanager
def noticed(seen: list[bytes]) -> Iterator[None]:
    """What counts while a page is drawn."""

    def note(execute: Any, *args: Any) -> Any:
        seen.append(wall.now_said())
        return execute(*args)

    with connection.execute_wrapper(note):
        yield


def test_a_request_is_seen_as_who_asks_and_leaves_nothing(client: Client, world: Any) -> None:
    person = world.people["handler"]
    client.force_login(person)
    seen: list[bytes] = []
    with noticed(seen):
        assert client.get(reverse("notices:list")).status_code == 200

    assert sight_of(world.actor("handler")).said in seen
    assert wall.now_said() == wall.EVERYTHING.said


def test_each_widening_names_its_reason_and_is_used() -> None:
    used: set[str] = set()
    for path in Path("shiyu").rglob("*.py"):
        if "tests" not in path.parts and path.name != "wall.py":
            named = r"""\b(?:beyond|stand_beyond|seeing|seeing_here)\("([^"]+)"\)"""
            used |= set(re.findall(named, path.read_text()))

    assert used | {"tests"} == set(wall.WIDENINGS)
    with pytest.raises(LookupError), wall.beyond("curiosity"):
        pass


def test_nobody_goes_around_the_wall_s_own_words() -> None:
    """A planted `Sight(everything=True)` or SET of the setting elsewhere is found here."""
    allowed = {"shiyu/common/wall.py", "shiyu/people/seeing.py", "shiyu/common/connection.py"}
    allowed |= {"shiyu/site/migrations/0001_wall.py"}
    allowed |= {"shiyu/cases/migrations/0020_seek.py"}  # reads whose sight counts, says nothing
    allowed |= {f"shiyu/common/postgresql/{name}.py" for name in ("base", "telling", "__init__")}
    words = re.compile(
        r"Sight\(everything|wall import[^\n]*EVERYTHING|wall\.EVERYTHING|shiyu\.sight"
    )
    found = {
        str(path)
        for path in Path("shiyu").rglob("*.py")
        if "tests" not in path.parts and words.search(path.read_text())
    }

    assert found <= allowed | {"shiyu/common/migrations/0002_sight.py"}
