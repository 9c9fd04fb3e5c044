"""A job that lost the database is carried out again; one that fails by itself is not."""

import psycopg
import pytest
from django.db import OperationalError
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job

from shiyu.common.errors import OutOfOrder
from shiyu.site.again import TIMES, WhenItIsBack, try_all_again


def decided(error: BaseException, *, attempts: int = 0, queueing_lock: str | None = None):
    job = Job(
        id=1,
        queue="bulk",
        lock=None,
        queueing_lock=queueing_lock,
        task_name="desk.carry_out",
        attempts=attempts,
    )
    return WhenItIsBack().get_retry_decision(exception=error, job=job)


def raised_out_of(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("server closed the connection unexpectedly"),
        psycopg.OperationalError("the connection is lost"),
        raised_out_of(ConnectorException(), OperationalError("gone")),
    ],
)
def test_one_that_lost_the_database_is_tried_again(error):
    assert decided(error) is not None


def test_one_that_errs_by_itself_is_not():
    assert decided(ValueError("wrong")) is None
    assert decided(OutOfOrder("no")) is None


def test_not_for_ever_and_not_what_comes_again_by_the_clock():
    away = OperationalError("gone")

    assert decided(away, attempts=TIMES) is None
    assert decided(away, queueing_lock="notices_tend") is None


def test_every_task_has_the_rule():
    try_all_again(app)

    assert [name for name, task in app.tasks.items() if task.retry_strategy is None] == []
