"""Pages of units and posts: found, previewed, changed, undone; queries do not grow."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import World
from shiyu.common.pinyin import pinyin_key
from shiyu.people import actions
from shiyu.people.models import Appointment, Person, Post, PostDuty, Unit, UnitChange
from shiyu.people.tests.made import PROGRAM


@pytest.fixture
def system(client: Client, world: World) -> Client:
    for unit in Unit.objects.all():
        unit.pinyin = pinyin_key(unit.short_name)
        unit.save()
    client.force_login(world.people["administrator"])
    return client


@pytest.fixture
def security(client: Client, world: World) -> Client:
    person = Person.objects.create(username="security", name="安启明", password="!", made_up=True)
    post = Post.objects.create(unit=world.units["city"], title="安全员")
    Appointment.objects.create(person=person, post=post, starts_on=timezone.localdate())
    PostDuty.objects.create(post=post, duty="security_admin", place_first=1, place_last=1)
    client.force_login(person)
    return client


def page(client: Client, name: str, *args: object, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def day(ahead: int = 0) -> str:
    return str(timezone.localdate() + timedelta(days=ahead))


def test_units_are_found_by_name_former_name_sound_and_code(system: Client, world: World) -> None:
    actions.rename_unit(
        world.units["roads"], name="道路中心", from_on=timezone.localdate(), actor=PROGRAM
    )
    for asked in ("道路", "市政养护", "dlzx", "D1"):
        assert "道路中心" in page(system, "account_units", q=asked), asked
    assert "没有符合「无此」的机构" in page(system, "account_units", q="无此")
    assert "鼓楼区指挥中心" in page(system, "account_units", under=str(world.units["city"].pk))


def test_lists_take_the_same_queries_for_one_and_many(system: Client, world: World) -> None:
    def queries(name: str, *args: object) -> int:
        page(system, name, *args)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page(system, name, *args)
        return len(asked)

    unit = world.units["waste"]
    before = queries("account_units"), queries("account_unit", unit.pk)
    for n in range(3):
        other = actions.create_unit(
            f"X{n}", f"新{n}所", kind="department", tier="county", place_code="410204",
            parent=unit if n else None, actor=PROGRAM,
        )  # fmt: skip
        post = actions.create_post(unit, f"岗{n}", actor=PROGRAM)
        actions.give_duty(post, "handle", unit=unit, actor=PROGRAM)
        actions.rename_unit(
            unit, name=f"名{n}", from_on=timezone.localdate() + timedelta(days=n), actor=PROGRAM
        )
    assert other.pk
    after = queries("account_units"), queries("account_unit", unit.pk)

    assert after[0] <= before[0] + 1  # the superior of a unit that has one
    assert after[1] <= before[1] + 3  # duties, changes' people and heirs, once there are any


def test_a_merge_shows_what_it_touches_before_it_is_made(system: Client, world: World) -> None:
    world.make_case(Stage.HANDLING)
    address = reverse("account_unit_change", args=[world.units["roads"].pk, "merge"])
    form = {"heir1": "环卫所", "with_posts": "on", "from_on": day()}

    shown = system.post(address, form)
    assert shown.status_code == 200
    html = shown.content.decode()
    for words in ("承办的在办案件", "立结案标准中的责任", "环境卫生所", "生效后不能撤销"):
        assert words in html, words
    assert UnitChange.objects.count() == 0
    assert Unit.objects.get(pk=world.units["roads"].pk).ended_on is None

    made = system.post(address, form | {"checked": "1"})
    assert made.status_code == 302
    change = UnitChange.objects.get()
    assert (change.kind, change.handed) == ("merge", 1)
    history = page(system, "account_unit", world.units["roads"].pk)
    assert "决定并入" in history
    assert "沈杰" in history


def test_refusals_are_told_at_the_field_with_what_was_typed(system: Client, world: World) -> None:
    roads = world.units["roads"].pk
    for what, form, words in (
        ("merge", {"heir1": "市政养护所", "from_on": day()}, "另一个机构"),
        ("merge", {"heir1": "不存在", "from_on": day()}, "没有名称、代码或拼音是"),
        ("merge", {"heir1": "鼓楼中心", "from_on": day()}, "机构类别不同"),
        ("merge", {"heir1": "所", "from_on": day()}, "有几个机构符合"),
        ("rename", {"name": "市政养护所", "from_on": day()}, "与现在的相同"),
        ("rename", {"name": "新名", "from_on": day(-1)}, "不能早于今天"),
        ("close", {"from_on": day()}, "在岗 1 人"),
        ("split", {"heir1": "环卫所", "heir2": "路灯所", "from_on": day()}, "写明承接哪些"),
        ("split", {"heir1": "环卫所", "kinds1": "无此类", "from_on": day()}, "没有“无此类”"),
    ):
        answer = system.post(reverse("account_unit_change", args=[roads, what]), form)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), (what, words)
    assert UnitChange.objects.count() == 0


def test_a_split_is_dealt_out_on_the_check_page(system: Client, world: World) -> None:
    world.make_case(Stage.HANDLING, kind="manhole")
    world.make_case(Stage.HANDLING, kind="rubbish")
    post = Post.objects.get(unit=world.units["roads"])
    form = {
        "from_on": day(3), "heir1": "D2", "kinds1": "暴露垃圾", "heir2": "D3",
        f"post{post.pk}": "2",
    }  # fmt: skip
    address = reverse("account_unit_change", args=[world.units["roads"].pk, "split"])

    shown = system.post(address, form)
    assert [count for _share, count in shown.context["dealt"]] == [1, 1]
    system.post(address, form | {"checked": "1"})

    change = UnitChange.objects.get()
    assert [(h.unit.code, h.kinds, h.posts) for h in change.heirs.all()] == [
        ("D2", ["20101"], []),
        ("D3", [], [post.pk]),
    ]
    assert "即将生效的变更" in page(system, "account_units")
    system.post(reverse("account_undo_change", args=[change.pk]))
    change.refresh_from_db()
    assert change.cancelled_at is not None


def test_a_post_is_given_a_duty_after_seeing_what_it_gives(security: Client, world: World) -> None:
    world.make_case(Stage.HANDLING)
    post = Appointment.objects.get(person=world.people["nobody"]).post
    address = reverse("account_give_duty", args=[post.pk])

    shown = security.post(address, {"duty": "dispatch", "place": "鼓楼区"})
    assert shown.status_code == 200
    assert [one.after for one in shown.context["effect"].seen] == ["1", "1"]
    assert "杨帆" in shown.content.decode()
    assert not post.duties.exists()
    assert security.post(address, {"duty": "dispatch", "place": "无此地"}).status_code == 422

    security.post(address, {"duty": "dispatch", "place": "鼓楼区", "checked": "1"})
    given = post.duties.get()
    assert (given.duty, given.place_code, given.place_first) == ("dispatch", "410204", 1000)
    withdraw = reverse("account_withdraw_duty", args=[post.pk, given.pk])
    assert "失去" in security.get(withdraw).content.decode()
    security.post(withdraw)
    assert not post.duties.exists()


def test_acting_is_arranged_with_a_preview(security: Client, world: World) -> None:
    post = Appointment.objects.get(person=world.people["dispatcher"]).post
    nobody, whose = world.people["nobody"], world.people["dispatcher"]
    address = reverse("account_appoint", args=[nobody.pk, post.pk])
    form = {"starts_on": day(), "ends_on": day(5), "acting_for": str(whose.pk)}

    assert "代 李强，到期自动结束" in security.post(address, form).content.decode()
    security.post(address, form | {"checked": "1"})

    acting = Appointment.objects.get(person=nobody, post=post)
    assert (acting.acting_for, str(acting.ends_on)) == (whose, day(5))
    assert "代 李强" in page(security, "account_person", nobody.pk)
    assert "代 李强" in page(security, "account_post", post.pk)


def test_leaving_warns_of_an_empty_post_and_hands_over(security: Client, world: World) -> None:
    verifier, heir = world.people["verifier"], world.people["nobody"]
    held = Appointment.objects.get(person=verifier)
    address = reverse("account_depart", args=[verifier.pk])
    assert "只有这一个人" in page(security, "account_depart", verifier.pk)

    answer = security.post(
        address, {f"successor{held.pk}": "nobody", "personal": "杨帆", "close": "on"}
    )

    assert answer.status_code == 302
    verifier.refresh_from_db()
    assert not verifier.is_active
    assert Appointment.objects.filter(person=heir, post=held.post).exists()
