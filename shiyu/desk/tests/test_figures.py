"""The page of daily figures: the same numbers as the lists behind it, few queries, one's own."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import THERE, World


def opened(client: Client, world: World, who: str, path: str = "/desk/figures/") -> Any:
    client.force_login(world.people[who])
    return client.get(path)


def rows(page: Any, key: str) -> dict[str, Any]:
    return {
        row.title: row
        for name, _title, _what, lines in page.context["tables"]
        if name == key
        for row in lines
    }


def test_figures_of_the_week_stand_by_day_place_kind_channel_and_unit(
    client: Client, world: World, make_case: Any
) -> None:
    make_case(Stage.CLOSED)
    make_case(Stage.REPORTED)

    page = opened(client, world, "intake_city")

    assert page.context["whole"].reported == 2
    assert [row.reported for row in rows(page, "place").values()] == [2, 0]
    kinds = rows(page, "kind")
    assert (kinds["公用设施"].closed, kinds["未定类别"].reported) == (1, 1)
    assert rows(page, "channel")["公众"].reported == 2
    unit = rows(page, "unit")["市政养护所"]
    assert (unit.sent, unit.handled.n, unit.in_time) == (1, 1, "100.0%")


def test_a_figure_leads_to_just_its_cases(client: Client, world: World, make_case: Any) -> None:
    make_case(Stage.FILED)
    make_case(Stage.REPORTED)
    page = opened(client, world, "intake_city", "/desk/figures/?place=410204&days=3")

    kind = rows(page, "kind")["公用设施"]
    listed = client.get(kind.url)

    assert kind.reported == 1
    assert len(listed.context["rows"]) == kind.reported


def test_one_sees_the_figures_of_what_one_looks_after(
    client: Client, world: World, make_case: Any
) -> None:
    make_case(Stage.HANDLING)
    world.report(lon=THERE[0], lat=THERE[1])

    assert opened(client, world, "intake_longting").context["whole"].reported == 1
    assert opened(client, world, "intake").context["whole"].reported == 1
    assert opened(client, world, "intake_city").context["whole"].reported == 2
    own = opened(client, world, "handler").context["whole"]
    assert (own.sent, own.reported) == (1, 0)


def test_the_figures_take_the_same_queries_for_one_case_and_three(
    client: Client, world: World, make_case: Any
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            opened(client, world, "clerk")
        return len(taken)

    make_case(Stage.HANDLED)
    queries()
    for_one = queries()
    make_case(Stage.CLOSED, kind="rubbish", lead="waste")
    make_case(Stage.FILED, channel="hotline")

    assert queries() == for_one
    client.get("/desk/figures/")
    with CaptureQueriesContext(connection) as taken:
        client.get("/desk/figures/")
    assert len(taken) <= 12
