"""One town for all files of this room, undone at the end; each test leaves it as it found it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from shiyu.catalogue import rules
from shiyu.site import context
from tests.every_page.town import AN_HOUR_S, Town, build_town


@pytest.fixture(scope="package")
def town(django_db_setup: None, django_db_blocker: Any) -> Iterator[Town]:
    """Built once, in one transaction; pages keep what they know of the city, as in real service."""
    with (
        django_db_blocker.unblock(),
        override_settings(CITY_KEPT_S=AN_HOUR_S),
        transaction.atomic(),
    ):
        yield build_town()
        transaction.set_rollback(True)
    context._Kept.stale_at = rules._usual.stale_at = 0.0


@pytest.fixture(autouse=True)
def put_back(town: Town, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
