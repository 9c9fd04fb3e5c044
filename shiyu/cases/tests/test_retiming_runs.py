"""A revision is looked at, published, followed, listed, and taken back."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from shiyu.calendars import actions as calendars
from shiyu.calendars.models import Retimed, Retiming
from shiyu.cases.actions import retiming, watching
from shiyu.cases.audit import Audited, replay_all
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Watch
from shiyu.cases.retiming import sweep
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.notices.models import Notice
from shiyu.people.actors import Actor

PROGRAM = Actor.program("test")
AN_HOUR_A_DAY = [["08:00", "09:00"]]


@pytest.fixture
def lamps(world):
    """Three cases under 3 working days, the calendars as they are already followed."""
    cases = [world.make_case(Stage.HANDLING, kind="lamp", lead="lamps") for _ in range(3)]
    retiming.follow_calendars()
    return cases


def next_days(count: int) -> list[str]:
    today = timezone.localdate()
    return [(today + timedelta(days=n)).isoformat() for n in range(1, count + 1)]


def faults() -> list[str]:
    return [fault.says for fault in replay_all(Audited()) if fault is not None]


def more_holidays(count: int = 14):
    return calendars.draw_up_days(
        "city",
        valid_from=timezone.localdate(),
        holidays=next_days(count),
        workdays=[],
        published_until=None,
        actor=PROGRAM,
    )


def looked(revision) -> Retiming:
    run = calendars.look_ahead(revision, actor=PROGRAM)
    retiming.look_ahead()
    run.refresh_from_db()
    return run


def test_looking_ahead_tells_what_changes_and_changes_nothing(lamps):
    before = list(Case.objects.order_by("pk").values_list("due_at", "version"))

    run = looked(more_holidays())

    assert (run.state, run.changed, run.later, run.earlier) == ("done", 3, 3, 0)
    assert run.turned_late == 0
    assert {row.turn for row in run.rows.all()} == {Retimed.Turn.LATER}
    assert list(Case.objects.order_by("pk").values_list("due_at", "version")) == before
    assert faults() == []


def test_what_was_looked_at_is_what_publishing_does_and_undoing_takes_it_back(lamps):
    before = list(Case.objects.order_by("pk").values_list("due_at", "yellow_at"))
    revision = more_holidays()
    look = looked(revision)

    revision = calendars.publish(revision, turned_late=None, actor=PROGRAM)
    assert retiming.follow_calendars() == 3
    assert faults() == []
    run = revision.retimings.get(kind=Retiming.Kind.APPLY)
    columns = ("case_id", "turn", "old_due", "new_due")
    assert list(run.rows.values_list(*columns)) == list(look.rows.values_list(*columns))

    back = calendars.draw_up_undoing(revision, actor=PROGRAM)
    looked(back)
    calendars.publish(back, turned_late=None, actor=PROGRAM)
    assert retiming.follow_calendars() == 3
    assert list(Case.objects.order_by("pk").values_list("due_at", "yellow_at")) == before
    assert faults() == []


def test_nothing_is_published_unlooked_or_against_a_newer_calendar(lamps):
    revision = more_holidays()
    with pytest.raises(OutOfOrder):
        calendars.publish(revision, turned_late=None, actor=PROGRAM)

    looked(revision)
    calendars.set_hours(
        "city", valid_from=timezone.localdate(), hours=[["09:00", "17:00"]], actor=PROGRAM
    )
    with pytest.raises(OutOfOrder):
        calendars.publish(revision, turned_late=None, actor=PROGRAM)


def test_who_publishes_confirms_how_many_turn_late(lamps):
    revision = calendars.draw_up_hours(
        "city",
        valid_from=date(2020, 1, 1),
        hours=AN_HOUR_A_DAY,
        weekdays=range(1, 8),
        actor=PROGRAM,
    )
    looked(revision)
    Retiming.objects.filter(revision=revision).update(turned_late=3)

    with pytest.raises(Refused, match="3"):
        calendars.publish(revision, turned_late=2, actor=PROGRAM)

    calendars.publish(revision, turned_late=3, actor=PROGRAM)
    assert retiming.follow_calendars() == 3
    assert faults() == []


def test_a_due_time_moved_before_the_last_look_is_told_of_once(lamps):
    due = Case.objects.get(pk=lamps[0].pk).due_at
    watching.warn()
    Watch.objects.filter(name="lights").update(until=due - timedelta(minutes=1))
    calendars.set_hours(
        "city",
        valid_from=date(2020, 1, 1),
        hours=AN_HOUR_A_DAY,
        weekdays=range(1, 8),
        actor=PROGRAM,
    )

    retiming.follow_calendars()
    told = Notice.objects.filter(kind="overdue").count()
    watching.warn()

    assert told == 3
    assert Notice.objects.filter(kind="overdue").count() == 3


def test_a_sweep_that_was_cut_off_goes_on_where_it_was(lamps, monkeypatch):
    monkeypatch.setattr(sweep, "FIRST_BATCH", 1)
    monkeypatch.setattr(sweep, "LARGEST_BATCH", 1)
    revision = more_holidays()
    looked(revision)
    calendars.publish(revision, turned_late=None, actor=PROGRAM)
    real, steps = sweep._step, []

    def killed_at_the_second(*about):
        if len(steps) == 1:
            raise SystemExit
        steps.append(1)
        return real(*about)

    monkeypatch.setattr(sweep, "_step", killed_at_the_second)
    with pytest.raises(SystemExit), transaction.atomic():
        retiming.follow_calendars()
    monkeypatch.setattr(sweep, "_step", real)

    assert retiming.follow_calendars() == 3
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_each_case_once(make_case, monkeypatch):
    for _ in range(3):
        make_case(Stage.HANDLING, kind="lamp", lead="lamps")
    retiming.follow_calendars()
    monkeypatch.setattr(sweep, "FIRST_BATCH", 1)
    monkeypatch.setattr(sweep, "LARGEST_BATCH", 1)
    versions = dict(Case.objects.values_list("pk", "version"))
    calendars.set_days(
        "city",
        valid_from=timezone.localdate(),
        holidays=next_days(14),
        workdays=[],
        published_until=None,
        actor=PROGRAM,
    )

    def work() -> None:
        try:
            retiming.follow_calendars()
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    retiming.follow_calendars()

    assert dict(Case.objects.values_list("pk", "version")) == {
        pk: version + 1 for pk, version in versions.items()
    }
    assert faults() == []
