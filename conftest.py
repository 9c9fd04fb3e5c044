"""Every test's ground: the run's own database, met as the role `web`, put back after each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from shiyu.common import wall
from shiyu.common.egress import leaving
from shiyu.common.home import home
from shiyu.common.tests.database import TestDatabase, run

# What a test prepares and looks at itself; requests have the sight of who asks.
wall.stand_beyond("tests")

pytest_plugins = ["shiyu.cases.tests.fixtures"]

# This process serves and asks at once. Programs that a test starts are barred as ever.
leaving.bar = lambda **_names: None

# A busy machine is no fault of ours: nothing here is judged by how long it takes.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.fixture(scope="session")
def database() -> TestDatabase:
    """Addresses of the run's database for each role, for tests that go around Django."""
    return run


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Make the run's database as its owner; `web` may neither create nor truncate anything."""
    run.make()
    plain = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = _renew
    yield
    TransactionTestCase._fixture_teardown = plain
    with django_db_blocker.unblock():
        connections.close_all()
    run.remove()


def _renew(test: TransactionTestCase) -> None:
    connections.close_all()
    run.renew()
    _forget()


def _forget() -> None:
    """What a process remembers by number would speak of others in a database made anew."""
    from shiyu.calendars import rules
    from shiyu.people import web
    from shiyu.places import gazetteer, locator

    web._kept.clear()
    rules._read.clear()
    locator._kept = gazetteer._kept = None


@pytest.fixture(autouse=True)
def seen_by_tests() -> Iterator[None]:
    """A test sees all; what it asked to be seen, itself and not by a request, ends with it.

    People are numbered alike in every test of a renewed database, so none is remembered from
    another test, e.g. by a thread that outlived it.
    """
    from shiyu.people import web

    web._kept.clear()
    with wall.beyond("tests"):
        yield


@pytest.fixture
def as_owner(transactional_db: None, database: TestDatabase) -> Iterator[Any]:
    """A connection as the tables' owner, committing at once: to try what only it may do."""
    with database.connect("owner", database.name) as connection:
        yield connection


def pytest_unconfigure() -> None:
    """Leave nothing behind: the run's files, and the cluster if no other run uses it."""
    shutil.rmtree(home(), ignore_errors=True)
    run.cluster.release()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in tests/browser drives Chromium."""
    for item in items:
        if "browser" in Path(item.path).parts:
            item.add_marker("browser")
