"""The OpenAPI document against the program: whatever a machine can think of to send.

schemathesis makes requests from the document; nothing may answer 5xx, and every answer must be
one that the document tells of. A few examples for each route here; thousands when asked for
(`-m long`).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    positive_data_acceptance,
    unsupported_method,
)

from shiyu.api.tests.calling import System, let_in
from shiyu.api.v1.document import whole
from shiyu.api.v1.routes import ROUTES
from shiyu.cases.tests.world import World

pytestmark = pytest.mark.django_db
FULL = ("intake", "dispatch", "command", "verify", "patrol", "report", "read")
FIELDS = Path(__file__).with_name("fields.json")


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The program is asked in the test's own transaction, as Django's test client does it."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def try_everything(world: World, system: System, *, examples: int) -> dict[str, int]:
    """So many requests to every route; how many were answered with each status."""
    case = world.make_case("handling")
    schema = schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", get_wsgi_application(), config=SchemathesisConfig()
    )
    seen: dict[str, int] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        at_once = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )

        @at_once
        @given(made=operation.as_strategy())
        def ask(made: Any) -> None:
            if len(seen) % 2 and "number" in (made.path_parameters or {}):
                made.path_parameters["number"] = case.number
            headers = {"Authorization": f"Bearer {system.key}"} if system.key else {}
            answer = made.call(headers=headers)
            status = str(answer.status_code)
            seen[status] = seen.get(status, 0) + 1
            assert answer.status_code < 500, (made.as_curl_command(), answer.text)
            made.validate_response(answer, excluded_checks=NOT_ASKED)

        ask()
    return seen


NOT_ASKED = [positive_data_acceptance, ignored_auth, unsupported_method]
"""Codes of places and kinds of the right shape may still name nothing."""


def test_with_a_key_nothing_breaks_and_every_answer_is_as_described(world: World) -> None:
    scopes = [f"cases:{duty}" for duty in FULL]
    system = let_in(world, *scopes, "cases:handle@D1", unit="gulou")

    seen = try_everything(world, system, examples=1)

    assert seen.get("401") is None
    assert seen["200"] >= 5


@pytest.mark.long
def test_without_a_key_everything_but_the_document_is_shut(world: World) -> None:
    seen = try_everything(world, System(), examples=1)

    assert set(seen) <= {"401", "404", "200", "422", "400"}
    assert seen["401"] >= len(ROUTES) - 2


@pytest.mark.long
def test_thousands_of_requests_break_nothing(world: World) -> None:
    scopes = [f"cases:{duty}" for duty in FULL]
    system = let_in(world, *scopes, "cases:handle@D1", unit="gulou")

    seen = try_everything(world, system, examples=80)

    assert sum(seen.values()) > 3000


def test_what_goes_out_is_exactly_what_was_agreed() -> None:
    """A field more is a leak, a field less breaks somebody: change fields.json on purpose only."""
    shapes = whole()["components"]["schemas"]
    found = {
        name: sorted(shape["properties"]) for name, shape in shapes.items() if "properties" in shape
    }

    assert found == json.loads(FIELDS.read_text())


def test_the_document_is_openapi_3_1_and_served(world: World) -> None:
    answer = System().get("/openapi.json")

    said = answer.json()
    assert (answer.status_code, said["openapi"][:3]) == (200, "3.1")
    assert len([o for path in said["paths"].values() for o in path]) == len(ROUTES)
    assert said["paths"]["/api/v1/cases"]["post"]["security"] == [{"key": []}]
    assert said["components"]["securitySchemes"]["key"] == {"type": "http", "scheme": "bearer"}
    assert all(o["x-audience"] for path in said["paths"].values() for o in path.values())
