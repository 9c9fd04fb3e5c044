"""`/api/v1` asked thousands of times; the keys are changed too: nobody without one is let in."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shiyu.api import actions
from shiyu.api.models import Key
from shiyu.api.tests.calling import ADMIN, let_in
from shiyu.cases.tests.world import World
from tests.bad_input.spinning import (
    EACH_RUN,
    PIECES,
    SHARES,
    THOUSANDS,
    made,
    many,
    one_connection,
    plain,
    renewed,
    spun,
    unhurried,
)

__all__ = ["one_connection"]
pytestmark = pytest.mark.django_db

CHECKS = [
    *(not_a_server_error, status_code_conformance, content_type_conformance),
    *(response_schema_conformance, response_headers_conformance),
]
GRANTS = [f"cases:{duty}" for duty in ("intake", "dispatch", "command", "verify", "patrol")]
GRANTS += ["cases:report", "cases:read", "cases:handle@D1"]
REFUSED = {400, 401, 403, 404, 405, 406, 409, 411, 413, 415, 422, 428, 429, 431}


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


@pytest.mark.parametrize("share", SHARES)
def test_v1_breaks_at_nothing_lets_no_stranger_in_and_keeps_to_its_description(
    share: int, world: World
) -> None:
    seen = ask_v1(world, each=2, how_many=EACH_RUN, start=len(PIECES) + share)

    assert sum(seen.values()) >= EACH_RUN
    assert seen["held 2xx"] > EACH_RUN * 0.2, "one in five is answered"
    strange = sum(seen[f"{whose} 2xx"] for whose in ("none", "wrong", "ended"))
    assert strange < EACH_RUN * 0.02, "the description alone is for everybody"


@pytest.mark.long
@pytest.mark.parametrize("piece", PIECES)
def test_v1_thousands_of_times(piece: str, world: World) -> None:
    seen = ask_v1(world, each=12, how_many=THOUSANDS, start=PIECES.index(piece))

    print(piece, THOUSANDS, dict(seen))
    assert sum(seen.values()) >= THOUSANDS
    assert seen["held 2xx"] > THOUSANDS * 0.2
