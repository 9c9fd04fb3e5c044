"""Whatever is asked of Open311, within its description and without: never a fault of ours."""

import json
import xml.etree.ElementTree as ET
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shiyu.api.open311.description import description
from shiyu.api.open311.tests.calls import citizen
from shiyu.cases.tests.world import World

pytestmark = pytest.mark.django_db
QUIETLY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SCHEMA = schemathesis.openapi.from_dict(description())
CASES = st.one_of(*(operation.ok().as_strategy() for operation in SCHEMA.get_all_operations()))


def try_out(world: World, key: str, case: Any, known: bool) -> None:
    """Every answer is of its form; a refusal is the standard's list of errors."""
    asked, said = dict(case.query or {}), case.body if isinstance(case.body, dict) else {}
    if known:  # past the first refusals
        asked |= {"jurisdiction_id": "410200"}
        said = said | {"api_key": key, "jurisdiction_id": "410200", "service_code": "10101"}
    answer = ask(case.method, f"/open311{case.formatted_path}", asked, said)

    assert answer.status_code < 500
    read(answer)


@given(case=CASES, known=st.booleans())
@QUIETLY
def test_no_question_makes_a_fault(world: World, key: str, case: Any, known: bool) -> None:
    try_out(world, key, case, known)


@pytest.mark.long
@given(case=CASES, known=st.booleans())
@settings(QUIETLY, max_examples=4000)
def test_thousands_of_questions_make_no_fault(
    world: World, key: str, case: Any, known: bool
) -> None:
    try_out(world, key, case, known)


@pytest.fixture
def key(world: World) -> str:
    return citizen().key


@cache
def browser() -> Browser:
    """One for all: each new one would begin the whole program anew."""
    return Browser(raise_request_exception=False)


def ask(method: str, path: str, asked: Any, said: Any, *, sender: str = "127.0.0.1") -> Any:
    """One question, from this address, by somebody who keeps no cookie."""
    browser().cookies.clear()
    plain = {k: v if isinstance(v, str | list) else str(v) for k, v in asked.items()}
    if method.upper() == "POST":
        words = {k: str(v) for k, v in said.items()}
        return browser().post(path, words, query_params=plain, REMOTE_ADDR=sender)
    return browser().generic(method.upper(), path, query_params=plain, REMOTE_ADDR=sender)


def read(answer: Any) -> None:
    if answer["Content-Type"].startswith("text/xml"):
        ET.fromstring(answer.content)
    elif answer.content:
        json.loads(answer.content)
