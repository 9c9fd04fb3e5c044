"""What the clock is told: dated moves, and the procedure they were made under."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shiyu.common.worktime import Limit, WorkCalendar, Zone

CLOCKS = ("accept", "filing", "dispatch", "sign", "handling", "verify")
OF_UNITS = frozenset({"sign", "handling"})

# Every move of the procedure; those that no clock names leave all of them alone.
MOVES = frozenset(
    {
        "report",
        "accept",
        "dismiss",
        "merge",
        "settle",
        "file",
        "escalate",
        "dispatch",
        "recall",
        "object",
        "sign",
        "split",
        "extend",
        "suspend",
        "resume",
        "handle",
        "rework",
        "verify",
        "close",
        "reopen",
        "withdraw",
        "void",
        "import_close",
        "check_open",
        "check_done",
        "hand_over",
        "remark",
        "urge",
        "correct",
    }
)
NEEDS_UNIT = frozenset({"sign", "object", "handle", "extend", "hand_over"})


class Workday(StrEnum):
    """What n working days mean (工作日的算法)."""

    EIGHT_HOURS = "eight_hours"  # 8 n office hours
    END_OF_DAY = "end_of_day"  # until closing of the n-th working day after the first


@dataclass(frozen=True, slots=True)
class Line:
    """One move of a case and when it was made; `units` are those it adds or names."""

    at: datetime
    move: str
    unit: str | None = None
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Procedure:
    """Allowances and calendars under which a case runs (办理时限)."""

    zone: Zone
    calendar: WorkCalendar  # the city's
    allowances: Mapping[str, Limit]  # by name of the clock
    workday: Workday = Workday.EIGHT_HOURS
    calendars: Mapping[str, WorkCalendar] = field(default_factory=dict)  # by unit

    def calendar_of(self, unit: str | None) -> WorkCalendar:
        """The unit's own calendar if it keeps one, else the city's."""
        if unit is None:
            return self.calendar
        return self.calendars.get(unit, self.calendar)
