"""Calendars: versions that never rewrite what was, the published table, provisional due times."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from shiyu.calendars import events
from shiyu.calendars.actions import (
    fill_from_holiday_table,
    found_calendar,
    set_days,
    set_hours,
)
from shiyu.calendars.models import Calendar
from shiyu.calendars.rules import (
    calendar_for,
    is_provisional,
    read_calendars,
    unpublished_from,
)
from shiyu.common.errors import NotAllowed, NotFound, Refused
from shiyu.common.worktime import Allowance, Fixed, minute_of
from shiyu.journal.models import Line
from shiyu.people.actors import Actor, Scope
from shiyu.people.models import Unit

pytestmark = pytest.mark.django_db

PROGRAM = Actor.program("test")
WINTER = [["09:00", "12:00"], ["13:00", "17:00"]]


@pytest.fixture
def city():
    return found_calendar(actor=PROGRAM, timezone="Asia/Shanghai")


@pytest.fixture
def unit():
    return Unit.objects.create(
        code="U1",
        name="夜间巡查队",
        short_name="夜巡队",
        kind=Unit.Kind.DEPARTMENT,
        tier="county",
        place_code="410204",
    )


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def office_minutes(unit_id, first, last):
    return calendar_for(unit_id).office().measure(minute_of(first), minute_of(last))


def test_a_city_without_a_calendar_works_plain_weekdays():
    monday, saturday = utc(2026, 11, 16), utc(2026, 11, 21)

    assert office_minutes(None, monday, saturday) == 5 * 480


def test_founding_writes_one_journal_line(city):
    (line,) = Line.objects.filter(subject="calendar:city")

    assert (line.verb, line.actor) == ("edit", "program:test")
    assert line.facts["edition"] == 1


def test_the_published_table_fills_holidays_and_make_up_days(city):
    filled = fill_from_holiday_table(actor=PROGRAM)

    assert (filled.edition, filled.published_until >= 2026) == (2, True)
    assert "2026-10-01" in filled.holidays
    assert "2026-10-10" in filled.workdays
    assert calendar_for(None).works(date(2026, 10, 10))  # a Saturday, made up
    assert not calendar_for(None).works(date(2026, 10, 1))


def test_filling_again_changes_nothing(city):
    first = fill_from_holiday_table(actor=PROGRAM)

    assert fill_from_holiday_table(actor=PROGRAM) == first
    assert Calendar.objects.count() == 2


def test_a_year_published_later_leaves_earlier_ones_as_people_edited_them(city):
    filled = fill_from_holiday_table(actor=PROGRAM)
    last = filled.published_until
    set_days(
        "city",
        actor=PROGRAM,
        valid_from=date(last - 1, 1, 1),
        holidays=[*filled.holidays, f"{last - 1}-06-18"],
        workdays=filled.workdays,
        published_until=last - 1,
    )

    again = fill_from_holiday_table(actor=PROGRAM)

    assert (again.valid_from, again.published_until) == (date(last, 1, 1), last)
    assert f"{last - 1}-06-18" in again.holidays


def test_new_hours_hold_from_their_day_and_leave_the_time_before_as_it_was(city):
    before = office_minutes(None, utc(2026, 11, 2), utc(2026, 11, 30))

    set_hours("city", actor=PROGRAM, valid_from=date(2026, 12, 1), hours=WINTER)

    assert office_minutes(None, utc(2026, 11, 2), utc(2026, 11, 30)) == before
    assert office_minutes(None, utc(2026, 12, 1), utc(2026, 12, 2)) == 7 * 60


def test_new_hours_are_carried_into_versions_that_begin_later(city):
    set_days(
        "city",
        actor=PROGRAM,
        valid_from=date(2027, 1, 1),
        holidays=["2027-01-01"],
        workdays=[],
        published_until=2027,
    )

    set_hours("city", actor=PROGRAM, valid_from=date(2026, 12, 1), hours=WINTER)

    assert office_minutes(None, utc(2027, 1, 4), utc(2027, 1, 5)) == 7 * 60
    assert not calendar_for(None).works(date(2027, 1, 1))


def test_a_second_edit_of_the_same_day_is_a_new_edition_and_the_old_one_stays(city):
    set_hours("city", actor=PROGRAM, valid_from=date(2026, 12, 1), hours=WINTER)
    set_hours("city", actor=PROGRAM, valid_from=date(2026, 12, 1), hours=[["10:00", "16:00"]])

    editions = Calendar.objects.filter(valid_from=date(2026, 12, 1)).values_list("edition")
    assert [edition for (edition,) in editions] == [1, 2]
    assert office_minutes(None, utc(2026, 12, 1), utc(2026, 12, 2)) == 360


def test_holidays_before_the_first_day_of_an_edit_are_kept(city):
    set_days(
        "city",
        actor=PROGRAM,
        valid_from=date(2026, 6, 1),
        holidays=["2026-06-19"],
        workdays=[],
        published_until=None,
    )

    after = set_days(
        "city",
        actor=PROGRAM,
        valid_from=date(2026, 7, 1),
        holidays=["2026-10-01"],
        workdays=[],
        published_until=None,
    )

    assert after.holidays == ["2026-06-19", "2026-10-01"]


def test_a_unit_follows_its_own_calendar_and_all_others_the_city(city, unit):
    night = [["00:00", "24:00"]]

    found_calendar("u1", actor=PROGRAM, unit_id=unit.pk, hours=night, weekdays=range(1, 8))

    assert office_minutes(unit.pk, utc(2026, 11, 21), utc(2026, 11, 22)) == 1440
    assert office_minutes(unit.pk + 1, utc(2026, 11, 21), utc(2026, 11, 22)) == 0


@pytest.mark.parametrize(
    "rules",
    [
        {"hours": []},
        {"hours": [["18:00", "08:00"]]},
        {"weekdays": []},
        {"weekdays": [8]},
        {"holidays": ["2026-02-30"]},
        {"timezone": "Asia/Kaifeng"},
    ],
)
def test_rules_that_make_no_sense_are_refused_and_leave_no_trace(rules):
    with pytest.raises(Refused):
        found_calendar(actor=PROGRAM, **rules)

    assert not Calendar.objects.exists()
    assert not Line.objects.exists()


def test_a_calendar_is_founded_once(city):
    with pytest.raises(Refused, match="已经有了"):
        found_calendar(actor=PROGRAM)
    with pytest.raises(Refused, match="已经有自己的日历"):
        found_calendar("other", actor=PROGRAM)


def test_an_unknown_calendar_is_not_found():
    with pytest.raises(NotFound):
        set_hours("nowhere", actor=PROGRAM, valid_from=date(2026, 12, 1), hours=WINTER)


def test_only_the_system_administrator_edits_calendars(city):
    desk = Actor("person", 1, "desk", (Scope("dispatch", 1, 9, 1),))
    admin = Actor("person", 2, "admin", (Scope("system_admin", 1, 9, 1),))

    with pytest.raises(NotAllowed):
        set_hours("city", actor=desk, valid_from=date(2026, 12, 1), hours=WINTER)
    assert set_hours("city", actor=admin, valid_from=date(2026, 12, 1), hours=WINTER)


def test_two_versions_of_one_edition_are_impossible(city):
    city.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        city.save()


def test_due_times_past_the_published_year_are_provisional_if_counted_in_office_time(city):
    fill_from_holiday_table(actor=PROGRAM)
    last = read_calendars().published[None]
    inside, outside = utc(last, 12, 31, 8), utc(last, 12, 31, 17)  # 01:00 of the next year here

    assert (is_provisional(inside), is_provisional(outside), is_provisional(None)) == (
        False,
        True,
        False,
    )
    assert is_provisional(outside, limit=Allowance.parse("5工作日"))
    assert not is_provisional(outside, limit=Allowance.parse("5自然日"))
    assert not is_provisional(outside, limit=Fixed(outside))


def test_the_missing_year_is_announced_in_december_before_it(city):
    fill_from_holiday_table(actor=PROGRAM)
    last = read_calendars().published[None]

    assert unpublished_from(date(last, 11, 30)) is None
    assert unpublished_from(date(last, 12, 1)) == last + 1
    assert unpublished_from(date(last + 1, 3, 1)) == last + 1


def test_reading_calendars_again_takes_one_query(city, django_assert_num_queries):
    read_calendars()

    with django_assert_num_queries(1):
        calendars = read_calendars()
        calendars.for_unit(None)
        calendars.for_unit(17)


def test_others_hear_of_an_edit_after_commit(city, django_capture_on_commit_callbacks):
    heard = []

    def listen(sender, code, unit_id, first_day, **more):
        heard.append((code, unit_id, first_day))

    events.changed.connect(listen)
    with django_capture_on_commit_callbacks(execute=True):
        set_hours("city", actor=PROGRAM, valid_from=date(2026, 12, 1), hours=WINTER)
    events.changed.disconnect(listen)

    assert heard == [("city", None, date(2026, 12, 1))]
