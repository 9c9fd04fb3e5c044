"""Due times reckoned in arrays are those of the clock, case by case, whatever the story."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from shiyu.calendars.rules import Calendars
from shiyu.cases import timing
from shiyu.cases.lifecycle import OPEN, Stage
from shiyu.cases.models import Assignment, Case
from shiyu.cases.replay import Step
from shiyu.cases.retiming.batch import Terms, reckon
from shiyu.cases.retiming.columns import Cases, Parts, Times, instant
from shiyu.cases.retiming.reckoning import NEVER
from shiyu.cases.retiming.shapes import VERBS
from shiyu.catalogue.models import Procedure, Standard
from shiyu.common.worktime import WorkCalendar, zone

SINCE = datetime(2026, 9, 20, 3, 7, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
UNITS = (2, 9, 10, 31)
MOVES = (
    *("report", "accept", "file", "check_open", "check_done", "escalate", "object", "recall"),
    *("dispatch", "sign", "handle", "handle", "rework", "suspend", "resume", "extend", "reopen"),
    *("verify", "dispatch", "withdraw", "remark"),
)
LIMITS = ("15分钟", "1工作时", "2工作日", "4紧急工作时", "1自然日", "9工作日", "30工作时")
SEASONS = (("", ""), ("03-01", "11-15"), ("10-15", "02-01"))


def a_calendar(chance: random.Random, *, name: str = "Asia/Shanghai") -> WorkCalendar:
    days = [f"2026-10-{day:02}" for day in range(1, 29)]
    hours = [["08:00", "12:00"], ["14:00", "18:00"]]
    return WorkCalendar.of(
        name,
        hours=chance.choice([hours, [["08:30", "17:00"]], [["00:00", "24:00"]]]),
        weekdays=chance.choice([(1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6, 7), (6, 7)]),
        holidays=chance.sample(days, 8),
        workdays=chance.sample(days, 3),
    )


def some_calendars(chance: random.Random) -> Calendars:
    name = chance.choice(["Asia/Shanghai", "Europe/Berlin"])
    return Calendars(
        version=1,
        zone=zone(name),
        city=a_calendar(chance, name=name),
        of_units={2: a_calendar(chance, name=name), 31: a_calendar(chance, name=name)},
        published={},
    )


def some_terms(chance: random.Random, pk: int) -> tuple[Procedure, Standard | None]:
    names = ("accept", "filing", "dispatch", "sign", "verify")
    limits = {name: chance.choice(LIMITS) for name in names if chance.random() < 0.85}
    workday = chance.choice(["eight_hours", "end_of_day"])
    procedure = Procedure(pk=pk, limits=limits, workday=workday)
    first, last = chance.choice(SEASONS)
    standard = Standard(
        pk=pk,
        handling=chance.choice(LIMITS),
        limits={"verify": "2工作时"} if chance.random() < 0.3 else {},
        season_first=first,
        season_last=last,
    )
    return procedure, standard if chance.random() < 0.8 else None


def a_story(chance: random.Random) -> list[Step]:
    at, steps = SINCE, []
    begun = ["report", "accept", "file", "dispatch"][: chance.randint(1, 4)]
    for verb in [*begun, *chance.choices(MOVES, k=chance.randint(0, 9))]:
        at += timedelta(
            minutes=chance.choice([0, 0, 1, 40, 300, 2000]), seconds=chance.randint(0, 70)
        )
        named = tuple(chance.sample(UNITS, chance.randint(1, 3)))
        unit = chance.choice(UNITS) if verb in {"object", "sign", "handle", "extend"} else None
        many = verb in {"dispatch"} or (verb in {"rework", "reopen"} and chance.random() < 0.6)
        steps.append(Step(verb, at, "person:1", unit, named if many else ()))
    return steps


def a_case(chance: random.Random, terms: list[Any]) -> tuple[Case, list[Assignment], list[Step]]:
    procedure, standard = chance.choice(terms)
    fixed = SINCE + timedelta(
        minutes=chance.randint(-900, 90000), microseconds=chance.randint(0, 9)
    )
    stage = chance.choice(sorted(OPEN))
    case = Case(
        procedure=procedure,
        standard=standard,
        stage=stage,
        reported_at=SINCE,
        fixed_due_at=fixed if chance.random() < 0.2 else None,
    )
    states = ["sent", "signed", "handled", "objected"]
    parts = [
        Assignment(case=case, unit_id=unit, state=chance.choice(states))
        for unit in UNITS
        if chance.random() < 0.7
    ]
    return case, parts, a_story(chance)


def microseconds(at: datetime | None) -> int:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return NEVER if at is None else (at - epoch) // timedelta(microseconds=1)


def in_columns(found: list[tuple[Case, list[Assignment], list[Step]]]) -> tuple[Cases, Parts]:
    rows = range(len(found))
    none = np.full(len(found), NEVER)
    stored = Times(none, none.copy(), none > 0)
    told = [[step for step in steps if step.verb in VERBS] for _case, _parts, steps in found]
    cases = Cases(
        ids=np.arange(len(found)),
        numbers=[str(row) for row in rows],
        stages=[str(case.stage) for case, _p, _s in found],
        procedures=[case.procedure_id for case, _p, _s in found],
        standards=[case.standard_id for case, _p, _s in found],
        places=none,
        versions=none,
        fixed=np.array([microseconds(case.fixed_due_at) for case, _p, _s in found]),
        reported=np.array([microseconds(case.reported_at) for case, _p, _s in found]),
        stored=stored,
        stories=[
            " ".join(
                f"{s.verb}:{'' if s.unit is None else s.unit}:{','.join(map(str, s.units))}"
                for s in steps
            )
            for steps in told
        ],
        minutes=[" ".join(str(microseconds(s.at) // 60_000_000) for s in steps) for steps in told],
    )
    all_parts = [(row, part) for row in rows for part in found[row][1]]
    part_none = np.full(len(all_parts), NEVER)
    parts = Parts(
        ids=np.arange(len(all_parts)),
        case=np.array([row for row, _part in all_parts], dtype=np.int64),
        units=np.array([part.unit_id for _row, part in all_parts], dtype=np.int64),
        states=[part.state for _row, part in all_parts],
        stored=Times(part_none, part_none.copy(), part_none > 0),
    )
    return cases, parts


@pytest.mark.parametrize("seed", range(8))
def test_arrays_say_what_the_clock_says(seed):
    chance = random.Random(seed)
    calendars = some_calendars(chance)
    terms = [some_terms(chance, pk) for pk in range(1, 9)]
    found = [a_case(chance, terms) for _ in range(250)]
    known = Terms(calendars)
    for procedure, standard in terms:
        known.learn(procedure, standard)
        known.learn(procedure, None)

    of_cases, of_parts = reckon(*in_columns(found), known)

    at = 0
    for row, (case, parts, steps) in enumerate(found):
        timing.refresh(case, parts, steps, now=NOW, calendars=calendars)
        told = (case.stage, case.fixed_due_at, [(s.verb, s.at, s.unit, s.units) for s in steps])
        expected = (case.due_at, case.yellow_at, case.paused)
        assert _times(of_cases, row) == expected, told
        for part in parts:
            expected = (part.due_at, part.yellow_at, part.paused)
            assert _times(of_parts, at) == expected, (part.unit_id, *told)
            at += 1


def test_a_story_nobody_keeps_a_clock_for_has_no_due_time():
    case = Case(procedure=Procedure(pk=1, limits={}), stage=Stage.REPORTED, reported_at=SINCE)
    known = Terms(some_calendars(random.Random(1)))
    known.learn(case.procedure, None)

    of_cases, _of_parts = reckon(*in_columns([(case, [], a_story(random.Random(2)))]), known)

    assert _times(of_cases, 0) == (None, None, False)


def _times(times: Times, row: int) -> tuple[datetime | None, datetime | None, bool]:
    return instant(times.due[row]), instant(times.yellow[row]), bool(times.paused[row])
