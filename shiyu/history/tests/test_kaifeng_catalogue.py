from datetime import date

import pytest

from shiyu.catalogue import rules
from shiyu.catalogue.models import Kind, Procedure, Standard
from shiyu.common.worktime import Allowance
from shiyu.history.kaifeng.catalogue import (
    demo_catalogue,
    departments,
    found_departments,
    publish_catalogue,
)
from shiyu.people.actors import Actor

PROGRAM = Actor.program("test")
FIRST = date(2026, 1, 1)


def test_there_are_94_departments_with_names_of_their_own():
    known = departments()

    assert len(known) == 94
    assert len({d.code for d in known}) == len({d.short_name for d in known}) == 94


def test_there_are_enough_kinds_each_with_a_limit_and_a_source():
    drafts = demo_catalogue()

    kinds = {draft.kind_code for draft in drafts}
    assert len(kinds) >= 180
    assert {draft.category for draft in drafts} == {"component", "event", "appeal", "matter"}
    assert all(Allowance.parse(draft.handling).minutes > 0 for draft in drafts)
    assert all(draft.source and draft.filing_condition for draft in drafts)


def test_every_unit_the_catalogue_names_is_a_department():
    known = {d.short_name for d in departments()}

    assert {owed.name for draft in demo_catalogue() for owed in draft.owed} <= known


@pytest.mark.django_db
def test_the_catalogue_is_published_once():
    units = found_departments("410200", actor=PROGRAM)

    procedure, outcome = publish_catalogue(units, valid_from=FIRST, actor=PROGRAM)

    assert (outcome.added, outcome.notes) == (len(demo_catalogue()), [])
    assert Standard.objects.count() == len(demo_catalogue())
    assert Procedure.objects.get() == procedure
    kind = Kind.objects.get(code="10101")
    standard = rules.standard_for(kind, FIRST)
    assert rules.limits_of(procedure, standard)["handling"] == "2紧急工作时"
    assert rules.responsible(standard, "city").lead == units["供水集团"]
    assert "由执法部门直接处置" in rules.may_go_to_grid(Kind.objects.get(code="20101"))
