"""Who sees which page, at every stage; and what the page of a case says."""

import pytest

from shiyu.cases import actions
from shiyu.cases.lifecycle import MOVES, Stage
from shiyu.cases.tests.world import THERE, a_photo
from shiyu.desk.queues import QUEUES

SEES_ALL_OF_GULOU = ("intake", "dispatcher", "commander", "verifier", "patrol", "intake_city")
SEES_NOTHING_HERE = ("intake_longting", "patrol_xisi", "handler_lamps", "administrator", "nobody")
PAGES = ("/cases/{}/", "/cases/{}/print/", "/cases/{}/remark/")

QUEUES_OF = {
    "intake": {"to_accept", "to_file", "to_close", "mine", "all"},
    "dispatcher": {"to_dispatch", "to_decide", "suspended", "mine", "all"},
    "commander": {"to_decide", "suspended", "mine", "all"},
    "handler": {"to_sign", "handling", "suspended", "mine", "all"},
    "verifier": {"to_check", "to_verify", "mine", "all"},
    "patrol": {"to_check", "to_verify", "mine", "all"},
    "administrator": set(),
    "nobody": set(),
}


@pytest.mark.parametrize("stage", Stage)
def test_those_who_look_after_the_place_see_a_case_at_every_stage(stage, client, world, make_case):
    case = make_case(stage)

    for who in SEES_ALL_OF_GULOU:
        client.force_login(world.people[who])
        answers = [client.get(page.format(case.number)).status_code for page in PAGES]
        assert answers == [200, 200, 200], who


@pytest.mark.parametrize("stage", Stage)
def test_for_everybody_else_there_is_no_such_case_at_any_stage(stage, client, world, make_case):
    case = make_case(stage)

    for who in SEES_NOTHING_HERE:
        client.force_login(world.people[who])
        answers = [client.get(page.format(case.number)).status_code for page in PAGES]
        answers.append(client.get(f"/cases/id/{case.pk}/").status_code)
        answers.append(client.get(f"/desk/row/{case.pk}/").status_code)
        answers.append(client.post(f"/cases/{case.number}/remark/", {"reason": "x"}).status_code)
        assert answers == [404] * 6, who


@pytest.mark.parametrize("stage", Stage)
def test_a_unit_sees_only_what_was_sent_to_it(stage, client, world, make_case):
    case = make_case(stage)
    was_sent = case.assignments.exists()
    client.force_login(world.people["handler"])

    answer = client.get(f"/cases/{case.number}/")

    assert answer.status_code == (200 if was_sent else 404)


def test_signed_out_people_are_sent_to_sign_in(client, make_case):
    case = make_case()
    pages = ["/desk/", "/desk/to_file/", "/desk/new/", "/desk/order/", f"/desk/row/{case.pk}/"]
    pages += [page.format(case.number) for page in PAGES]

    for page in pages:
        answer = client.get(page)
        assert (answer.status_code, answer["Location"][:15]) == (302, "/account/login/"), page


@pytest.mark.parametrize("who", QUEUES_OF)
def test_queues_are_those_of_ones_duties(who, client, world):
    client.force_login(world.people[who])

    answers = {name: client.get(f"/desk/{name}/").status_code for name in QUEUES}

    assert {name for name, status in answers.items() if status == 200} == QUEUES_OF[who]
    assert set(answers.values()) <= {200, 403}
    assert client.get("/desk/nowhere/").status_code == 404


@pytest.mark.parametrize(
    ("queue", "who", "stage"),
    [
        ("to_accept", "intake", Stage.REPORTED),
        ("to_file", "intake", Stage.ACCEPTED),
        ("to_dispatch", "dispatcher", Stage.FILED),
        ("to_sign", "handler", Stage.DISPATCHED),
        ("handling", "handler", Stage.HANDLING),
        ("suspended", "commander", Stage.SUSPENDED),
        ("to_verify", "verifier", Stage.HANDLED),
        ("to_close", "intake", Stage.VERIFIED),
        ("all", "intake", Stage.CLOSED),
    ],
)
def test_a_case_waits_in_the_queue_of_its_stage_and_in_no_other(
    queue, who, stage, client, world, make_case
):
    case = make_case(stage)
    client.force_login(world.people[who])

    held = QUEUES_OF[who]
    shown = {
        n for n in held if f'id="case-{case.pk}"' in client.get(f"/desk/{n}/").content.decode()
    }

    assert shown == {queue, "all"}


def test_another_countys_desk_has_nothing_to_do_with_it(client, world, make_case):
    make_case(Stage.REPORTED)
    client.force_login(world.people["intake_longting"])

    html = client.get("/desk/to_accept/").content.decode()

    assert "待受理已全部办完。" in html


def test_what_was_asked_waits_with_those_who_decide(client, world, make_case):
    case = make_case(Stage.HANDLING)
    unit, handler = world.units["roads"], world.actor("handler")
    actions.ask_extension(case, unit=unit, actor=handler, reason="缺料")

    shown = {}
    for who in ("dispatcher", "commander"):
        client.force_login(world.people[who])
        shown[who] = f'id="case-{case.pk}"' in client.get("/desk/to_decide/").content.decode()

    assert shown == {"dispatcher": True, "commander": False}


def test_an_objection_beside_a_lead_at_work_waits_for_the_desk(client, world, make_case):
    case = make_case(Stage.DISPATCHED, lead="roads", co=("waste",))
    waste = world.units["waste"]
    actions.object_(case, unit=waste, actor=world.actor("handler_waste"), reason="不归我们")
    client.force_login(world.people["dispatcher"])

    html = client.get("/desk/to_dispatch/").content.decode()

    assert f'id="case-{case.pk}"' in html


@pytest.mark.parametrize("stage", Stage)
def test_only_moves_that_can_be_made_are_offered(stage, client, world, make_case):
    case = make_case(stage)
    client.force_login(world.people["clerk"])

    offered = [move["name"] for move in client.get(f"/cases/{case.number}/").context["moves"]]

    assert all(case.stage in MOVES[name].sources for name in offered)


def test_the_reporter_is_shown_masked_to_intake_and_to_nobody_else(client, world, make_case):
    case = make_case(Stage.HANDLING, name="张建国", phone="13800001234")
    pages = {}
    for who in ("intake", "handler", "dispatcher", "verifier"):
        client.force_login(world.people[who])
        pages[who] = client.get(f"/cases/{case.number}/").content.decode()

    assert "张** 138****1234" in pages["intake"]
    for who, html in pages.items():
        assert ("张建国" in html, "13800001234" in html) == (False, False), who
        assert ("****1234" in html) == (who == "intake"), who
    assert "您的岗位看不到这件案件的上报人信息。" in pages["handler"]


def test_the_clock_panel_adds_up(client, world, make_case):
    case = make_case(Stage.HANDLING)
    client.force_login(world.people["intake"])

    context = client.get(f"/cases/{case.number}/").context

    clocks = context["live_clocks"] + context["ended_clocks"]
    assert [clock.title for clock in context["live_clocks"]] == ["处置"]
    for clock in clocks:
        counted = sum(span.minutes for span in clock.spans if span.running)
        assert counted == clock.used
        assert f"限 {clock.budget} 分" in clock.sum


def test_a_pause_shows_as_a_span_and_moves_the_due_time(client, world, make_case):
    case = make_case(Stage.SUSPENDED)
    client.force_login(world.people["commander"])

    html = client.get(f"/cases/{case.number}/").content.decode()

    assert "暂停（批准挂账）" in html
    assert "挂账至" in html


def test_the_story_hides_notes_when_only_decisions_are_asked_for(client, world, make_case):
    case = make_case(Stage.FILED)
    actions.remark(case, reason="门口有积水", actor=world.actor("intake"))
    client.force_login(world.people["intake"])

    whole = client.get(f"/cases/{case.number}/").content.decode()
    short = client.get(f"/cases/{case.number}/?story=decisions").content.decode()

    assert ("门口有积水" in whole, "门口有积水" in short) == (True, False)
    assert "立结案标准「井盖破损」第 1 条 V1，处置限 2紧急工作时" in short


def test_erased_words_are_not_shown(client, world, make_case):
    from django.utils import timezone

    from shiyu.journal.models import Remark

    case = make_case(Stage.FILED)
    actions.remark(case, reason="她家电话是……", actor=world.actor("intake"))
    Remark.objects.filter(text__startswith="她家").update(text="", erased_at=timezone.now())
    client.force_login(world.people["intake"])

    assert "说明已按规定删除" in client.get(f"/cases/{case.number}/").content.decode()


def test_similar_cases_close_by_are_suggested_with_their_distance(client, world, make_case):
    case = make_case(Stage.FILED, lon=114.31, lat=34.80)
    close_by = make_case(Stage.FILED, lon=114.3105, lat=34.80)
    make_case(Stage.FILED, lon=114.33, lat=34.80)
    make_case(Stage.FILED, kind="lamp", lon=114.31, lat=34.80)
    client.force_login(world.people["intake"])

    near = client.get(f"/cases/{case.number}/").context["near"]

    assert [(n.case.pk, n.metres) for n in near] == [(close_by.pk, 46)]


def test_photos_of_a_case_follow_the_case(client, world, make_case):
    case = make_case(Stage.FILED, photos=[a_photo()])
    client.force_login(world.people["intake"])
    html = client.get(f"/cases/{case.number}/").content.decode()
    address = html.split('<img src="')[1].split('"')[0]

    answers = {}
    for who in ("intake", "verifier", "handler", "intake_longting"):
        client.force_login(world.people[who])
        answers[who] = client.get(address).status_code

    assert answers == {"intake": 200, "verifier": 200, "handler": 404, "intake_longting": 404}


def test_a_handlers_look_ends_the_recall(client, world, make_case):
    case = make_case(Stage.DISPATCHED)
    client.force_login(world.people["handler"])
    client.get(f"/cases/{case.number}/")
    client.force_login(world.people["dispatcher"])

    offered = [move["name"] for move in client.get(f"/cases/{case.number}/").context["moves"]]
    answer = client.post(f"/cases/{case.number}/recall/")

    assert "recall" not in offered
    assert (answer.status_code, "已经查看，不能撤回" in answer.content.decode()) == (422, True)


def test_another_countys_case_is_found_by_neither_number_nor_words(client, world, make_case):
    case = make_case(Stage.REPORTED, lon=THERE[0], lat=THERE[1], text="汴河大桥栏杆断裂")
    found = {}
    for who in ("intake", "intake_longting"):
        client.force_login(world.people[who])
        pages = [client.get("/desk/all/", {"q": q}).content.decode() for q in (case.number, "栏杆")]
        found[who] = [f'id="case-{case.pk}"' in page for page in pages]

    assert found == {"intake": [False, False], "intake_longting": [True, True]}
