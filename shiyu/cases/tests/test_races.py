"""Two people at one case: one wins, the other is told who and what."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from shiyu.cases import actions as do
from shiyu.cases.actions import dispatching, watching
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Assignment, Case, Report, Watch
from shiyu.cases.tests.world import HERE, build
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.journal.models import Line
from shiyu.notices.models import Notice
from shiyu.people.actors import Actor

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What each call gave or raised, all started behind one barrier."""
    barrier, given = threading.Barrier(len(calls)), [None] * len(calls)

    def run(n: int, call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            given[n] = call()
        except Exception as error:  # what a thread raises is looked at by the test
            given[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


def test_of_two_who_accept_one_wins_and_the_other_is_told():
    world = build()
    for _ in range(5):
        case = world.make_case(Stage.REPORTED)
        given = at_once(
            lambda case=case: do.accept(case, actor=world.actor("intake")),
            lambda case=case: do.accept(case, actor=world.actor("clerk")),
        )

        lost = [g for g in given if isinstance(g, OutOfOrder)]
        assert len(lost) == 1
        assert ("孙悦" in lost[0].message) != ("王芳" in lost[0].message)
        assert Line.objects.filter(subject=case.subject, verb="accept").count() == 1


def test_the_same_report_sent_eight_times_at_once_is_one_case():
    world = build()
    intake = do.Intake("sensor", "S-1", "sensor", text="水位高", lon=HERE[0], lat=HERE[1])

    given = at_once(*[lambda: do.report(intake, actor=Actor("receipt", 0))] * 8)

    assert {pair[0].pk for pair in given} == {Report.objects.get().pk}
    assert sum(bool(pair[1]) for pair in given) == 1
    assert Case.objects.count() == 1
    assert world.city.pk == 1


def test_two_merges_across_each_other_do_not_wait_for_ever():
    world = build()
    one, two = world.make_case(Stage.REPORTED), world.make_case(Stage.REPORTED)

    given = at_once(
        lambda: do.merge(one, into=two, actor=world.actor("intake")),
        lambda: do.merge(two, into=one, actor=world.actor("clerk")),
    )

    assert sum(isinstance(g, Refused) for g in given) == 1
    assert sorted(Case.objects.values_list("stage", flat=True)) == ["merged", "reported"]


def test_what_turned_yellow_or_red_is_told_once_however_many_look():
    world = build()
    case = world.make_case(Stage.DISPATCHED)
    hours = [case.last_at - timedelta(hours=h) for h in (3, 2, 1)]
    Watch.objects.create(name="lights", until=hours[0])
    Assignment.objects.filter(case=case).update(yellow_at=hours[1], due_at=hours[2])

    at_once(watching.warn, watching.warn, watching.warn)

    told = Notice.objects.filter(to=world.people["handler"]).exclude(kind="dispatched")
    assert sorted(told.values_list("kind", flat=True)) == ["due_soon", "overdue"]
    assert watching.warn() == 0


def test_a_suspended_case_resumes_on_its_day_by_itself():
    world = build()
    case = world.make_case(Stage.SUSPENDED)

    assert dispatching.resume_due() == 0
    Case.objects.filter(pk=case.pk).update(resumes_on=case.last_at.date())
    assert dispatching.resume_due() == 1

    case.refresh_from_db()
    assert (case.stage, case.resumes_on) == ("handling", None)
    assert Line.objects.filter(subject=case.subject).order_by("-id").first().actor == (
        "program:calendar"
    )
