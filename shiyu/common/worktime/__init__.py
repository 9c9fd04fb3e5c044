"""Working time (工作时间): allowances, calendars, and the arithmetic of both.

    calendar = WorkCalendar.of("Asia/Shanghai", hours=[["08:00", "12:00"], ["14:00", "18:00"]])
    allowance = Allowance.parse("4工作时")
    timeline = calendar.timeline(allowance)          # what counts: office time, or all time
    due = timeline.add(start, allowance.minutes)     # earliest instant at which it is used up
    used = timeline.measure(start, end)              # counted minutes
    calendar.office().closing(start, 3)              # closing of the 3rd working day after

For a million at once, with numpy: `shiyu.common.worktime.many`.

Instants are whole minutes since 1970 (UTC): `minute_of(datetime)` and `zone.datetime_of(minute)`.
Office hours are local time of the calendar's zone, also where the clocks are changed.
"""

from shiyu.common.worktime.allowance import Allowance, Fixed, Limit, Season, Unit
from shiyu.common.worktime.calendar import ELAPSED, EVER, OfficeDays, WorkCalendar
from shiyu.common.worktime.stretches import NeverCounted, Stretches, Timeline
from shiyu.common.worktime.zone import Zone, date_of, day_number, minute_of, zone

__all__ = [
    "ELAPSED",
    "EVER",
    "Allowance",
    "Fixed",
    "Limit",
    "NeverCounted",
    "OfficeDays",
    "Season",
    "Stretches",
    "Timeline",
    "Unit",
    "WorkCalendar",
    "Zone",
    "date_of",
    "day_number",
    "minute_of",
    "zone",
]
