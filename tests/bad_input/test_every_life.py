"""Every lifecycle of the program is walked by a machine, or says why not: found, not listed.

A lifecycle is a table of moves in a `lifecycle.py`, a model with a stage, state or standing, and
a model with a moment that is empty until something has happened to it (ended, revoked, lifted).
"""

import importlib
import re
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from shiyu.common.home import PROJECT
from tests.bad_input import (
    test_lives,
    test_lives_of_lists,
    test_lives_of_notices,
    test_lives_of_rights,
    test_lives_of_standards,
    test_lives_of_units,
)
from tests.bad_input.machine import Life

MACHINES: dict[str, tuple[type, ...]] = {
    "cases.Case": (test_lives.CaseLife,),
    "cases.Assignment": (test_lives.CaseLife,),
    "cases.Check": (test_lives.CaseLife,),
    "notices.Delivery": (test_lives_of_notices.DeliveryLife,),
    "notices.Attempt": (test_lives_of_notices.DeliveryLife,),
    "desk.Export": (test_lives_of_lists.ExportLife,),
    "desk.Batch": (test_lives_of_lists.BatchLife,),
    "desk.BatchItem": (test_lives_of_lists.BatchLife,),
    "catalogue.Standard": (test_lives_of_standards.StandardLife,),
    "catalogue.Kind": (test_lives_of_standards.StandardLife,),
    "catalogue.Objection": (test_lives_of_standards.StandardLife,),
    "catalogue.Reason": (test_lives_of_standards.StandardLife,),
    "people.Unit": (test_lives_of_units.UnitLife,),
    "people.UnitChange": (test_lives_of_units.UnitLife,),
    "people.Appointment": (test_lives_of_units.UnitLife,),
    "api.Key": (test_lives_of_rights.KeyLife,),
    "privacy.Demand": (test_lives_of_rights.RightsLife,),
    "privacy.Hold": (test_lives_of_rights.RightsLife,),
}
"""Which machine walks what."""

ELSEWHERE: dict[str, str] = {
    "common.Attempt": "tries, and a door closed for a while: shiyu/common/tests/test_attempts.py",
    "notices.Notice": "unread, then read: two states, shiyu/notices/tests/test_notices.py",
    "notices.Connector": "in use or not, its breaker: shiyu/notices/tests/test_delivering.py",
    "notices.Subscription": "active, paused, ended: shiyu/notices/tests/test_pages.py",
    "notices.Address": "verified or not: shiyu/notices/tests/test_pages.py",
    "notices.Follower": "there or gone: shiyu/portal/tests/test_following.py",
    "desk.Saved": "there, taken out, brought back: shiyu/desk/tests/test_kept.py",
    "calendars.Revision": "drawn up, published once: shiyu/calendars/tests/test_calendars.py",
    "calendars.Retiming": "a job's progress: shiyu/cases/tests/test_retiming_runs.py",
    "places.RosterEntry": "from a day to a day, as posts are: shiyu/places/tests/test_actions.py",
    "places.Place": "opened, closed, opened again: shiyu/places/tests/test_actions.py",
    "places.Survey": "read, due, in force, undone: shiyu/places/tests/test_actions.py",
    "places.Address": "in use or closed: shiyu/places/tests/test_actions.py",
    "people.Proposal": "proposed, then decided once: tests/privacy/test_administrators.py",
    "privacy.Assessment": "put forward, then decided once: tests/privacy/test_assessing.py",
    "journal.Remark": "written, perhaps erased: tests/privacy/test_erasing.py",
}
"""What is no lifecycle worth a machine, and where it is looked at."""

TABLES: dict[str, Any] = {
    "shiyu.cases.lifecycle.MOVES": {*test_lives.ACTS, *test_lives.ELSEWHERE, *test_lives.PROGRAM},
    "shiyu.notices.lifecycle.MOVES": {
        *test_lives_of_notices.WALKED,
        *test_lives_of_notices.ELSEWHERE,
    },
    "shiyu.privacy.lifecycle.MOVES": {
        *test_lives_of_rights.WALKED_DEMANDS,
        *test_lives_of_rights.DEMANDS_ELSEWHERE,
    },
    "shiyu.people.lifecycle.PROPOSAL_MOVES": {"approve", "refuse", "withdraw"},
    "shiyu.privacy.lifecycle.ASSESSMENT_MOVES": {"approve", "return", "withdraw"},
    "shiyu.desk.lifecycle.EXPORT_MOVES": test_lives_of_lists.WALKED_EXPORTS,
    "shiyu.catalogue.lifecycle.OBJECTION_MOVES": test_lives_of_standards.WALKED_OBJECTIONS,
}
"""Tables of moves, and which of them the machine makes or says where they are made."""

STANDS = frozenset({"stage", "state", "standing"})
HAPPENED = re.compile(r"(_at|_on|_until)$")
NO_LIFE = frozenset(
    {
        *("due_at", "yellow_at", "next_at", "last_at", "used_at", "shown_at", "went_well_at"),
        *("valid_from", "starts_on", "last_login", "set_at", "taken_in_at", "occurred_at"),
        "taken_at",
    }
)
"""Moments that say when, not that something came to an end or changed its standing."""


def found_lives() -> set[str]:
    return {
        model._meta.label
        for model in apps.get_models()
        if model.__module__.startswith("shiyu.") and _lives(model)
    }


def _lives(model: type[models.Model]) -> bool:
    for field in model._meta.concrete_fields:
        if field.name in STANDS and field.choices:
            return True
        moment = isinstance(field, models.DateField)
        if moment and field.null and HAPPENED.search(field.name) and field.name not in NO_LIFE:
            return True
    return False


def found_tables() -> dict[str, dict[str, Any]]:
    tables = {}
    for path in sorted((PROJECT / "shiyu").glob("**/lifecycle.py")):
        name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        for key, value in vars(importlib.import_module(name)).items():
            if isinstance(value, dict) and value and _is_move(next(iter(value.values()))):
                tables[f"{name}.{key}"] = value
    return tables


def _is_move(value: Any) -> bool:
    return hasattr(value, "target") and (hasattr(value, "source") or hasattr(value, "sources"))


def unwalked(lives: set[str]) -> str:
    """What has a life and no machine, in a sentence that says what to do."""
    missing = sorted(lives - set(MACHINES) - set(ELSEWHERE))
    if not missing:
        return ""
    return (
        f"{', '.join(missing)}: has a lifecycle that nothing walks. Write a machine "
        "(tests/bad_input/machine.py; test_lives_of_lists.py shows how) and name it in MACHINES, "
        "or say in ELSEWHERE why none is needed and which tests look at it"
    )


def test_every_lifecycle_has_a_machine_or_a_reason() -> None:
    assert unwalked(found_lives()) == ""
    assert sorted((set(MACHINES) | set(ELSEWHERE)) - found_lives()) == [], "no such lifecycle"
    assert set(MACHINES) & set(ELSEWHERE) == set()


def test_every_machine_watches_what_it_walks() -> None:
    for label, machines in MACHINES.items():
        for machine in machines:
            if issubclass(machine, Life):
                watched = {model._meta.label for model in machine.watched}
                assert label in watched, f"{machine.__name__} is to watch {label}"


def test_every_move_of_every_table_is_walked_or_says_where() -> None:
    tables = found_tables()
    assert set(tables) == set(TABLES), "a table of moves without a machine: name it in TABLES"
    for name, table in tables.items():
        assert set(TABLES[name]) == set(table), name


@pytest.mark.parametrize("why", ELSEWHERE.values())
def test_a_test_that_is_named_exists(why: str) -> None:
    for named in re.findall(r"\S+/test_\w+\.py", why):
        assert (PROJECT / named).exists(), named


def test_a_new_lifecycle_without_a_machine_is_seen() -> None:
    class Planted(models.Model):
        stage = models.CharField(max_length=5, choices=[("a", "A"), ("b", "B")])

        class Meta:
            app_label = "desk"

    class PlantedToo(models.Model):
        withdrawn_at = models.DateTimeField(null=True)

        class Meta:
            app_label = "desk"

    try:
        assert _lives(Planted)
        assert _lives(PlantedToo)
        assert "Write a machine" in unwalked({Planted._meta.label})
    finally:
        del apps.all_models["desk"]["planted"], apps.all_models["desk"]["plantedtoo"]
        apps.clear_cache()
