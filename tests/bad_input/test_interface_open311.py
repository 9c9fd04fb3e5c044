"""Open311 asked thousands of times, in both of its forms: it breaks at nothing."""

import random
from collections import Counter
from typing import Any

import pytest
import schemathesis

from shiyu.api.open311.description import description
from shiyu.api.open311.tests.calls import citizen
from shiyu.api.open311.tests.test_schemathesis import ask, read
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


SENDERS = 400
"""From so many addresses, so that who asks too much is not all that is ever told."""


def mended(case: Any, number: str, chance: random.Random) -> tuple[dict[str, str], dict[str, Any]]:
    """What most of is answered: words, a kind, a place of this city; lists asked for whole."""
    if "service_code" in (case.path_parameters or {}):
        case.path_parameters = {"service_code": "10101"}
    if "service_request_id" in (case.path_parameters or {}):
        case.path_parameters = {"service_request_id": number}
    said = {"description": f"井盖破了 {chance.random()}", "service_code": "10101"}
    return {"jurisdiction_id": "410200"}, said | {"lat": "34.80", "long": "114.31"}


def ask_open311(world: World, *, each: int, how_many: int, start: int = 0) -> Counter[int]:
    unhurried()
    number, key = world.make_case("handling").number, citizen().key
    schema = schemathesis.openapi.from_dict(description())
    seeds = [case for o in schema.get_all_operations() for case in made(o.ok(), each)]
    chance, seen = random.Random(11 + 100 * start), Counter()

    def one() -> None:
        case = renewed(chance.choice(seeds))
        if chance.random() < 0.4:
            asked, said = mended(case, number, chance)
            said |= {"api_key": key, "jurisdiction_id": "410200"}
        else:
            asked, said = _spun(case, number, key, chance)
        sender = f"10.{start}.{chance.randrange(SENDERS) // 250}.{chance.randrange(1, 250)}"
        try:
            answer = ask(case.method, f"/open311{case.formatted_path}", asked, said, sender=sender)
        except UnicodeError:
            seen[0] += 1  # no client can write it down
            return
        assert answer.status_code < 500, (case.formatted_path, asked, said)
        read(answer)
        seen[answer.status_code] += 1

    many(how_many, one)
    return seen


def _spun(
    case: Any, number: str, key: str, chance: random.Random
) -> tuple[dict[str, str], dict[str, str]]:
    if "service_request_id" in (case.path_parameters or {}) and chance.random() < 0.5:
        case.path_parameters = {"service_request_id": number}
    said = case.body if isinstance(case.body, dict) else {}
    if chance.random() < 0.8:  # past the first refusals
        said = said | {"api_key": key, "jurisdiction_id": "410200", "service_code": "10101"}
    before = dict(case.query or {})
    if chance.random() < 0.7:
        before["jurisdiction_id"] = "410200"
    asked = plain(spun(before, chance))
    return asked, {name: str(value) for name, value in spun(said, chance).items()}


@pytest.mark.parametrize("share", SHARES)
def test_open311_breaks_at_nothing_and_answers_in_its_form(share: int, world: World) -> None:
    seen = ask_open311(world, each=4, how_many=EACH_RUN, start=len(PIECES) + share)

    assert sum(seen.values()) >= EACH_RUN
    assert seen[200] + seen[201] > EACH_RUN * 0.2, "one in five is answered"
    assert {400, 404} <= set(seen)


@pytest.mark.long
@pytest.mark.parametrize("piece", PIECES)
def test_open311_thousands_of_times(piece: str, world: World) -> None:
    seen = ask_open311(world, each=12, how_many=THOUSANDS, start=PIECES.index(piece))

    print(piece, THOUSANDS, dict(seen))
    assert sum(seen.values()) >= THOUSANDS
