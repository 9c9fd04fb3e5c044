"""The tables are whole: no address, person or move of the program is missing."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from shiyu.desk.moves import MOVE_FORMS
from tests.every_page.people import EVERYBODY, WORK_OF
from tests.every_page.table import ADDRESSES, INTERFACES
from tests.every_page.town import Town


def test_every_address_of_the_program_stands_in_the_table() -> None:
    pages = {name for name in _routes() if not name.startswith(INTERFACES)}

    assert pages == set(ADDRESSES)


def test_the_people_are_those_of_the_made_city(town: Town) -> None:
    assert set(EVERYBODY) == set(town.world.people)


def test_every_move_with_a_form_is_somebodys_work() -> None:
    assert set(MOVE_FORMS) == set(WORK_OF)


def _routes(resolver: Any = None, namespace: str = "") -> Iterator[str]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _routes(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"
