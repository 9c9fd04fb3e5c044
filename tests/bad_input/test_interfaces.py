"""`/api/v1` and Open311, in-process: requests by schemathesis, then spun into thousands by hand.

Making a request from the description costs four times what answering it costs; so a few are made
for each operation and then changed in one or two places each time. The keys are changed too.
"""

import copy
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shiyu.api import actions
from shiyu.api.models import Key
from shiyu.api.open311.description import description
from shiyu.api.open311.tests.calls import citizen
from shiyu.api.open311.tests.test_schemathesis import ask, read
from shiyu.api.tests.calling import ADMIN, let_in
from shiyu.cases.tests.world import World

pytestmark = pytest.mark.django_db

CHECKS = [
    *(not_a_server_error, status_code_conformance, content_type_conformance),
    *(response_schema_conformance, response_headers_conformance),
]
GRANTS = [f"cases:{duty}" for duty in ("intake", "dispatch", "command", "verify", "patrol")]
GRANTS += ["cases:report", "cases:read", "cases:handle@D1"]
REFUSED = {400, 401, 403, 404, 405, 406, 409, 411, 413, 415, 422, 428, 429, 431}
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


# ---- /api/v1 ----------------------------------------------------------------------------------


def mended(case: Any, good: dict[str, Any], chance: random.Random) -> Any:
    """The same with what this city really has: most of what is asked so is answered.

    Of the body only fields remain of which a good value is known; a list is asked for whole.
    """
    parts = dict(case.path_parameters or {})
    path = case.operation.path
    for name in parts:
        at = next((key for key in good if key in path and name == "code"), name)
        parts[name] = good.get(at, parts[name])
    case.path_parameters, case.query = parts, good["query"].get(path, {})
    if isinstance(case.body, dict):
        known = {name: good[name] for name in case.body if name in good}
        wanted = {name: good[name] for name in good["body"].get(path, ())}
        case.body = known | wanted
        if "ref" in case.body:
            case.body["ref"] = f"r{chance.random()}"
    if case.method.upper() == "POST":
        case.headers = {**(case.headers or {}), "Idempotency-Key": f"k{chance.random()}"}
    return case


def known_to(world: World, number: str) -> dict[str, Any]:
    """Valid references of the made city, by the names of fields."""
    return {
        "number": number,
        "/kinds/": "10101",
        "/places/": "410204",
        "size": "small",
        "kind": "10101",
        "place": "410204001",
        "lead": "D1",
        "unit": "D1",
        "co": [],
        "reason": "已看过现场",
        "text": "井盖破了",
        "address": "书店街",
        "outcome": "fixed",
        "lon": 114.31,
        "lat": 34.80,
        "channel": "public",
        "photos": [],
        "ref": "r",
        "until": (timezone.localdate() + timedelta(days=7)).isoformat(),
        "found": True,
        "query": {"/api/v1/places/locate": {"lon": "114.31", "lat": "34.80"}},
        "body": {"/api/v1/cases": ("text", "lon", "lat")},
    }


EASY = ("/remark", "/urge", "/check_open")
"""Moves that pass again and again."""


def is_easy(operation: Any) -> bool:
    path, method = operation.path, operation.method.upper()
    return method == "GET" or path.endswith("/api/v1/cases") or path.endswith(EASY)


def ask_v1(world: World, *, each: int, how_many: int, start: int = 0) -> Counter[str]:
    unhurried()
    number = world.make_case("handling").number
    system = let_in(world, *GRANTS, unit="gulou")
    ended = let_in(world, *GRANTS, unit="gulou")
    for key in Key.objects.filter(client=ended.client):
        actions.revoke(key, why="试验", actor=ADMIN)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    seeds = [(o.ok(), made(o.ok(), each)) for o in schema.get_all_operations()]
    easy = [seed for seed in seeds if is_easy(seed[0])]
    good = known_to(world, number)
    chance, seen = random.Random(5 + 100 * start), Counter()
    keys = {"held": system.key, "none": "", "wrong": system.key[:-3] + "abc", "ended": ended.key}

    def one() -> None:
        whose = chance.choices(list(keys), (85, 5, 5, 5))[0]
        if chance.random() < 0.4:
            operation, cases = chance.choice(easy)
            case = mended(renewed(chance.choice(cases)), good, chance)
            _answered(case, operation, keys[whose], whose, seen)
            return
        operation, cases = chance.choice(seeds)
        case = renewed(chance.choice(cases))
        parts = dict(case.path_parameters or {})
        if "number" in parts and chance.random() < 0.7:
            parts["number"] = number
        case.path_parameters = {k: str(v).replace("/", "_") or "x" for k, v in parts.items()}
        case.query = plain(spun(dict(case.query or {}), chance))
        if case.body and chance.random() < 0.8:
            case.body = spun(case.body, chance)
        _answered(case, operation, keys[whose], whose, seen)

    many(how_many, one)
    return seen


def _answered(case: Any, operation: Any, key: str, whose: str, seen: Counter[str]) -> None:
    try:
        answer = case.call(headers={"Authorization": f"Bearer {key}"} if key else {})
    except (UnicodeError, ValueError, TypeError):
        seen["cannot be sent"] += 1  # no client can write it down: half a surrogate, a number's end
        return
    seen[f"{whose} {answer.status_code // 100}xx"] += 1
    if whose != "held" and operation.definition.raw.get("security") != []:
        assert answer.status_code in REFUSED, (whose, case.as_curl_command())
    case.validate_response(answer, checks=CHECKS)


def test_v1_breaks_at_nothing_lets_no_stranger_in_and_keeps_to_its_description(
    world: World,
) -> None:
    seen = ask_v1(world, each=1, how_many=600)

    assert sum(seen.values()) >= 600
    assert seen["held 2xx"] > 600 * 0.2, "one in five is answered"
    assert not any(seen[f"{whose} 2xx"] > 30 for whose in ("none", "wrong", "ended"))


THOUSANDS = 20_000
PIECES = [f"piece{number}" for number in range(10)]
"""Ten times twenty thousand other requests: each piece for itself, all of them 200,000."""


@pytest.mark.long
@pytest.mark.parametrize("piece", PIECES)
def test_v1_thousands_of_times(piece: str, world: World) -> None:
    seen = ask_v1(world, each=12, how_many=THOUSANDS, start=PIECES.index(piece))

    print(piece, THOUSANDS, dict(seen))
    assert sum(seen.values()) >= THOUSANDS
    assert seen["held 2xx"] > THOUSANDS * 0.2


# ---- Open311 ----------------------------------------------------------------------------------


def ask_open311(world: World, *, each: int, how_many: int, start: int = 0) -> Counter[int]:
    unhurried()
    number, key = world.make_case("handling").number, citizen().key
    schema = schemathesis.openapi.from_dict(description())
    seeds = [case for o in schema.get_all_operations() for case in made(o.ok(), each)]
    chance, seen = random.Random(11 + 100 * start), Counter()

    def one() -> None:
        case = renewed(chance.choice(seeds))
        if "number" in (case.path_parameters or {}) and chance.random() < 0.5:
            case.path_parameters = case.path_parameters | {"number": number}
        said = case.body if isinstance(case.body, dict) else {}
        if chance.random() < 0.8:  # past the first refusals
            said = said | {"api_key": key, "jurisdiction_id": "410200", "service_code": "10101"}
        asked = plain(spun(dict(case.query or {}), chance))
        said = {name: str(value) for name, value in spun(said, chance).items()}
        try:
            answer = ask(case.method, f"/open311{case.formatted_path}", asked, said)
        except UnicodeError:
            return
        assert answer.status_code < 500, (case.formatted_path, asked, said)
        read(answer)
        seen[answer.status_code] += 1

    many(how_many, one)
    return seen


def test_open311_breaks_at_nothing_and_answers_in_its_form(world: World) -> None:
    seen = ask_open311(world, each=2, how_many=400)

    assert sum(seen.values()) > 250
    assert {200, 400} <= set(seen)


@pytest.mark.long
@pytest.mark.parametrize("piece", PIECES)
def test_open311_thousands_of_times(piece: str, world: World) -> None:
    seen = ask_open311(world, each=12, how_many=THOUSANDS, start=PIECES.index(piece))

    print(piece, THOUSANDS, dict(seen))
    assert sum(seen.values()) > THOUSANDS * 0.7
