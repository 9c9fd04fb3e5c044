"""What the page of a case costs: the same few queries at every stage, however much it shows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shiyu.cases import actions
from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import a_photo

KEPT = ("places_city", "catalogue_reason")
"""What a process keeps for some seconds, and only tests ask for each time."""

MOST = 12


def queries(client, address):
    with CaptureQueriesContext(connection) as caught:
        answer = client.get(address)
    assert answer.status_code == 200
    texts = [query["sql"] for query in caught.captured_queries]
    return [text for text in texts if not any(f'FROM "{table}"' in text for table in KEPT)]


@pytest.mark.parametrize("who", ["clerk", "commander", "handler", "verifier"])
@pytest.mark.parametrize(
    "stage", [Stage.REPORTED, Stage.FILED, Stage.DISPATCHED, Stage.HANDLED, Stage.CLOSED]
)
def test_the_page_of_a_case_takes_twelve_queries_at_most(who, stage, client, world, make_case):
    case = make_case(stage)
    if who == "handler" and stage in {Stage.REPORTED, Stage.FILED}:
        return  # not sent to any unit yet: there is no page
    client.force_login(world.people[who])
    client.get(f"/cases/{case.number}/")  # the first look of a unit is written down

    alone = queries(client, f"/cases/{case.number}/")
    in_its_list = queries(client, f"/cases/{case.number}/?in=all")

    assert len(alone) <= MOST, "\n".join(alone)
    assert len(in_its_list) == len(alone) + 1  # its neighbours


def test_more_reports_parts_and_photos_take_no_more_queries(client, world, make_case):
    case = make_case(Stage.FILED)
    units = world.units
    actions.dispatch(case, lead=units["roads"], actor=world.actor("dispatcher"))
    client.force_login(world.people["clerk"])
    client.get(f"/cases/{case.number}/")  # calendars are read, and kept
    few = queries(client, f"/cases/{case.number}/")

    more = make_case(Stage.FILED)
    for _ in range(2):
        actions.merge(world.report()[0].case, into=more, actor=world.actor("intake"))
    photos = [a_photo("one.jpg", "red"), a_photo("two.jpg", "blue")]
    actions.add_photos(more, photos, role="scene", actor=world.actor("intake"))
    actions.dispatch(
        more,
        lead=units["roads"],
        co=[units["waste"], units["lamps"]],
        actor=world.actor("dispatcher"),
    )
    many = queries(client, f"/cases/{more.number}/")

    assert len(many) == len(few) + 2  # the merged cases, and which of them this reader may know
