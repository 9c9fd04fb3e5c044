"""Fixtures of the made city: `world` and `make_case`, for the tests of every module.

Loaded for all tests by `pytest_plugins` in the root conftest, before there are models.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shiyu.cases.models import Case
    from shiyu.cases.tests.world import World


@pytest.fixture
def world(db: None) -> "World":
    """The made city of world.py, written anew for each test (some 20 ms)."""
    from shiyu.cases.tests.world import build

    return build()


@pytest.fixture
def make_case(world: "World") -> "Callable[..., Case]":
    """make_case(Stage.HANDLED, kind="rubbish", lead="waste", co=("roads",)) → Case."""
    return world.make_case
