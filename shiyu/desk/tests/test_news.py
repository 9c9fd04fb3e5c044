"""What the feed names is new for a list only if it belongs there; rows never move by themselves."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from shiyu.cases import actions
from shiyu.cases.lifecycle import Stage


def here(client, ids, **asked):
    named = {"in": "to_accept", "ids": ",".join(str(pk) for pk in ids)} | asked
    return client.get("/desk/news/", named).json()["here"]


def test_only_cases_of_this_list_are_new_for_it(client, world, make_case):
    waits, filed, elsewhere = make_case(), make_case(Stage.FILED), make_case(lon=114.37)
    client.force_login(world.people["intake"])
    ids = [waits.pk, filed.pk, elsewhere.pk]

    assert here(client, ids) == [waits.pk, elsewhere.pk]
    assert here(client, ids, place="410204001") == [waits.pk]
    assert here(client, ids, **{"in": "all"}) == sorted(ids)


def test_nothing_of_others_is_told(client, world, make_case):
    case = make_case()

    for who in ("intake_longting", "handler", "patrol_xisi", "nobody"):
        client.force_login(world.people[who])
        for queue in ("to_accept", "all", "nowhere", ""):
            assert here(client, [case.pk], **{"in": queue}) == [], who


def test_strange_ids_are_passed_over(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake"])

    assert here(client, ["x", "-1", "9" * 30, "", "١", case.pk]) == [case.pk]
    assert here(client, []) == []


def test_any_number_of_ids_takes_the_same_queries(client, world, make_case):
    client.force_login(world.people["intake"])
    cases = [make_case() for _ in range(3)]
    here(client, [cases[0].pk])

    def queries(ids):
        with CaptureQueriesContext(connection) as caught:
            here(client, ids)
        return len(caught)

    assert queries([cases[0].pk]) == queries([c.pk for c in cases]) <= 8


def test_a_reporters_page_is_told_the_version_alone(client, world):
    report, code = world.report()
    before = client.get(f"/r/{code}/news/").json()

    actions.accept(report.case, actor=world.actor("intake"))

    after = client.get(f"/r/{code}/news/").json()
    assert after == {"version": before["version"] + 1}
    assert f'data-version="{after["version"]}"' in client.get(f"/r/{code}/").content.decode()
    assert client.get("/r/2222-2222-2222/news/").status_code == 404
