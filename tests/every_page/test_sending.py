"""Every form × every kind of person: whoever may not send it is refused, and nothing changes."""

from typing import Any

import pytest

from tests.every_page.address import DENIED, FOUND, MADE_OR_ASKED, NO_METHOD, NONE, OK
from tests.every_page.people import HOLDS, SEES, SIGNED_OUT, TRIED, WORK_OF
from tests.every_page.table import ADDRESSES, cells, wanted
from tests.every_page.town import Town, led_to_sign_in, state, traces, undone

MOVED = ("gulou handling", "longting handling")
ALSO = ("remark", "close")
"""Moves tried with every case by everybody; all others with one case of each county."""


@pytest.mark.parametrize("who", TRIED)
def test_what_each_may_send(who: str, town: Town) -> None:
    """Empty forms: whoever may not send them is refused before anything is looked at."""
    wrong: list[Any] = []
    before = traces()

    for _name, address, case, path in cells(town, who, fewer=ADDRESSES):
        is_sent = address.post != {NO_METHOD}
        if not is_sent and who not in {"commander_city", SIGNED_OUT}:
            continue
        answer, after = undone(lambda path=path: (town.browser(who).post(path), traces()))
        right = wanted(address, who, case, address.post)
        if not is_sent:
            right = right | {NO_METHOD, DENIED, NONE}
        if answer.status_code not in right:
            wrong.append((path, case, answer.status_code, sorted(right)))
        if answer.status_code >= 400 and after != before:
            wrong.append((path, case, "left a trace", after))

    assert wrong == []
    assert traces() == before


@pytest.mark.parametrize("who", TRIED)
def test_who_may_make_which_move(who: str, town: Town) -> None:
    """Whoever may not is told so (403) or finds no such case (404), and nothing has changed."""
    wrong: list[Any] = []
    seen = [case for case in MOVED if who in SEES[case]]

    for case, found in town.cases.items():
        before = state(found)
        for move in WORK_OF if case in seen else ALSO:
            right = _allowed(who, case, move)
            if case != "gulou handling" and right == MADE_OR_ASKED:
                continue  # making moves is tried where they are made; here it is about refusals
            path = f"/cases/{found.number}/{move}/"
            answer, after = undone(
                lambda path=path, found=found: (town.browser(who).post(path), state(found))
            )
            if answer.status_code not in right:
                wrong.append((path, case, answer.status_code, sorted(right)))
            if answer.status_code not in {OK, FOUND} and after != before:
                wrong.append((path, case, "left a trace", after))
            if who == SIGNED_OUT and not led_to_sign_in(answer):
                wrong.append((path, case, "not led to sign in", answer.headers))

    assert wrong == []


def _allowed(who: str, case: str, move: str) -> frozenset[int]:
    if who == SIGNED_OUT:
        return frozenset({FOUND})
    if who not in SEES[case]:
        return frozenset({NONE})
    holders = HOLDS[case.split()[0]]
    may = any(who in holders.get(duty, ()) for duty in WORK_OF[move])
    return MADE_OR_ASKED if may else frozenset({DENIED})
