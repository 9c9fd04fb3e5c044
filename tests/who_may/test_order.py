"""Who may not make a move is told that alone, before anything the request names is looked at.

Otherwise the answer to somebody without the right would tell whether another's record exists.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from shiyu.api.v1.batches import ALONE
from shiyu.api.v1.records import RECORDS
from shiyu.api.v1.ways import WAYS
from shiyu.cases import rules
from shiyu.files.models import Photo
from tests.every_page.people import WORK_OF
from tests.who_may.cases import CASES
from tests.who_may.city import City, traces, undone
from tests.who_may.interfaces import BAD
from tests.who_may.people import KEYS, PEOPLE, WORKING
from tests.who_may.policy import moves, sees
from tests.who_may.test_moving import _body
from tests.who_may.test_references import plain

NOT_ALLOWED, NOT_FOUND = 403, 404
NAMED = frozenset({*RECORDS, "standard"})
"""Fields of a move that name a record."""


def nobodys(field: str) -> Any:
    """A name in this field that stands for nothing."""
    one: dict[str, Any] = {
        "into": "KF20990101999999",
        "standard": 2**31,
        "parts": [{"text": "x", "place": "nowhere"}],
        **{key: [str(UUID(int=7))] for key in ("photos", "before", "after")},
        **{key: ["NOWHERE"] for key in ("co", "units")},
    }
    return one.get(field, "NOWHERE")


def anothers(city: City, field: str) -> Any:
    """A name in this field that stands for what this one may not use."""
    case = city.cases["in another county"]
    photo = Photo.objects.exclude(subject="").first()
    assert photo is not None
    photos = {key: [str(UUID(photo.public_id))] for key in ("photos", "before", "after")}
    return {"into": case.number, **photos}.get(field, nobodys(field))


def without_right(move: str) -> tuple[str, str]:
    """A key that works on cases, sees this one but not all, and may not make the move of it."""
    for who, one in KEYS.items():
        works = who not in BAD and any(duty in WORKING for duty, _at in one.holds)
        for case in sorted(sees(who)) if works and set(CASES) - sees(who) else ():
            if move not in moves(who, case):
                return who, case
    raise AssertionError(f"every key may make {move}: give KEYS one that may not")


def without_sight(who: str) -> str:
    return min(set(CASES) - sees(who))


def bodies(city: City, who: str, move: str) -> Iterator[dict[str, Any]]:
    """All right; then each field that names a record, with nobody's and with another's."""
    usual = _body(city, who, move)
    yield usual
    for field in sorted(NAMED & set(WAYS[move].shape.model_fields)):
        yield usual | {field: nobodys(field)}
        yield usual | {field: anothers(city, field)}


def told(city: City, who: str, case: str, move: str) -> set[tuple[int, str, str]]:
    """Everything that is answered, alone with and without a version, and in a batch."""
    number = city.cases[case].number
    found = set()
    for nth, body in enumerate(bodies(city, who, move)):
        for version in ("*", '"999999"')[: 1 + (nth == 0)]:
            wanted = {"If-Match": version}
            answer = undone(lambda b=body, w=wanted: city.systems[who].move(number, move, b, **w))
            found.add(_said(answer.status_code, answer.json(), number))
        if move not in ALONE:
            items = [{"number": number, "move": move, "data": body}]
            one = undone(lambda i=items: city.systems[who].post("/batches/moves", {"items": i}))
            row = one.json()["items"][0]
            found.add(_said(row["status"], row["problem"], number))
    return found


def _said(status: int, problem: dict[str, Any], number: str) -> tuple[int, str, str]:
    return status, problem["code"], problem["detail"].replace(number, "@")


@pytest.mark.parametrize("move", WAYS)
def test_without_the_right_nothing_named_is_told_of(move: str, kept: City) -> None:
    who, seen = without_right(move)
    before = traces()

    refused = told(kept, who, seen, move)
    unseen = told(kept, who, without_sight(who), move)

    assert {(status, code) for status, code, _words in refused} == {(NOT_ALLOWED, "not_allowed")}
    assert {(status, code) for status, code, _words in unseen} == {(NOT_FOUND, "not_found")}
    assert len(refused) == len(unseen) == 1
    assert traces() == before


EVERY = 6
"""Of the pages' moves so many are sent in the ordinary run: every sixth."""


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)])
def test_without_the_right_a_page_tells_of_nothing_named_either(whole: bool, kept: City) -> None:
    wrong = []
    for move in list(WORK_OF)[:: 1 if whole else EVERY]:
        who, case = person_without_right(move)
        path = f"/cases/{kept.cases[case].number}/{move}/"
        said = {
            tuple(plain(kept.browser(who).post(path, form), "")) for form in forms_of(kept, move)
        }
        wrong += [(move, who, said)] if {status for status, _text in said} != {NOT_ALLOWED} else []
        wrong += [(move, who, said)] if len(said) != 1 else []

    assert wrong == []


def person_without_right(move: str) -> tuple[str, str]:
    for who in PEOPLE:
        for case in sorted(sees(who)) if set(CASES) - sees(who) else ():
            if move not in moves(who, case):
                return who, case
    raise AssertionError(f"everybody may {move}")


def forms_of(city: City, move: str) -> Iterator[dict[str, Any]]:
    """Nothing; then everything that could be named, nobody's and another's."""
    fields = sorted(NAMED | {"place", "close_by", "version"})
    yield {}
    yield {field: nobodys(field) for field in fields if field != "parts"}
    yield {field: anothers(city, field) for field in fields if field != "parts"}


def test_the_trial_names_what_each_move_can_name(kept: City) -> None:
    fields = {field for way in WAYS.values() for field in way.shape.model_fields} & NAMED
    for field in fields:
        assert nobodys(field)
    assert fields == NAMED


def test_references_read_before_the_right_are_caught(
    kept: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault this file is about, planted: who may not hears that a unit is not there."""
    monkeypatch.setattr(rules, "must", lambda *_given: None)
    who, seen = without_right("dispatch")

    assert len(told(kept, who, seen, "dispatch")) > 1
