"""The clock of a case (计时): calendar + allowances + dated moves + now → clocks.

Pure: no Django, no database, nothing remembered between two calls. The rules are those of
the table in `docs/modules/clock.md`; doubtful readings in `docs/decisions/0002-clock-readings.md`.

    procedure = Procedure(
        zone=zone("Asia/Shanghai"),
        calendar=city,                                # shiyu.common.worktime.WorkCalendar
        calendars={"unit-b": theirs},                 # units that keep their own
        workday=Workday.END_OF_DAY,
        allowances={"accept": Allowance.parse("15分钟"), "handling": Fixed(at)},
    )
    lines = [Line(at, "report"), Line(at, "dispatch", units=("unit-a", "unit-b")),
             Line(at, "handle", unit="unit-a")]       # aware times, in order
    for clock in clocks(lines, procedure, now=now):   # in the order in which they started
        clock.name, clock.unit, clock.round           # "handling", "unit-a", 1
        clock.state, clock.light, clock.late          # State.RUNNING, Light.GREEN, False
        clock.used, clock.budget                      # minutes; None for a fixed due time
        clock.due                                     # aware datetime or None
        clock.thresholds()                            # (yellow from, red after) or Nones
        clock.spans                                   # Span(start, end, running, why)
    explain(clocks(...))                              # the arithmetic, in Chinese
    passages(clock)                                   # the same as records, for a page

Units are any strings (unit codes, str(id)); moves that no clock names change nothing, so
every journal line of a case may be given. An allowance left out: that clock is not kept.
"""

from shiyu.cases.clock.explanation import explain
from shiyu.cases.clock.lines import CLOCKS, MOVES, Line, Procedure, Workday
from shiyu.cases.clock.passages import Gap, Off, Passage, passages
from shiyu.cases.clock.reckoning import Clock, Light, Span, State, clocks

__all__ = [
    "CLOCKS",
    "MOVES",
    "Clock",
    "Gap",
    "Light",
    "Line",
    "Off",
    "Passage",
    "Procedure",
    "Span",
    "State",
    "Workday",
    "clocks",
    "explain",
    "passages",
]
