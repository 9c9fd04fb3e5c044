"""Every column of text that there is, filled with markup, on every page there is (T-S5).

The columns are found in the models, not listed: what is no word of anybody stands in NO_WORDS with
its reason. A page that makes a node or an attribute of it fails, whoever looks.
"""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from shiyu.site import context
from tests.bad_input.safe_answers import holds
from tests.bad_input.xss import MADE
from tests.every_page.address import ANYBODY, WITH_CODE
from tests.every_page.people import SIGNED_OUT
from tests.every_page.table import ADDRESSES, SOME_CASES, cells
from tests.every_page.town import Town, undone

LONGEST = '"><img data-x5={at} src=x onerror=alert(5)><script data-x5>alert(5)</script>{{{{7*7}}}}'
SHORT = '"><i data-x5={at}>'
SHORTEST = "<i data-x5={at}"
LEAST = len(SHORTEST.format(at=100))
SEEN = re.compile(r"data-x5=(\d+)")
LIBRARIES = ("auth_", "django_", "account_", "socialaccount_", "mfa_", "procrastinate_")
NO_WORDS: dict[str, tuple[str, ...]] = {
    "our own names of things, chosen by the program": (
        *("common_", "journal_mark.", "journal_change.", "journal_line.", "facts_", "cases_watch."),
        *(".subject", ".author", ".by", ".actor", ".owner", ".asked_by", ".added_by", ".about"),
        *(".created_by", ".revoked_by", ".queue", ".sort", ".move", ".clock", ".kind", ".why"),
        *(".direction", ".state", ".stage", ".outcome", ".purpose", ".notice", ".topic", ".verb"),
        *("cases_case.channel", "notices_subscription.last_why", "notices_connector.last_why"),
        *("desk_batch.back", ".language", "cases_report.source", ".basis", ".channel"),
    ),
    "hashes, keys, sealed or made by chance": (
        *(".sealed", ".before", ".key", ".hash", ".sha256", ".code_hash", ".receipt", ".salt"),
        *(".commitment", ".public_id", ".ref", ".visible", ".source_ref", ".password", ".phone"),
        *("usersessions_usersession.session_key", "cases_reporter."),
    ),
    "codes and numbers, checked when they are entered": (
        *(".code", ".place_code", ".number", ".timezone", ".number_prefix", ".major_code"),
        *(".crs", ".line", ".workday", ".objection_limit", ".season_first", ".season_last"),
        *(".username", ".handling", ".role", ".tier", ".category", ".url", ".plain", ".road"),
    ),
}
Run = Callable[[str], None]


class Made(HTMLParser):
    """Whether a page has a node or an attribute made of the words."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"<{tag} {name}>" for name, _value in attrs if name.startswith("data-x5")]


def columns() -> list[tuple[str, str, int]]:
    """Table, column and length of every text somebody may have written."""
    found = []
    for model in apps.get_models():
        table = model._meta.db_table
        for field in model._meta.local_fields:
            if not isinstance(field, models.CharField | models.TextField) or field.choices:
                continue
            if not is_no_word(f"{table}.{field.column}"):
                found.append((table, field.column, field.max_length or 2000))
    return found


def is_no_word(name: str) -> bool:
    parts = [part for some in NO_WORDS.values() for part in some]
    return name.startswith(LIBRARIES) or any(
        name.endswith(part) if part.startswith(".") else name.startswith(part) for part in parts
    )


def words(at: int, most: int) -> str:
    usual = (LONGEST, SHORT, SHORTEST)
    return next(w for w in (one.format(at=at) for one in usual) if len(w) <= most)


def fill(run: Run) -> dict[int, str]:
    """Write words into every column; which could not be written, are left out."""
    filled = {}
    for at, (table, column, most) in enumerate(columns(), start=100):
        if most >= LEAST and written(run, table, column, words(at, most)):
            filled[at] = f"{table}.{column}"
    return filled


def written(run: Run, table: str, column: str, said: str) -> bool:
    quoted = said.replace("'", "''").replace("%", "%%")
    first = f"WHERE ctid = (SELECT min(ctid) FROM {table})"  # where no two rows may say the same
    for where in ("", first):
        try:
            run(f"UPDATE {table} SET {column} = '{quoted}' {where}")
        except (DatabaseError, psycopg.Error):
            continue
        return True
    return False


def run_here(words: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(words)


def faults(town: Town, filled: dict[int, str], every: int) -> tuple[list[Any], set[str]]:
    """What of the words became markup; which columns were shown as words."""
    context._Kept.stale_at = 0.0
    wrong, shown = [], set()
    for case, path, who in list(asked(town))[::every]:
        for headers in ({}, {"HX-Request": "true"})[: 1 + bool(case)]:
            answer = undone(lambda p=path, w=who, h=headers: town.browser(w).get(p, headers=h))
            if answer.streaming:
                continue
            text = answer.content.decode(errors="ignore")
            shown |= {filled[int(at)] for at in SEEN.findall(text) if int(at) in filled}
            if answer.get("Content-Type", "").startswith("text/html"):
                wrong += [(path, one) for one in (*Made(text).found, *holds(answer))]
            if answer.status_code >= 500:
                wrong.append((path, answer.status_code))
    return wrong, shown


def asked(town: Town) -> Iterator[tuple[str, str, str]]:
    """Every address once, by somebody who is let in."""
    for _name, address, case, path in cells(town, "commander_city", fewer=ADDRESSES):
        if case in {"", SOME_CASES[0]}:
            who = "commander_city"
            if address.whose in {ANYBODY, WITH_CODE}:
                who = SIGNED_OUT
            elif address.holders:
                who = min(address.holders)
            yield case, path, who


@pytest.mark.parametrize("every", [40, pytest.param(1, marks=pytest.mark.long)])
def test_no_column_of_text_becomes_markup_on_any_page(every: int, town: Town) -> None:
    filled = fill(run_here)
    wrong, shown = faults(town, filled, every)

    print(f"words: {len(filled)} columns filled, {len(shown)} seen on pages: {sorted(shown)}")
    print(f"not filled: {sorted({f'{t}.{c}' for t, c, _m in columns()} - set(filled.values()))}")
    assert wrong == []
    assert len(filled) > 30
    assert len(shown) > (15 if every == 1 else 1)


def test_markup_that_was_let_through_is_seen() -> None:
    assert MADE
    assert Made("<p>" + words(100, 2000)).found != []
    assert Made("<p>" + words(100, 2000).replace("<", "&lt;").replace('"', "&quot;")).found == []
    assert is_no_word("people_person.password")
    assert not is_no_word("people_person.nickname")
