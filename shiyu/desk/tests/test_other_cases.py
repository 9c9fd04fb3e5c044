"""A case's story names other cases by number only to who may know of them."""

import pytest
from django.test import Client

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
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


@pytest.mark.parametrize("named", ["merged_into", "parent"])
def test_a_case_that_belongs_to_one_elsewhere_is_shown_without_its_number(world, named):
    mine = world.make_case(Stage.ACCEPTED)
    theirs = world.report(lon=THERE[0], lat=THERE[1])[0].case
    Case.objects.filter(pk=mine.pk).update(
        **(merged(into=theirs) if named == "merged_into" else {"parent": theirs})
    )
    client = Client()
    client.force_login(world.people["intake"])

    for address in (f"/cases/{mine.number}/", f"/cases/{mine.number}/print/"):
        page = client.get(address).content.decode()
        assert theirs.number not in page
        assert "另一案件" in page


def test_what_was_merged_into_a_case_from_elsewhere_is_not_listed(world):
    mine = world.make_case(Stage.ACCEPTED)
    theirs = world.report(lon=THERE[0], lat=THERE[1])[0].case
    near = world.report()[0].case
    Case.objects.filter(pk__in=[theirs.pk, near.pk]).update(**merged(into=mine))
    record(mine.subject, "joined", actor=Actor.program("test"), facts={"case": theirs.pk})
    client = Client()
    client.force_login(world.people["intake"])

    page = client.get(f"/cases/{mine.number}/").content.decode()

    assert near.number in page
    assert theirs.number not in page


def merged(*, into: Case) -> dict[str, object]:
    """What the row of a merged case says."""
    return {"merged_into": into, "stage": Stage.MERGED, "closed_at": into.reported_at}
