"""Requests by schemathesis, spun into thousands by hand; asked in-process.

Making a request from a description costs four times what answering it costs; so a few are made
for each operation and then changed in one or two places each time.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, Phase, given, settings

THOUSANDS = 20_000
PIECES = [f"piece{number}" for number in range(10)]
"""Ten times twenty thousand other requests: each piece for itself, all of them 200,000."""
SHARES = range(2)
EACH_RUN = 5_000
"""In each run both interfaces are asked so often, in two shares for the cores: 20,000 together."""
AT_ONCE = 400
"""So many are put back together: what they made is there for one another until then."""

NASTY: tuple[Any, ...] = (
    *("", " ", "\0", "a\0b", "\u202e", "\ud800", "\r\nX: y", "%00", "../../etc/passwd", "null"),
    *("-1", "0", "1e400", "nan", "Infinity", "9" * 400, "٣", "²", "0x10", "true", "é" * 5000),
    *("' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "=1+1", "a" * 70_000, "😀" * 300),
    *("2026-13-45", "2026-02-30T25:61:61Z", "0000-00-00", "9999-12-31T23:59:59-23:59", "-18:16"),
    *("0001-01-01T00:00:00+23:59", "10000-01-01", "2026-11-22T00:00:00", "PT1S", "1,2,3", "a~b"),
    *(None, True, False, 0, -1, 2**31, 2**63, -(2**63) - 1, 10**30, 1e308, -0.0, [], {}, [[]]),
    *([None], [{}] * 200, {"": ""}, {"a": {"b": {"c": {}}}}, ["x"] * 2000, {"$ref": "#"}),
)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The program is asked in the test's own transaction, as Django's test client does it."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def unhurried() -> None:
    """Making requests from a description may take longer than a transaction may lie idle."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def made(operation: Any, how_many: int) -> list[Any]:
    """So many requests to an operation, as schemathesis makes them from the description."""
    kept: list[Any] = []

    @settings(
        max_examples=how_many,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def keep(case: Any) -> None:
        kept.append(case)

    keep()
    return kept


def renewed(case: Any) -> Any:
    """The same request once more, to be changed."""
    return case.operation.Case(
        method=case.method,
        path_parameters=dict(case.path_parameters or {}),
        query=dict(case.query or {}),
        headers=dict(case.headers or {}),
        body=case.body,
        media_type=case.media_type,
    )


def leaves(said: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to everything inside."""
    if way:
        yield way
    if not isinstance(said, dict | list):
        return
    for key, value in said.items() if isinstance(said, dict) else enumerate(said):
        yield from leaves(value, (*way, key))


def spun(said: Any, chance: random.Random) -> Any:
    """The same with one or two places changed, taken out or added."""
    if not isinstance(said, dict | list):
        return copy.deepcopy(chance.choice(NASTY)) if chance.random() < 0.3 else said
    said = copy.deepcopy(said)
    for _ in range(chance.choice((1, 1, 2))):
        ways = list(leaves(said))
        if not ways or chance.random() < 0.05:
            if isinstance(said, dict):
                said[chance.choice(("x", "stage", "is_admin", "id", "actor", "__proto__"))] = 1
            continue
        *before, last = chance.choice(ways)
        place = said
        for key in before:
            place = place[key]
        if isinstance(place, dict) and chance.random() < 0.1:
            del place[last]
        else:
            place[last] = copy.deepcopy(chance.choice(NASTY))
    return said


def plain(asked: Any) -> dict[str, Any]:
    """What can stand in an address."""
    return {
        str(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in (asked or {}).items()
    }


def many(how_many: int, one: Callable[[], None]) -> None:
    for _ in range(0, how_many, AT_ONCE):
        with transaction.atomic():
            for _ in range(min(AT_ONCE, how_many)):
                one()
            transaction.set_rollback(True)
