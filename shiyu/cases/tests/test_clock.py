"""The clock: known answers, a slow second opinion, and what must hold for every scenario."""

import copy
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiyu.cases.clock import Light, Line, Procedure, State, Workday, clocks, explain, passages
from shiyu.cases.clock.scenario import Scenario
from shiyu.cases.tests import clock_model
from shiyu.cases.tests.clock_scenarios import Maker
from shiyu.common.worktime import Allowance, Fixed, WorkCalendar, zone

MADE_UP = Path(__file__).parent / "data"
CITY = WorkCalendar.of("Asia/Shanghai", hours=[["08:00", "12:00"], ["14:00", "18:00"]])


def at(text):
    return datetime.fromisoformat(f"{text}+08:00")


def known(name):
    with (MADE_UP / f"made_up_clock_{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def run(*lines, now, workday=Workday.EIGHT_HOURS, **allowances):
    """Clocks of lines written as (time, move, unit or units)."""
    procedure = Procedure(
        zone=zone("Asia/Shanghai"),
        calendar=CITY,
        workday=workday,
        allowances={
            name: Allowance.parse(limit) if isinstance(limit, str) else limit
            for name, limit in allowances.items()
        },
    )
    told = []
    for when, move, *whom in lines:
        units = tuple(whom[0]) if whom and isinstance(whom[0], list) else ()
        unit = whom[0] if whom and isinstance(whom[0], str) else None
        told.append(Line(at(when), move, unit, units))
    return clocks(told, procedure, now=at(now))


def spans(clock):
    return [
        (
            f"{span.start:%d %H:%M}",
            f"{span.end:%d %H:%M}" if span.end else None,
            "running" if span.running else "paused",
            span.why,
        )
        for span in clock.spans
    ]


@pytest.mark.parametrize(
    ("scenario", "answer"),
    [
        pytest.param(s, a, id=s["id"])
        for s, a in zip(known("scenarios"), known("answers"), strict=True)
    ],
)
def test_known_scenarios_are_answered_alike(scenario, answer):
    assert Scenario(scenario).answer() == answer


def compare(seed, count, *, odd):
    maker = Maker(seed, odd=odd)
    for number in range(count):
        scenario = maker.scenario(f"{seed}-{number}")
        try:
            expected = clock_model.answer(scenario)
        except clock_model.OutOfSight:
            continue
        assert Scenario(scenario).answer() == expected, json.dumps(scenario, ensure_ascii=False)


@pytest.mark.parametrize("odd", [False, True], ids=["lives", "malice"])
def test_random_scenarios_are_answered_as_by_a_walk_through_the_minutes(odd):
    compare(seed=20261121, count=150, odd=odd)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("odd", [False, True], ids=["lives", "malice"])
def test_thousands_of_random_scenarios_are_answered_as_by_a_walk_through_the_minutes(odd, seed):
    compare(seed=seed, count=4000, odd=odd)


SCENARIOS = st.builds(
    lambda seed, odd: Maker(seed, odd=odd).scenario("any"), st.integers(0, 10**9), st.booleans()
)


@settings(max_examples=80, deadline=None)
@given(SCENARIOS)
def test_spans_have_no_gaps_none_is_empty_and_neighbours_differ(scenario):
    for clock in Scenario(scenario).clocks():
        ends = [span[1] for span in clock.spans_m]
        assert all(end is None or start < end for start, end, _, _ in clock.spans_m)
        assert [span[0] for span in clock.spans_m[1:]] == ends[:-1]
        assert all(a[2] != b[2] for a, b in zip(clock.spans_m, clock.spans_m[1:], strict=False))
        if clock.state is State.ENDED:
            assert not ends or ends[-1] == clock.ended_m
        else:
            assert ends[-1] is None


@settings(max_examples=80, deadline=None)
@given(SCENARIOS)
def test_the_explained_stretches_add_up_to_what_was_used(scenario):
    for clock in Scenario(scenario).clocks():
        for passage in passages(clock):
            off = sum(gap.minutes for gap in passage.gaps)
            if passage.counted is not None and passage.span.running:
                assert passage.counted + off == passage.minutes
        if clock.used is not None:
            assert sum(passage.counted for passage in passages(clock)) == clock.used
    assert explain(Scenario(scenario).clocks()) is not None


@settings(max_examples=80, deadline=None)
@given(SCENARIOS, st.integers(0, 60 * 24 * 40))
def test_a_later_now_changes_nothing_that_had_ended(scenario, minutes):
    if any(line["move"] == "recall" for line in scenario["lines"]):
        return  # which takes back what was
    later = copy.deepcopy(scenario)
    now = datetime.fromisoformat(scenario["now"]) + timedelta(minutes=minutes)
    later["now"] = now.isoformat()

    before = [c for c in Scenario(scenario).answer()["clocks"] if c["state"] == "ended"]
    after = Scenario(later).answer()["clocks"]

    assert [c for c in before if c not in after] == []


@settings(max_examples=80, deadline=None)
@given(SCENARIOS, st.booleans())
def test_a_calendar_edit_changes_only_what_lies_after_it(scenario, works):
    """A day after the last move and after now cannot change a minute that was counted."""
    edited = copy.deepcopy(scenario)
    moments = [line["at"] for line in scenario["lines"]] + [scenario["now"]]
    day = max(datetime.fromisoformat(moment) for moment in moments) + timedelta(days=2)
    for calendar in [edited["calendar"], *edited["calendars"].values()]:
        calendar["workdays" if works else "holidays"].append(day.date().isoformat())

    before, after = Scenario(scenario).clocks(), Scenario(edited).clocks()

    assert [(c.spans_m, c.used, c.state) for c in after] == [
        (c.spans_m, c.used, c.state) for c in before
    ]
    for old, new in zip(before, after, strict=True):
        if old.due is not None and old.due.date() < day.date() - timedelta(days=1):
            assert new.due == old.due


@settings(max_examples=80, deadline=None)
@given(SCENARIOS)
def test_a_running_clock_is_yellow_and_red_exactly_at_its_thresholds(scenario):
    case = Scenario(scenario)
    latest = max(line.minute for line in case.lines)
    case.now = max(case.now, latest)
    for clock in case.clocks():
        yellow, red = clock.thresholds()
        if clock.state is not State.RUNNING:
            assert (yellow, red) == (None, None)
            continue
        for moment in (yellow, yellow - timedelta(minutes=1), red, red + timedelta(minutes=1)):
            if moment < case.zone.datetime_of(case.now):
                continue
            seen = Scenario({**scenario, "now": moment.isoformat()}).clocks()
            same = next(
                c
                for c in seen
                if (c.name, c.unit, c.round) == (clock.name, clock.unit, clock.round)
            )
            expected = Light.GREEN if moment < yellow else Light.YELLOW
            assert same.light == (Light.RED if moment > red else expected)


def test_used_up_at_closing_time_it_is_due_at_closing_time():
    (clock,) = run(("2026-11-20T14:00", "report"), now="2026-11-20T18:00", accept="4工作时")

    assert (clock.due, clock.used, clock.late) == (at("2026-11-20T18:00"), 240, False)
    assert clock.light is Light.YELLOW


def test_a_minute_after_closing_it_is_late_although_no_minute_more_has_counted():
    (clock,) = run(("2026-11-20T14:00", "report"), now="2026-11-20T18:01", accept="4工作时")

    assert (clock.used, clock.late, clock.light) == (240, True, Light.RED)


def test_ended_at_the_very_instant_it_was_due_it_is_in_time():
    (clock,) = run(
        ("2026-11-20T14:00", "report"),
        ("2026-11-20T18:00", "accept"),
        now="2026-11-21T00:00",
        accept="4工作时",
    )

    assert (clock.due, clock.late, clock.light) == (at("2026-11-20T18:00"), False, None)


def test_paused_at_the_very_instant_it_was_due_it_has_no_due_time_and_is_grey():
    (clock,) = run(
        ("2026-11-20T09:00", "report"),
        ("2026-11-20T10:00", "check_open"),
        now="2026-11-21T00:00",
        accept="60分钟",
    )

    assert (clock.used, clock.due, clock.light) == (60, None, Light.GREY)


def test_end_of_day_counts_to_the_closing_of_the_nth_working_day_after_the_first():
    (clock,) = run(
        ("2026-11-20T09:00", "report"),  # a Friday
        now="2026-11-20T10:00",
        workday=Workday.END_OF_DAY,
        accept="1工作日",
    )

    assert (clock.due, clock.budget) == (at("2026-11-23T18:00"), 420 + 480)


def test_an_extension_adds_eight_office_hours_a_day_also_where_days_end_at_closing():
    (clock,) = run(
        ("2026-11-20T09:00", "dispatch", ["a"]),
        ("2026-11-20T09:30", "extend", "a"),
        now="2026-11-20T10:00",
        workday=Workday.END_OF_DAY,
        handling="1工作日",
    )

    assert (clock.due, clock.budget) == (at("2026-11-24T18:00"), 420 + 480 + 480)


def test_a_unit_that_has_answered_stays_paused_through_a_suspension_of_the_others():
    a, b = run(
        ("2026-11-20T09:00", "dispatch", ["a", "b"]),
        ("2026-11-20T10:00", "handle", "a"),
        ("2026-11-20T11:00", "suspend"),
        ("2026-11-20T12:00", "resume"),
        now="2026-11-20T13:00",
        handling="2工作日",
    )

    assert spans(a) == [
        ("20 09:00", "20 10:00", "running", "dispatch"),
        ("20 10:00", None, "paused", "handle"),
    ]
    assert spans(b) == [
        ("20 09:00", "20 11:00", "running", "dispatch"),
        ("20 11:00", "20 12:00", "paused", "suspend"),
        ("20 12:00", None, "running", "resume"),
    ]


def test_an_objector_sent_it_again_while_suspended_waits_for_the_resumption():
    handling = run(
        ("2026-11-20T09:00", "dispatch", ["a"]),
        ("2026-11-20T10:00", "object", "a"),
        ("2026-11-20T11:00", "suspend"),
        ("2026-11-20T12:00", "dispatch", ["a"]),
        ("2026-11-20T13:00", "resume"),
        now="2026-11-20T14:00",
        handling="2工作日",
    )

    assert [spans(clock) for clock in handling] == [
        [
            ("20 09:00", "20 10:00", "running", "dispatch"),
            ("20 10:00", "20 13:00", "paused", "object"),
            ("20 13:00", None, "running", "resume"),
        ]
    ]


def test_a_recall_undoes_what_the_dispatch_started_resumed_and_ended():
    moves = [
        ("2026-11-20T09:00", "dispatch", ["a", "b"]),
        ("2026-11-20T10:00", "object", "a"),
        ("2026-11-20T11:00", "dispatch", ["c"]),
        ("2026-11-20T11:05", "recall"),
    ]

    before = run(*moves[:3], now="2026-11-20T11:01", handling="2工作日")
    after = run(*moves, now="2026-11-20T12:00", handling="2工作日", dispatch="15分钟")

    assert [(c.unit, c.state) for c in before] == [
        ("a", State.ENDED),
        ("b", State.RUNNING),
        ("c", State.RUNNING),
    ]
    assert [(c.name, c.unit, c.state, c.round) for c in after] == [
        ("handling", "a", State.PAUSED, 1),
        ("handling", "b", State.RUNNING, 1),
        ("dispatch", None, State.ENDED, 1),
        ("dispatch", None, State.RUNNING, 2),
    ]


def test_rework_of_one_unit_starts_verify_again_when_that_one_has_answered():
    moves = [
        ("2026-11-20T09:00", "dispatch", ["a", "b"]),
        ("2026-11-20T10:00", "handle", "a"),
        ("2026-11-20T11:00", "handle", "b"),
        ("2026-11-20T12:00", "rework", ["b"]),
        ("2026-11-20T13:00", "handle", "b"),
    ]

    found = run(*moves, now="2026-11-20T14:00", verify="1工作日", handling="5工作日")

    assert [(c.name, c.unit, c.round, c.state) for c in found] == [
        ("handling", "a", 1, State.PAUSED),
        ("handling", "b", 1, State.PAUSED),
        ("verify", None, 1, State.ENDED),
        ("verify", None, 2, State.RUNNING),
    ]


def test_reopening_without_a_unit_starts_the_dispatchers_clock():
    found = run(
        ("2026-11-20T09:00", "reopen"),
        ("2026-11-20T09:10", "dispatch", ["a"]),
        now="2026-11-20T10:00",
        dispatch="15分钟",
        handling="1工作日",
    )

    assert [(c.name, c.state) for c in found] == [
        ("dispatch", State.ENDED),
        ("handling", State.RUNNING),
    ]


def test_a_given_due_time_counts_nothing_and_is_late_from_the_next_minute():
    due = at("2026-11-20T12:00")
    lights = []
    for now in ("2026-11-20T10:59", "2026-11-20T11:00", "2026-11-20T12:00", "2026-11-20T12:01"):
        (clock,) = run(("2026-11-20T08:00", "dispatch", ["a"]), now=now, handling=Fixed(due))
        assert (clock.used, clock.budget, clock.due) == (None, None, due)
        lights.append(clock.light)

    assert lights == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED]


def test_an_imported_closure_ends_every_clock():
    (clock,) = run(
        ("2026-11-20T08:00", "dispatch", ["a"]),
        ("2026-11-20T09:00", "import_close"),
        now="2026-11-21T08:00",
        handling=Fixed(at("2026-11-20T12:00")),
    )

    assert (clock.state, clock.late) == (State.ENDED, False)


def test_moves_of_other_modules_leave_every_clock_alone():
    (clock,) = run(
        ("2026-11-20T08:00", "report"),
        ("2026-11-20T09:00", "rate"),
        now="2026-11-20T09:30",
        accept="1自然日",
    )

    assert spans(clock) == [("20 08:00", None, "running", "report")]


def test_the_explanation_names_lunch_nights_weekends_and_holidays():
    calendar = WorkCalendar.of(
        "Asia/Shanghai", hours=[["08:00", "12:00"], ["14:00", "18:00"]], holidays=["2026-11-24"]
    )
    procedure = Procedure(
        zone=zone("Asia/Shanghai"),
        calendar=calendar,
        allowances={"accept": Allowance.parse("5工作日")},
    )
    found = clocks([Line(at("2026-11-19T11:00"), "report")], procedure, now=at("2026-11-25T09:00"))

    text = explain(found)

    assert "不计 2026-11-19 12:00 至 2026-11-19 14:00 午休" in text
    assert "不计 2026-11-19 18:00 至 2026-11-20 08:00 办公时间外" in text
    assert "不计 2026-11-20 18:00 至 2026-11-23 08:00 休息日（11月21日至11月22日）" in text
    assert "不计 2026-11-23 18:00 至 2026-11-25 08:00 节假日（11月24日）" in text
    assert "已用 1320 分钟（22 小时），共 2400 分钟（40 小时），用去 55%" in text
