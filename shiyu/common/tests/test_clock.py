"""Work by the clock goes by the database's clock, whatever a machine believes."""

import ast
import time
from pathlib import Path

import pytest
from django.db import connection

from shiyu.common import clock

SHIYU = Path(__file__).resolve().parents[2]
BY_THE_CLOCK = [
    *SHIYU.glob("*/jobs.py"),
    *(SHIYU / "notices" / "actions" / f"{name}.py" for name in ("delivering", "tending")),
]
OWN_CLOCKS = {("timezone", "now"), ("datetime", "now"), ("date", "today"), ("time", "time")}


@pytest.fixture
def unasked(db, monkeypatch):
    monkeypatch.setattr(clock, "_asked", None)


def test_it_is_the_database_s_time_and_never_behind_it(unasked):
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (before,) = cursor.fetchone()
    found = clock.now()

    assert before <= found
    assert (clock.now() - found).total_seconds() < 1


def test_it_is_asked_once_for_a_while_and_then_again(
    unasked, django_assert_num_queries, monkeypatch
):
    with django_assert_num_queries(1):
        clock.now()
        clock.now()
    steady = time.monotonic() + clock.ASK_AGAIN_S + 1
    monkeypatch.setattr(clock.time, "monotonic", lambda: steady)
    with django_assert_num_queries(1):
        clock.now()


def own_clocks(source: str) -> list[int]:
    """The lines that ask the process what time it is."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in OWN_CLOCKS
    ]


def test_no_work_by_the_clock_asks_the_process():
    wrong = {str(path): own_clocks(path.read_text()) for path in BY_THE_CLOCK}

    assert {path: lines for path, lines in wrong.items() if lines} == {}


def test_one_that_does_is_seen():
    assert own_clocks("Draft.objects.filter(at__lt=timezone.now() - KEPT).delete()") == [1]
