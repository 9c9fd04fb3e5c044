"""Every kind of person and key × every case × every channel: shown exactly what the policy says."""

from collections.abc import Iterable

import pytest

from shiyu.common.home import home
from tests.who_may.cases import CASES
from tests.who_may.channels import CHANNELS, Channel
from tests.who_may.city import City, traces, undone
from tests.who_may.interfaces import BAD, INTERFACES, OF_ANYBODY
from tests.who_may.oracles import ORACLES
from tests.who_may.people import KEYS, PEOPLE, SIGNED_OUT
from tests.who_may.policy import sees

NAMES = tuple(CASES)
ONE_OF = 12
"""In the ordinary run what is asked case by case is asked of every twelfth cell, in turn."""


def some(who: str, channel: str, channels: Iterable[str]) -> list[str]:
    """The cases asked for here: each (person, case) comes up through several channels."""
    everybody = [*PEOPLE, SIGNED_OUT, *KEYS]
    turn = everybody.index(who) + list(channels).index(channel)
    return [name for at, name in enumerate(NAMES) if (at + turn) % ONE_OF == 0]


def wrong(
    city: City, who: str, channels: dict[str, Channel], *, whole: bool
) -> tuple[list[object], int]:
    """The cells that were answered otherwise than the policy says; how many were asked."""
    found: list[object] = []
    cells = 0
    for name, channel in channels.items():
        asked = NAMES if whole or channel.whole else some(who, name, channels)
        shown = undone(lambda c=channel, a=asked: c.ask(city, who, a))
        should = channel.should(who) & set(asked)
        cells += len(asked)
        if shown != should:
            found.append((name, "too much", shown - should, "too little", should - shown))
    return found, cells


@pytest.mark.parametrize("who", [*PEOPLE, SIGNED_OUT])
def test_a_person_is_shown_what_the_policy_says(
    who: str, kept: City, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    found, cells = wrong(kept, who, CHANNELS, whole=False)

    assert found == []
    print(f"who may: {cells} cells of {who}")


@pytest.mark.parametrize("who", KEYS)
def test_a_key_is_told_what_the_policy_says(who: str, kept: City) -> None:
    channels = INTERFACES if who not in BAD else {"API case": INTERFACES["API case"]}
    found, cells = wrong(kept, who, channels, whole=False)

    assert found == []
    print(f"who may: {cells} cells of {who}")


@pytest.mark.long
@pytest.mark.parametrize("who", [*PEOPLE, SIGNED_OUT, *KEYS])
def test_every_cell_of_the_whole_product(who: str, kept: City) -> None:
    channels = INTERFACES if who in KEYS else CHANNELS
    found, cells = wrong(kept, who, channels, whole=True)

    assert found == []
    print(f"who may: {cells} cells of {who}")


def test_anybody_is_told_what_is_published(kept: City) -> None:
    assert wrong(kept, SIGNED_OUT, OF_ANYBODY, whole=True)[0] == []


@pytest.mark.parametrize("oracle", ORACLES)
def test_the_walls_agree_with_the_policy_in_every_cell(oracle: str, kept: City) -> None:
    good = [who for who in (*PEOPLE, *KEYS) if who not in BAD]
    found = {who: ORACLES[oracle](kept, who) ^ sees(who) for who in good}

    assert {who: cells for who, cells in found.items() if cells} == {}


def test_looking_leaves_no_trace(kept: City) -> None:
    before = traces()
    for who in ("intake at gulou", "nobody"):
        for name in ("page", "fragment", "print", "row", "attachment", "list", "news of a list"):
            CHANNELS[name].ask(kept, who, NAMES[:3])

    assert traces() == before
    assert home()
