"""Which of the moves that a stage allows are worth a button here, and in what order (可办的事).

Only spares people a refusal they would certainly get; the actions refuse by their own rules.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shiyu.cases import guards
from shiyu.cases.clock import State
from shiyu.cases.models import Assignment, Case
from shiyu.common.errors import Refused

if TYPE_CHECKING:
    from shiyu.desk.situation import Situation

FIRST = (
    *("accept", "file", "dispatch", "sign", "handle", "verify", "close"),
    *("extend", "refuse_extension", "endorse_suspension", "suspend", "refuse_suspension"),
    *("void", "exempt", "refuse_appeal", "check_done", "resume"),
)
"""What the case waits for comes first, so that its key is 1."""

LAST = ("correct", "check_open", "merge", "remark", "urge", "appeal", "ask_void")


def rank(name: str) -> int:
    """Where a move stands among the numbered ones."""
    return FIRST.index(name) - len(FIRST) if name in FIRST else name in LAST


def worth(about: "Situation", name: str) -> bool:
    """Whether this move could succeed for this actor now, as far as the page can tell."""
    test = WORTH.get(name)
    return test is None or test(about)


def _late(about: "Situation", *, still: bool) -> bool:
    """Whether a clock of one of the actor's units is late; `still`: one that has not ended."""
    own = {str(unit) for unit in about.actor.units("handle")}
    return any(
        clock.late and not (still and clock.state is State.ENDED)
        for clock in about.clocks
        if clock.name == "handling" and clock.unit in own
    )


def _may_recall(about: "Situation") -> bool:
    units = guards.last_sent(about.steps)
    sent = (p for p in about.parts if p.unit_id in units and p.state == Assignment.State.SENT)
    if any(part.opened_at is not None for part in sent):
        return False
    try:
        guards.recall_in_time(about.case.procedure, about.steps, about.now)
    except Refused:
        return False
    return True


def _may_object(about: "Situation") -> bool:
    return any(_objects_in_time(about, unit.pk) for unit in about.own_units(["sent"]))


def _objects_in_time(about: "Situation", unit: int) -> bool:
    try:
        guards.objection_in_time(
            about.case, unit, about.steps, about.now, calendars=about.calendars
        )
    except Refused:
        return False
    return True


def _may_withdraw(about: "Situation") -> bool:
    return len(about.reports) == 1


WORTH: dict[str, Callable[["Situation"], bool]] = {
    "appeal": lambda about: _late(about, still=False),
    "ask_extension": lambda about: not _late(about, still=True),
    "ask_suspension": lambda about: not _late(about, still=True),
    "escalate": lambda about: about.case.centre.parent_id is not None,
    "object": _may_object,
    "recall": _may_recall,
    "split": lambda about: about.case.direction == Case.Direction.DOWN,
    "withdraw": _may_withdraw,
}
