"""Ground for the walks through lifecycles: a database whose clock can be set ahead."""

from typing import Any

import pytest

from tests.bad_input import machine


@pytest.fixture
def clock_ahead(database: Any, db: None) -> None:
    """The clock that can be set ahead lies in the run's database, seen by nobody unasked."""
    machine.lay_clock(database)
