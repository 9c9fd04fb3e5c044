"""A case's story names other cases by number only to who may know of them."""

import pytest
from django.test import Client

from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import THERE
from shiyu.journal.actions import record
from shiyu.people.actors import Actor

pytestmark = pytest.mark.django_db


def test_a_case_elsewhere_is_named_without_its_number(world):
    mine = world.make_case(Stage.ACCEPTED)
    theirs = world.report(lon=THERE[0], lat=THERE[1])[0].case
    record(mine.subject, "joined", actor=Actor.program("test"), facts={"case": theirs.pk})
    client = Client()
    client.force_login(world.people["intake"])

    page = client.get(f"/cases/{mine.number}/").content.decode()

    assert client.get(f"/cases/{theirs.number}/").status_code == 404
    assert theirs.number not in page
    assert "另一案件" in page


def test_a_case_one_may_know_is_named_by_its_number(world):
    mine = world.make_case(Stage.ACCEPTED)
    other = world.report()[0].case
    record(mine.subject, "joined", actor=Actor.program("test"), facts={"case": other.pk})
    client = Client()
    client.force_login(world.people["intake"])

    assert other.number in client.get(f"/cases/{mine.number}/").content.decode()
