"""Writing together: one statement, all or nothing, a refused part without the rest."""

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shiyu.common import ready, together
from shiyu.common.models import Attempt

pytestmark = pytest.mark.django_db


def one(key: str, failures: int = 1) -> Attempt:
    return Attempt(kind="test", key=key, failures=failures, since=timezone.now())


def write(*records: Attempt, fails: bool = False) -> None:
    with together.together():
        for record in records:
            together.insert(record)
        if fails:
            raise ZeroDivisionError


def kept() -> dict[str, int]:
    return dict(Attempt.objects.filter(kind="test").values_list("key", "failures"))


def test_what_is_held_back_goes_out_as_one_statement_with_its_keys_known() -> None:
    there = one("there")
    there.save()
    with CaptureQueriesContext(connection) as asked, together.together() as held:
        held.take_keys(Attempt, 2)
        new = one("new")
        together.insert(new)
        together.insert(one("beside"))
        there.failures = 7
        together.update(there, "failures")
        assert new.pk
    assert kept() == {"there": 7, "new": 1, "beside": 1}
    assert Attempt.objects.get(key="new").pk == new.pk
    assert [q["sql"][:12] for q in asked.captured_queries][-1] == "WITH i0 AS ("
    assert len([q for q in asked.captured_queries if "INSERT" in q["sql"]]) == 1


def test_of_two_changes_of_one_record_the_last_counts_and_a_new_one_is_written_as_it_is() -> None:
    there = one("there")
    there.save()
    with together.together():
        new = one("new")
        together.insert(new)
        for failures in (3, 4):
            there.failures = new.failures = failures
            together.update(there, "failures")
            together.update(new, "failures")
    assert kept() == {"there": 4, "new": 4}


def test_an_error_inside_writes_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        write(one("a"), fails=True)
    assert kept() == {}
    together.insert(one("after"))
    assert kept() == {"after": 1}


def test_what_fails_inside_is_let_go_of_alone() -> None:
    with together.together():
        together.insert(one("before"))
        with pytest.raises(ZeroDivisionError):
            write(one("gone"), fails=True)
        together.insert(one("after"))
    assert kept() == {"before": 1, "after": 1}


def test_a_change_that_fails_inside_leaves_the_one_before_it() -> None:
    there = one("there")
    there.save()
    with together.together():
        new = one("new")
        together.insert(new)
        there.failures = new.failures = 3
        together.update(there, "failures")
        together.update(new, "failures")
        with pytest.raises(ZeroDivisionError):
            _change_and_fail(there, new)
    assert kept() == {"there": 3, "new": 3}


def _change_and_fail(*records: Attempt) -> None:
    with together.together():
        for record in records:
            record.failures = 9
            together.update(record, "failures")
        raise ZeroDivisionError


def test_one_record_is_not_changed_in_two_ways_at_once() -> None:
    there = one("there")
    there.save()
    with together.together():
        together.update(there, "failures")
        with pytest.raises(ValueError, match="twice"):
            together.update(there, "kind")


def test_a_rule_of_the_table_refuses_the_whole_statement() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        write(one("twice"), one("twice"))
    assert kept() == {}


def test_a_record_that_is_gone_is_not_changed_in_silence() -> None:
    gone = one("gone")
    gone.save()
    Attempt.objects.all().delete()
    with (
        pytest.raises(ObjectDoesNotExist),
        transaction.atomic(),
        together.together(),
    ):
        together.update(gone, "failures")


def test_what_stands_for_all_is_asked_for_once() -> None:
    count = "SELECT count(*) FROM common_attempt WHERE kind = %s"
    with CaptureQueriesContext(connection) as asked, ready.asked_once():
        assert ready.standing(count, ["test"]) == ready.standing(count, ["test"])
        ready.standing(count, ["other"])
    assert len(asked) == 2
    with CaptureQueriesContext(connection) as asked:
        ready.standing(count, ["test"])
        ready.standing(count, ["test"])
    assert len(asked) == 2
