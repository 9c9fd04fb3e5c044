"""Fast password hashes for these tests: they try hundreds of passwords."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def fast_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
