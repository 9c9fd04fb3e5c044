"""Entering reports and orders at the desk."""

import pytest

from shiyu.cases.models import Case, Report, Reporter
from shiyu.cases.tests.world import HERE, THERE, a_photo

HOLE = {
    "channel": "hotline",
    "text": "井盖破了一个大洞",
    "address": "书店街 12 号",
    "lon": HERE[0],
    "lat": HERE[1],
    "ref": "a-form",
}


@pytest.mark.parametrize(
    ("who", "new", "order"),
    [
        ("intake", 200, 200),
        ("dispatcher", 200, 200),
        ("patrol", 200, 403),
        ("verifier", 200, 403),
        ("handler", 403, 403),
        ("nobody", 403, 403),
    ],
)
def test_who_may_enter_what(who, new, order, client, world):
    client.force_login(world.people[who])

    answers = (client.get("/desk/new/").status_code, client.get("/desk/order/").status_code)

    assert answers == (new, order)


def test_a_call_becomes_a_case_with_its_receipt_told_once(client, world):
    client.force_login(world.people["intake"])
    told = {"kind": "井盖破损", "name": "张建国", "phone": "138 0000-1234", "photos": a_photo()}

    answer = client.post("/desk/new/", HOLE | told, follow=True)

    report = Report.objects.get()
    reporter = Reporter.objects.get()
    assert (report.case.place, report.case.kind) == (world.places["cell_a"], world.kinds["manhole"])
    assert (reporter.name, reporter.phone) == ("张建国", "13800001234")
    html = answer.content.decode()
    assert f"已登记 {report.case.number}。回执编号 " in html
    assert "回执编号" not in client.get(f"/cases/{report.case.number}/").content.decode()


def test_the_same_opened_form_is_one_report(client, world):
    client.force_login(world.people["intake"])

    client.post("/desk/new/", HOLE)
    client.post("/desk/new/", HOLE | {"text": "井盖破了一个大洞，快来"})

    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"lon": 100, "lat": 20}, "这个位置不在本市"),
        ({"lon": "", "lat": "", "address": ""}, "填写问题所在的街道和门牌"),
        ({"text": ""}, "说明是什么问题，或附一张照片"),
        ({"phone": "1380000123"}, "手机号应是 11 位数字，现在是 10 位"),
        ({"phone": "abc"}, "电话应是数字"),
        ({"kind": "没有的类"}, "没有找到“没有的类”"),
        ({"place": "999"}, "选一个区域"),
        ({"channel": "import"}, "从列出的选项里选一个"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_kept(changes, sentence, client, world):
    client.force_login(world.people["intake"])

    answer = client.post("/desk/new/", HOLE | {"name": "张建国"} | changes)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>有错误：" in html
    assert sentence in html
    assert 'value="张建国"' in html
    assert not Case.objects.exists()


def test_a_place_is_chosen_where_there_is_no_point(client, world):
    client.force_login(world.people["intake_longting"])

    client.post("/desk/new/", HOLE | {"lon": "", "lat": "", "place": "410202001"})

    assert Case.objects.get().place == world.places["beimen"]


def test_what_somebody_reports_elsewhere_stays_theirs_to_follow(client, world):
    client.force_login(world.people["patrol"])

    there = {"lon": THERE[0], "lat": THERE[1], "channel": "patrol"}
    answer = client.post("/desk/new/", HOLE | there, follow=True)

    assert answer.status_code == 200
    assert Case.objects.get().number in client.get("/desk/mine/").content.decode()


def test_an_order_goes_down_to_the_place_it_names(client, world):
    client.force_login(world.people["intake_city"])

    order = {"text": "全面排查井盖", "place": "410204", "kind": "井盖破损"}
    answer = client.post("/desk/order/", order)

    case = Case.objects.get()
    assert answer["Location"] == f"/cases/{case.number}/"
    assert (case.direction, case.place, case.channel) == ("down", world.places["gulou"], "superior")


def test_an_order_without_place_or_words_is_not_sent(client, world):
    client.force_login(world.people["intake"])

    html = client.post("/desk/order/", {"text": " "}).content.decode()

    assert "写明要办的事" in html
    assert "选择交办给哪个区域" in html
