"""One city for all files of this room, undone at the end; each test leaves it as it found it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from shiyu.catalogue import rules
from shiyu.site import context
from tests.who_may.city import AN_HOUR_S, City, build_city, put_back


@pytest.fixture(scope="package")
def city(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    """Built once, in one transaction; pages keep what they know of the city, as in service."""
    with (
        django_db_blocker.unblock(),
        override_settings(CITY_KEPT_S=AN_HOUR_S),
        transaction.atomic(),
    ):
        yield build_city()
        transaction.set_rollback(True)
    context._Kept.stale_at = rules._usual.stale_at = 0.0


@pytest.fixture
def kept(city: City, django_db_blocker: Any) -> Iterator[City]:
    """The city, as it was again afterwards."""
    with django_db_blocker.unblock(), put_back():
        yield city
