"""What was kept long enough goes, in batches and on record; what the law holds stays (T-P3)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from shiyu.cases.models import Case, Found, Report, Reporter
from shiyu.cases.tests.world import World, a_photo
from shiyu.files.models import Photo
from shiyu.journal.models import Line, Remark
from shiyu.journal.remarks import REMARKED
from shiyu.notices.actions import follow
from shiyu.notices.models import Follower
from shiyu.privacy.actions import retention
from shiyu.privacy.keeping import RULES
from shiyu.privacy.models import Hold

pytestmark = pytest.mark.django_db

NOW = datetime.fromisoformat("2026-06-01T03:00:00+08:00")
SOME, MANY = 300, 100_000


def closed(world: World, *, days_ago: int, **changes: Any) -> Report:
    """A report whose case ended so long ago."""
    told = {"text": "井盖破了", "name": "王芳", "phone": "13900000001"} | changes
    report, _code = world.report(photos=[a_photo()], **told)
    follow(report.subject, report.case.subject, channel="sms", value=told["phone"], language="en")
    at = NOW - timedelta(days=days_ago)
    Case.objects.filter(pk=report.case.pk).update(
        stage="closed", outcome="fixed", closed_at=at, kind=world.kinds["manhole"]
    )
    return report


def left() -> tuple[int, int, int, int]:
    words = Remark.objects.filter(author__startswith="receipt:", erased_at=None)
    counted = (Reporter.objects, Follower.objects, words, Photo.objects)
    return tuple(c.count() for c in counted)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("days_ago", "stays"),
    [
        (10, (1, 1, 1, 1)),
        (91, (1, 0, 1, 1)),
        (366, (0, 0, 1, 1)),
        (5 * 365 + 1, (0, 0, 0, 0)),
    ],
)
def test_each_kind_goes_when_its_time_is_over(
    world: World, days_ago: int, stays: tuple[int, ...]
) -> None:
    closed(world, days_ago=days_ago)
    due = retention.due(now=NOW)

    done = retention.run(now=NOW)

    assert left() == stays
    assert done == due
    again = retention.run(now=NOW)
    assert sum(tally.gone for tally in again.values()) == 0


def test_an_open_case_keeps_everything(world: World) -> None:
    world.report(text="路灯", name="王芳", phone="13900000001")
    before = left()

    retention.run(now=NOW + timedelta(days=4000))

    assert left() == before


@pytest.mark.parametrize(("guardian", "not_meant"), [("", "minor"), ("phone", "reporter")])
def test_what_the_law_holds_back_stays_until_its_day(
    world: World, guardian: str, not_meant: str
) -> None:
    report = closed(world, days_ago=6 * 365)
    Reporter.objects.update(guardian=guardian)
    by = world.people["intake"]
    Hold.objects.create(
        report=report, ground="lawsuit", until=NOW.date() + timedelta(days=2), by=by, at=NOW
    )
    before = left()

    held = {rule: tally.held for rule, tally in retention.run(now=NOW).items()}
    assert held == dict.fromkeys(retention.DUE, 1) | {not_meant: 0}
    assert left() == before
    retention.run(now=NOW + timedelta(days=4))
    assert left() == (0, 0, 0, 0)


@pytest.mark.parametrize(("guardian", "rule"), [("", "reporter"), ("phone", "minor")])
def test_what_went_stands_in_the_journal_by_id_and_every_remark_has_its_line(
    world: World, guardian: str, rule: str
) -> None:
    report = closed(world, days_ago=6 * 365)
    Reporter.objects.update(guardian=guardian)
    gone = Reporter.objects.get(report=report).pk

    retention.run(now=NOW)

    lines = {line.facts["rule"]: line.facts for line in Line.objects.filter(verb="purge")}
    assert lines.keys() == retention.DUE.keys() - ({"reporter", "minor"} - {rule})
    assert lines[rule] == {"rule": rule, "count": 1, "ids": [gone]}
    with connection.cursor() as cursor:
        cursor.execute(REMARKED)
        silently = [row for row in cursor.fetchall() if row[7]]
    assert silently == []
    assert not Found.objects.filter(case=report.case).exists()


def test_every_rule_that_has_a_term_is_carried_out() -> None:
    terms = {name for name, rule in RULES.items() if rule.after is not None}

    assert terms == retention.DUE.keys() == retention.PURGE.keys()


def many_due(world: World, count: int) -> None:
    """So many reporters of cases closed long ago, as rows."""
    report = closed(world, days_ago=6 * 365)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_report (case_id, source, source_ref, reported_at)"
            " SELECT %s, 'test', 'many' || n, now() FROM generate_series(1, %s) n",
            (report.case_id, count - 1),
        )
        cursor.execute(
            "INSERT INTO cases_reporter (report_id, key, sealed, found_by)"
            " SELECT p.id, r.key, r.sealed, r.found_by FROM cases_report p, cases_reporter r"
            " WHERE p.source = 'test' AND p.source_ref LIKE 'many%%' AND r.report_id = %s",
            (report.pk,),
        )


@pytest.mark.parametrize("count", [SOME, pytest.param(MANY, marks=pytest.mark.long)])
def test_many_go_in_bounded_batches(world: World, count: int) -> None:
    many_due(world, count)
    began = timezone.now()

    done = retention.run(now=NOW)["reporter"]

    took = (timezone.now() - began).total_seconds()
    print(f"{count} due, {done.gone} purged in {took:.1f} s")
    batches = [line.facts["count"] for line in Line.objects.filter(subject="retention:reporter")]
    assert (done.gone, Reporter.objects.count()) == (count, 0)
    assert sum(batches) == count
    assert max(batches) <= retention.BATCH
