"""Saved filters, columns and order: one's own, shared with one's unit, brought back."""

import pytest

from shiyu.cases.lifecycle import Stage
from shiyu.desk.actions import keeping
from shiyu.desk.models import Layout, Saved
from shiyu.desk.queues import QUEUES


def keep(client, **said):
    whole = {"back": "in=all&place=410204001&state=open", "name": "本街道在办"}
    return client.post("/desk/saved/", whole | said)


@pytest.fixture
def desk(client, world):
    client.force_login(world.people["intake"])
    return client


def names(client):
    return [one.name for one, _url in client.get("/desk/saved/").context["mine"]]


def change(client, what, one, **said):
    return client.post(f"/desk/saved/{one.pk}/{what}/", said)


def test_a_list_is_kept_as_it_is_and_opens_so(desk, world, make_case):
    inside, _outside = make_case(), make_case(lon=114.37)

    where = keep(desk, cols="kind,stage", dense="1")["Location"]

    assert where == "/desk/all/?place=410204001&state=open&cols=kind%2Cstage&dense=1"
    page = desk.get(where)
    assert [row.case.pk for row in page.context["rows"]] == [inside.pk]
    assert page.context["shown"].columns == ("kind", "stage")
    assert 'cases-dense"' in page.content.decode()
    assert "本街道在办" in page.content.decode()


def test_an_address_shows_another_the_same_of_their_own_cases(client, world, make_case):
    make_case()
    client.force_login(world.people["intake"])
    where = keep(client, cols="kind,stage")["Location"]

    client.force_login(world.people["handler"])
    page = client.get(where)

    assert page.context["shown"].columns == ("kind", "stage")
    assert page.context["rows"] == []


def test_shared_filters_are_seen_by_ones_unit_and_by_nobody_else(client, world):
    client.force_login(world.people["intake"])
    keep(client, shared="1")
    keep(client, name="只给自己")
    seen = {}
    for who in ("clerk", "dispatcher", "intake_longting", "intake_city", "handler"):
        client.force_login(world.people[who])
        seen[who] = [s.name for s, _url in client.get("/desk/all/").context["saved_filters"]]

    assert seen["clerk"] == seen["dispatcher"] == ["本街道在办"]
    assert seen["intake_longting"] == seen["intake_city"] == seen["handler"] == []


def test_a_shared_filter_for_a_list_one_does_not_hold_is_not_shown(client, world):
    client.force_login(world.people["intake"])
    keep(client, back="in=to_file", shared="1")
    client.force_login(world.people["verifier"])

    assert client.get("/desk/all/").context["saved_filters"] == []


@pytest.mark.parametrize("what", ["rename", "up", "down", "first", "share", "delete", "restore"])
def test_only_its_owner_changes_it(what, client, world):
    client.force_login(world.people["intake"])
    keep(client, shared="1")
    one = Saved.objects.get()
    client.force_login(world.people["clerk"])

    assert change(client, what, one, name="别的").status_code == 404
    one.refresh_from_db()
    assert (one.name, one.deleted_at) == ("本街道在办", None)


def test_they_are_renamed_and_put_in_order(desk):
    for name in ("一", "二", "三"):
        keep(desk, name=name)
    first, _second, third = Saved.objects.order_by("pk")

    change(desk, "up", third)
    change(desk, "down", first)
    change(desk, "rename", first, name="  第一 ")

    assert names(desk) == ["三", "第一", "二"]


def test_what_was_deleted_is_brought_back(desk):
    keep(desk)
    one = Saved.objects.get()

    change(desk, "delete", one)
    assert names(desk) == []
    assert "刚删除的" in desk.get("/desk/saved/").content.decode()
    change(desk, "restore", one)

    assert names(desk) == ["本街道在办"]


def test_the_desk_opens_with_the_one_chosen_for_it(desk, make_case):
    make_case(Stage.VERIFIED)
    keep(desk, opens_first="1")
    keep(desk, name="另一个", opens_first="1")
    first, second = Saved.objects.order_by("pk")
    assert desk.get("/desk/")["Location"].startswith("/desk/all/?place=410204001")
    assert (first.opens_first, second.opens_first) == (False, True)

    change(desk, "first", second)

    assert desk.get("/desk/")["Location"] == "/desk/to_close/"


@pytest.mark.parametrize(("name", "sentence"), [(" ", "起个名字"), ("长" * 31, "名字最多 30 字")])
def test_a_name_is_owed_and_short(name, sentence, desk):
    page = keep(desk, name=name)

    assert page.status_code == 422
    assert sentence in page.content.decode()


def test_there_is_a_bound(desk, monkeypatch):
    monkeypatch.setattr(keeping, "KEPT_MOST", 1)
    keep(desk)

    assert "先删掉不用的" in keep(desk, name="二").content.decode()


def test_columns_are_remembered_for_all_lists(desk, make_case):
    make_case()
    answer = desk.post(
        "/desk/layout/", {"column": ["round", "kind", "nonsense"], "dense": "1", "back": "in=all"}
    )

    assert answer["Location"] == "/desk/all/"
    page = desk.get("/desk/to_accept/")
    assert page.context["shown"].columns == ("kind", "round")
    assert Layout.objects.get().dense
    html = page.content.decode()
    assert 'class="cell-round"' in html
    assert 'class="cell-place"' not in html


def test_a_row_comes_again_with_the_columns_of_its_list(desk, make_case):
    case = make_case()

    html = desk.get(f"/desk/row/{case.pk}/?in=to_accept&cols=stage").content.decode()

    assert 'class="cell-stage"' in html
    assert 'class="cell-place"' not in html


def test_no_columns_at_all_are_the_usual_ones(desk, make_case):
    make_case()
    desk.post("/desk/layout/", {"back": "in=all"})

    assert desk.get("/desk/all/").context["shown"].columns == ("kind", "place", "stage")


def test_work_is_sorted_by_newest_when_asked(desk, make_case):
    old, new = make_case(), make_case()

    by_due = [row.case.pk for row in desk.get("/desk/to_accept/").context["rows"]]
    newest = desk.get("/desk/to_accept/", {"sort": "newest"})

    assert by_due == [old.pk, new.pk]
    assert [row.case.pk for row in newest.context["rows"]] == [new.pk, old.pk]
    assert "正在筛选" not in newest.content.decode()
    inside = desk.get(f"/cases/{new.number}/?in=to_accept&sort=newest").context
    assert inside["next"].startswith(f"/cases/{old.number}/")


def test_every_list_offers_what_is_kept(world, client):
    client.force_login(world.people["clerk"])

    for name in QUEUES:
        if client.get(f"/desk/{name}/").status_code == 200:
            assert keep(client, back=f"in={name}", name=name).status_code == 302
