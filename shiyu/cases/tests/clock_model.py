"""A slow second opinion about the clock: every minute is looked at, one by one.

Written from the wording of the rules alone and sharing no code with the program. Time is a
row of minutes from 2024 to 2030; for each of them the wall clock of the zone is asked, and a
calendar is the set of minutes that count. Used by tests only.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

START = datetime(2024, 1, 1, tzinfo=UTC)
LENGTH = 6 * 366 * 1440
ORDER = ["accept", "filing", "dispatch", "sign", "handling", "verify"]
ONE_UNIT_MINUTES = {"分钟": 1, "紧急工作时": 60, "工作时": 60, "工作日": 480, "自然日": 1440}


class OutOfSight(Exception):
    """The due time lies more than three years ahead: this model does not look so far."""


def answer(scenario):
    """The answer to one scenario, as plain values."""
    world = World()
    now = minute(scenario["now"])
    for line in scenario["lines"]:
        if minute(line["at"]) <= now:
            world.move(minute(line["at"]), line)
    found = []
    for clock in world.clocks:
        allowance = scenario["allowances"].get(clock.name)
        if allowance is not None and not clock.left_out:
            found.append((clock, judge(clock, allowance, scenario, now)))
    number_rounds(found)
    found.sort(key=lambda pair: sort_key(*pair))
    return {"id": scenario["id"], "clocks": [entry for _, entry in found]}


# --- time -------------------------------------------------------------------------------------


def minute(text):
    return int((datetime.fromisoformat(text) - START).total_seconds() // 60)


def written(at, zone):
    return (START + timedelta(minutes=int(at))).astimezone(ZoneInfo(zone)).isoformat()


@cache
def wall_clock(zone):
    """For every minute of the row: the local day (as a number) and the minute of that day.

    Asked at each quarter of an hour: no zone changes its offset inside one.
    """
    info = ZoneInfo(zone)
    local = np.empty(LENGTH, dtype=np.int64)
    for quarter in range(0, LENGTH, 15):
        at = (START + timedelta(minutes=quarter)).astimezone(info)
        first = at.toordinal() * 1440 + at.hour * 60 + at.minute
        local[quarter : quarter + 15] = np.arange(first, first + 15)
    return local // 1440, local % 1440


@cache
def season_of_all(zone, first, last):
    days, _ = wall_clock(zone)
    known = {}
    for day in range(int(days.min()), int(days.max()) + 1):
        label = date.fromordinal(day).strftime("%m-%d")
        if first <= last:
            known[day] = first <= label <= last
        else:
            known[day] = label >= first or label <= last
    base = int(days.min())
    table = np.array([known[base + index] for index in range(len(known))])
    return table[days - base]


def office_minutes(calendar, zone, first, last):
    """Which minutes from `first` to `last` are office time."""
    days, minutes = (row[first:last] for row in wall_clock(zone))
    base = int(days.min())
    holidays, workdays = set(calendar["holidays"]), set(calendar["workdays"])
    works = []
    for day in range(base, int(days.max()) + 1):
        text = date.fromordinal(day).isoformat()
        weekday = date.fromordinal(day).isoweekday()
        if text in workdays:
            works.append(True)
        elif text in holidays:
            works.append(False)
        else:
            works.append(weekday in calendar["weekdays"])
    of_day = np.zeros(1440, dtype=bool)
    for opens, closes in calendar["hours"]:
        a, b = (int(t[:2]) * 60 + int(t[3:]) for t in (opens, closes))
        of_day[a:b] = True
    return np.array(works)[days - base] & of_day[minutes]


# --- moves ------------------------------------------------------------------------------------


@dataclass
class Kept:
    """One round of one clock, as its story goes."""

    name: str
    unit: str | None
    start: int
    why: str
    born: int  # which dispatch started it, -1: none
    events: list = field(default_factory=list)  # (minute, reason, paused?, move, dispatch)
    end: int | None = None
    ended_by: int = -1  # which dispatch ended it (an objector left out)
    left_out: bool = False
    extensions: int = 0

    @property
    def going(self):
        return self.end is None and not self.left_out

    def reasons(self):
        now = set()
        for _, reason, paused, _, _ in self.events:
            (now.add if paused else now.discard)(reason)
        return now


class World:
    def __init__(self):
        self.clocks = []
        self.dispatches = []  # numbers of those that still stand
        self.count = 0
        self.check = self.suspended = False

    def of(self, name, unit=None):
        for clock in reversed(self.clocks):
            if clock.name == name and clock.unit == unit and clock.going:
                return clock
        return None

    def all_of(self, name):
        return [clock for clock in self.clocks if clock.name == name and clock.going]

    def begin(self, name, unit, at, move, born=-1):
        if self.of(name, unit) is None:
            clock = Kept(name, unit, at, move, born)
            if name in ("accept", "filing") and self.check:
                clock.events.append((at, "check", True, move, -1))
            if name == "handling" and self.suspended:
                clock.events.append((at, "suspend", True, move, -1))
            self.clocks.append(clock)

    def finish(self, at, *names):
        for name in names:
            for clock in self.all_of(name):
                clock.end = at

    def pause(self, clock, at, reason, move):
        if clock and reason not in clock.reasons():
            clock.events.append((at, reason, True, move, -1))

    def go_on(self, clock, at, reason, move, dispatch=-1):
        if clock and reason in clock.reasons():
            clock.events.append((at, reason, False, move, dispatch))

    def move(self, at, line):
        move = line["move"]
        if hasattr(self, move):
            getattr(self, move)(at, line)

    def report(self, at, line):
        self.begin("accept", None, at, "report")

    def accept(self, at, line):
        self.finish(at, "accept")
        self.begin("filing", None, at, "accept")

    def file(self, at, line):
        self.finish(at, "filing")
        self.begin("dispatch", None, at, "file")

    def dismiss(self, at, line):
        self.finish(at, "accept", "filing")

    settle = dismiss

    def merge(self, at, line):
        self.finish(at, "accept", "filing", "dispatch", "sign", "handling")

    def withdraw(self, at, line):
        self.finish(at, *ORDER)

    void = import_close = withdraw

    def escalate(self, at, line):
        self.finish(at, "accept", "filing", "dispatch")
        self.begin("accept", None, at, "escalate")
        self.dispatches.clear()

    def check_open(self, at, line):
        self.check = True
        for name in ("accept", "filing"):
            self.pause(self.of(name), at, "check", "check_open")

    def check_done(self, at, line):
        self.check = False
        for name in ("accept", "filing"):
            self.go_on(self.of(name), at, "check", "check_done")

    def dispatch(self, at, line):
        self.finish(at, "dispatch")
        number = self.count
        self.count += 1
        self.dispatches.append(number)
        for clock in self.all_of("handling"):
            if "object" in clock.reasons():
                if clock.unit in line["units"]:
                    self.go_on(clock, at, "object", "dispatch", number)
                else:
                    clock.end, clock.ended_by = at, number
        for unit in line["units"]:
            self.begin("sign", unit, at, "dispatch", number)
            self.begin("handling", unit, at, "dispatch", number)

    def recall(self, at, line):
        self.finish(at, "dispatch")
        self.begin("dispatch", None, at, "recall")
        if not self.dispatches:
            return
        number = self.dispatches.pop()
        for clock in self.clocks:
            if clock.born == number:
                clock.left_out = True
            if clock.ended_by == number:
                clock.end, clock.ended_by = None, -1
            clock.events = [event for event in clock.events if event[4] != number]

    def object(self, at, line):
        if sign := self.of("sign", line["unit"]):
            sign.end = at
        self.pause(self.of("handling", line["unit"]), at, "object", "object")
        self.finish(at, "dispatch")
        self.begin("dispatch", None, at, "object")

    def sign(self, at, line):
        if sign := self.of("sign", line["unit"]):
            sign.end = at

    def handle(self, at, line):
        mine = self.of("handling", line["unit"])
        if mine:
            self.pause(mine, at, "handle", "handle")
            if all("handle" in clock.reasons() for clock in self.all_of("handling")):
                self.begin("verify", None, at, "handle")

    def rework(self, at, line):
        self.finish(at, "verify")
        for clock in self.all_of("handling"):
            if not line.get("units") or clock.unit in line["units"]:
                self.go_on(clock, at, "handle", "rework")

    def suspend(self, at, line):
        self.suspended = True
        for clock in self.all_of("handling"):
            self.pause(clock, at, "suspend", "suspend")

    def resume(self, at, line):
        self.suspended = False
        for clock in self.all_of("handling"):
            self.go_on(clock, at, "suspend", "resume")

    def extend(self, at, line):
        if clock := self.of("handling", line["unit"]):
            clock.extensions += 1

    def hand_over(self, at, line):
        old, new = line["unit"], (line.get("units") or [line["unit"]])[0]
        mine, theirs = self.of("handling", old), self.of("handling", new)
        if not mine or old == new:
            return
        if theirs and "object" not in theirs.reasons():
            objected = "object" in mine.reasons()
            a, b = self.of("sign", old), self.of("sign", new)
            if b and not a and not objected:
                b.end = at
            if a:
                a.end = at
            if not objected and "handle" not in mine.reasons():
                self.go_on(theirs, at, "handle", "hand_over")
            mine.end = at
            if not objected:
                return
        else:
            for name in ("handling", "sign"):
                if theirs_too := self.of(name, new):
                    theirs_too.end = at
                if clock := self.of(name, old):
                    clock.unit = new
            if not theirs:
                return
        if not any("object" in clock.reasons() for clock in self.all_of("handling")):
            self.finish(at, "dispatch")
            if all("handle" in clock.reasons() for clock in self.all_of("handling")):
                self.begin("verify", None, at, "hand_over")

    def verify(self, at, line):
        self.finish(at, "handling", "verify")
        self.dispatches.clear()

    def reopen(self, at, line):
        self.dispatches.clear()
        if not line.get("units"):
            self.finish(at, "dispatch")
            self.begin("dispatch", None, at, "reopen")
        for unit in line.get("units") or ():
            if going := self.of("handling", unit):
                going.end = at
            self.begin("handling", unit, at, "reopen")


# --- judgement --------------------------------------------------------------------------------


def judge(clock, allowance, scenario, now):
    zone = scenario["timezone"]
    spans = spans_of(clock, now)
    state = "ended" if clock.end is not None else ("running" if spans[-1][2] else "paused")
    entry = {
        "clock": clock.name,
        "unit": clock.unit,
        "round": 0,
        "state": state,
        "spans": [
            {
                "from": written(a, zone),
                "to": None if b is None else written(b, zone),
                "state": "running" if running else "paused",
                "why": why,
            }
            for a, b, running, why in spans
        ],
    }
    until = now if clock.end is None else clock.end
    if isinstance(allowance, dict) and "fixed" in allowance:
        due = minute(allowance["fixed"])
        late = until > due
        part = 4 * (until - clock.start) >= 3 * (due - clock.start)
        entry |= {"used": None, "budget": None, "due": written(due, zone)}
    else:
        ran = [(a, now if b is None else b) for a, b, running, _ in spans if running]
        entry |= count(clock, ran, allowance, scenario, state)
        late = entry["late"]
        part = 4 * entry["used"] >= 3 * entry["budget"]
    entry["late"] = late
    if state == "ended":
        entry["light"] = None
    elif late:
        entry["light"] = "red"
    elif state == "paused":
        entry["light"] = "grey"
    else:
        entry["light"] = "yellow" if part else "green"
    return entry


def spans_of(clock, now):
    """Mark where the state changes, then throw away what is empty and join what is alike."""
    reasons = {event[1] for event in clock.events if event[3] == clock.why and event[2]}
    marks = [(clock.start, not reasons, clock.why)]
    for at, reason, paused, move, _ in clock.events:
        (reasons.add if paused else reasons.discard)(reason)
        if marks[-1][1] != (not reasons):
            marks.append((at, not reasons, move))
    spans = []
    for index, (at, running, why) in enumerate(marks):
        end = marks[index + 1][0] if index + 1 < len(marks) else clock.end
        if end == at:
            continue
        if spans and spans[-1][2] == running:
            spans[-1] = (spans[-1][0], end, running, spans[-1][3])
        else:
            spans.append((at, end, running, why))
    return spans


def count(clock, ran, allowance, scenario, state):
    """Look at seventy days of minutes; if the due time is not among them, at more."""
    for days in (70, 500, 1200):
        try:
            return look(clock, ran, allowance, scenario, state, days)
        except IndexError:
            continue
    raise OutOfSight


def look(clock, ran, allowance, scenario, state, days):
    zone = scenario["timezone"]
    text = allowance["limit"] if isinstance(allowance, dict) else allowance
    digits = "".join(letter for letter in text if letter.isdigit())
    number, word = int(digits), text[len(digits) :]
    season = allowance.get("season") if isinstance(allowance, dict) else None
    first = clock.start
    last = max([first, *(b for _, b in ran)]) + days * 1440
    counts = np.ones(last - first, dtype=bool)
    if word in ("工作时", "工作日"):
        own = scenario["calendars"].get(clock.unit, scenario["calendar"])
        counts = office_minutes(own, zone, first, last)
    if season:
        counts = counts & season_of_all(zone, *season)[first:last]

    budget = number * ONE_UNIT_MINUTES[word]
    if word == "工作日" and scenario["workday"] == "end_of_day":
        budget = until_closing(counts, wall_clock(zone)[0][first:last], number)
    budget += clock.extensions * number * ONE_UNIT_MINUTES[word]

    used = sum(int(counts[a - first : b - first].sum()) for a, b in ran)
    due, late = None, False
    left = budget
    for a, b in ran:
        here = np.flatnonzero(counts[a - first : b - first])
        if left > 0 and len(here) >= left:
            due = a + int(here[left - 1]) + 1
        left -= len(here)
    if due is not None:
        late = any(b > due for _, b in ran)
    else:
        end = ran[-1][1] if ran else first
        due = end + int(np.flatnonzero(counts[end - first :])[left - 1]) + 1
    if state == "paused" and not late:
        due = None
    shown = None if due is None else written(due, zone)
    return {"used": used, "budget": budget, "due": shown, "late": late}


def until_closing(counts, days, number):
    """Counted minutes until the last one of the n-th working day after the first day."""
    worked = np.flatnonzero(counts & (days > days[0]))
    nth = np.unique(days[worked])[number - 1]
    if nth == days[-1]:
        raise IndexError("that day may not be complete")
    closing = worked[days[worked] == nth][-1] + 1
    return int(counts[:closing].sum())


def number_rounds(found):
    """Rounds count the restarts of a clock of a unit, in the order of the moves."""
    rounds = {}
    for clock, entry in found:
        key = (clock.name, clock.unit)
        entry["round"] = rounds[key] = rounds.get(key, 0) + 1


def sort_key(clock, entry):
    return clock.start, ORDER.index(clock.name), clock.unit or "", entry["round"]
