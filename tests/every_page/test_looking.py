"""Every address × every kind of person: what each may see, and that a look changes nothing."""

from typing import Any

import pytest

from tests.every_page.address import NONE, OF_A_CASE, SIGNED_IN
from tests.every_page.people import EVERYBODY, SIGNED_OUT, TRIED
from tests.every_page.table import Cells, cells, wanted
from tests.every_page.town import Town, led_to_sign_in, traces, undone

PRIVATE = frozenset({SIGNED_IN, OF_A_CASE})
FRAGMENTS = frozenset({"desk:case", "desk:row", "desk:queue", "desk:move", "notices:badge"})


@pytest.mark.parametrize("who", [*EVERYBODY, SIGNED_OUT])
def test_what_each_may_look_at(who: str, town: Town) -> None:
    assert _looked_at(town, who, cells(town, who, fewer={"desk:print", "desk:move"})) == []


@pytest.mark.parametrize("who", TRIED)
def test_a_fragment_shows_no_more_than_its_page(who: str, town: Town) -> None:
    tried = cells(town, who, only=FRAGMENTS, fewer=FRAGMENTS)

    assert _looked_at(town, who, tried, htmx=True) == []


def _looked_at(town: Town, who: str, tried: Cells, *, htmx: bool = False) -> list[Any]:
    """The cells that were answered otherwise than the tables say, or left a trace."""
    before = traces()
    wrong, after = undone(lambda: (_wrong(town, who, tried, htmx=htmx), traces()))
    return wrong if after == before else [*wrong, ("left a trace", before, after)]


def _wrong(town: Town, who: str, tried: Cells, *, htmx: bool) -> list[Any]:
    headers = {"HX-Request": "true"} if htmx else {}
    wrong: list[Any] = []
    for name, address, case, path in tried:
        answer = town.browser(who).get(path, headers=headers)
        right = wanted(address, who, case, address.get, htmx=htmx)
        if who == SIGNED_OUT and _is_file(name):
            right = frozenset({NONE})
        elif who == SIGNED_OUT and address.whose in PRIVATE and not led_to_sign_in(answer):
            wrong.append((path, case, "not led to sign in", answer.status_code))
        if answer.status_code not in right:
            wrong.append((path, case, answer.status_code, sorted(right)))
    return wrong


def _is_file(name: str) -> bool:
    """A picture has no page to sign in on: to whoever may not see it, it does not exist."""
    return name == "files:photo"
