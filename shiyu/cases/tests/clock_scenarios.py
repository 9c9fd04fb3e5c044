"""Made-up scenarios for the clock, of two kinds: lives that could be, and malicious ones."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ZONES = ["Asia/Shanghai", "Europe/Amsterdam", "America/New_York"]
ODD_ZONES = ["Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "Asia/Kathmandu"]
HOURS = [
    [["08:00", "12:00"], ["14:00", "18:00"]],
    [["08:30", "12:00"], ["13:30", "18:00"]],
    [["09:00", "17:30"]],
    [["00:00", "24:00"]],
]
ODD_HOURS = [
    [["00:00", "02:30"], ["22:00", "24:00"]],
    [["02:30", "05:00"]],
    [["01:00", "02:00"], ["02:00", "02:01"], ["23:59", "24:00"]],
]
WEEKDAYS = [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7]]
LIMITS = ["15分钟", "90分钟", "2紧急工作时", "12紧急工作时", "4工作时", "9工作时"]
LIMITS += ["1工作日", "3工作日", "7工作日", "1自然日", "5自然日"]
SEASONS = [["03-01", "11-30"], ["10-15", "03-31"], ["04-10", "09-20"], ["12-20", "01-10"]]
UNITS = ["unit-a", "unit-b", "unit-c"]
CHANGES = ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-04-05", "2026-12-30"]


class Maker:
    """Makes one scenario after another from a seed."""

    def __init__(self, seed, *, odd=False):
        self.chance = random.Random(seed)
        self.odd = odd

    def scenario(self, name):
        chance = self.chance
        zones = ZONES + ODD_ZONES if self.odd else ZONES
        self.zone = ZoneInfo(chance.choice(zones))
        day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(365))
        if chance.random() < 0.4:
            day = datetime.fromisoformat(chance.choice(CHANGES)).replace(tzinfo=UTC)
            day -= timedelta(days=chance.randrange(5))
        self.at = day + timedelta(minutes=chance.randrange(1440))
        self.start = self.at
        self.lines = []
        self.calendar = self.days()
        calendars = {u: self.days() for u in UNITS if chance.random() < 0.4}
        allowances = {
            clock: chance.choice(LIMITS)
            for clock in ("accept", "filing", "dispatch", "sign", "handling", "verify")
            if chance.random() < 0.95
        }
        self.season(allowances)
        (self.malice if self.odd else self.life)()
        return {
            "id": name,
            "timezone": self.zone.key,
            "now": self.written(self.moment_of_now()),
            "calendar": self.calendar,
            "calendars": calendars,
            "workday": chance.choice(["eight_hours", "end_of_day"]),
            "allowances": allowances,
            "lines": self.lines,
        }

    def days(self):
        chance = self.chance
        hours = HOURS + ODD_HOURS if self.odd else HOURS
        return {
            "hours": chance.choice(hours),
            "weekdays": chance.choice(WEEKDAYS),
            "holidays": sorted(self.day() for _ in range(chance.randrange(6))),
            "workdays": sorted(self.day() for _ in range(chance.randrange(4))),
        }

    def day(self):
        day = self.start + timedelta(days=self.chance.randrange(-2, 30))
        return day.astimezone(self.zone).date().isoformat()

    def season(self, allowances):
        chance, kind = self.chance, self.chance.random()
        if kind < 0.1:
            due = self.start + timedelta(minutes=chance.randrange(-2000, 15000))
            allowances["handling"] = {"fixed": self.written(due)}
        elif kind < 0.35:
            limit = {"limit": chance.choice(LIMITS), "season": chance.choice(SEASONS)}
            allowances["handling"] = limit

    def written(self, at):
        return at.astimezone(self.zone).isoformat()

    def moment_of_now(self):
        """Between the moves, at one of them, before the first or after the last."""
        chance = self.chance
        kind = chance.random()
        if kind < 0.25:
            return datetime.fromisoformat(chance.choice(self.lines)["at"])
        reach = int((self.at - self.start).total_seconds() // 60) + 1
        return self.start + timedelta(minutes=chance.randrange(int(reach * 1.4) + 60))

    def add(self, move, **more):
        self.wait()
        self.lines.append({"at": self.written(self.at), "move": move, **more})

    def wait(self):
        chance, kind = self.chance, self.chance.random()
        if kind < 0.1:
            minutes = 0
        elif kind < 0.35:
            minutes = chance.randrange(4)
        elif kind < 0.6:
            minutes = chance.randrange(120)
        elif kind < 0.9:
            minutes = chance.randrange(1440)
        else:
            minutes = chance.randrange(6000)
        self.at += timedelta(minutes=minutes)
        if self.odd and chance.random() < 0.3:
            self.to_the_edge()

    def to_the_edge(self):
        """On to an opening, a closing, midnight, or a minute beside one."""
        pairs = [*self.calendar["hours"], ["00:00", "24:00"], ["02:00", "03:00"]]
        text = self.chance.choice(self.chance.choice(pairs))
        of_day = int(text[:2]) * 60 + int(text[3:]) + self.chance.choice([-1, 0, 0, 0, 1])
        local = self.at.astimezone(self.zone).replace(tzinfo=None)
        midnight = local.replace(hour=0, minute=0)
        edge = (midnight + timedelta(minutes=of_day)).replace(tzinfo=self.zone).astimezone(UTC)
        self.at = max(self.at, edge)

    # a life that could be

    def life(self):
        chance = self.chance
        self.add("report")
        if self.early_end(["withdraw", "void", "dismiss", "settle", "merge"], 0.06):
            return
        if chance.random() < 0.1:
            self.check()
        if chance.random() < 0.1:
            self.add("escalate")
        self.add("accept")
        if chance.random() < 0.1:
            self.add("escalate")
            self.add("accept")
        if chance.random() < 0.15:
            self.check()
        if self.early_end(["withdraw", "void", "dismiss", "settle", "merge"], 0.05):
            return
        self.add("file")
        if chance.random() < 0.05:
            self.add("escalate")
            self.add("accept")
            self.add("file")
        active = self.send(self.some())
        active = self.objections(active)
        self.work(active)
        for _ in range(2):
            if chance.random() > 0.3:
                break
            if chance.random() < 0.3:
                self.add("reopen")
                active = self.send(self.some())
            else:
                active = self.some()
                self.add("reopen", units=active)
            self.work(active)

    def check(self):
        self.add("check_open")
        self.add("check_done")

    def early_end(self, moves, share):
        if self.chance.random() < share:
            self.add(self.chance.choice(moves))
            return True
        return False

    def some(self):
        count = self.chance.choice([1, 1, 1, 2, 2, 3])
        return self.chance.sample(UNITS, count)

    def send(self, units):
        self.add("dispatch", units=units)
        while self.chance.random() < 0.2:
            self.add("recall")
            units = self.some()
            self.add("dispatch", units=units)
        return list(units)

    def objections(self, active):
        chance = self.chance
        while chance.random() < 0.25:
            unit = chance.choice(active)
            self.add("object", unit=unit)
            others = [u for u in UNITS if u not in active]
            to = chance.choice([[unit], others[:1] or [unit]])
            self.add("dispatch", units=to)
            if chance.random() < 0.3:
                self.add("recall")
                to = chance.choice([[unit], others[-1:] or [unit]])
                self.add("dispatch", units=to)
            active = [u for u in active if u != unit] + to
        return active

    def work(self, active):
        chance = self.chance
        if chance.random() < 0.1:
            old, new = chance.choice(active), chance.choice(UNITS)
            if new != old:
                self.add("hand_over", unit=old, units=[new])
                active = [u for u in active if u not in (old, new)] + [new]
        for unit in active:
            if chance.random() < 0.8:
                self.add("sign", unit=unit)
        if chance.random() < 0.2:
            self.add("suspend")
            self.add("resume")
        if self.early_end(["withdraw", "void", "merge"], 0.04):
            return
        self.answers(active)
        while chance.random() < 0.3:
            named = chance.choice([None, chance.sample(active, 1), list(active)])
            self.add("rework", **({"units": named} if named else {}))
            if chance.random() < 0.2:
                self.add("suspend")
                self.add("resume")
            self.answers(named or active)
        self.add("verify")
        self.add("close")

    def answers(self, active):
        for unit in self.chance.sample(active, len(active)):
            for _ in range(self.chance.choice([0, 0, 1, 2])):
                self.add("extend", unit=unit)
            if self.chance.random() < 0.15:
                self.add("suspend")
                self.add("resume")
            self.add("handle", unit=unit)

    # no life at all: any move at any time

    def malice(self):
        chance = self.chance
        self.add("report")
        plain = ["report", "accept", "file", "escalate", "check_open", "check_done", "suspend"]
        plain += ["resume", "verify", "close", "rework", "reopen", "urge"]
        last = ["merge", "withdraw", "dismiss", "settle", "void"]
        for _ in range(chance.randrange(2, 30)):
            kind = chance.random()
            if kind < 0.25:
                self.sent_perhaps_recalled()
            elif kind < 0.6:
                own = chance.choice(["sign", "object", "handle", "handle", "extend"])
                self.add(own, unit=chance.choice(UNITS))
            elif kind < 0.64:
                old, new = chance.sample(UNITS, 2)
                self.add("hand_over", unit=old, units=[new])
            elif kind < 0.75:
                self.add(chance.choice(["rework", "reopen"]), units=self.some())
            else:
                self.add(chance.choice(plain if chance.random() < 0.9 else last))

    def sent_perhaps_recalled(self):
        """A unit that has done anything cannot be recalled, but others may go on meanwhile."""
        units = self.some()
        self.add("dispatch", units=units)
        others = [unit for unit in UNITS if unit not in units]
        if self.chance.random() < 0.3:
            if others and self.chance.random() < 0.5:
                move = self.chance.choice(["sign", "extend", "object"])
                self.add(move, unit=self.chance.choice(others))
            if self.chance.random() < 0.2:
                self.add(self.chance.choice(["suspend", "resume"]))
            self.add("recall")
