"""Working time: what allowances may be written as, and the arithmetic of calendars."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiyu.common.worktime import (
    EVER,
    Allowance,
    Fixed,
    NeverCounted,
    OfficeDays,
    Season,
    Unit,
    WorkCalendar,
    date_of,
    day_number,
    minute_of,
    zone,
)
from shiyu.common.worktime.many import add_many, closing_many, measure_many

HOURS = [["08:00", "12:00"], ["14:00", "18:00"]]
CITY = WorkCalendar.of(
    "Asia/Shanghai", hours=HOURS, holidays=["2026-10-01"], workdays=["2026-10-10"]
)


def at(text, name="Asia/Shanghai"):
    return minute_of(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(name)))


def local(minute, name="Asia/Shanghai"):
    return f"{zone(name).datetime_of(minute):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("written", "amount", "unit", "season_name"),
    [
        ("15分钟", 15, Unit.MINUTE, ""),
        ("2紧急工作时", 2, Unit.URGENT_HOUR, ""),
        (" 5工作日", 5, Unit.WORK_DAY, ""),
        ("３ 自然日\n", 3, Unit.NATURAL_DAY, ""),
        ("4个工作时", 4, Unit.WORK_HOUR, ""),
        ("种植季节15工作日", 15, Unit.WORK_DAY, "种植季节"),
    ],
)
def test_an_allowance_is_read_as_standards_write_it(written, amount, unit, season_name):
    assert Allowance.parse(written) == Allowance(amount, unit, season_name)


@pytest.mark.parametrize(
    "written", ["", "工作日", "3天", "2小时", "0分钟", "1.5工作日", "4工作时/7工作日"]
)
def test_anything_else_is_refused_with_a_sentence(written):
    with pytest.raises(ValueError, match="时限"):
        Allowance.parse(written)


def test_an_allowance_prints_as_it_was_written():
    assert str(Allowance.parse("种植季节 15 工作日")) == "种植季节15工作日"


def test_a_given_due_time_needs_a_zone():
    with pytest.raises(ValueError, match="时区"):
        Fixed(datetime(2026, 11, 20, 8, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-11-20T17:30", 60, "2026-11-23T08:30"),  # a Friday: over the weekend
        ("2026-11-20T17:30", 30, "2026-11-20T18:00"),  # used up at closing: closing
        ("2026-11-20T11:30", 60, "2026-11-20T14:30"),  # over lunch
        ("2026-11-21T09:00", 1, "2026-11-23T08:01"),  # begun on a Saturday
        ("2026-09-30T17:59", 2, "2026-10-02T08:01"),  # over a holiday
        ("2026-10-09T18:00", 60, "2026-10-10T09:00"),  # a Saturday made up
    ],
)
def test_office_time_runs_only_in_office_hours(start, minutes, due):
    assert local(CITY.office().add(at(start), minutes)) == due


@pytest.mark.parametrize(
    ("start", "nth", "closing"),
    [
        ("2026-11-20T09:00", 1, "2026-11-23T18:00"),
        ("2026-11-20T09:00", 3, "2026-11-25T18:00"),
        ("2026-11-21T09:00", 1, "2026-11-23T18:00"),
        ("2026-10-09T23:59", 1, "2026-10-10T18:00"),
    ],
)
def test_the_nth_working_day_never_counts_the_day_of_the_start(start, nth, closing):
    assert local(CITY.office().closing(at(start), nth)) == closing


def test_office_hours_stay_where_they_are_on_the_wall_when_the_clocks_are_changed():
    name = "Europe/Amsterdam"
    office = WorkCalendar.of(name, hours=[["09:00", "17:00"]], weekdays=range(1, 8)).office()

    assert local(office.add(at("2026-03-28T16:00", name), 120), name) == "2026-03-29T10:00"
    assert office.measure(at("2026-10-24T00:00", name), at("2026-10-26T00:00", name)) == 960


def test_an_office_open_all_day_is_open_23_hours_when_summer_time_begins():
    name = "Europe/Amsterdam"
    office = WorkCalendar.of(name, hours=[["00:00", "24:00"]], weekdays=range(1, 8)).office()
    days = [at(f"{day}T00:00", name) for day in ("2026-03-29", "2026-03-30", "2026-10-25")]

    assert office.measure(days[0], days[1]) == 23 * 60
    assert office.measure(days[2], at("2026-10-26T00:00", name)) == 25 * 60


def test_hours_inside_the_missing_hour_begin_when_the_clock_has_jumped_over_it():
    name = "Europe/Amsterdam"
    office = WorkCalendar.of(name, hours=[["02:30", "05:00"]], weekdays=range(1, 8)).office()

    found = office.between(at("2026-03-29T00:00", name), at("2026-03-30T00:00", name))

    assert [(local(a, name), local(b, name)) for a, b in found] == [
        ("2026-03-29T03:00", "2026-03-29T05:00")
    ]


def test_a_day_whose_midnight_is_missing_keeps_its_hours():
    name = "Africa/Cairo"  # 2026-04-24 begins at 01:00
    office = WorkCalendar.of(name, hours=[["00:30", "02:00"]], weekdays=range(1, 8)).office()
    start = at("2026-04-23T12:00", name)

    assert local(office.closing(start, 1), name) == "2026-04-24T02:00"
    assert office.measure(start, office.closing(start, 1)) == 60


def test_a_season_over_the_new_year_holds_both_its_days():
    season = Season.parse("10-15", "03-31")
    days = [(10, 14), (10, 15), (12, 31), (1, 1), (3, 31), (4, 1)]

    assert [season.holds(*day) for day in days] == [False, True, True, True, True, False]


MONTH_DAYS = st.one_of(
    st.just((2, 29)),
    st.dates(date(2027, 1, 1), date(2027, 12, 31)).map(lambda day: (day.month, day.day)),
)


@given(MONTH_DAYS, MONTH_DAYS, st.dates(date(2026, 1, 1), date(2029, 1, 1)), st.integers(1, 900))
def test_the_days_of_a_season_are_those_it_holds(first, last, start, length):
    season = Season(first, last)
    begin = day_number(start)

    found = [day for a, b in season.days(begin, begin + length) for day in range(a, b)]

    assert found == [
        day
        for day in range(begin, begin + length)
        if season.holds(date_of(day).month, date_of(day).day)
    ]


def test_out_of_season_nothing_counts_whichever_unit():
    season = Season.parse("03-01", "11-30")
    urgent = Allowance.parse("2紧急工作时").within(season)
    days = Allowance.parse("1工作日").within(season)

    start = at("2026-11-30T23:00")

    assert local(CITY.timeline(urgent).add(start, 120)) == "2027-03-01T01:00"
    assert local(CITY.timeline(days).add(start, 480)) == "2027-03-01T18:00"


def test_a_later_version_changes_nothing_before_its_first_day():
    winter = OfficeDays.of(hours=[["09:00", "17:00"]])
    merged = WorkCalendar(
        zone("Asia/Shanghai"),
        (EVER, OfficeDays.of(hours=HOURS)),
        (day_number(date(2026, 12, 1)), winter),
    )
    office, plain = merged.office(), WorkCalendar.of("Asia/Shanghai", hours=HOURS).office()
    start, change = at("2026-11-20T17:00"), at("2026-12-01T00:00")

    assert office.between(start, change) == plain.between(start, change)
    assert local(office.add(change, 1)) == "2026-12-01T09:01"


def test_a_calendar_without_working_time_says_so_instead_of_searching_for_ever():
    with pytest.raises(NeverCounted, match="没有足够的工作时间"):
        WorkCalendar.of("Asia/Shanghai", hours=HOURS, weekdays=[]).office().add(0, 1)


@pytest.mark.parametrize(
    "rules",
    [
        {"hours": [["08:00"]]},
        {"hours": [["18:00", "08:00"]]},
        {"hours": [["08:00", "12:00"], ["11:00", "13:00"]]},
        {"hours": [["8 Uhr", "12:00"]]},
        {"hours": [["08:00", "24:01"]]},
        {"hours": HOURS, "weekdays": [0]},
        {"hours": HOURS, "holidays": ["2026-02-30"]},
    ],
)
def test_rules_that_make_no_sense_are_refused(rules):
    with pytest.raises(ValueError):
        WorkCalendar.of("Asia/Shanghai", **rules)


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValueError, match="没有名为“Asia/Kaifeng”的时区"):
        zone("Asia/Kaifeng")


ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Amsterdam", "America/New_York", "Africa/Cairo"])
EDGES = st.integers(0, 48).map(lambda half: half * 30)
CLOSINGS = st.lists(EDGES, min_size=2, max_size=6, unique=True).map(sorted)
DAYS = st.lists(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)).map(date.isoformat), max_size=8, unique=True
)
STARTS = st.integers(day_number(date(2026, 1, 1)) * 1440, day_number(date(2027, 12, 31)) * 1440)
SEASONS = st.one_of(
    st.none(), st.builds(Season, st.sampled_from([(3, 1), (10, 15)]), st.just((4, 10)))
)


@st.composite
def calendars(draw):
    edges = draw(CLOSINGS)
    edges = edges[: len(edges) // 2 * 2]
    text = [f"{edge // 60:02}:{edge % 60:02}" for edge in edges]
    return WorkCalendar.of(
        draw(ZONES),
        hours=[[a, b] for a, b in zip(text[::2], text[1::2], strict=True)],
        weekdays=draw(st.sets(st.integers(1, 7), min_size=1)),
        holidays=draw(DAYS),
        workdays=draw(DAYS),
    )


@settings(max_examples=200, deadline=None)
@given(calendars(), SEASONS, STARTS, st.integers(1, 3000))
def test_adding_then_measuring_gives_back_what_was_added(calendar, season, start, minutes):
    office = calendar.office(season)

    due = office.add(start, minutes)

    assert office.measure(start, due) == minutes
    assert office.measure(start, due - 1) == minutes - 1  # there is no earlier instant


@settings(max_examples=200, deadline=None)
@given(calendars(), SEASONS, STARTS, st.integers(0, 10**5), st.integers(0, 10**5))
def test_time_measured_in_two_parts_is_the_whole(calendar, season, start, first, second):
    office = calendar.office(season)
    middle, end = start + first, start + first + second

    parts = office.measure(start, middle) + office.measure(middle, end)

    assert parts == office.measure(start, end) == sum(b - a for a, b in office.between(start, end))


@settings(max_examples=100, deadline=None)
@given(calendars(), SEASONS, st.lists(st.tuples(STARTS, st.integers(1, 2000)), max_size=30))
def test_many_at_once_are_each_what_one_alone_is(calendar, season, asked):
    alone, together = calendar.office(season), calendar.office(season)
    starts = np.array([start for start, _ in asked], dtype=np.int64)
    minutes = np.array([amount for _, amount in asked], dtype=np.int64)

    dues = add_many(together, starts, minutes)

    assert dues.tolist() == [alone.add(start, amount) for start, amount in asked]
    assert measure_many(together, starts, dues).tolist() == minutes.tolist()
    assert closing_many(together, starts, minutes % 5 + 1).tolist() == [
        alone.closing(start, amount % 5 + 1) for start, amount in asked
    ]


@settings(max_examples=150, deadline=None)
@given(calendars(), STARTS, st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_an_edited_day_changes_only_the_time_from_that_day_on(calendar, start, day):
    before = calendar.version_of(0)
    number = day_number(day)
    edited = OfficeDays(
        before.hours, before.weekdays, before.holidays | {number}, before.workdays - {number}
    )
    after = WorkCalendar(calendar.zone, (EVER, edited)).office()
    midnight = calendar.zone.pieces(number)[0][0]
    earlier = min(start, midnight)

    assert after.between(earlier, midnight) == calendar.office().between(earlier, midnight)
    assert after.between(midnight, midnight + 1) == []


@given(STARTS, ZONES)
def test_every_minute_belongs_to_exactly_the_local_day_the_wall_shows(minute, name):
    day = zone(name).day_at(minute)

    assert date_of(day) == zone(name).datetime_of(minute).date()
    assert any(start <= minute < end for start, end, _ in zone(name).pieces(day))
    assert sum(b - a for a, b, _ in zone(name).pieces(day)) in (1380, 1440, 1500)


def test_threads_that_ask_at_once_are_all_answered_rightly():
    days = [at("2026-01-05T08:00") + 1440 * day for day in range(0, 700, 7)]  # Mondays
    for _ in range(5):
        office = WorkCalendar.of("Asia/Shanghai", hours=HOURS).office()
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda day, o=office: o.measure(day, day + 10080), days[::-1]))
        assert found == [2400] * len(days)


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="没有时区"):
        minute_of(datetime(2026, 11, 20) + timedelta(hours=1))  # noqa: DTZ001
