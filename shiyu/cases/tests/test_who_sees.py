"""Who sees which case, and conditions that ask the city: few records, no walk through the desk."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shiyu.cases import guards, judged, rules
from shiyu.cases.models import Assignment, Case, Report
from shiyu.cases.replay import Standing, Step
from shiyu.cases.tests.world import World
from shiyu.cases.timing import clocks_of
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.people.actors import Actor, Scope
from shiyu.people.models import Unit

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 11, 18, 1, tzinfo=UTC)  # a Wednesday, nine o'clock in the city


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def keys(cases: Any, made: dict[str, Case]) -> set[str]:
    names = {case.pk: name for name, case in made.items()}
    return {names[pk] for pk in cases.values_list("pk", flat=True)}


def key(number: int, *scopes: Scope) -> Actor:
    return Actor("key", number, "", scopes)


@pytest.fixture
def made(world: World) -> dict[str, Case]:
    """Four cases: a resident's, another system's, a grid worker's and one a unit has a part in."""
    found = {
        "resident's": world.report()[0].case,
        "system's": world.report(source="key:3")[0].case,
        "worker's": world.report(by="patrol", channel="patrol")[0].case,
        "unit's": world.report()[0].case,
    }
    Assignment.objects.create(
        case=found["unit's"], unit=world.units["roads"], lead=True, sent_at=T0
    )
    return found


def test_each_sees_what_was_reported_sent_or_lies_within_reach(world, made):
    first = made["resident's"].place_number
    report = Report.objects.get(case=made["resident's"])
    looks = Scope("look", first, first, 1)
    nowhere = Scope("report", 1, 0, 1)
    worker = world.people["patrol"]
    sees = {
        Actor.program("x"): set(made),
        Actor.receipt(report.pk): {"resident's"},
        Actor.receipt(0): set(),
        key(3): set(),
        key(3, nowhere): {"system's"},
        key(4, nowhere): set(),
        key(4, looks): set(made),
        key(4, Scope("look", first + 1, first + 9, 1)): set(),
        key(4, Scope("look", first - 9, first - 1, 1)): set(),
        Actor("person", worker.pk): set(),
        Actor("person", worker.pk, "", (nowhere,)): {"worker's"},
        Actor("stranger", worker.pk, "", (looks,)): set(),
        world.actor("handler"): {"unit's"},
        world.actor("handler_waste"): set(),
        world.actor("intake"): set(made),
        world.actor("intake_longting"): set(),
        world.actor("administrator"): set(),
    }
    for actor, names in sees.items():
        assert keys(rules.visible_to(actor), made) == names, actor
        for start in rules.Start:
            assert keys(rules.visible_to(actor, start=start), made) == names, (actor, start)
        for name, case in made.items():
            assert rules.may_see(actor, f"case:{case.pk}") is (name in names)
    assert not rules.may_see(Actor.program("x"), "case:")
    assert not rules.may_see(Actor.program("x"), "case:first")


def test_the_cases_whose_reporters_one_knows_are_those_of_which_one_is_asked_singly(world, made):
    elsewhere = made["unit's"]
    Case.objects.filter(pk=elsewhere.pk).update(centre=world.units["longting"])
    elsewhere.refresh_from_db()
    for name in world.people:
        actor = world.actor(name)
        singly = {n for n, case in made.items() if rules.knows_reporter(actor, case)}
        assert keys(rules.known_reporters(actor), made) == singly, name
    assert keys(rules.known_reporters(world.actor("intake")), made) == set(made) - {"unit's"}


def test_what_is_asked_of_a_case_is_its_own_parts_and_reports(
    world, made, django_assert_num_queries
):
    with django_assert_num_queries(2):
        found = rules.concern(made["unit's"])

    assert found.units == {world.units["roads"].pk}
    report = Report.objects.get(case=made["unit's"])
    assert found.reporters == {f"receipt:{report.pk}"}
    assert rules.concern(made["system's"]).units == frozenset()
    assert "key:3" in rules.concern(made["system's"]).reporters
    person = f"person:{world.people['patrol'].pk}"
    assert person in rules.concern(made["worker's"]).reporters
    names = rules.open_moves(world.actor("intake"), made["system's"], Standing())
    assert names[:2] == ["accept", "dismiss"]


def test_an_order_waits_for_the_cases_made_of_it(made):
    order, part, other = made["resident's"], made["system's"], made["worker's"]
    Case.objects.filter(pk=part.pk).update(parent=order)
    children = "有分解出的案件没有办结"

    order.direction = Case.Direction.DOWN
    assert children in rules.why_not_closed(order, Standing())
    other.direction = Case.Direction.DOWN
    assert children not in rules.why_not_closed(other, Standing())
    order.direction = next(d for d in Case.Direction if d != Case.Direction.DOWN)
    assert children not in rules.why_not_closed(order, Standing())


# ---- conditions ---------------------------------------------------------------------------------


def test_an_order_is_split_up_to_both_ends_of_the_units_place(world):
    unit, place = world.units["shudian"], world.places["shudian"]
    for number in (place.first, place.last):
        guards.within_reach(unit, Case(place_number=number, place=place))
    for number in (place.first - 1, place.last + 1):
        with pytest.raises(Refused, match="不在书店街指挥室的范围内") as refused:
            guards.within_reach(unit, Case(place_number=number, place=place))
        assert refused.value.field == "parts"
    guards.within_reach(Unit(name="无地", place_code="0"), Case(place_number=1))


def test_an_objection_is_made_within_the_time_since_the_unit_was_sent_the_case(world, made):
    case, unit = made["unit's"], world.units["roads"].pk
    case.procedure.objection_limit = "30分钟"
    steps = [
        Step("report", at(0), "receipt:1"),
        Step("dispatch", at(5), "person:1", units=(unit,), lead=unit),
        Step("dispatch", at(10), "person:1", units=(unit, 99), lead=unit),
        Step("dispatch", at(20), "person:1", units=(99,), lead=99),
        Step("rework", at(25), "person:1", units=(unit,)),
    ]

    guards.objection_in_time(case, unit, steps, at(40))
    with pytest.raises(OutOfOrder, match="30分钟"):
        guards.objection_in_time(case, unit, steps, at(41))
    guards.objection_in_time(case, unit + 500, steps, at(900))


def work(roads: int, waste: int) -> list[Step]:
    return [
        Step("report", at(0), "receipt:1"),
        Step("accept", at(3), "person:1"),
        Step("file", at(10), "person:1"),
        Step("dispatch", at(30), "person:2", units=(roads, waste), lead=roads),
        Step("sign", at(40), "person:3", unit=roads),
        Step("sign", at(65), "person:4", unit=waste),
    ]


def test_only_what_is_late_is_appealed_and_only_before_it_is_more_time_asked_for(world, made):
    case = made["resident's"]
    case.standard = world.standards["manhole"]  # two hours round the clock
    roads, waste, lamps = (world.units[name].pk for name in ("roads", "waste", "lamps"))
    steps = work(roads, waste)
    due = next(
        clock for clock in clocks_of(case, steps, now=at(70))
        if clock.name == "handling" and clock.unit == str(roads)
    ).due  # fmt: skip

    assert due is not None
    guards.not_overdue(case, roads, steps, due, "晚了")
    with pytest.raises(Refused, match="没有超期"):
        guards.was_overdue(case, roads, steps, due)
    late = due + timedelta(minutes=1)
    with pytest.raises(OutOfOrder, match="晚了"):
        guards.not_overdue(case, roads, steps, late, "晚了")
    guards.was_overdue(case, roads, steps, late)
    guards.not_overdue(case, lamps, steps, late, "晚了")
    with pytest.raises(Refused, match="没有超期"):
        guards.was_overdue(case, lamps, steps, late)
    done = [
        *steps,
        Step("handle", late, "person:3", unit=roads),
        Step("handle", late, "person:4", unit=waste),
        Step("verify", late, "person:5"),
    ]
    ended = {(c.name, c.unit): c.ended for c in clocks_of(case, done, now=late)}
    assert ended["accept", None] == at(3)
    assert ended["handling", str(roads)] == late.replace(second=0)
    assert all(c.ended is None for c in clocks_of(case, done[:1], now=at(1)))
    guards.not_overdue(case, roads, done, late + timedelta(days=1), "晚了")
    guards.was_overdue(case, roads, done, late + timedelta(days=1))


def took(case: Case, steps: list[Step]) -> list[list[tuple[Any, ...]]]:
    found = judged.took(case, steps, clocks_of(case, steps, now=steps[-1].at + timedelta(days=9)))
    return [sorted(map(tuple, own), key=str) for own in found]


def test_each_step_is_judged_by_the_clocks_it_fulfils(world, made):
    case, roads, waste = made["resident's"], world.units["roads"].pk, world.units["waste"].pk
    case.standard, case.reported_at = world.standards["manhole"], at(0)
    steps = [
        *work(roads, waste),
        Step("handle", at(100), "person:3", unit=roads),
        Step("handle", at(300), "person:4", unit=waste),
        Step("rework", at(310), "person:5", units=(roads,)),
        Step("handle", at(320), "person:3", unit=roads),
        Step("verify", at(330), "person:5"),
        Step("close", at(340), "person:1", outcome="fixed"),
    ]

    found = took(case, steps)

    assert found[0] == []
    assert found[1] == [("accept", None, 3, False)]
    assert found[2] == [("filing", None, 7, False)]
    assert found[3] == [("dispatch", None, 20, True)]
    assert found[4] == [("sign", roads, 10, False)]
    assert found[5] == [("sign", waste, 35, True)]
    assert found[6] == found[7] == found[9] == []
    assert [(name, unit) for name, unit, _, _ in found[8]] == [("verify", None)]
    assert {(name, unit) for name, unit, _, _ in found[10]} == {
        ("handling", roads), ("handling", waste), ("verify", None),
    }  # fmt: skip
    assert found[11] == [("case", None, 340, True)]


def test_a_case_without_parts_is_neither_late_nor_in_time(made):
    case = made["resident's"]
    case.reported_at = at(0)
    steps = [Step("report", at(0), "receipt:1"), Step("settle", at(7), "person:1")]

    assert took(case, steps)[-1] == [("case", None, 7, None)]


@pytest.mark.parametrize(("closed", "late"), [(60, False), (61, True)])
def test_an_imported_case_is_judged_by_the_due_time_it_came_with(made, closed, late):
    case = made["resident's"]
    case.reported_at, case.fixed_due_at = at(0), at(60)
    steps = [Step("report", at(0), "receipt:1"), Step("import_close", at(closed), "program:import")]

    assert took(case, steps)[-1][-1] == ("case", None, closed, late)


def test_a_reopened_case_is_judged_by_its_last_round(world, made):
    case, roads, waste = made["resident's"], world.units["roads"].pk, world.units["waste"].pk
    case.standard, case.reported_at = world.standards["manhole"], at(0)
    steps = [
        *work(roads, waste),
        Step("handle", at(900), "person:3", unit=roads),
        Step("handle", at(900), "person:4", unit=waste),
        Step("verify", at(910), "person:5"),
        Step("close", at(920), "person:1", outcome="fixed"),
        Step("reopen", at(1000), "person:6", units=(roads,)),
        Step("handle", at(1005), "person:3", unit=roads),
        Step("verify", at(1010), "person:5"),
        Step("close", at(1020), "person:1", outcome="fixed"),
    ]

    found = took(case, steps)

    assert found[9] == [("case", None, 920, True)]
    assert found[13] == [("case", None, 1020, False)]
