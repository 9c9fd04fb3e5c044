"""Every address of the program, and what each kind of person should be answered there."""

from collections.abc import Collection, Iterator

from tests.every_page import of_people, of_residents, of_settings, of_work
from tests.every_page.address import (
    ANYBODY,
    DENIED,
    ENTER,
    FOUND,
    NONE,
    OF_A_CASE,
    WITH_CODE,
    Address,
)
from tests.every_page.people import DOUBLES, SEES, SIGNED_OUT
from tests.every_page.town import Town

ADDRESSES = {
    **of_people.ADDRESSES,
    **of_work.ADDRESSES,
    **of_settings.ADDRESSES,
    **of_residents.ADDRESSES,
}
INTERFACES = ("v1:", "open311")
"""Answered by key: every route of theirs stands in a table of `shiyu/api`."""
SOME_CASES = ("gulou handling", "gulou merged", "longting handling")

Cells = Iterator[tuple[str, Address, str, str]]


def cells(
    town: Town, who: str, *, only: Collection[str] = (), fewer: Collection[str] = ()
) -> Cells:
    """Every (route, address, case, path); of the routes in `fewer` only with some cases."""
    for name, addresses in ADDRESSES.items():
        if only and name not in only:
            continue
        for address in addresses:
            if who in DOUBLES and address.whose != OF_A_CASE:
                continue
            cases = SOME_CASES if name in fewer else SEES
            for case in cases if address.whose == OF_A_CASE else [""]:
                yield name, address, case, town.path(name, address, case)


def wanted(
    address: Address, who: str, case: str, answer: frozenset[int], *, htmx: bool = False
) -> frozenset[int]:
    """What this person should be answered: the whole policy of looking, in one place."""
    if address.whose in {ANYBODY, WITH_CODE}:
        return answer
    if who == SIGNED_OUT:
        return frozenset({ENTER if htmx else FOUND})
    if address.whose == OF_A_CASE and who not in SEES[case]:
        return frozenset({NONE})
    if address.holders is not None and who not in address.holders:
        return frozenset({DENIED})
    return answer
