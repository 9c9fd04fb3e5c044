"""Facts are counted with each line, under the keys the case has now."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import HERE, STEPS, World
from shiyu.facts.audit import differences
from shiyu.facts.models import Fact, Tally
from shiyu.facts.recount import Recounted
from shiyu.history.engine import Engine
from shiyu.history.tests.test_both_ways import actors_of_everybody, past_of, units_of_everybody
from shiyu.history.tests.walks import walk
from shiyu.journal.actions import moment
from shiyu.people.actors import Actor

QUICK = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def faults() -> list[str]:
    return [one.says for one in differences(Recounted()) if one]


def ns(**keys: Any) -> dict[str, int]:
    return {name: tally.n for name, tally in Fact.objects.filter(**keys).tally().items()}


def test_a_whole_life_is_counted_step_by_step(world: World, make_case: Any) -> None:
    make_case(Stage.CLOSED)

    steps = "reported accepted filed dispatched sent signed answered handled verified closed"
    assert ns() == dict.fromkeys(steps.split(), 1)
    roads, centre = world.units["roads"].pk, world.units["gulou"].pk
    assert ns(unit_id=roads).keys() == {"sent", "signed", "answered", "handled", "closed"}
    assert ns(unit_id=centre).keys() == {"reported", "accepted", "filed", "dispatched", "verified"}
    closed = Fact.objects.filter(outcome="fixed").tally()["closed"]
    assert (closed.judged, closed.missed) == (1, 0)
    assert faults() == []


def test_what_was_late_is_told_for_good(world: World) -> None:
    early = timezone.now() - timedelta(hours=1)
    late = world.report(occurred_at=early)[0].case

    do.accept(late, actor=world.actor("intake"))

    assert Fact.objects.tally()["accepted"] == Tally(1, 1, 1, 60)
    assert faults() == []


def test_a_kind_given_later_takes_all_that_was_counted_with_it(world: World) -> None:
    case = world.report()[0].case
    do.accept(case, actor=world.actor("intake"))
    assert set(Fact.objects.tally_by("kind_id")) == {(0,)}

    do.correct(case, kind=world.kinds["lamp"], reason="看过了", actor=world.actor("intake"))
    do.file(case, standard=world.standards["manhole"], actor=world.actor("intake"))

    assert set(Fact.objects.tally_by("kind_id")) == {(world.kinds["manhole"].pk,)}
    assert ns() == {"reported": 1, "accepted": 1, "filed": 1}
    assert faults() == []


def test_a_corrected_place_takes_all_that_was_counted_with_it(world: World) -> None:
    case = world.report()[0].case
    do.accept(case, actor=world.actor("intake"))

    do.correct(case, lon=HERE[0] + 0.03, lat=HERE[1], reason="点错", actor=world.actor("intake"))

    assert set(Fact.objects.tally_by("place_id")) == {(world.places["cell_b"].pk,)}
    assert faults() == []


def test_a_refused_move_counts_nothing(world: World, make_case: Any) -> None:
    make_case(Stage.ACCEPTED)
    before = ns()

    with transaction.atomic():
        make_case(Stage.FILED)
        transaction.set_rollback(True)

    assert ns() == before


def test_a_rating_counts_for_who_closed_the_case(world: World, make_case: Any) -> None:
    report = make_case(Stage.CLOSED).reports.get()

    do.rate(report, solved="partly", satisfaction=2, actor=Actor.receipt(report.pk))

    rated = Fact.objects.of_unit(world.units["roads"].pk).tally()["rated"]
    assert rated == Tally(n=1, judged=1, missed=1, total=2)
    assert faults() == []


def test_an_exempted_lateness_counts_on_its_own_day(world: World) -> None:
    case = late_closed(world)
    roads = world.units["roads"]
    do.appeal(case, unit=roads, reason="暴雨停工", actor=world.actor("handler"))
    assert "exempted" not in ns()

    do.exempt(case, unit=roads, actor=world.actor("commander"))

    tally = Fact.objects.of_unit(roads.pk).tally()
    assert (tally["handled"].missed, tally["exempted"].n) == (1, 1)
    assert faults() == []


def late_closed(world: World) -> Case:
    """A case whose source gave a time that has passed."""
    case = world.make_case(Stage.REPORTED)
    Case.objects.filter(pk=case.pk).update(fixed_due_at=timezone.now() - timedelta(days=1))
    for step in ("accept", "file", "dispatch", "sign", "handle", "verify", "close"):
        case.refresh_from_db()
        STEPS[step](world, case, "manhole", "roads", ())
    case.refresh_from_db()
    return case


@pytest.mark.django_db
@given(choices=st.lists(st.integers(0, 10**6), min_size=4, max_size=18))
@settings(max_examples=5, deadline=None, suppress_health_check=QUICK)
def test_random_lives_are_counted_as_the_journal_tells_them_live_and_in_bulk(
    world: World, choices: list[int]
) -> None:
    with transaction.atomic():
        lived_twice(world, choices)
        transaction.set_rollback(True)


def lived_twice(world: World, choices: list[int]) -> None:
    live = walk(world, choices)
    into = live.merged_into
    made = everything()
    group = [past_of(case, nth) for nth, case in enumerate([into, live] if into else [live])]
    if into:
        merging = next(t for t in group[1].told if t.step.verb == "merge")
        merging.facts["into"] = group[0]
    assert faults() == []

    engine = Engine(actors_of_everybody(), units_of_everybody(), moment())
    engine.run([group])

    assert engine.rejected == []
    assert faults() == []
    assert everything() == {key: tuple(2 * f for f in t) for key, t in made.items()}


def everything() -> dict[Any, Tally]:
    keys = ("day", "place_id", "unit_id", "kind_id", "channel", "outcome")
    by = Fact.objects.tally_by(*keys)
    return {(*key, name): tally for key, found in by.items() for name, tally in found.items()}
