"""One box finds a case by whatever is known of it, says why, and never for outsiders."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shiyu.cases import actions, finding, search
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Look
from shiyu.common.pinyin import pinyin_key
from shiyu.desk import found, listing
from shiyu.journal.models import Line
from shiyu.people.models import Unit

PHONE = "13800001234"
OUTSIDERS = ("intake_longting", "patrol_xisi", "handler_lamps", "administrator", "nobody")


def ask(client, words, **more):
    return client.get("/desk/search/", {"q": words, **more})


def shown(client, words):
    rows = ask(client, words).context.get("rows", [])
    return [row.row.case.pk for row in rows]


@pytest.fixture
def desk(client, world):
    client.force_login(world.people["intake"])
    return client


def sounding(world):
    for unit in world.units.values():
        Unit.objects.filter(pk=unit.pk).update(pinyin=pinyin_key(unit.name))
    for kind in world.kinds.values():
        kind.pinyin = pinyin_key(kind.name)
        kind.save()


WAYS = {
    "the whole number": lambda case: case.number,
    "the number in small letters": lambda case: case.number.lower(),
    "the number without its letters": lambda case: case.number[2:],
    "its last six figures": lambda case: case.number[-6:],
    "its last three figures": lambda case: case.number[-3:],
    "its day": lambda case: case.number[2:10],
    "its day without the century": lambda case: case.number[4:10],
    "full-width figures": lambda case: case.number[-6:].translate(
        {ord(a): ord(a) + 0xFEE0 for a in "0123456789"}
    ),
    "two characters of what was said": lambda _case: "大洞",
    "several words": lambda _case: "大洞 书店街",
    "traditional characters": lambda _case: "書店街",
    "its kind": lambda _case: "井盖破损",
    "its kind's sound": lambda _case: "jinggai",
    "its kind's initials": lambda _case: "jgps",
    "its unit": lambda _case: "市政养护",
    "its unit's sound": lambda _case: "shizhengyang",
    "its unit's initials": lambda _case: "szyhs",
    "its place": lambda _case: "书店街社区",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_case_is_found_by(way, desk, world, make_case):
    sounding(world)
    case = make_case(Stage.HANDLING)

    assert shown(desk, WAYS[way](case)) == [case.pk]


@pytest.mark.parametrize("way", WAYS)
def test_outsiders_find_nothing_by(way, client, world, make_case):
    sounding(world)
    asked = WAYS[way](make_case(Stage.HANDLING))

    for who in OUTSIDERS:
        client.force_login(world.people[who])
        assert shown(client, asked) == [], who


@pytest.mark.parametrize("few", [search.FEW, 0], ids=["seldom", "frequent"])
def test_words_find_the_same_however_frequent(few, client, world, make_case, monkeypatch):
    monkeypatch.setattr(search, "FEW", few)
    case = make_case(Stage.HANDLING)

    for who in ("intake", "handler", *OUTSIDERS):
        client.force_login(world.people[who])
        for words in ("大洞", "大洞 书店街", "書店街"):
            assert shown(client, words) == ([] if who in OUTSIDERS else [case.pk]), who


def test_a_unit_finds_what_was_sent_to_it_alone(client, world, make_case):
    sent, kept = make_case(Stage.HANDLING), make_case(Stage.FILED)
    client.force_login(world.people["handler"])

    assert shown(client, "井盖") == [sent.pk]
    assert shown(client, kept.number) == []


@pytest.mark.parametrize(
    "asked", ["路灯", "KF20200101", "999999", "大洞 路灯", "xyz", "'; --", "%"]
)
def test_what_is_not_there_is_not_found(asked, desk, make_case):
    make_case()

    page = ask(desk, asked)

    assert page.context["rows"] == []
    assert "没有找到" in page.content.decode()


def test_the_surest_comes_first_then_the_newest(desk, world):
    first, second = (world.report(text="井盖坏了")[0].case for _ in range(2))
    third = world.report(text=f"和 {first.number[-6:]} 一样")[0].case

    assert shown(desk, first.number[-6:]) == [first.pk, third.pk]
    assert shown(desk, "井盖 坏了") == [second.pk, first.pk]


def test_pages_go_through_all_ways_forwards_and_backwards(desk, world, monkeypatch):
    monkeypatch.setattr(listing, "A_PAGE", 2)
    sounding(world)
    cases = [world.report(text="井盖坏了")[0].case for _ in range(3)]
    kind = [world.make_case(Stage.FILED, text="车压过会响").pk for _ in range(2)]
    asked, seen, links = finding.read("井盖破损"), Case.objects.all(), []
    asked = finding.Asked(asked.text, asked.plain, ("井盖",), ())
    now, after = cases[0].reported_at, ""

    while True:
        page = found.results(seen, asked, now=now, after=after)
        links.append([row.row.case.pk for row in page.rows])
        if not (after := page.after):
            break
    backwards = [links[-1]]
    while page.before:
        page = found.results(seen, asked, now=now, before=page.before)
        backwards.append([row.row.case.pk for row in page.rows])

    in_order = [*kind[::-1], *(case.pk for case in cases[::-1])]
    assert [pk for one in links for pk in one] == in_order
    assert [pk for one in backwards[::-1] for pk in one] == in_order


@pytest.mark.parametrize("mark", ["x", "~", "9~1", "1~", "3~" + "9" * 30])
def test_a_mark_that_is_none_gives_the_first_page(mark, desk, make_case):
    case = make_case()

    for name in ("after", "before"):
        rows = ask(desk, "井盖", **{name: mark}).context["rows"]
        assert [row.row.case.pk for row in rows] == [case.pk]


def test_what_matched_is_marked_in_its_place(desk, world):
    world.report(text="老城区書店街口的井蓋丟了，晚上很危險")

    html = ask(desk, "井盖").content.decode()

    assert "<mark>井蓋</mark>" in html
    assert found.marked("ＫＦ１２", ["12"]) == [("ＫＦ", False), ("１２", True)]
    assert found.marked("书店街", ["书店", "店街"]) == [("书店街", True)]
    assert found.marked("书店", []) == [("书店", False)]


def test_a_long_text_is_shown_around_its_match():
    pieces = found.snippet("前" * 50 + "井盖" + "后" * 80, ["井盖"])

    assert pieces[0] == ("…" + "前" * found.AROUND, False)
    assert pieces[1] == ("井盖", True)
    assert pieces[2][0].endswith("…")


def test_words_that_were_erased_are_not_shown(desk, world):
    report = world.report(text="井盖丢了，张三家门口")[0]
    from shiyu.journal.models import Remark

    Remark.objects.filter(pk=report.remark_id).update(text="", erased_at=report.reported_at)

    assert "张三" not in ask(desk, "井盖").content.decode()


def test_one_character_is_not_looked_for_and_said_so(desk, make_case):
    make_case()

    html = ask(desk, "井").content.decode()
    assert "一个汉字会找到太多案件" in html
    assert "单个汉字「井」没有参与查找。" in ask(desk, "书店街 井").content.decode()


def test_a_receipts_code_finds_nothing_for_the_desk(desk, world):
    _report, code = world.report()

    for asked in (code, code.lower(), code[:9]):
        page = ask(desk, asked)
        assert not page.context.get("rows")
    assert "回执码只给上报人自己查进度" in ask(desk, code).content.decode()


def test_nothing_found_offers_less(desk, make_case):
    make_case()

    page = ask(desk, "井盖 飞船")

    assert page.context["fewer"] == ["井盖"]


def test_the_box_opens_the_one_case_of_a_whole_number(desk, make_case):
    case = make_case()

    assert desk.post("/desk/search/", {"q": case.number})["Location"] == f"/cases/{case.number}/"
    assert desk.post("/desk/search/", {"q": case.number[-4:]})["Location"].startswith(
        "/desk/search/?q="
    )
    assert desk.post("/desk/search/", {"q": " "})["Location"] == "/desk/search/"


def test_the_box_opens_no_case_of_somebody_elses(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake_longting"])

    answer = client.post("/desk/search/", {"q": case.number})

    assert answer["Location"] == f"/desk/search/?q={case.number}"


def test_a_telephone_number_finds_ones_own_intake_masked_and_recorded(desk, world):
    report = world.report(phone=PHONE, name="王芳芳")[0]
    world.report(phone="13900001234")

    page = desk.post("/desk/search/", {"q": "138 0000 1234"})
    html = page.content.decode()

    assert [row.row.case.pk for row in page.context["rows"]] == [report.case_id]
    assert PHONE not in html
    assert "王芳芳" not in html
    assert "138****1234" in html
    line = Line.objects.get(verb="search_phone")
    assert line.facts == {"reports": [report.pk]}
    look = Look.objects.get(report=report)
    assert (look.person, look.purpose) == (world.people["intake"], "by_phone")


def test_a_search_that_found_nothing_is_recorded_without_the_number(desk, world):
    desk.post("/desk/search/", {"q": PHONE})

    line = Line.objects.get(verb="search_phone")
    assert PHONE not in str(line.facts) + line.subject
    assert line.actor == world.actor("intake").ref


def test_a_telephone_number_in_an_address_is_not_looked_for(desk, world):
    world.report(phone=PHONE, text=f"请回电 {PHONE}")

    page = ask(desk, PHONE)

    assert page.context.get("rows") is None
    assert not Line.objects.filter(verb="search_phone").exists()
    assert "不能写进网址" in page.content.decode()


@pytest.mark.parametrize("who", ["dispatcher", "handler", "verifier", "commander"])
def test_who_takes_nothing_in_searches_no_telephones(who, client, world):
    world.report(phone=PHONE)
    client.force_login(world.people[who])

    assert client.post("/desk/search/", {"q": PHONE}).status_code == 403
    assert not Look.objects.exists()


@pytest.mark.parametrize("who", ["intake_longting", "intake_city"])
def test_another_centres_intake_finds_no_reporter_of_ours(who, client, world):
    world.report(phone=PHONE)
    client.force_login(world.people[who])

    assert client.post("/desk/search/", {"q": PHONE}).context["rows"] == []
    assert not Look.objects.exists()


def test_a_search_takes_the_same_few_queries_for_one_row_and_three(client, world, make_case):
    sounding(world)
    client.force_login(world.people["clerk"])
    make_case(Stage.HANDLING)
    ask(client, "井盖")

    def queries(words):
        with CaptureQueriesContext(connection) as caught:
            assert ask(client, words).status_code == 200
        return len(caught)

    one = {words: queries(words) for words in ("井盖", "井盖破损", "szyhs", "000")}
    make_case(Stage.HANDLING)
    make_case()

    assert {words: queries(words) for words in one} == one
    assert max(one.values()) <= 12, one


def test_the_index_serves_a_numbers_end(world, make_case):
    case = make_case()
    ways = finding.look_up(Case.objects.all(), finding.read(case.number[-6:]), finding.Meant())
    part = next(way.cases for way in ways if way.name == "number_part")

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = part.order_by().values("pk").explain()

    assert "case_number_end" in plan


def test_corrected_cases_are_found_by_their_new_address(desk, world, make_case):
    case = make_case(Stage.ACCEPTED)

    actions.correct(case, actor=world.actor("intake"), reason="门牌写错", address="包公湖南岸")

    assert shown(desk, "包公湖") == [case.pk]
