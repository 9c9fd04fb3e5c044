"""Facts and deltas are exact together; only the fold changes the table, and it loses none."""

import threading
from datetime import date
from typing import Any

import polars as pl
import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from shiyu.cases.bulk import write_recorded
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import LONG_AGO, World
from shiyu.catalogue.models import Procedure
from shiyu.facts import actions
from shiyu.facts.audit import differences
from shiyu.facts.models import Fact
from shiyu.facts.recount import Figures, Key, Recounted
from shiyu.history.tests.test_recorded import about, columns

DAY = date(2026, 3, 2)


def faults(*days: date) -> list[str]:
    return [one.says for one in differences(Recounted(), *days) if one]


def key(nth: int = 0, day: date = DAY) -> Key:
    return Key(day, "reported", 7, 3, nth, "public", "")


def deltas() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM facts_delta")
        return int(cursor.fetchone()[0])


def test_folding_changes_no_figure(world: World, make_case: Any) -> None:
    make_case(Stage.CLOSED)
    before = Fact.objects.tally_by("day", "unit_id", "kind_id", "place_id")
    assert deltas()

    assert actions.fold_all() > 0

    assert deltas() == 0
    assert Fact.objects.tally_by("day", "unit_id", "kind_id", "place_id") == before
    make_case(Stage.FILED)
    actions.fold_all()
    assert faults() == []


def test_what_comes_to_nothing_leaves_no_row(world: World) -> None:
    actions.write({key(): (1, 0, 0, 0)})
    actions.fold_all()
    actions.write({key(): (-1, 0, 0, 0)})

    actions.fold_all()

    assert not Fact.objects.filter(place_id=7).exists()


@pytest.mark.parametrize("tampering", ["facts_daily", "facts_delta"])
@pytest.mark.django_db
def test_neither_pages_nor_jobs_can_change_a_fact(tampering: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(f"UPDATE {tampering} SET n = n + 1")


def test_a_figure_out_of_nowhere_is_found_and_named(world: World, make_case: Any) -> None:
    make_case(Stage.FILED)
    today = Fact.objects.get(measure="filed").day
    actions.write({key(day=today): (2, 0, 0, 0)})

    (found,) = faults(today, today)

    assert "上报（区域 7，单位 3，类别 0，public）：n 记为 2，按日志应为 0" in found
    assert faults() == [found]
    assert faults(DAY, DAY) == []


def test_a_lost_delta_is_found_and_made_good(world: World, make_case: Any) -> None:
    make_case(Stage.CLOSED)
    one = Fact.objects.filter(measure="closed").values_list()[0]
    lost = Key(one[0], *one[1:7])
    actions.write({lost: (-1, -1, 0, 0)})
    assert "结案" in faults()[0]

    assert actions.rebuild() == 1

    assert faults() == []
    assert actions.rebuild() == 0


def test_facts_of_a_city_from_before_they_were_kept_are_made_from_its_journal(
    world: World, make_case: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(actions, "write", lambda _sums: None)
    make_case(Stage.HANDLED)
    monkeypatch.undo()
    assert not Fact.objects.exists()

    assert actions.rebuild() > 0

    assert Fact.objects.tally()["answered"].n == 1


def test_an_import_counts_what_its_lines_tell(world: World) -> None:
    procedure = Procedure.objects.create(version=9, valid_from=LONG_AGO, limits={})
    rows = columns(world, [(0, 60, 30, "井盖"), (1, 90, None, ""), (2, None, 60, "灯")])
    rows = rows.with_columns(pl.when(pl.col("source_ref") != "1").then("kind_id").alias("kind_id"))

    write_recorded(rows, about(world, procedure))

    tally = Fact.objects.through("import").tally()
    assert tally["reported"].n == 3
    assert tally["closed"] == (2, 1, 1, 150)
    assert Fact.objects.of_kind(None).tally()["closed"].n == 1
    assert Case.objects.count() == 3
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_folds_beside_each_other_and_beside_writers_lose_and_double_nothing(database: Any) -> None:
    def write(times: int) -> None:
        with psycopg.connect(database.url("web"), autocommit=True) as own:
            for nth in range(times):
                own.execute(INSERT, (DAY, nth % 3))

    def fold() -> None:
        with psycopg.connect(database.url("worker"), autocommit=True) as own:
            for _ in range(25):
                own.execute("SELECT facts_fold(7)")

    write(60)
    killed = psycopg.connect(database.url("worker"))
    killed.execute("SELECT facts_fold(40)")
    killed.close()  # as a kill does: nothing was committed
    threads = [threading.Thread(target=write, args=(60,)) for _ in range(2)]
    threads += [threading.Thread(target=fold) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Fact.objects.tally()["reported"].n == 180
    actions.fold_all()
    assert deltas() == 0
    found: dict[Key, Figures] = {}
    for fact in Fact.objects.all():
        found[key(fact.kind_id)] = (fact.n, 0, 0, 0)
    assert found == {key(nth): (60, 0, 0, 0) for nth in range(3)}


INSERT = """
    INSERT INTO facts_delta (day, measure, place_id, unit_id, kind_id, channel, outcome,
                             n, judged, missed, total)
    VALUES (%s, 'reported', 7, 3, %s, 'public', '', 1, 0, 0, 0)
"""
