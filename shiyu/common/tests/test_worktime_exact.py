"""Working time to the minute and to the word: the edges that other tests step over."""

import itertools
from calendar import monthrange
from datetime import date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from shiyu.common.worktime import (
    EVER,
    Allowance,
    NeverCounted,
    OfficeDays,
    Season,
    Unit,
    WorkCalendar,
    date_of,
    day_number,
    many,
    minute_of,
    zone,
)
from shiyu.common.worktime.many import add_many, closing_many, measure_many
from shiyu.common.worktime.stretches import Elapsed, Stretches
from shiyu.common.worktime.zone import Zone

HOURS = [["08:00", "12:00"], ["14:00", "18:00"]]
SHANGHAI = "Asia/Shanghai"
DAY = 1440


def at(text: str, name: str = SHANGHAI) -> int:
    return minute_of(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(name)))


# ---- seasons ----------------------------------------------------------------------------------


def test_a_season_may_begin_on_every_day_of_a_leap_year_and_on_no_other():
    for month in range(1, 13):
        days = monthrange(2028, month)[1]
        for day in range(1, days + 1):
            assert Season.parse(f"{month:02}-{day:02}", "12-31").first == (month, day)
        for day in (0, days + 1):
            with pytest.raises(ValueError, match="月-日"):
                Season.parse(f"{month:02}-{day:02}", "12-31")


@pytest.mark.parametrize("text", ["00-10", "13-01", "3月1日", "", "03-01-05", None, 301])
def test_what_is_no_day_of_a_year_is_refused(text):
    with pytest.raises(ValueError, match="月-日"):
        Season.parse(text, "12-31")


def test_a_season_says_its_days():
    assert str(Season.parse("03-15", "11-09")) == "3月15日至11月9日"


def test_a_season_of_one_day_a_year_is_found_once_a_year_and_only_where_asked():
    season = Season.parse("03-01", "03-01")
    first, again = day_number(date(2026, 3, 1)), day_number(date(2027, 3, 1))

    assert list(season.days(first, again)) == [(first, first + 1)]
    assert list(season.days(first, again + 1)) == [(first, first + 1), (again, again + 1)]
    assert list(season.days(first + 1, again)) == []
    assert list(season.days(first, first)) == []


@pytest.mark.parametrize(
    ("first", "last", "stretches"),
    [
        ("02-29", "03-02", ["2027-03-01 2027-03-03", "2028-02-29 2028-03-03"]),
        ("02-10", "02-29", ["2027-02-10 2027-03-01", "2028-02-10 2028-03-01"]),
        ("02-29", "02-29", ["2028-02-29 2028-03-01"]),
        ("12-31", "12-31", ["2027-12-31 2028-01-01", "2028-12-31 2029-01-01"]),
    ],
)
def test_the_day_that_most_years_lack_is_in_season_only_where_there_is_one(first, last, stretches):
    season = Season.parse(first, last)
    begin, end = day_number(date(2027, 1, 1)), day_number(date(2029, 1, 1))

    assert [f"{date_of(a)} {date_of(b)}" for a, b in season.days(begin, end)] == stretches
    held = [d for d in range(begin, end) if season.holds(date_of(d).month, date_of(d).day)]
    assert held == [d for a, b in season.days(begin, end) for d in range(a, b)]


# ---- allowances --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "minutes", "in_office_time"),
    [
        (Unit.MINUTE, 1, False),
        (Unit.URGENT_HOUR, 60, False),
        (Unit.WORK_HOUR, 60, True),
        (Unit.WORK_DAY, 480, True),
        (Unit.NATURAL_DAY, 1440, False),
    ],
)
def test_each_unit_has_its_minutes_and_its_kind_of_time(unit, minutes, in_office_time):
    assert unit.minutes == minutes
    assert Allowance(3, unit).minutes == 3 * minutes
    assert unit.in_office_time is in_office_time


def test_one_is_the_least_that_is_given():
    assert Allowance(1, Unit.MINUTE).amount == 1
    with pytest.raises(ValueError, match="至少为 1分钟，不能是 0"):
        Allowance(0, Unit.MINUTE)


def test_every_way_to_count_has_a_timeline_of_its_own_kept_for_the_next_asker():
    calendar = WorkCalendar.of(SHANGHAI, hours=HOURS)
    season = Season.parse("03-01", "11-30")
    office = calendar.timeline(Allowance.parse("1工作时"))
    days = calendar.timeline(Allowance.parse("1自然日").within(season))

    assert office is calendar.timeline(Allowance.parse("2工作日")) is calendar.office()
    assert isinstance(calendar.timeline(Allowance.parse("1自然日")), Elapsed)
    assert days is calendar.timeline(Allowance.parse("2紧急工作时").within(season))
    assert days is not office
    assert calendar.timeline(Allowance.parse("1工作时").within(season)) is calendar.office(season)
    assert days.measure(at("2026-11-30T12:00"), at("2026-12-01T12:00")) == 12 * 60
    assert days.measure(at("2026-07-04T00:00"), at("2026-07-06T00:00")) == 2 * DAY


def test_round_the_clock_every_minute_counts():
    clock = Elapsed()

    assert clock.measure(100, 160) == 60
    assert clock.add(100, 60) == 160
    assert clock.between(100, 160) == [(100, 160)]
    assert clock.between(100, 100) == []


# ---- days and hours ----------------------------------------------------------------------------


def test_a_working_day_is_one_of_the_week_not_a_holiday_or_one_made_up():
    calendar = WorkCalendar.of(
        SHANGHAI,
        hours=HOURS,
        weekdays=[1, 2, 7],
        holidays=["2026-11-16", "2026-11-21", "2026-11-24"],
        workdays=["2026-11-21", "2026-11-24", date(2026, 11, 26)],
    )
    monday = day_number(date(2026, 11, 16))

    worked = [calendar.works(date_of(day)) for day in range(monday, monday + 14)]

    assert worked == [
        False, True, False, False, False, True, True,
        True, True, False, True, False, False, True,
    ]  # fmt: skip
    for day, is_worked in enumerate(worked, monday):
        midnight = at(f"{date_of(day)}T00:00")
        assert calendar.office().measure(midnight, midnight + DAY) == is_worked * 480


def versions() -> WorkCalendar:
    first, second = day_number(date(2026, 12, 1)), day_number(date(2027, 2, 1))
    return WorkCalendar(
        zone(SHANGHAI),
        (second, OfficeDays.of(hours=[["10:00", "11:00"]], weekdays=range(1, 8))),
        (EVER, OfficeDays.of(hours=[["08:00", "09:00"]], weekdays=range(1, 8))),
        (first, OfficeDays.of(hours=[["09:00", "10:00"]], weekdays=range(1, 8))),
    )


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("1999-01-01", 8), ("2026-11-30", 8), ("2026-12-01", 9), ("2026-12-02", 9),
        ("2027-01-31", 9), ("2027-02-01", 10), ("2039-02-01", 10),
    ],
)  # fmt: skip
def test_each_day_has_the_hours_of_the_version_in_force(day, opens):
    calendar, midnight = versions(), at(f"{day}T00:00")
    number = day_number(date.fromisoformat(day))

    assert calendar.version_of(number).hours == ((opens * 60, opens * 60 + 60),)
    assert calendar.office().between(midnight, midnight + DAY) == [
        (midnight + opens * 60, midnight + opens * 60 + 60)
    ]


def test_the_versions_of_some_days_leave_no_day_out_and_name_none_twice():
    calendar, begin = versions(), day_number(date(2026, 12, 1))

    assert [v[:2] for v in calendar.versions(begin, begin)] == []
    assert [v[:2] for v in calendar.versions(begin - 1, begin)] == [(begin - 1, begin)]
    assert [v[:2] for v in calendar.versions(begin - 1, begin + 1)] == [
        (begin - 1, begin), (begin, begin + 1),
    ]  # fmt: skip
    assert [v[:2] for v in calendar.versions(begin, begin + 80)] == [
        (begin, begin + 62), (begin + 62, begin + 80),
    ]  # fmt: skip


def test_a_calendar_without_any_version_is_refused():
    with pytest.raises(ValueError, match="至少要有一个版本"):
        WorkCalendar(zone(SHANGHAI))


def test_hours_may_touch_and_come_in_any_order():
    days = OfficeDays.of(hours=[["12:00", "24:00"], ["00:00", "12:00"]])

    assert days.hours == ((0, 720), (720, 1440))


@pytest.mark.parametrize("text", ["08:60", "8:30", "08:3", "0830", "08-30", "24:01", 8, "aa:bb"])
def test_what_no_clock_shows_is_refused(text):
    with pytest.raises(ValueError, match="应写作 08:30"):
        OfficeDays.of(hours=[["00:00", text]])


@pytest.mark.parametrize(("text", "minute"), [("08:59", 539), ("23:59", 1439), ("24:00", 1440)])
def test_what_a_clock_shows_is_read(text, minute):
    assert OfficeDays.of(hours=[["00:00", text]]).hours == ((0, minute),)


@pytest.mark.parametrize("pair", ["08", ["08:00"], ["08:00", "09:00", "10:00"]])
def test_hours_are_a_beginning_and_an_end(pair):
    with pytest.raises(ValueError, match="应为"):
        OfficeDays.of(hours=[pair])


def test_hours_that_end_as_they_begin_are_refused():
    with pytest.raises(ValueError, match="结束不晚于开始"):
        OfficeDays.of(hours=[["08:00", "08:00"]])


@pytest.mark.parametrize("day", [0, 8, "1", None])
def test_a_week_has_seven_days(day):
    with pytest.raises(ValueError, match="星期应为"):
        OfficeDays.of(hours=HOURS, weekdays=[day])


def test_monday_is_one_and_sunday_seven():
    assert OfficeDays.of(hours=HOURS, weekdays=[1, 7]).weekdays == {1, 7}


@pytest.mark.parametrize("day", ["2026-02-30", "昨天", 20261001, None])
def test_a_day_that_is_none_is_refused(day):
    with pytest.raises(ValueError, match="应写作 2026-10-01"):
        OfficeDays.of(hours=HOURS, holidays=[day])


# ---- counted time ------------------------------------------------------------------------------


def test_nothing_more_is_due_at_once():
    office = WorkCalendar.of(SHANGHAI, hours=HOURS).office()
    saturday = at("2026-11-21T09:00")

    assert office.add(saturday, 0) == saturday
    assert office.add(saturday, -5) == saturday
    assert add_many(office, np.array([saturday]), np.array([0])).tolist() == [saturday]


def test_nothing_asked_for_many_is_nothing():
    office, none = WorkCalendar.of(SHANGHAI, hours=HOURS).office(), np.zeros(0, dtype=np.int64)

    for found in (
        measure_many(office, none, none),
        add_many(office, none, none),
        closing_many(office, none, none),
    ):
        assert found.dtype == np.int64
        assert found.tolist() == []


def test_where_nothing_counts_many_measure_nothing():
    never = WorkCalendar.of(SHANGHAI, hours=HOURS, weekdays=[]).office()

    assert measure_many(never, np.array([0, 5]), np.array([9, 9000])).tolist() == [0, 0]


def test_arrays_that_were_made_are_kept_until_more_is_asked_for():
    office = WorkCalendar.of(SHANGHAI, hours=HOURS).office()
    friday = np.array([at("2026-11-20T09:00")])
    measure_many(office, friday, friday + 60)
    kept = many._KEPT[office]
    measure_many(office, friday, friday + 120)

    assert many._KEPT[office] is kept
    assert measure_many(office, friday, friday + 365 * DAY).tolist() == [
        office.measure(int(friday[0]), int(friday[0]) + 365 * DAY)
    ]
    assert many._KEPT[office] is not kept


def test_the_stretches_between_two_instants_are_cut_at_both():
    office = WorkCalendar.of(SHANGHAI, hours=HOURS).office()
    day = at("2026-11-20T00:00")
    opens, noon, two, six = (day + hour * 60 for hour in (8, 12, 14, 18))

    assert office.between(opens, noon) == [(opens, noon)]
    assert office.between(opens + 1, two + 1) == [(opens + 1, noon), (two, two + 1)]
    assert office.between(noon, two) == []
    assert office.between(noon - 1, two) == [(noon - 1, noon)]
    assert office.between(day, six + 1) == [(opens, noon), (two, six)]
    assert office.between(opens, opens) == []


def test_stretches_look_far_enough_around_wherever_they_are_asked_first():
    for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago", SHANGHAI):
        calendar = WorkCalendar.of(name, hours=[["00:00", "24:00"]], weekdays=range(1, 8))
        for start in range(at("2026-11-20T00:00"), at("2026-11-21T00:00"), 360):
            office = Stretches(calendar.zone, calendar.office()._of_days)
            assert office.measure(start, start + 1) == 1
            assert office.measure(start - 40 * DAY, start + 40 * DAY) == 80 * DAY
            assert office.add(start, 100 * DAY) == start + 100 * DAY


def test_a_search_ends_after_thirty_years_and_not_before():
    asked: list[int] = []

    def once(day: int):
        def days(first, until):
            asked.append(until)
            return [(day, [(day * DAY, day * DAY + 1)])] if first <= day < until else []

        return days

    utc = zone("UTC")
    for start in (0, 20_000):
        late = start + 30 * 366 - 40
        assert Stretches(utc, once(late)).add(start * DAY, 1) == late * DAY + 1
        asked.clear()
        with pytest.raises(NeverCounted, match="没有足够的工作时间"):
            Stretches(utc, once(start + 200 * 366)).add(start * DAY, 1)
        assert start + 30 * 366 < max(asked) <= start + 2 * (30 * 366 + 16 + 2)


def test_the_closing_of_a_far_day_is_found():
    office = WorkCalendar.of(SHANGHAI, hours=HOURS).office()

    assert office.closing(at("2026-11-20T09:00"), 250) == at("2027-11-05T18:00")


# ---- zones -------------------------------------------------------------------------------------


def test_minutes_and_days_are_counted_from_the_beginning_of_1970():
    assert day_number(date(1970, 1, 1)) == 0
    assert date_of(1) == date(1970, 1, 2)
    assert at("1970-01-01T00:01", "UTC") == 1
    assert zone("UTC").datetime_of(1).isoformat() == "1970-01-01T00:01:00+00:00"
    assert minute_of(datetime.fromisoformat("1970-01-01T00:01:59+00:00")) == 1


def test_a_zone_is_ahead_or_behind_by_its_minutes():
    assert zone(SHANGHAI).ahead(0) == 480
    assert zone("America/New_York").ahead(0) == -300
    assert zone(SHANGHAI).day_at(16 * 60 - 1) == 0
    assert zone(SHANGHAI).day_at(16 * 60) == 1


def test_a_zone_that_says_nothing_is_ahead_by_nothing():
    silent = Zone(ZoneInfo("UTC"))
    silent.datetime_of = lambda minute: SimpleNamespace(utcoffset=lambda: None)

    assert silent.ahead(5) == 0


def test_the_pieces_of_a_day_are_those_between_two_changes_and_kept():
    amsterdam = zone("Europe/Amsterdam")
    day = day_number(date(2026, 3, 29))
    first = at("2026-03-29T00:00", "Europe/Amsterdam")

    assert amsterdam.pieces(day) == (
        (first, first + 120, 60),
        (first + 120, first + 23 * 60, 120),
    )
    assert amsterdam.pieces(day) is amsterdam.pieces(day)
    assert amsterdam.pieces(day + 1) == ((first + 23 * 60, first + 47 * 60, 120),)


@pytest.mark.parametrize(
    "name", ["Pacific/Apia", "America/Caracas", "Asia/Pyongyang", "Africa/Casablanca"]
)
def test_the_days_of_a_zone_follow_each_other_without_a_gap(name):
    for year in (2011, 2015):
        begin = day_number(date(year, 1, 1))
        pieces = [piece for day in range(begin, begin + 370) for piece in zone(name).pieces(day)]
        assert all(a[1] == b[0] for a, b in itertools.pairwise(pieces))
        assert all(zone(name).ahead(start) == ahead for start, _, ahead in pieces)
        assert all(zone(name).ahead(end - 1) == ahead for _, end, ahead in pieces)


@pytest.mark.parametrize("name", ["", "../etc/passwd", None, 8, "\0", "Asia/Kaifeng"])
def test_what_is_no_zone_is_refused(name):
    with pytest.raises(ValueError, match="没有名为"):
        zone(name)
