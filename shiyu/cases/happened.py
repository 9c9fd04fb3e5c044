"""What was just written of cases, for those who keep count of it (随记).

Sent by `events.written` inside the transaction: whoever listens writes together with the lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shiyu.cases import events
from shiyu.cases.models import Case
from shiyu.cases.replay import Standing


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a case, and whom it concerned (办理一步).

    facts   as the line holds them.
    centre  the case's, once the line was written.
    lead    the lead unit after the step, or None.
    active  the units whose part went on after it; of a rework that names none, those it was for.
    """

    verb: str
    at: datetime
    facts: Mapping[str, Any]
    centre: int
    lead: int | None = None
    active: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Lived:
    """Lines of one case, in order (案件新写的各步).

    whole  whether these are all its lines, or only the newest.
    was    its place and kind before, where these lines changed them.
    """

    case: Case
    happened: Sequence[Happened]
    whole: bool = False
    was: tuple[int, int | None] | None = None


def happened(
    verb: str, at: datetime, facts: Mapping[str, Any], case: Case, standing: Standing
) -> Happened:
    """A line of a case that now stands like this."""
    return Happened(verb, at, facts, case.centre_id, standing.lead, tuple(standing.active))


def write(case: Case, line: Happened, was: tuple[int, int | None] | None = None) -> None:
    """Tell of one line just written; `was`: the case's place and kind before it."""
    moved = was if was != (case.place_id, case.kind_id) else None
    events.written.send(Case, lived=[Lived(case, [line], was=moved)])
