"""Everything that can be done to a calendar. Nothing else writes the table."""

from shiyu.calendars.actions.editing import (
    CITY,
    fill_from_holiday_table,
    found_calendar,
    set_days,
    set_hours,
)
from shiyu.calendars.actions.revising import (
    draw_up_days,
    draw_up_hours,
    draw_up_undoing,
    look_ahead,
    publish,
)

__all__ = [
    "CITY",
    "draw_up_days",
    "draw_up_hours",
    "draw_up_undoing",
    "fill_from_holiday_table",
    "found_calendar",
    "look_ahead",
    "publish",
    "set_days",
    "set_hours",
]
