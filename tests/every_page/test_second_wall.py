"""Two oracles of one question: what `visible_to` gives, and what the database shows by itself.

And the first wall taken away, here alone: pages then ask for all cases, and the second wall still
shows nobody a case that is not theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from shiyu.api import rules as api_rules
from shiyu.api.actions import admit
from shiyu.api.v1 import finding as v1_finding
from shiyu.cases import following, rules
from shiyu.cases.models import Case, CaseQuerySet, Report
from shiyu.common import wall
from shiyu.desk.views import cases as cases_pages
from shiyu.people import middleware
from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.people.seeing import sight_of
from tests.every_page.address import ANYBODY, NONE, OF_A_CASE, OK
from tests.every_page.people import EVERYBODY, SEES, SIGNED_OUT
from tests.every_page.table import cells
from tests.every_page.town import Town
from tests.test_walls import WALLED

OF_REPORT = "(SELECT r.case_id FROM cases_report r WHERE r.id = report_id)"
OF_LOOK = """(SELECT r.case_id FROM cases_look l JOIN cases_report r ON r.id = l.report_id
                WHERE l.id = look_id)"""
OF_SUBJECT = """CASE split_part(subject, ':', 1)
    WHEN 'case' THEN split_part(subject, ':', 2)::bigint
    WHEN 'report' THEN (SELECT r.case_id FROM cases_report r
                         WHERE r.id = split_part(subject, ':', 2)::bigint) END"""
CASE_OF = {
    "cases_case": "id",
    **dict.fromkeys(["cases_assignment", "cases_report", "cases_check", "cases_found"], "case_id"),
    **dict.fromkeys(["cases_reporter", "cases_look", "cases_rating"], OF_REPORT),
    "cases_lookend": OF_LOOK,
    **dict.fromkeys(["journal_line", "journal_remark", "files_photo"], OF_SUBJECT),
}
"""Which case a row hangs on, said anew and not by the policies."""
PERSON_OF = {
    "notices_notice": "to_id",
    **dict.fromkeys(
        ["notices_address", "notices_wishes", "desk_saved", "desk_layout", "desk_batch"],
        "person_id",
    ),
    "desk_batchitem": "(SELECT b.person_id FROM desk_batch b WHERE b.id = batch_id)",
}
OWN_HOLDERS = frozenset({"cases_reach"})
"""Narrower than the case: only one's own parts in it."""

FEW = ("handler", "intake_longting", "nobody")


@dataclass(frozen=True)
class Looker:
    """One who looks: the actor of the first wall, the sight of the second."""

    actor: Actor
    sight: wall.Sight


def lookers(town: Town) -> Iterator[Looker]:
    for key in EVERYBODY:
        actor = Actor.for_person(Person.objects.get(pk=town.world.people[key].pk))
        yield Looker(actor, sight_of(actor))
    for grants in (["cases:read@410202"], ["cases:handle@D1"], ["cases:report"]):
        client = admit(grants[0], purpose="api", scopes=grants, actor=Actor.program("test"))
        actor = Actor("key", client.pk, client.name, api_rules.held_by(client))
        yield Looker(actor, sight_of(actor))
    report = Report.objects.order_by("-pk")[0]
    yield Looker(Actor.receipt(report.pk), wall.Sight(cases=frozenset({report.case_id})))
    yield Looker(Actor("nobody", 0), wall.PUBLIC)


def test_every_walled_table_is_asked_here() -> None:
    assert set(CASE_OF) | set(PERSON_OF) | OWN_HOLDERS == WALLED


def test_the_database_shows_what_the_policy_shows(town: Town) -> None:
    wrong, seen = [], set()
    for one in lookers(town):
        cases = set(rules.visible_to(one.actor).values_list("pk", flat=True))
        for table, case in CASE_OF.items():
            every = [of for (of,) in _rows(f"SELECT {case} FROM {table}")]
            with wall.within(one.sight):
                shown = [of for (of,) in _rows(f"SELECT {case} FROM {table}")]
            right = [of for of in every if of is None or of in cases]
            if sorted(map(str, shown)) != sorted(map(str, right)):
                wrong.append((one.actor.ref, table, len(shown), len(right)))
            seen |= {(table, bool(shown))}
        with wall.within(one.sight):
            if any(case not in cases for (case,) in _rows("SELECT case_id FROM cases_reach")):
                wrong.append((one.actor.ref, "cases_reach"))

    assert wrong == []
    assert len(cases) == 0
    assert {table for table, any_row in seen if any_row} >= {"cases_case", "journal_line"}


def test_what_is_one_s_own_is_shown_to_nobody_else(town: Town) -> None:
    notices = len(_rows("SELECT id FROM notices_notice"))
    shown = 0
    for one in lookers(town):
        with wall.within(one.sight):
            for table, person in PERSON_OF.items():
                found = {of for (of,) in _rows(f"SELECT {person} FROM {table}")}
                assert found <= {one.sight.person}, (one.actor.ref, table)
            shown += len(_rows("SELECT id FROM notices_notice"))

    assert 0 < shown < notices


def _rows(words: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(words)
        return cursor.fetchall()


@pytest.fixture
def no_first_wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`visible_to` gives every case: only ever here, and only while a test runs."""

    def all_cases(actor: Actor, *, start: rules.Start = rules.Start.EACH) -> CaseQuerySet:
        return Case.objects.all()

    for module in (rules, following):
        monkeypatch.setattr(module, "visible_to", all_cases)
    _forget_statements()
    yield
    _forget_statements()


def _forget_statements() -> None:
    """Statements that were made with the rule, or without it."""
    cases_pages._numbered.cache_clear()
    v1_finding._seen.cache_clear()


@pytest.mark.parametrize(
    "who",
    [
        *FEW,
        *(
            pytest.param(who, marks=pytest.mark.long)
            for who in (*EVERYBODY, SIGNED_OUT)
            if who not in FEW
        ),
    ],
)
def test_without_the_first_wall_the_second_shows_no_foreign_case(
    who: str, town: Town, no_first_wall: None
) -> None:
    foreign = {town.cases[name].number for name, seen in SEES.items() if who not in seen}
    wrong = []
    for _name, address, case, path in cells(town, who, fewer={"desk:print", "desk:move"}):
        if address.whose == ANYBODY:
            continue
        answer = town.browser(who).get(path)
        is_foreign = address.whose == OF_A_CASE and who not in SEES[case]
        if is_foreign and who != SIGNED_OUT and answer.status_code != NONE:
            wrong.append((path, answer.status_code))
        if not is_foreign and not answer.streaming:
            body = answer.content.decode(errors="ignore")
            wrong += [(path, number) for number in foreign if number in body and number not in path]

    assert wrong == []


def test_without_either_wall_the_page_shows_it(
    town: Town, no_first_wall: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the trial above can fail, and it was the second wall that held."""
    path = reverse("desk:case", args=[town.cases["longting handling"].number])

    held = town.browser("intake").get(path).status_code
    monkeypatch.setattr(middleware, "sight_of", lambda actor: wall.EVERYTHING)

    assert (held, town.browser("intake").get(path).status_code) == (NONE, OK)
