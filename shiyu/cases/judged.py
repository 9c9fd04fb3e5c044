"""What the clocks that a step ended had used, kept with its line for good (用时与是否超时).

Later edits of a calendar change what is still to come, never what was judged.
"""

from collections.abc import Sequence
from typing import NamedTuple

from shiyu.cases.clock import Clock
from shiyu.cases.models import Case
from shiyu.cases.replay import Step
from shiyu.common.worktime import minute_of

ENDS = {
    "accept": ("accept",),
    "file": ("filing",),
    "dispatch": ("dispatch",),
    "sign": ("sign",),
    "verify": ("handling", "verify"),
    "rework": ("verify",),
}
"""The clocks that a step fulfils; what merely breaks one off is not judged."""
ENDINGS = frozenset({"close", "settle", "import_close"})
WHOLE = "case"


class Took(NamedTuple):
    """One clock that a step fulfilled, or the whole case (用时).

    minutes  counted ones; of the whole case and of a fixed due time, real ones since the start.
    late     None where no limit was set.
    """

    clock: str
    unit: int | None
    minutes: int
    late: bool | None


def took(case: Case, steps: Sequence[Step], clocks: Sequence[Clock]) -> list[list[Took]]:
    """For each step of a case what it fulfilled, from its clocks then or at any later time.

    Each clock is taken once, the earliest first, so that steps of one minute share out theirs.
    """
    left = [clock for clock in clocks if clock.ended_m is not None]
    since_reopened: list[bool] = []
    found: list[list[Took]] = []
    for step in steps:
        if step.verb == "reopen":
            since_reopened = []
        own = _fulfilled(step, left) if step.verb in ENDS else []
        since_reopened += [bool(one.late) for one in own if one.clock == "handling"]
        if step.verb in ENDINGS:
            own.append(_whole(case, step, since_reopened))
        found.append(own)
    return found


def _fulfilled(step: Step, left: list[Clock]) -> list[Took]:
    """Take from `left` what this step fulfils: of each unit's clock the earliest round."""
    minute, names = minute_of(step.at), ENDS[step.verb]
    own: dict[tuple[str, str | None], Clock] = {}
    for clock in left:
        if clock.ended_m != minute or clock.name not in names:
            continue
        if clock.name != "sign" or clock.unit == str(step.unit):
            own.setdefault((clock.name, clock.unit), clock)
    left[:] = [clock for clock in left if own.get((clock.name, clock.unit)) is not clock]
    return [_took(clock, minute) for clock in own.values()]


def _took(clock: Clock, minute: int) -> Took:
    unit = int(clock.unit) if clock.unit is not None else None
    minutes = clock.used if clock.used is not None else minute - clock.started_m
    return Took(clock.name, unit, minutes, clock.late)


def _whole(case: Case, step: Step, handling: Sequence[bool]) -> Took:
    """The case from its report to this closing: late when a part of this round was."""
    late = any(handling) if handling else None
    if step.verb == "import_close" and case.fixed_due_at is not None:
        late = minute_of(step.at) > minute_of(case.fixed_due_at)
    return Took(WHOLE, None, minute_of(step.at) - minute_of(case.reported_at), late)
