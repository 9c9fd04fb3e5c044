"""Lives lived again leave what the real moves left, and a large city is whole and clean."""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shiyu.calendars.rules import read_calendars
from shiyu.cases import identity
from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.bulk import fold
from shiyu.cases.bulk.columns import copy
from shiyu.cases.models import Case, Reporter
from shiyu.cases.tests.world import World
from shiyu.catalogue.models import Kind
from shiyu.common.worktime import WorkCalendar, day_number
from shiyu.facts.actions import COLUMNS
from shiyu.facts.models import Fact
from shiyu.history.large import copies
from shiyu.history.large.chunk import Written
from shiyu.history.large.copies import Copies, counts_of
from shiyu.history.large.ground import Ground
from shiyu.history.large.patterns import Keeping, Patterns
from shiyu.history.large.plan import WEEK_US, Draw, draw
from shiyu.history.large.residents import Residents
from shiyu.history.large.weeks import movable, shapes
from shiyu.history.tests.left import left
from shiyu.history.tests.test_both_ways import past_of
from shiyu.history.tests.walks import walk
from shiyu.journal.actions import moment
from shiyu.places.models import Place
from shiyu.places.rules import the_city

FRESH = count(50_000_000, 1_000)
"""Ids of what is written again: far from all others, of one life after another."""
JOURNAL = {
    "journal_line": (
        "id",
        "occurred_at",
        "subject",
        "verb",
        "actor",
        "facts",
        "remark_id",
        "commitment",
    )
}
BY_THE_DATABASE = {"files_photo": {"taken_at", "lon", "lat"}, "cases_report": {"notice"}}
BY_THE_DATABASE |= {"cases_reporter": {"name", "phone", "guardian"}}
BY_THE_DATABASE |= {"journal_remark": {"erased_at"}}
BY_THE_DATABASE |= {"cases_found": {"marks"}}  # kept by triggers
"""Columns that copies leave to their default: nothing, as the bulk writer leaves them."""


@pytest.mark.django_db
@given(choices=st.lists(st.integers(0, 10**6), min_size=3, max_size=16))
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_life_lived_again_leaves_what_live_moves_left(world: World, choices: list[int]) -> None:
    live = walk(world, choices)
    group = _life(live)

    again = _write(_kept(group), week=0)[-1]

    assert _left(again) == _left(live)
    assert not [fault for fault in replay_all(Audited()) if fault]
    assert not list(broken_invariants())


@pytest.mark.django_db
def test_every_way_of_a_life_is_the_same_lived_again_weeks_before(world: World) -> None:
    walks = ([1, 5, 9, 13, 2, 8, 11, 4], [2] * 14, [14, 28, 7, 21], [3, 1, 4, 1, 5, 9, 2, 6, 5])
    for choices in walks:
        live = walk(world, list(choices))
        again = _write(_kept(_life(live)), week=3)[-1]

        assert _moved(_left(again), weeks=3) == _left(live)


@pytest.mark.django_db
def test_its_facts_are_those_that_live_moves_counted(world: World) -> None:
    live = walk(world, [1, 5, 9, 13, 2, 8, 11, 4, 6, 3])
    counted = _facts()
    _write(_kept(_life(live)), week=0)

    assert counted
    assert _facts() == {key: [2 * figure for figure in found] for key, found in counted.items()}


@pytest.mark.django_db
def test_whoever_reported_is_a_resident_and_can_be_read(world: World) -> None:
    live = walk(world, [1, 5], name="王先生", phone="19900001234")
    _write(_kept(_life(live)), week=0)

    found = Reporter.objects.latest("id")
    (told,) = Residents(10, 10, 1).called(Residents(10, 10, 1).who(np.arange(1)))

    assert (found.name, found.phone) == told
    assert bytes(found.found_by or b"") == identity.found_by(told[1])


@pytest.mark.parametrize("table", sorted(copies.WRITES))
def test_every_column_is_written_or_left_to_the_database(table: str) -> None:
    models = {model._meta.db_table: model for model in apps.get_models()}
    columns = {str(field.column) for field in models[table]._meta.concrete_fields}
    columns = set(JOURNAL.get(table, columns)) - BY_THE_DATABASE.get(table, set())

    assert columns == set(copies.WRITES[table].split()), (
        f"{table} has other columns than large/copies.py writes: let it write them, or name them "
        "in BY_THE_DATABASE when their default is what a bulk-written case has"
    )


def test_residents_are_distinct_and_each_reports() -> None:
    everybody = Residents(count=3_000, reports=4_100, seed=7)
    who = np.concatenate([everybody.who(np.arange(at, at + 100)) for at in range(0, 4_100, 100)])

    assert set(who.tolist()) == set(range(3_000))
    assert len({phone for _name, phone in everybody.called(np.unique(who))}) == 3_000


def test_a_life_is_moved_only_where_all_days_are_alike() -> None:
    holiday = day_number(date(2026, 5, 1))
    calendar = WorkCalendar.of(
        "Asia/Shanghai", hours=(("09:00", "17:00"),), holidays=["2026-05-01"]
    )
    first = holiday - 60

    class Calendars:
        city, of_units = calendar, {1: calendar}

    shape = shapes(Calendars(), first, holiday + 40)  # type: ignore[arg-type]
    begins = np.array([holiday + 17, holiday + 7, holiday])
    may = movable(begins, begins + 3, shape, first, 6)

    assert may[0].tolist() == [True, True, True, True, True, True, True]
    assert may[1].tolist() == [True, False, True, True, True, True, True]
    assert may[2].tolist() == [True, False, False, False, False, False, False]


def test_the_draw_has_as_many_cases_and_lines_as_were_asked_for_whoever_draws() -> None:
    chance = np.random.default_rng(3)
    lives, day = 300, 86_400_000_000
    begins = 20_000 + chance.integers(0, 40, lives)
    groups = pl.DataFrame(
        {
            "first": begins * day,
            "last": begins * day + day,
            "begins": begins,
            "ends": begins + 1,
            "early": np.zeros(lives, dtype=int),
            "late": np.full(lives, 40_000_000),
            "cases": np.where(np.arange(lives) % 20 == 0, 2, 1),
            "lines": chance.integers(2, 16, lives),
            "ended": np.arange(lives) % 30 != 0,
            "movable": np.full(lives, True),
        }
    )
    moves = np.full((lives, 41), True)
    asked: dict[str, Any] = {"cases": 20_000, "lines_each": 9.5, "days": (19_800, 20_041)}
    asked |= {"now": 20_043 * day, "seed": 4}

    drawn, again = draw(groups, moves, **asked), draw(groups, moves, **asked)

    cases = groups["cases"].to_numpy()[drawn.g].sum()
    lines = groups["lines"].to_numpy()[drawn.g].sum()
    at = groups["first"].to_numpy()[drawn.g] - drawn.week * WEEK_US
    assert cases == 20_000
    assert abs(lines / cases - 9.5) < 0.1
    assert (np.diff(at) > -60_000_000).all()
    assert (drawn.week[drawn.as_is] == 0).all()
    assert all((getattr(drawn, name) == getattr(again, name)).all() for name in Draw.__slots__)


def _left(case: Case) -> dict[str, Any]:
    """Everything stored of a case; words to find it by in one order."""
    found = left(case)
    return found | {"found": sorted(found["found"])}


def _life(live: Case) -> list[Any]:
    """A live case told anew and folded, with the one that it was merged into."""
    into = live.merged_into
    group = [past_of(case, nth) for nth, case in enumerate([into, live] if into else [live])]
    if into:
        merging = next(t for t in group[1].told if t.step.verb == "merge")
        merging.facts["into"] = group[0]
    for past, case in zip(group, [into, live] if into else [live], strict=True):
        fold(past)
        reporter = Reporter.objects.filter(report__case=case).first()
        if reporter is not None:
            past.name, past.phone = reporter.name, reporter.phone
    return group


def _kept(group: list[Any]) -> Patterns:
    keeping = Keeping(read_calendars().zone.info, {})
    keeping.take(group)
    return keeping.patterns()


def _write(patterns: Patterns, *, week: int) -> list[Case]:
    """Let a life be lived again so many weeks before; its cases."""
    city = the_city()
    about = Written(
        zone=city.timezone,
        prefix=city.number_prefix,
        kinds=dict(Kind.objects.values_list("pk", "name")),
        places=dict(Place.objects.values_list("pk", "name")),
        residents=Residents(10, 10, 1),
        seed=1,
        taken_in=moment(),
    )
    one = np.array([0])
    drawn = Draw(one, one + week, one, np.array([True]), one)
    ids = dict.fromkeys((*counts_of(patterns), "reports", "reporters", "number"), next(FRESH))
    frames = Copies(patterns, Ground([]), about).frames(drawn, ids | {"named_before": 0}, chunk=0)
    facts = frames.pop("facts").with_columns(pl.col("day").cast(pl.Date)).select(COLUMNS)
    frames["facts_delta"] = facts
    for table, rows in frames.items():
        copy(table, rows)
    return list(Case.objects.filter(pk__gte=ids["cases"]).order_by("pk"))


def _facts() -> dict[Any, list[int]]:
    rows = Fact.objects.values_list(*COLUMNS)
    found: dict[Any, list[int]] = {}
    for row in rows:
        sums = found.setdefault(row[:7], [0, 0, 0, 0])
        found[row[:7]] = [a + b for a, b in zip(sums, row[7:], strict=True)]
    return {key: sums for key, sums in found.items() if any(sums)}


def _moved(value: Any, *, weeks: int) -> Any:
    """Everything in it so many weeks later."""
    if isinstance(value, dict):
        return {name: _moved(one, weeks=weeks) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_moved(one, weeks=weeks) for one in value)
    if isinstance(value, date | datetime):
        return value + timedelta(weeks=weeks)
    return value
