"""The columns that pages may not change, filled with markup by their owner: shown as words (T-S5).

Beside `tests/every_page/test_words_on_every_page.py`, which fills those that pages may change.
"""

from typing import Any

import pytest

from tests.every_page.test_words_on_every_page import columns, faults, fill
from tests.every_page.town import build_town

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


def test_what_is_written_once_becomes_no_markup_either(as_owner: Any) -> None:
    town = build_town()
    as_owner.autocommit = True

    filled = fill(as_owner.execute)
    wrong, shown = faults(town, filled, 1)

    print(f"words: {len(filled)} of {len(columns())} columns filled, seen: {sorted(shown)}")
    print(f"not filled: {sorted({f'{t}.{c}' for t, c, _m in columns()} - set(filled.values()))}")
    assert wrong == []
    assert len(filled) > 45
