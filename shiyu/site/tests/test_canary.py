"""The canary comes through, leaves no trace in the city, and its loss is told at each step."""

import json
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from shiyu.cases.models import Case, Report
from shiyu.cases.tests.world import World
from shiyu.facts.models import Fact
from shiyu.notices import ledger
from shiyu.notices.actions.flying import KIND, canary_arrived, owe_canary
from shiyu.notices.lifecycle import Channel, State
from shiyu.notices.models import Address, Delivery, Notice
from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.site import canary
from shiyu.site.canary import Plan, fly, rehearse_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def watcher(world: World) -> Person:
    person = world.people["intake_longting"]
    Address.objects.create(
        person=person,
        channel=Channel.MAIL,
        sealed="x",
        key="k",
        hint="w…@example.org",
        made_at=timezone.now(),
        verified_at=timezone.now(),
    )
    return person


@pytest.fixture
def plan(watcher: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Plan:
    monkeypatch.setattr(canary, "last_file", lambda: tmp_path / "canary.json")
    monkeypatch.setattr(canary, "LOOK_S", 0)
    return Plan((watcher.username,))


def what_the_city_knows() -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM journal_line")
        lines = cursor.fetchone()[0]
    tables = (Case, Report, Fact, Notice)
    return (lines, *(table.objects.count() for table in tables))


def test_a_made_up_report_is_taken_in_and_leaves_nothing(world: World) -> None:
    before = what_the_city_knows()

    rehearse_report("f1")

    assert what_the_city_knows() == before


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job and the sender do their part at once."""

    def carried_out(_job: object, flight: str, people: list[int]) -> int:
        owe_canary(flight, people)
        Delivery.objects.filter(kind=KIND).update(state=State.SENT)
        return 0

    monkeypatch.setattr(canary, "order", carried_out)


def test_it_comes_through_and_says_so(plan: Plan, workers: None) -> None:
    before = what_the_city_knows()

    flight = fly(plan, wait_s=5)

    assert (flight.well, flight.stopped_at) == (True, "none")
    assert canary.last() == {**canary.asdict(flight)}
    assert what_the_city_knows() == before
    assert Delivery.objects.get().key.startswith(f"canary:{flight.flight}:")


def test_its_deliveries_stand_in_no_list(plan: Plan, workers: None) -> None:
    fly(plan, wait_s=5)
    Delivery.objects.update(state=State.UNKNOWN)

    shown = ledger.page(Actor.program("test"))

    assert shown.lines == []


@pytest.mark.parametrize("step", ["report", "job", "delivery"])
def test_a_loss_names_its_step_and_is_told(
    step: str, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_flight: str) -> None:
        raise RuntimeError("13800138999")

    if step == "report":
        monkeypatch.setattr(canary, "rehearse_report", fail)
    if step == "delivery":
        owed = lambda _job, flight, **_more: owe_canary(flight, [])  # noqa: E731
        monkeypatch.setattr(canary, "order", owed)

    flight = fly(plan, wait_s=0)

    assert (flight.well, flight.stopped_at) == (False, step)
    told = Notice.objects.get(kind="canary_lost")
    assert told.facts["step"] == canary.STEPS[step]
    kept = json.loads(canary.last_file().read_text())
    assert (kept["well"], kept["arrived_at"]) == (False, "")
    assert "13800138999" not in str(kept)


def test_an_unknown_outcome_has_not_arrived(watcher: Person) -> None:
    owe_canary("f2", [watcher.pk])
    assert not canary_arrived("f2")

    Delivery.objects.update(state=State.UNKNOWN)
    assert not canary_arrived("f2")
    Delivery.objects.update(state=State.ARRIVED)
    assert canary_arrived("f2")


def test_a_flight_owes_its_notice_once(watcher: Person) -> None:
    assert [owe_canary("f3", [watcher.pk]) for _ in range(2)] == [1, 1]

    assert Delivery.objects.filter(kind=KIND).count() == 1


def test_flights_at_once_do_not_mix(watcher: Person) -> None:
    owe_canary("a", [watcher.pk])
    Delivery.objects.update(state=State.SENT)
    owe_canary("b", [watcher.pk])

    assert (canary_arrived("a"), canary_arrived("b")) == (True, False)
