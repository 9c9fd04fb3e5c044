"""A history written in bulk leaves what the same moves made live have left."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.bulk import REPORTER, Past, Told
from shiyu.cases.models import Case
from shiyu.cases.story import facts_of, lines_of, step_of
from shiyu.cases.tests.world import World
from shiyu.catalogue.models import Kind, Standard
from shiyu.files.bulk import Shown
from shiyu.files.models import Photo
from shiyu.history.engine import Engine
from shiyu.history.tests.left import left, said
from shiyu.history.tests.walks import walk
from shiyu.journal.actions import moment
from shiyu.journal.models import Line
from shiyu.people.actors import Actor
from shiyu.people.models import Person, Unit

MADE = {"report", "channel", "place", "centre", "kind"}
AUTOMATIC = {"joined", "child_done"}


@pytest.mark.django_db
@given(choices=st.lists(st.integers(0, 10**6), min_size=3, max_size=16))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_bulk_leaves_what_live_moves_left(world: World, choices: list[int]) -> None:
    live = walk(world, choices)
    into = live.merged_into
    group = [past_of(case, nth) for nth, case in enumerate([into, live] if into else [live])]
    if into:
        merging = next(t for t in group[1].told if t.step.verb == "merge")
        merging.facts["into"] = group[0]

    engine = Engine(actors_of_everybody(), units_of_everybody(), moment())
    written = engine.run([group])

    assert engine.rejected == []
    assert written == len(group)
    assert left(group[-1].case) == left(live)
    assert not [fault for fault in replay_all(Audited()) if fault]
    assert not list(broken_invariants())


def past_of(case: Case, nth: int) -> Past:
    """What happened to a live case, told anew from its journal alone."""
    lines = [line for line in lines_of(case) if line.verb not in AUTOMATIC]
    report = case.reports.first() or Case.objects.get(pk=case.merged_into_id).reports.first()
    return Past(
        Case(
            direction=case.direction,
            channel=case.channel,
            procedure=case.procedure,
            place=case.place,
            place_number=case.place_number,
            lon=case.lon,
            lat=case.lat,
            address=case.address,
            centre=first_centre(case),
        ),
        "bulk",
        f"{case.pk}-{nth}",
        [told_of(line) for line in lines],
        receipt=None,
        by_person=report.by_person_id,
    )


def told_of(line: Line) -> Told:
    step = step_of(line)
    facts = {name: value for name, value in line.facts.items() if name not in facts_of(step)}
    if line.verb in {"report", "rate"}:
        facts = {name: value for name, value in facts.items() if name not in MADE}
    for name, model in {"standard": Standard, "kind": Kind, "centre": Unit}.items():
        if name in facts:
            facts[name] = model.objects.get(pk=facts[name])
    words = said(line.remark_id)
    actor = REPORTER if step.actor.startswith("receipt:") else step.actor
    fields: dict[str, Any] = {name: getattr(step, name) for name in step.__slots__}
    photos = shown_with(line) if line.verb == "settle" else ()
    return Told(type(step)(**fields | {"actor": actor}), words, facts, photos)


def shown_with(line: Line) -> tuple[Shown, ...]:
    roles = (Photo.Role.BEFORE, Photo.Role.AFTER)
    kept = Photo.objects.filter(subject=line.subject, role__in=roles)
    return tuple(Shown(photo.role, photo) for photo in kept)


def first_centre(case: Case) -> Unit:
    """The centre that took the case in, before any escalation."""
    for line in lines_of(case):
        if line.verb == "escalate":
            return Unit.objects.get(pk=line.facts["from"])
    return case.centre


def actors_of_everybody() -> dict[str, Actor]:
    actors = [Actor.for_person(person) for person in Person.objects.all()]
    return {actor.ref: actor for actor in actors}


def units_of_everybody() -> dict[int, Unit]:
    return {unit.pk: unit for unit in Unit.objects.all()}
