"""Everybody who works here is told what is kept of them, and of nobody else."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shiyu.cases.tests.world import World
from shiyu.desk.models import Saved
from shiyu.people.models import Person
from shiyu.privacy import own
from shiyu.privacy.declared import PERSONAL

POINTING = """
    SELECT c.conrelid::regclass::text, a.attname
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid = 'people_person'::regclass AND c.conparentid = 0
"""
pytestmark = pytest.mark.django_db


def test_every_column_that_names_a_person_is_counted_and_declared() -> None:
    """The other oracle: the database's own foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute(POINTING)
        pointing = set(cursor.fetchall())
    assert set(own.columns()) == pointing
    assert len(pointing) > 15
    assert [one for one in pointing if one[1] not in PERSONAL.get(one[0], {})] == []


def test_one_is_told_of_oneself_alone(world: World) -> None:
    mine, other = world.people["intake"], world.people["clerk"]
    Person.objects.filter(pk=mine.pk).update(phone="13700000007")
    Saved.objects.create(person=mine, name="我的", queue="all", filters={})
    for number in range(3):
        Saved.objects.create(person=other, name=f"别人{number}", queue="all", filters={})

    assert own.counts(mine)["desk_saved", "person_id"] == 1
    assert own.counts(other)["desk_saved", "person_id"] == 3
    browser = Client()
    browser.force_login(mine)
    page = browser.get("/privacy/mine/").content.decode()
    assert "13700000007" in page
    assert other.name not in page
    assert "desk_saved.person_id" in page
    browser.force_login(other)
    assert "13700000007" not in browser.get("/privacy/mine/").content.decode()


def test_it_costs_one_question_however_much_there_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "MOST", 2)
    clerk = world.people["clerk"]
    for number in range(5):
        Saved.objects.create(person=clerk, name=f"一{number}", queue="all", filters={})
    with CaptureQueriesContext(
        connection,
    ) as asked:
        kept = own.kept_of(clerk)

    assert len(asked) <= 3
    assert any(one.is_more for one in kept)
