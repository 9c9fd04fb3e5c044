"""Lists: the same queries for one row and three, keyset paging, filters, empty states."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.desk import listing
from shiyu.desk.queues import QUEUES, counted, shown_count

PLACES = {
    "to_accept": ("intake", Stage.REPORTED),
    "to_file": ("intake", Stage.ACCEPTED),
    "to_dispatch": ("dispatcher", Stage.FILED),
    "to_sign": ("handler", Stage.DISPATCHED),
    "handling": ("handler", Stage.HANDLING),
    "to_verify": ("verifier", Stage.HANDLED),
    "to_close": ("intake", Stage.VERIFIED),
    "suspended": ("commander", Stage.SUSPENDED),
    "all": ("intake", Stage.CLOSED),
}


def queries(client, page):
    with CaptureQueriesContext(connection) as caught:
        assert client.get(page).status_code == 200
    return len(caught)


@pytest.mark.parametrize("queue", PLACES)
def test_a_list_takes_the_same_queries_for_one_row_and_three(queue, client, world, make_case):
    who, stage = PLACES[queue]
    client.force_login(world.people[who])
    make_case(stage)
    queries(client, f"/desk/{queue}/")

    for_one = queries(client, f"/desk/{queue}/")
    make_case(stage)
    make_case(stage)

    assert queries(client, f"/desk/{queue}/") == for_one


def test_my_reports_take_the_same_queries_for_one_row_and_three(client, world):
    client.force_login(world.people["patrol"])
    world.report(by="patrol")
    queries(client, "/desk/mine/")

    for_one = queries(client, "/desk/mine/")
    world.report(by="patrol")
    world.report(by="patrol")

    assert queries(client, "/desk/mine/") == for_one


def cases_due(world, *minutes):
    """Cases whose due times lie so many minutes ahead; None for no due time."""
    now = timezone.now()
    made = []
    for ahead in minutes:
        case = world.report()[0].case
        case.due_at = None if ahead is None else now + timedelta(minutes=ahead)
        Case.objects.filter(pk=case.pk).update(due_at=case.due_at)
        made.append(case)
    return made


def flat(pages):
    return [pk for page in pages for pk in page]


def walk(world, size, monkeypatch, due="due_at"):
    """The ids of all pages forwards, then the ids of all pages backwards."""
    monkeypatch.setattr(listing, "A_PAGE", size)
    now, cases = timezone.now(), Case.objects.all()
    forwards, page = [], listing.page(cases, due=due, now=now)
    while True:
        forwards.append([row.case.pk for row in page.rows])
        if not page.after:
            break
        page = listing.page(cases, due=due, now=now, after=page.after)
    backwards = [forwards[-1]]
    while page.before:
        page = listing.page(cases, due=due, now=now, before=page.before)
        backwards.append([row.case.pk for row in page.rows])
    return forwards, backwards[::-1]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_paging_goes_through_ties_and_cases_without_a_due_time(size, world, monkeypatch):
    late, soon, tie, far, none, nothing = cases_due(world, -5, 10, 10, 90, None, None)
    Case.objects.filter(pk=tie.pk).update(due_at=Case.objects.get(pk=soon.pk).due_at)

    forwards, backwards = walk(world, size, monkeypatch)

    in_order = [late.pk, soon.pk, tie.pk, far.pk, none.pk, nothing.pk]
    assert flat(forwards) == in_order
    assert flat(backwards) == in_order


def test_newest_first_pages_by_id(world, monkeypatch):
    made = cases_due(world, 1, 2, 3, 4, 5)

    forwards, backwards = walk(world, 2, monkeypatch, due="")

    newest_first = [case.pk for case in reversed(made)]
    assert (flat(forwards), flat(backwards)) == (newest_first, newest_first)


@pytest.mark.parametrize("mark", ["x", "~", "1~", "~1", "9" * 30 + "~1", "-~" + "9" * 30, "1~-1"])
def test_a_mark_that_is_none_gives_the_first_page(mark, client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake"])

    for name in ("after", "before"):
        html = client.get("/desk/to_accept/", {name: mark, "from": mark}).content.decode()
        assert f'id="case-{case.pk}"' in html


def test_counts_are_exact_up_to_the_bound():
    assert (shown_count(0), shown_count(1000), shown_count(1001)) == ("0", "1000", "1000+")


def test_counting_stops_at_the_bound(world, monkeypatch):
    cases_due(world, 1, 2, 3)
    monkeypatch.setattr("shiyu.desk.queues.COUNTED_TO", 1)

    assert counted(Case.objects.all()) == 2


def shown(client, world, who="intake", queue="all", **asked):
    client.force_login(world.people[who])
    page = client.get(f"/desk/{queue}/", asked)
    return {row.case.pk for row in page.context["rows"]}


def test_filters_narrow_a_list(client, world, make_case):
    manhole = make_case(Stage.FILED, lon=114.31)
    lamp = make_case(Stage.DISPATCHED, kind="lamp", lead="lamps", lon=114.37, channel="hotline")
    Case.objects.filter(pk=manhole.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    Case.objects.filter(pk=lamp.pk).update(reported_at=timezone.now() - timedelta(days=5))

    assert shown(client, world) == {manhole.pk, lamp.pk}
    assert shown(client, world, place="410204002") == {lamp.pk}
    assert shown(client, world, kind="101") == {manhole.pk}
    assert shown(client, world, light="red") == {manhole.pk}
    assert shown(client, world, light="green") == {lamp.pk}
    assert shown(client, world, channel="hotline") == {lamp.pk}
    assert shown(client, world, unit="路灯") == {lamp.pk}
    assert shown(client, world, days="3") == {manhole.pk}
    assert shown(client, world, state="ended") == set()
    assert shown(client, world, q="路灯") == {lamp.pk}
    assert shown(client, world, light="nonsense", place="000") == {manhole.pk, lamp.pk}


def test_a_place_one_does_not_look_after_is_no_filter(client, world, make_case):
    case = make_case()

    assert shown(client, world, place="410202") == {case.pk}


def test_a_handlers_list_is_sorted_and_lit_by_their_own_part(client, world, make_case):
    first = make_case(Stage.HANDLING)
    second = make_case(Stage.HANDLING)
    late = timezone.now() - timedelta(minutes=3)
    second.assignments.update(due_at=late)
    client.force_login(world.people["handler"])

    rows = client.get("/desk/handling/").context["rows"]

    assert [(row.case.pk, row.clock["light"]) for row in rows] == [
        (second.pk, "red"),
        (first.pk, "green"),
    ]
    assert shown(client, world, "handler", "handling", light="red") == {second.pk}


def test_a_filtered_list_says_so_and_offers_to_clear(client, world):
    client.force_login(world.people["intake"])

    html = client.get("/desk/to_file/", {"place": "410204", "light": "red"}).content.decode()

    assert "没有符合「鼓楼区 · 超期」的案件。" in html
    assert "清除筛选" in html


def test_an_empty_queue_leads_to_the_next_work(client, world, make_case):
    make_case(Stage.ACCEPTED)
    client.force_login(world.people["intake"])

    html = client.get("/desk/to_close/").content.decode()

    assert "待结案已全部办完。" in html
    assert "看待立案 1 件" in html


def test_my_desk_opens_where_something_waits(client, world, make_case):
    make_case(Stage.VERIFIED)
    client.force_login(world.people["intake"])

    assert client.get("/desk/")["Location"] == "/desk/to_close/"


def test_somebody_without_duties_is_told_who_arranges_them(client, world):
    client.force_login(world.people["nobody"])

    html = client.get("/desk/").content.decode()

    assert "您的岗位还没有办理案件的职责。" in html


def test_a_row_that_left_the_queue_says_who_took_it_on(client, world, make_case):
    case = make_case(Stage.FILED)
    client.force_login(world.people["intake"])

    html = client.get(f"/desk/row/{case.pk}/?in=to_file").content.decode()

    assert "row-gone" in html
    assert "已由 王芳 立案" in html


def test_every_queue_has_its_page(client, world):
    held_by_somebody = set()
    for who in ("clerk", "handler", "verifier", "commander"):
        client.force_login(world.people[who])
        held_by_somebody |= {q for q in QUEUES if client.get(f"/desk/{q}/").status_code == 200}

    assert held_by_somebody == QUEUES.keys()
