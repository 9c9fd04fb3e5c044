"""A calendar edit reaches every open case, once, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shiyu.calendars.actions import set_days
from shiyu.cases.actions import retiming
from shiyu.cases.audit import Audited, replay_all
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Assignment, Case
from shiyu.journal.models import Change, Line
from shiyu.people.actors import Actor


@pytest.fixture
def lamp_case(world):
    """A case under 3 working days, the calendars as they are already followed."""
    case = world.make_case(Stage.HANDLING, kind="lamp", lead="lamps")
    retiming.follow_calendars()
    return case


def next_days(count: int) -> list[str]:
    today = timezone.localdate()
    return [(today + timedelta(days=n)).isoformat() for n in range(1, count + 1)]


def faults() -> list[str]:
    return [fault.says for fault in replay_all(Audited()) if fault is not None]


def test_a_new_holiday_moves_what_is_due_after_it(lamp_case, world):
    urgent = world.make_case(Stage.HANDLING)
    before = Case.objects.get(pk=lamp_case.pk).due_at
    round_the_clock = Case.objects.get(pk=urgent.pk).due_at
    lines = Line.objects.filter(subject=lamp_case.subject).count()

    set_days(
        "city",
        valid_from=timezone.localdate(),
        holidays=next_days(14),
        workdays=[],
        published_until=None,
        actor=Actor.program("test"),
    )
    assert faults() != []
    assert retiming.follow_calendars() == 1

    after = Case.objects.get(pk=lamp_case.pk)
    assert after.due_at > before + timedelta(days=7)
    assert Assignment.objects.get(case=lamp_case).due_at == after.due_at
    assert Case.objects.get(pk=urgent.pk).due_at == round_the_clock
    assert Line.objects.filter(subject=lamp_case.subject).count() == lines
    assert Change.objects.filter(ref=lamp_case.pk, version=after.version).count() == 1
    assert faults() == []


def test_without_an_edit_nothing_is_touched(lamp_case):
    version = Case.objects.get(pk=lamp_case.pk).version

    assert retiming.follow_calendars() == 0
    assert Case.objects.get(pk=lamp_case.pk).version == version
