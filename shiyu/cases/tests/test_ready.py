"""Prepared statements: the same records as the ORM's, the same errors, planned once."""

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Assignment, Case
from shiyu.common import ready
from shiyu.common.ready import ANY, Select
from shiyu.people.models import Unit
from shiyu.places.models import Place


def test_a_prepared_select_gives_the_same_records_as_the_orm(world):
    case = world.make_case(Stage.HANDLING)
    fetch = Select(
        lambda pk: Case.objects.select_related("procedure", "standard", "kind").filter(pk=pk), ANY
    )

    (found,) = fetch(case.pk)

    same = Case.objects.select_related("procedure", "standard", "kind").get(pk=case.pk)
    for field in Case._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(same, field.attname)
    assert found.procedure.limits == same.procedure.limits
    assert found.standard is not None
    assert found.standard.evidence == same.standard.evidence
    assert fetch(0) == []


def test_what_is_left_out_of_a_record_comes_when_asked_for(world):
    fetch = Select(lambda pk: Place.objects.defer("boundary").filter(pk=pk), ANY)
    place = world.places["cell_a"]

    (found,) = fetch(place.pk)

    assert "boundary" in found.get_deferred_fields()
    assert bytes(found.boundary) == bytes(Place.objects.get(pk=place.pk).boundary)


def test_a_value_is_put_wherever_its_sample_stands(world):
    fetch = Select(
        lambda unit, code: Unit.objects.filter(pk=unit, code=code) | Unit.objects.filter(code=code),
        ANY,
        "code",
    )

    found = fetch(world.units["roads"].pk, "D1")

    assert found == [world.units["roads"]]


def test_a_sample_that_stands_nowhere_is_refused_at_the_first_use(world):
    fetch = Select(lambda pk, _unused: Case.objects.filter(pk=pk), ANY, "never")

    with pytest.raises(ValueError, match="never"):
        fetch(1, "x")


def test_records_are_written_and_changed_whole(world):
    case = world.make_case(Stage.HANDLING)
    part = case.assignments.get()
    beside = Assignment(case=case, unit=world.units["waste"], sent_at=part.sent_at)

    ready.write(beside)
    beside.state = Assignment.State.SIGNED
    ready.write(beside)

    kept = Assignment.objects.get(pk=beside.pk)
    assert (kept.unit_id, kept.state, kept.sent_at) == (
        *(world.units["waste"].pk, "signed"),
        part.sent_at,
    )


def test_changing_what_is_not_there_is_an_error(world):
    case = world.make_case(Stage.HANDLING)
    part = case.assignments.get()
    part.pk = 0

    with pytest.raises(ObjectDoesNotExist):
        ready.update(part)


def test_a_constraint_speaks_as_it_does_through_the_orm(world):
    case = world.make_case(Stage.HANDLING)
    part = case.assignments.get()
    again = Assignment(case=case, unit_id=part.unit_id, sent_at=part.sent_at)

    with pytest.raises(IntegrityError, match="one_part_for_each_unit"), transaction.atomic():
        ready.insert(again)


def test_the_statement_is_planned_once_on_a_connection(world):
    sql = "SELECT 41 + %s::int"

    found = [ready.rows(sql, (n,)) for n in (1, 2, 3)]

    assert found == [[(42,)], [(43,)], [(44,)]]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements "
            "WHERE statement LIKE 'SELECT 41 + %%'"
        )
        assert cursor.fetchone() == (1, 3)


def test_queries_are_counted_like_all_others(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        ready.rows("SELECT 1")
