"""The demo city: whole, clean, the same for the same seed, and with work on every desk."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import connections

from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.lifecycle import OPEN, Stage
from shiyu.cases.models import Case, Report
from shiyu.cases.rules import visible_to
from shiyu.cases.tests.world import World
from shiyu.catalogue.models import Kind
from shiyu.common.errors import Refused
from shiyu.common.tests.database import run
from shiyu.files.models import Photo
from shiyu.history import assessments, demo
from shiyu.history.kaifeng.stories import Stories, receipt_of
from shiyu.history.kaifeng.town import Album, read_town
from shiyu.journal.actions import moment
from shiyu.people.actors import Actor
from shiyu.people.demo import DEMO_PASSWORD, sign_ins
from shiyu.people.models import Person, Tier, Unit
from shiyu.places.models import City, Place, RosterEntry
from shiyu.privacy import rules
from shiyu.privacy.actions.assessing import WORDS
from shiyu.privacy.models import Assessment
from shiyu.privacy.processing import PROCESSINGS

CASES = 120
SEED = 5
SAID: list[str] = []
"""What the making told."""


class Killed(Exception):
    """What a kill would do to the making."""


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    """A small demo city whose making was broken off once and taken up again."""
    with django_db_blocker.unblock():
        with pytest.raises(Killed):
            demo.make(seed=SEED, cases=CASES, now=None, progress=_break_off)
        demo.make(seed=SEED, cases=CASES, now=None, progress=SAID.append)
        yield City.objects.get()
        connections.close_all()
        run.renew()


def _break_off(words: str) -> None:
    if words.endswith("cases"):
        raise Killed


@pytest.mark.django_db
def test_another_city_is_left_alone(world: World) -> None:
    # first of all: the tests below share one demo city
    with pytest.raises(Refused, match="测试市"):
        demo.make(seed=1, cases=10, now=None, progress=lambda _words: None)


@pytest.mark.django_db
def test_it_has_the_shape_of_its_model(city: City) -> None:
    tiers = Unit.objects.filter(kind=Unit.Kind.CENTRE).values_list("tier", flat=True)
    townships = Place.objects.filter(level=Place.Level.TOWNSHIP).count()
    departments = Unit.objects.filter(kind=Unit.Kind.DEPARTMENT, tier=Tier.CITY)

    assert city.is_demo
    assert sorted(tiers) == ["city"] + ["county"] * 10 + ["township"] * townships
    assert departments.count() == 94
    assert Kind.objects.count() >= 180
    assert RosterEntry.objects.values("title").distinct().count() == 5


@pytest.mark.django_db
def test_what_is_made_up_says_so(city: City) -> None:
    drawn = Place.objects.exclude(level=Place.Level.CITY)

    assert set(drawn.values_list("boundary_source", flat=True)) == {"示意"}
    assert not Person.objects.filter(made_up=False).exists()
    assert not Unit.objects.filter(made_up=False).exists()


@pytest.mark.django_db
def test_its_life_follows_from_its_journal(city: City) -> None:
    assert [fault for fault in replay_all(Audited()) if fault] == []
    assert list(broken_invariants()) == []


@pytest.mark.django_db
def test_every_desk_of_city_and_counties_has_fresh_work(city: City) -> None:
    desks = Unit.objects.filter(kind=Unit.Kind.CENTRE, tier__in=[Tier.CITY, Tier.COUNTY])
    stages = (Stage.REPORTED, Stage.ACCEPTED, Stage.FILED, Stage.DISPATCHED, Stage.HANDLED)

    empty = [
        (desk.short_name, stage)
        for desk in desks
        for stage in (*stages, Stage.VERIFIED)
        if not Case.objects.filter(centre=desk, stage=stage).exists()
    ]

    assert empty == []


@pytest.mark.django_db
def test_most_lights_are_green_and_some_are_not(city: City) -> None:
    now = Case.objects.order_by("-last_at")[0].last_at
    running = Case.objects.filter(stage__in=OPEN, due_at__isnull=False, paused=False)

    red = running.filter(due_at__lt=now).count()

    assert 0 < red < running.count() / 3


@pytest.mark.django_db
def test_whoever_a_reader_signs_in_as_has_something_to_do(city: City) -> None:
    hints = {hint.key: hint for hint in sign_ins()}
    people = {key: Person.objects.get(username=hint.username) for key, hint in hints.items()}

    assert len(hints) == 11
    assert all(person.check_password(DEMO_PASSWORD) for person in (people["desk"], people["room"]))
    for key in ("handle", "room"):
        unit = hints[key].unit_id
        states = Case.objects.filter(assignments__unit=unit).values_list("assignments__state")
        assert {"sent", "signed"} <= {state for (state,) in states}
    for key in ("desk", "intake", "dispatch", "verify", "patrol", "command"):
        assert visible_to(Actor.for_person(people[key])).open().count() > 5, key


@pytest.mark.django_db
def test_orders_came_down_and_were_split(city: City) -> None:
    children = Case.objects.filter(parent__isnull=False)

    assert children.count() > 3
    assert set(children.values_list("direction", flat=True)) == {"down"}


@pytest.mark.django_db
def test_handled_cases_show_drawings_kept_but_once(city: City) -> None:
    after = Photo.objects.filter(role=Photo.Role.AFTER, subject__startswith="case:")

    assert after.count() > CASES / 4
    assert after.values("sha256").distinct().count() <= 10


@pytest.mark.django_db
def test_a_reader_can_follow_a_report_by_its_receipt(city: City) -> None:
    from shiyu.cases.actions.taking import receipt_hash

    report = Report.objects.filter(receipt__isnull=False).latest("id")

    assert report.receipt == receipt_hash(receipt_of(int(report.source_ref)))


@pytest.mark.django_db
def test_everything_is_assessed_by_two_and_said_to_be_made_up(city: City) -> None:
    made = Assessment.objects.all()

    assert rules.unassessed() == []
    assert {one.processing for one in made} == set(PROCESSINGS) == set(assessments.WEIGHED)
    for one in made:
        assert one.begun_by_id != one.decided_by_id
        assert all(getattr(one, name).startswith(assessments.MADE_UP) for name in WORDS)


@pytest.mark.django_db
def test_making_it_again_changes_nothing(city: City) -> None:
    before = Case.objects.count()

    assert demo.make(seed=9, cases=10, now=None, progress=lambda _words: None) == 0
    assert Case.objects.count() == before


@pytest.mark.django_db
def test_the_same_seed_tells_the_same_stories(city: City) -> None:
    now = moment() - timedelta(minutes=1)
    kinds = list(Kind.objects.order_by("code"))

    def tell(seed: int) -> list[Any]:
        town = read_town(now, Random(seed), Album({}))
        stories = Stories(town, kinds, seed=seed, count=60)
        return [
            (past.source_ref, past.case.address, [(t.step.verb, t.step.at) for t in past.told])
            for group in stories.all([])
            for past in group
        ]

    assert tell(1) == tell(1)
    assert tell(1) != tell(2)


@pytest.mark.django_db
def test_no_made_up_life_breaks_a_rule(city: City) -> None:
    assert [words for words in SAID if words.startswith("not possible")] == []
