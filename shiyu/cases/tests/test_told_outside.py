"""Who outside the desk hears of a case: who reported it, and programs elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import World
from shiyu.notices.actions import follow
from shiyu.notices.models import Delivery, Notice, Subscription

pytestmark = pytest.mark.django_db
MakeCase = Callable[..., Case]


def subscribe(*types: str) -> None:
    Subscription.objects.create(
        name="x", owner="key:1", url="https://a.example/", types=types, made_at=timezone.now()
    )


def told(world: World, who: str) -> list[str]:
    mine = Notice.objects.filter(to=world.people[who]).order_by("pk")
    return list(mine.values_list("kind", flat=True))


def by_patrol(world: World, **more: Any) -> Case:
    return world.report(by="patrol", channel="patrol", text="井盖破了", **more)[0].case


def test_who_reported_under_an_account_hears_that_it_was_closed(world: World) -> None:
    case = by_patrol(world)

    do.dismiss(case, reason="不属实", actor=world.actor("intake"))

    assert told(world, "patrol") == ["report_ended"]


def test_who_reported_what_was_merged_hears_of_the_other_ones_end(world: World) -> None:
    case, other = by_patrol(world), world.report(text="同一个")[0].case
    do.merge(case, into=other, actor=world.actor("intake"))

    do.dismiss(other, reason="不属实", actor=world.actor("intake"))

    assert told(world, "patrol") == ["report_ended"]


def test_a_clerk_who_wrote_down_a_call_is_not_told_of_each(world: World) -> None:
    report = world.report(by="clerk", text="有人来电")[0]

    do.dismiss(report.case, reason="不属实", actor=world.actor("intake"))

    assert told(world, "clerk") == []


def test_a_resident_hears_the_number_alone(world: World) -> None:
    report = world.report(text="我家门口井盖破了", name="张三", phone="13800000001")[0]
    where = {"channel": "sms", "value": "138 0000 0001", "language": "zh-hans"}
    follower = follow(report.subject, report.case.subject, **where)

    do.dismiss(report.case, reason="不属实", actor=world.actor("intake"))

    row = Delivery.objects.get()
    assert (row.kind, row.facts) == ("followed_dismiss", {"number": report.case.number})
    assert "13800000001" not in follower.sealed + follower.hint + follower.key


def test_programs_elsewhere_hear_of_a_move_and_of_an_end(world: World) -> None:
    subscribe("case.moved", "case.ended")
    case = world.report(text="井盖破了")[0].case
    before = list(Delivery.objects.values_list("pk", flat=True))

    do.dismiss(case, reason="家住三楼的张三说不是", actor=world.actor("intake"))

    moved, ended = Delivery.objects.exclude(pk__in=before).order_by("pk")
    assert [moved.kind, ended.kind] == ["case.moved", "case.ended"]
    assert moved.facts == ended.facts
    assert set(moved.facts) == {"number", "move", "stage", "outcome", "version", "at", "links"}
    assert moved.facts["stage"] == Stage.DISMISSED


def test_programs_elsewhere_hear_of_a_new_report(world: World) -> None:
    subscribe("case.reported")

    world.report(text="井盖破了")

    assert Delivery.objects.get().facts["stage"] == Stage.REPORTED


def test_a_task_counted_round_the_clock_is_told_at_night(world: World, make_case: MakeCase) -> None:
    from shiyu.notices.models import House
    from shiyu.notices.tests.conftest import make_address

    House.objects.create(pk=1, quiet_from="00:00", quiet_to="23:59:59")
    for who in ("handler", "handler_lamps"):
        make_address(world.people[who])

    make_case(Stage.DISPATCHED, kind="manhole", lead="roads")
    make_case(Stage.DISPATCHED, kind="lamp", lead="lamps")

    states = dict(Delivery.objects.values_list("address__person__username", "state"))
    assert states == {"handler": "owed", "handler_lamps": "withheld"}
