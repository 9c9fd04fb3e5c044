"""Whole columns of recorded cases leave what the same histories leave one by one."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.bulk import Past, Recorded, Told, write_recorded
from shiyu.cases.models import Case, Report
from shiyu.cases.replay import Step
from shiyu.cases.search import index_missing
from shiyu.cases.tests.world import LONG_AGO, World
from shiyu.catalogue.models import Procedure
from shiyu.common.errors import Refused
from shiyu.history.engine import Engine
from shiyu.history.tests.left import left
from shiyu.journal.actions import moment
from shiyu.people.actors import Actor

IMPORTER = Actor.program("importer")
START = datetime.fromisoformat("2026-03-02T08:00:00+08:00")
MINUTES = st.integers(0, 60 * 24 * 100)
WORDS = st.sampled_from(["", "井盖破了", 'a "quoted", text\nof two lines', "\\N", "'; --"])
ROWS = st.tuples(MINUTES, st.none() | MINUTES, st.none() | st.integers(-5000, 90000), WORDS)


@pytest.fixture
def procedure(world: World) -> Procedure:
    return Procedure.objects.create(version=9, valid_from=LONG_AGO, limits={})


@pytest.mark.django_db
@given(rows=st.lists(ROWS, min_size=1, max_size=12))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_columns_leave_what_single_histories_leave(
    world: World, procedure: Procedure, rows: list[tuple[int, int | None, int | None, str]]
) -> None:
    with transaction.atomic():
        written = write_recorded(columns(world, rows), about(world, procedure))
        index_missing(100)
        engine = Engine({IMPORTER.ref: IMPORTER}, {}, moment())
        alone = engine.run([[past(world, procedure, n, row)] for n, row in enumerate(rows)])

        whole = [left(case_of("columns", n)) for n in range(len(rows))]
        single = [left(case_of("single", n)) for n in range(len(rows))]

        assert (written, alone, engine.rejected) == (len(rows), len(rows), [])
        assert whole == single
        assert [fault for fault in replay_all(Audited()) if fault] == []
        assert list(broken_invariants()) == []
        transaction.set_rollback(True)


def test_a_limit_for_acceptance_is_refused(world: World) -> None:
    with pytest.raises(Refused):
        about(world, world.procedure)


def columns(world: World, rows: list[tuple[int, int | None, int | None, str]]) -> pl.DataFrame:
    times = [times_of(row) for row in rows]
    return pl.DataFrame(
        {
            "source_ref": [str(n) for n in range(len(rows))],
            "reported_at": [reported for reported, _, _ in times],
            "closed_at": [closed for _, closed, _ in times],
            "due_at": [due for _, _, due in times],
            "kind_id": world.kinds["manhole"].pk,
            "unit_id": world.units["roads"].pk,
            "place_id": world.places["cell_a"].pk,
            "place_number": world.places["cell_a"].first,
            "lon": 114.31,
            "lat": None,
            "address": "书店街, 12 号",
            "words": [words for _, _, _, words in rows],
        },
        schema_overrides={
            name: pl.Datetime("us", "UTC") for name in ("reported_at", "closed_at", "due_at")
        },
    )


def past(
    world: World, procedure: Procedure, n: int, row: tuple[int, int | None, int | None, str]
) -> Past:
    reported, closed, due = times_of(row)
    place = world.places["cell_a"]
    case = Case(
        channel="import",
        kind=world.kinds["manhole"],
        procedure=procedure,
        place=place,
        place_number=place.first,
        lon=114.31,
        address="书店街, 12 号",
        centre=world.units["gulou"],
        fixed_due_at=due,
    )
    facts = {"source_unit": world.units["roads"].pk}
    told = [Told(Step("report", reported, IMPORTER.ref), row[3], facts)]
    if closed is not None:
        told.append(Told(Step("import_close", closed, IMPORTER.ref)))
    return Past(case, "single", str(n), told)


def times_of(
    row: tuple[int, int | None, int | None, str],
) -> tuple[datetime, datetime | None, datetime | None]:
    """When it was reported, closed and due; a due time may lie before the report."""
    after, lasting, allowed, _words = row
    reported = START + timedelta(minutes=after, seconds=after % 60)
    closed = None if lasting is None else reported + timedelta(minutes=lasting)
    due = None if allowed is None else reported + timedelta(minutes=allowed)
    return reported, closed, due


def about(world: World, procedure: Procedure) -> Recorded:
    return Recorded("columns", "KF", "Asia/Shanghai", procedure, world.units["gulou"].pk)


def case_of(source: str, n: int) -> Case:
    return Report.objects.get(source=source, source_ref=str(n)).case
