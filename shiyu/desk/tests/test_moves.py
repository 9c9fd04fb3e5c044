"""Every move through its real address: made, refused with words kept, and for whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shiyu.cases import actions
from shiyu.cases.lifecycle import MOVES, Stage
from shiyu.cases.tests.world import a_photo
from shiyu.desk.moves import MOVE_FORMS

PROGRAM_ONLY = {"import_close", "hand_over"}


def post(client, case, move, **data):
    """Send a move's form as the page shows it, with these answers filled in."""
    page = client.get(f"/cases/{case.number}/")
    offered = {offer["name"]: offer["form"] for offer in page.context["moves"]}
    shown = {bound.name: bound.value() for bound in offered[move]} if move in offered else {}
    kept = {name: value for name, value in shown.items() if value not in (None, "")}
    return client.post(f"/cases/{case.number}/{move}/", kept | data)


def ask(act, key, unit="roads"):
    """A unit asks for something before the move under test."""
    return lambda w, c: act(c, unit=w.units[unit], actor=w.actor(key), reason="需要占道许可")


def ask_to_void(w, c):
    actions.ask_void(c, reason="误报", actor=w.actor("dispatcher"))


def ask_to_suspend(w, c):
    ask(actions.ask_suspension, "handler")(w, c)


def endorse(w, c):
    ask_to_suspend(w, c)
    actions.endorse_suspension(c, actor=w.actor("dispatcher"))


def open_check(w, c):
    actions.check_open(c, actor=w.actor("intake"))


def appeal(w, c):
    overdue(w, c)
    actions.appeal(c, unit=w.units["roads"], actor=w.actor("handler"), reason="道路封闭")


def overdue(w, c):
    """Give the case a source's own due time that has passed, so that its clock is late."""
    c.fixed_due_at = timezone.now() - timedelta(hours=1)
    c.save(update_fields=["fixed_due_at"])


def tomorrow():
    return (timezone.localdate() + timedelta(days=1)).isoformat()


# move: (stage it starts from, who makes it, what they send, stage after, what happens before)
HAPPY = {
    "accept": (Stage.REPORTED, "intake", {"reason": "电话核实属实"}, Stage.ACCEPTED, None),
    "dismiss": (
        *(Stage.ACCEPTED, "intake", {"reason": "不属城管", "instead": "住建局", "checked": 1}),
        *(Stage.DISMISSED, None),
    ),
    "merge": (Stage.ACCEPTED, "intake", {"into": "OTHER", "checked": 1}, Stage.MERGED, None),
    "settle": (
        *(Stage.REPORTED, "patrol", {"kind": "暴露垃圾", "before": "PHOTO", "after": "PHOTO"}),
        *(Stage.CLOSED, None),
    ),
    "file": (Stage.ACCEPTED, "intake", {"kind": "井盖破损"}, Stage.FILED, None),
    "escalate": (Stage.ACCEPTED, "intake", {"reason": "跨区"}, Stage.ACCEPTED, None),
    "dispatch": (Stage.FILED, "dispatcher", {"lead": "市政养护所"}, Stage.DISPATCHED, None),
    "recall": (Stage.DISPATCHED, "dispatcher", {}, Stage.FILED, None),
    "object": (Stage.DISPATCHED, "handler", {"reason": "不在辖区"}, Stage.FILED, None),
    "sign": (Stage.DISPATCHED, "handler", {}, Stage.HANDLING, None),
    "ask_extension": (Stage.HANDLING, "handler", {"reason": "缺料"}, Stage.HANDLING, None),
    "extend": (
        *(Stage.HANDLING, "dispatcher", {"checked": 1}, Stage.HANDLING),
        ask(actions.ask_extension, "handler"),
    ),
    "refuse_extension": (
        *(Stage.HANDLING, "dispatcher", {"reason": "时间足够"}, Stage.HANDLING),
        ask(actions.ask_extension, "handler"),
    ),
    "ask_suspension": (Stage.HANDLING, "handler", {"reason": "等许可"}, Stage.HANDLING, None),
    "endorse_suspension": (Stage.HANDLING, "dispatcher", {}, Stage.HANDLING, ask_to_suspend),
    "suspend": (
        *(Stage.HANDLING, "commander", {"until": tomorrow(), "checked": 1}, Stage.SUSPENDED),
        endorse,
    ),
    "refuse_suspension": (
        *(Stage.HANDLING, "commander", {"reason": "不必挂账"}, Stage.HANDLING),
        endorse,
    ),
    "resume": (Stage.SUSPENDED, "handler", {}, Stage.HANDLING, None),
    "handle": (
        *(Stage.HANDLING, "handler", {"reason": "已更换", "photos": "PHOTO"}, Stage.HANDLED),
        None,
    ),
    "rework": (Stage.HANDLED, "verifier", {"reason": "没盖平"}, Stage.HANDLING, None),
    "verify": (Stage.HANDLED, "verifier", {"photos": "PHOTO"}, Stage.VERIFIED, None),
    "close": (Stage.VERIFIED, "intake", {"outcome": "fixed", "checked": 1}, Stage.CLOSED, None),
    "reopen": (Stage.CLOSED, "commander", {"reason": "抽查未修好"}, Stage.HANDLING, None),
    "ask_void": (Stage.FILED, "dispatcher", {"reason": "误报"}, Stage.FILED, None),
    "void": (Stage.FILED, "commander", {"checked": 1}, Stage.VOIDED, ask_to_void),
    "remark": (Stage.CLOSED, "handler", {"reason": "照片已归档"}, Stage.CLOSED, None),
    "urge": (Stage.HANDLING, "dispatcher", {"reason": "请抓紧"}, Stage.HANDLING, None),
    "correct": (
        *(Stage.REPORTED, "intake", {"address": "书店街 99 号", "reason": "电话核实"}),
        *(Stage.REPORTED, None),
    ),
    "check_open": (Stage.ACCEPTED, "intake", {}, Stage.ACCEPTED, None),
    "check_done": (
        *(Stage.ACCEPTED, "patrol", {"found": "yes", "reason": "属实"}, Stage.ACCEPTED),
        open_check,
    ),
    "appeal": (Stage.HANDLING, "handler", {"reason": "道路封闭"}, Stage.HANDLING, overdue),
    "exempt": (Stage.HANDLING, "commander", {"checked": 1}, Stage.HANDLING, appeal),
    "refuse_appeal": (
        *(Stage.HANDLING, "commander", {"reason": "可以绕行"}, Stage.HANDLING),
        appeal,
    ),
}

# move: (stage, who, what they send, a piece of the sentence that refuses it)
REFUSED = {
    "accept": (
        Stage.REPORTED,
        "intake",
        {"reason": "长" * 2001},
        "说明最多 2000 字，现在多了 1 字",
    ),
    "dismiss": (Stage.REPORTED, "intake", {"instead": "住建局"}, "写明理由或情况"),
    "merge": (Stage.REPORTED, "intake", {"into": "999999", "reason": "x"}, "没有编号为"),
    "settle": (Stage.REPORTED, "patrol", {"kind": "井盖破损", "reason": "x"}, "不能自办自结"),
    "file": (Stage.ACCEPTED, "intake", {"kind": "没有的类", "reason": "x"}, "没有找到“没有的类”"),
    "escalate": (Stage.ACCEPTED, "intake", {}, "写明理由或情况"),
    "dispatch": (Stage.FILED, "dispatcher", {"lead": "没有所", "reason": "x"}, "没有找到“没有所”"),
    "object": (Stage.DISPATCHED, "handler", {"reason": "  "}, "写明理由或情况"),
    "ask_extension": (Stage.HANDLING, "handler", {}, "写明理由或情况"),
    "ask_suspension": (Stage.HANDLING, "handler", {}, "写明理由或情况"),
    "handle": (Stage.HANDLING, "handler", {"reason": ""}, "写明理由或情况"),
    "rework": (Stage.HANDLED, "verifier", {}, "写明理由或情况"),
    "close": (
        *(Stage.VERIFIED, "intake", {"outcome": "partly", "checked": 1}),
        "没有完全解决的，写明原因",
    ),
    "reopen": (Stage.CLOSED, "commander", {}, "写明理由或情况"),
    "ask_void": (Stage.FILED, "dispatcher", {}, "写明理由或情况"),
    "remark": (Stage.FILED, "intake", {}, "写明理由或情况"),
    "correct": (Stage.REPORTED, "intake", {"reason": "没有变"}, "没有改动"),
    "appeal": (
        *(Stage.HANDLING, "handler", {"reason": "道路封闭", "unit": "UNIT"}),
        "本单位在这件案件上没有超期",
    ),
}


def sent(world, data):
    """What is posted: a photo for PHOTO, the number of another case for OTHER."""
    values = {
        "PHOTO": a_photo,
        "OTHER": lambda: world.report(text="另一件")[0].case.number,
        "UNIT": lambda: world.units["roads"].pk,
    }
    return {name: values.get(value, lambda v=value: v)() for name, value in data.items()}


def test_every_move_that_people_make_has_a_form():
    assert MOVE_FORMS.keys() == MOVES.keys() - PROGRAM_ONLY


def test_every_form_has_its_tests():
    tested_elsewhere = {"withdraw", "split"}

    assert HAPPY.keys() | tested_elsewhere == MOVE_FORMS.keys()


@pytest.mark.parametrize("move", HAPPY)
def test_a_move_is_made_by_those_whose_work_it_is(move, client, world, make_case):
    stage, who, data, after, before = HAPPY[move]
    case = make_case(stage)
    if before:
        before(world, case)
    client.force_login(world.people[who])

    page = client.get(f"/cases/{case.number}/").content.decode()
    answer = post(client, case, move, **sent(world, data))

    assert f'id="move-{move}"' in page
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    case.refresh_from_db()
    assert case.stage == after


@pytest.mark.parametrize("move", REFUSED)
def test_a_refused_move_says_why_and_keeps_what_was_typed(move, client, world, make_case):
    stage, who, data, sentence = REFUSED[move]
    case = make_case(stage)
    client.force_login(world.people[who])

    typed = sent(world, data)
    answer = post(client, case, move, **typed)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in html
    assert all(str(value).strip() in html for value in typed.values())
    case.refresh_from_db()
    assert case.stage == stage


@pytest.mark.parametrize("move", MOVE_FORMS)
def test_somebody_without_the_duty_is_told_so(move, client, world, make_case):
    case = make_case(HAPPY[move][0] if move in HAPPY else Stage.HANDLING)
    client.force_login(world.people["intake_city"])

    answer = post(client, case, move, reason="想办")

    assert answer.status_code == 403
    assert "您的岗位不能对这件案件" in answer.content.decode()


def test_an_irreversible_move_first_says_what_will_be_told_to_whom(client, world, make_case):
    case = make_case(Stage.VERIFIED)
    client.force_login(world.people["intake"])

    check = post(client, case, "close", outcome="partly", reason="等下一批井盖")

    html = check.content.decode()
    assert check.status_code == 200
    assert "案件已办结：部分解决。请评价；14 天内可以反映没有解决" in html
    assert 'name="checked" value="1"' in html
    assert 'name="reason" value="等下一批井盖"' in html
    case.refresh_from_db()
    assert case.stage == Stage.VERIFIED


def test_the_check_page_of_an_extension_tells_the_new_due_time(client, world, make_case):
    case = make_case(Stage.HANDLING)
    ask(actions.ask_extension, "handler")(world, case)
    client.force_login(world.people["dispatcher"])

    html = post(client, case, "extend").content.decode()

    case.refresh_from_db()
    due = timezone.localtime(case.due_at + timedelta(hours=2))
    assert f"新的截止时间 {due:%Y-%m-%d %H:%M}" in html


def test_a_kind_with_several_conditions_asks_which(client, world, make_case):
    first = world.standards["lamp"]
    first.pk, first.ordinal, first.filing_condition = None, 2, "整条路的路灯不亮"
    first.save()
    case = make_case(Stage.ACCEPTED)
    client.force_login(world.people["intake"])

    asked = post(client, case, "file", kind="路灯不亮")
    answer = post(client, case, "file", kind="路灯不亮", standard=first.pk)

    assert asked.status_code == 422
    assert "“路灯不亮”有 2 条立案条件，选一条" in asked.content.decode()
    assert answer.status_code == 302
    case.refresh_from_db()
    assert case.standard_id == first.pk


def test_the_dispatch_form_suggests_whom_the_standard_names_and_says_why(client, world, make_case):
    case = make_case(Stage.FILED, kind="rubbish")
    client.force_login(world.people["dispatcher"])

    html = client.get(f"/cases/{case.number}/").content.decode()

    assert 'value="环境卫生所"' in html
    assert "建议 环境卫生所：立结案标准列为县区级主责单位" in html


def test_a_reporter_withdraws_what_they_reported(client, world, make_case):
    case = make_case(Stage.FILED, by="patrol", channel="patrol")
    client.force_login(world.people["patrol"])

    answer = post(client, case, "withdraw", reason="已经自己解决", checked=1)

    assert answer.status_code == 302
    case.refresh_from_db()
    assert case.stage == Stage.WITHDRAWN


def test_an_order_is_split_for_places_and_units(client, world):
    case = order_at_the_room(world)
    client.force_login(world.people["room"])

    answer = post(client, case, "split", places=["410204001001"], units="环卫所", text="清理井盖")

    assert answer.status_code == 302, answer.content.decode()
    children = case.children.order_by("id")
    assert [c.place.name for c in children] == ["书店街社区", "书店街街道"]
    assert all(c.direction == "down" for c in children)


def test_splitting_an_order_needs_somewhere_to_go(client, world):
    case = order_at_the_room(world)
    client.force_login(world.people["room"])

    answer = post(client, case, "split", text="清理井盖")

    assert answer.status_code == 422
    assert "选择区域，或填写单位" in answer.content.decode()


def order_at_the_room(world):
    """An order from above that the township's room has signed for."""
    intake = actions.Intake(
        source="test",
        source_ref="order",
        channel="superior",
        text="全面排查井盖",
        place=world.places["shudian"],
        kind=world.kinds["manhole"],
    )
    case = actions.order(intake, actor=world.actor("intake")).case
    room = world.units["shudian"]
    actions.accept(case, actor=world.actor("intake"))
    actions.file(case, standard=world.standards["manhole"], actor=world.actor("intake"))
    actions.dispatch(case, lead=room, actor=world.actor("dispatcher"))
    return actions.sign(case, unit=room, actor=world.actor("room"))
