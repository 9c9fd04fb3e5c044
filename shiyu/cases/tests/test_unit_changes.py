"""Units change from a day on: name, place in the tree, end; their work goes to their heirs."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from shiyu.cases import actions as do
from shiyu.cases.actions import succeeding
from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Assignment, Case
from shiyu.cases.rules import visible_to
from shiyu.cases.tests.world import World
from shiyu.catalogue.rules import suggested_units
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.models import Line
from shiyu.people import actions, following, rules
from shiyu.people.actors import Actor
from shiyu.people.models import Appointment, Unit, UnitChange
from shiyu.people.tests.made import PROGRAM

PARTS = {"sent", "signed", "handled", "objected"}


def today() -> date:
    return timezone.localdate()


def tomorrow() -> date:
    return today() + timedelta(days=1)


def fresh(unit: Unit) -> Unit:
    return Unit.objects.get(pk=unit.pk)


def comes(change: UnitChange) -> UnitChange:
    """Let the day of a change come."""
    UnitChange.objects.filter(pk=change.pk).update(from_on=today())
    actions.apply_due_changes()
    actions.hand_over_waiting()
    change.refresh_from_db()
    return change


def live(case: Case) -> set[str]:
    rows = Assignment.objects.filter(case=case, state__in=PARTS)
    return set(rows.values_list("unit__code", flat=True))


def faults() -> list[object]:
    return [*(f for f in replay_all(Audited()) if f), *broken_invariants()]


def test_a_new_name_holds_from_its_day_and_the_old_one_still_finds_the_unit(world: World) -> None:
    roads = world.units["roads"]
    change = actions.rename_unit(roads, name="道路养护中心", from_on=tomorrow(), actor=PROGRAM)

    assert fresh(roads).name == "市政养护所"
    comes(change)

    assert (fresh(roads).name, fresh(roads).pinyin.split()[-1]) == ("道路养护中心", "dlyhzx")
    assert list(rules.find_units("市政养护")) == [roads]
    assert list(rules.find_units("dlyhzx")) == [roads]
    verbs = Line.objects.filter(subject=f"unit:{roads.pk}").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == ["order_rename", "rename"]


def test_a_unit_moves_under_another_but_never_under_itself(world: World) -> None:
    gulou, shudian = world.units["gulou"], world.units["shudian"]

    with pytest.raises(Refused, match="它自己或它的下级"):
        actions.move_unit(gulou, parent=shudian, from_on=today(), actor=PROGRAM)
    with pytest.raises(Refused, match="层级高于"):
        actions.move_unit(world.units["longting"], parent=shudian, from_on=today(), actor=PROGRAM)
    with pytest.raises(Refused, match="没有变"):
        actions.move_unit(shudian, parent=gulou, from_on=today(), actor=PROGRAM)
    actions.move_unit(shudian, parent=world.units["longting"], from_on=today(), actor=PROGRAM)

    assert fresh(shudian).parent == world.units["longting"]


def test_only_the_system_administrator_changes_units(world: World) -> None:
    with pytest.raises(NotAllowed):
        actions.rename_unit(
            world.units["roads"], name="x", from_on=today(), actor=world.actor("intake")
        )


def test_a_unit_with_open_work_people_or_units_below_is_not_closed(world: World) -> None:
    world.make_case(Stage.HANDLING)

    with pytest.raises(OutOfOrder, match=r"承办的在办案件 1.*在岗 1 人"):
        actions.close_unit(world.units["roads"], from_on=today(), actor=PROGRAM)
    with pytest.raises(OutOfOrder, match="下级机构 1 个"):
        actions.close_unit(world.units["gulou"], from_on=today(), actor=PROGRAM)


def test_a_closing_that_is_hindered_says_why_and_happens_when_it_can(world: World) -> None:
    lamps = world.units["lamps"]
    change = comes(actions.close_unit(lamps, from_on=tomorrow(), actor=PROGRAM))
    assert (change.applied_at, "在岗 1 人" in change.hindered) == (None, True)

    actions.end_appointment(
        Appointment.objects.get(person=world.people["handler_lamps"]), actor=PROGRAM
    )
    assert comes(change).applied_at is not None
    assert fresh(lamps).ended_on == today() - timedelta(days=1)

    actions.undo_change(change, actor=PROGRAM)
    assert fresh(lamps).ended_on is None


@pytest.mark.parametrize("stage", ["filed", "dispatched", "handling", "suspended", "handled"])
def test_open_cases_go_to_the_successor_at_every_stage_and_their_clock_goes_on(
    world: World, stage: str
) -> None:
    case = world.make_case("dispatched" if stage == "filed" else stage)
    if stage == "filed":
        do.object_(case, unit=world.units["roads"], actor=world.actor("handler"), reason="产权不清")
        case.refresh_from_db()
    before = Assignment.objects.get(case=case, unit=world.units["roads"])

    change = actions.merge_unit(
        world.units["roads"], into=world.units["waste"], from_on=today(), actor=PROGRAM
    )

    after = Assignment.objects.get(case=case, unit=world.units["waste"])
    case.refresh_from_db()
    assert case.stage == stage
    assert (after.state, after.lead, after.sent_at) == (before.state, before.lead, before.sent_at)
    assert (after.due_at, after.paused) == (before.due_at, before.paused)
    assert live(case) == {"D2"}
    change.refresh_from_db()
    assert (change.handed, change.finished_at is not None) == (1, True)
    assert faults() == []


def test_ended_cases_still_name_the_old_unit_and_the_successor_sees_them(world: World) -> None:
    ended, open_ = world.make_case(Stage.CLOSED), world.make_case(Stage.HANDLING)
    waste = world.actor("handler_waste")
    assert not visible_to(waste).filter(pk__in=[ended.pk, open_.pk]).exists()

    actions.merge_unit(
        world.units["roads"], into=world.units["waste"], from_on=today(), actor=PROGRAM
    )

    waste = world.actor("handler_waste")
    assert live(ended) == {"D1"}
    assert visible_to(waste).filter(pk__in=[ended.pk, open_.pk]).count() == 2
    do.handle(open_, unit=world.units["waste"], actor=waste, reason="已更换")
    assert Case.objects.get(pk=open_.pk).stage == Stage.HANDLED


def test_a_reopened_case_finds_its_successor(world: World) -> None:
    case = world.make_case(Stage.CLOSED)
    actions.merge_unit(
        world.units["roads"], into=world.units["waste"], from_on=today(), actor=PROGRAM
    )

    do.reopen(case, actor=Actor.receipt(case.reports.get().pk), reason="没修好")
    assert actions.hand_over_waiting() == 1

    assert live(case) == {"D2"}
    assert faults() == []


def test_the_successor_already_at_work_does_both_parts_as_one(world: World) -> None:
    case = world.make_case(Stage.HANDLING, lead="roads", co=("waste",))
    do.handle(
        case, unit=world.units["waste"], actor=world.actor("handler_waste"), reason="我方已办"
    )

    actions.merge_unit(
        world.units["roads"], into=world.units["waste"], from_on=today(), actor=PROGRAM
    )

    part = Assignment.objects.get(case=case, unit=world.units["waste"])
    assert (part.state, part.lead, part.paused) == ("signed", True, False)
    assert live(case) == {"D2"}
    assert faults() == []


def test_posts_and_people_go_along_and_what_they_held_stays_on_record(world: World) -> None:
    handler = world.people["handler"]
    version = handler.access_version

    actions.merge_unit(
        world.units["roads"], into=world.units["waste"], from_on=today(), actor=PROGRAM
    )

    held = Appointment.objects.filter(person=handler).order_by("pk")
    assert [(a.post.unit.code, a.ends_on) for a in held] == [
        ("D1", today() - timedelta(days=1)),
        ("D2", None),
    ]
    actor = world.actor("handler")
    assert actor.units("handle") == {world.units["waste"].pk, world.units["roads"].pk}
    handler.refresh_from_db()
    assert handler.access_version > version


def test_the_catalogue_names_the_successor(world: World) -> None:
    actions.merge_unit(
        world.units["roads"], into=world.units["waste"], from_on=today(), actor=PROGRAM
    )

    suggested = suggested_units(world.standards["manhole"], tier="county")
    assert [s.unit for s in suggested] == [world.units["waste"]]


def test_a_centres_cases_and_reports_to_come_go_to_its_successor(world: World) -> None:
    case = world.make_case(Stage.ACCEPTED)
    actions.merge_unit(
        world.units["gulou"], into=world.units["longting"], from_on=today(), actor=PROGRAM
    )

    case.refresh_from_db()
    assert case.centre == world.units["longting"]
    assert fresh(world.units["shudian"]).parent == world.units["longting"]
    assert world.report()[0].case.centre == world.units["longting"]
    standard = world.standards["manhole"]
    do.file(case, standard=standard, actor=world.actor("intake"))
    assert faults() == []


def test_a_split_gives_each_heir_its_places_and_kinds_and_the_last_the_rest(world: World) -> None:
    here = world.make_case(Stage.HANDLING, kind="manhole")
    rubbish = world.make_case(Stage.HANDLING, kind="rubbish")
    lamp = world.make_case(Stage.HANDLING, kind="lamp")
    north = actions.create_unit(
        "D9", "北片所", kind="department", tier="county", place_code="410204", actor=PROGRAM
    )
    shares = [
        actions.Share(world.units["waste"], kinds=("201",)),
        actions.Share(world.units["lamps"], places=("410204001",), kinds=("10201",)),
        actions.Share(north),
    ]

    change = actions.split_unit(world.units["roads"], shares=shares, from_on=today(), actor=PROGRAM)

    change.refresh_from_db()
    assert (live(rubbish), live(lamp), live(here)) == ({"D2"}, {"D3"}, {"D9"})
    assert change.handed == 3
    assert faults() == []


def test_a_split_says_who_takes_what(world: World) -> None:
    waste, lamps = world.units["waste"], world.units["lamps"]
    for shares, why in (
        ([actions.Share(waste)], "2 至"),
        ([actions.Share(waste), actions.Share(lamps)], "写明承接哪些"),
        ([actions.Share(waste, kinds=("201",)), actions.Share(lamps, kinds=("1",))], "其余全部"),
        ([actions.Share(waste, kinds=("201",)), actions.Share(waste)], "只能承接一份"),
        ([actions.Share(world.units["gulou"], kinds=("1",)), actions.Share(lamps)], "类别不同"),
    ):
        with pytest.raises(Refused, match=why):
            actions.split_unit(world.units["roads"], shares=shares, from_on=today(), actor=PROGRAM)


def test_a_unit_ends_once_and_an_heir_to_be_does_not_end_before(world: World) -> None:
    roads, waste, lamps = (world.units[key] for key in ("roads", "waste", "lamps"))
    change = actions.merge_unit(roads, into=waste, from_on=tomorrow(), actor=PROGRAM)

    with pytest.raises(OutOfOrder, match="已定于"):
        actions.merge_unit(roads, into=lamps, from_on=tomorrow(), actor=PROGRAM)
    with pytest.raises(OutOfOrder, match="由它承接"):
        actions.merge_unit(waste, into=lamps, from_on=tomorrow(), actor=PROGRAM)
    with pytest.raises(OutOfOrder, match="已定于"):
        actions.merge_unit(lamps, into=roads, from_on=tomorrow(), actor=PROGRAM)
    with pytest.raises(IntegrityError), transaction.atomic():
        UnitChange.objects.create(
            unit=roads, kind="close", from_on=tomorrow(), ordered_at=timezone.now()
        )
    actions.undo_change(change, actor=PROGRAM)
    actions.merge_unit(roads, into=lamps, from_on=today(), actor=PROGRAM)

    with pytest.raises(OutOfOrder, match="已停用"):
        actions.merge_unit(roads, into=waste, from_on=today(), actor=PROGRAM)
    with pytest.raises(OutOfOrder, match="不能撤销"):
        actions.undo_change(
            UnitChange.objects.get(unit=roads, applied_at__isnull=False), actor=PROGRAM
        )


def test_before_its_day_a_merge_touches_nothing_and_says_what_it_will(world: World) -> None:
    case = world.make_case(Stage.HANDLING)
    actions.merge_unit(
        world.units["roads"], into=world.units["waste"], from_on=tomorrow(), actor=PROGRAM
    )

    assert actions.apply_due_changes() == 0
    assert (live(case), fresh(world.units["roads"]).ended_on) == ({"D1"}, None)
    touched = {t.title: t.count for t in following.touched_by(world.units["roads"])}
    assert touched["承办的在办案件"] == 1
    assert touched["立结案标准中的责任"] == 1


def test_what_was_stopped_in_the_middle_goes_on(world: World, monkeypatch: object) -> None:
    cases = [world.make_case(Stage.DISPATCHED) for _ in range(4)]
    from shiyu.people.actions import taking_effect

    monkeypatch.setattr(taking_effect, "AT_ONCE", 1)  # type: ignore[attr-defined]
    change = actions.merge_unit(
        world.units["roads"], into=world.units["waste"], from_on=today(), actor=PROGRAM
    )
    change.refresh_from_db()
    assert (change.handed, change.finished_at) == (1, None)

    assert actions.hand_over_waiting() == 3
    assert actions.hand_over_waiting() == 0
    change.refresh_from_db()
    assert (change.handed, change.finished_at is not None) == (4, True)
    assert all(live(case) == {"D2"} for case in cases)


def test_units_of_long_ago_are_followed_through_several_changes(world: World) -> None:
    roads, waste, lamps = (world.units[key] for key in ("roads", "waste", "lamps"))
    case = world.make_case(Stage.CLOSED)
    actions.merge_unit(roads, into=waste, from_on=today(), actor=PROGRAM)
    actions.merge_unit(waste, into=lamps, from_on=today(), actor=PROGRAM)

    actor = world.actor("handler_lamps")
    assert actor.units("handle") == {roads.pk, waste.pk, lamps.pk}
    assert visible_to(actor).filter(pk=case.pk).exists()
    with pytest.raises(Refused, match="successor"):
        succeeding.hand_over(case, unit=lamps, to=lamps, actor=PROGRAM)
