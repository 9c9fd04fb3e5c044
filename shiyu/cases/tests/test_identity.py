"""Who reported lies closed in the database, is found by telephone, and opens in no other row."""

from collections.abc import Callable

import pytest
from django.db import connection

from shiyu.cases import actions, identity
from shiyu.cases.closing import close_all
from shiyu.cases.models import Case, Reporter
from shiyu.cases.tests.world import World
from shiyu.common.vault import Unreadable

pytestmark = pytest.mark.django_db

NAME, PHONE = "欧阳金丝雀", "13912345678"


def rows_as_stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(r::text, '|'), '') FROM cases_reporter r")
        return str(cursor.fetchone()[0])


def in_clear(case: Case, name: str, phone: str) -> Reporter:
    """A row as an older version of the program writes it."""
    report = case.reports.get()
    Reporter.objects.filter(report=report).delete()
    return Reporter.objects.create(report=report, plain_name=name, plain_phone=phone)


def test_a_reporter_is_nowhere_in_clear(world: World, make_case: Callable[..., Case]) -> None:
    case = make_case(name=NAME, phone=PHONE)
    reporter = Reporter.objects.get(report__case=case)

    assert (reporter.name, reporter.phone) == (NAME, PHONE)
    stored = rows_as_stored()
    for said in (NAME, PHONE, NAME.encode().hex(), PHONE.encode().hex()):
        assert said not in stored


def test_names_of_different_length_look_alike() -> None:
    short, long = (identity.close(n, PHONE, report=1) for n in ("王", "欧阳金丝雀雀"))

    assert len(short.sealed) == len(long.sealed)
    assert short.found_by == long.found_by
    assert short.key != long.key


@pytest.mark.parametrize("said", [PHONE, f"+86{PHONE}", f"86{PHONE}", "139 1234-5678"])
def test_a_number_is_the_same_however_it_is_written(said: str) -> None:
    assert identity.found_by(said) == identity.found_by(PHONE)


def test_what_is_closed_for_one_report_opens_for_no_other() -> None:
    mine, theirs = (identity.close(NAME, PHONE, report=n) for n in (1, 2))

    for key, sealed, report in (
        (mine.key, mine.sealed, 2),
        (theirs.key, mine.sealed, 1),
        (mine.key, mine.sealed[:-1] + b"\0", 1),
    ):
        with pytest.raises(Unreadable):
            identity.open_(key, sealed, report=report)


def test_without_its_key_nothing_of_it_opens(world: World, make_case: Callable[..., Case]) -> None:
    case = make_case(name=NAME, phone=PHONE)
    kept = bytes(Reporter.objects.get(report__case=case).sealed)
    Reporter.objects.filter(report__case=case).update(key=b"\0" * 60)
    reporter = Reporter.objects.get(report__case=case)

    assert bytes(reporter.sealed) == kept
    with pytest.raises(Unreadable):
        _ = reporter.name


def test_what_stood_in_clear_is_closed_in_batches_and_found_before_and_after(
    world: World, make_case: Callable[..., Case]
) -> None:
    case, intake = make_case(), world.actor("intake")
    reporter = in_clear(case, NAME, f"+86{PHONE}")
    assert [c.pk for c in actions.search_by_phone(PHONE, actor=intake)] == [case.pk]

    assert (close_all(), close_all()) == (1, 0)

    reporter = Reporter.objects.get(pk=reporter.pk)
    assert (reporter.name, reporter.phone) == (NAME, f"+86{PHONE}")
    assert (reporter.plain_name, reporter.plain_phone) == ("", "")
    assert PHONE not in rows_as_stored()
    assert [c.pk for c in actions.search_by_phone(PHONE, actor=intake)] == [case.pk]
