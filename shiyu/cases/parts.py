"""A case and its assignments as the replay says they stand (案件与承办单位的记录)."""

from datetime import datetime

from shiyu.cases.lifecycle import FINAL
from shiyu.cases.models import Assignment, Case
from shiyu.cases.replay import Standing


def stand(case: Case, standing: Standing, at: datetime) -> None:
    """Take over into a case what its lines amount to after one more step, unsaved."""
    case.stage, case.round = standing.stage, standing.round
    case.outcome, case.awaits, case.last_at = standing.outcome, standing.awaits, at
    if standing.stage not in FINAL:
        case.closed_at = None
    elif case.closed_at is None:
        case.closed_at = at
    case.version += 1


def follow(case: Case, rows: dict[int, Assignment], standing: Standing) -> list[Assignment]:
    """The rows of a case's parts after one more step, changed in place, not yet written.

    rows  by unit, those known before the step; new ones are added.
    """
    for unit, part in standing.parts.items():
        row = rows.get(unit)
        if row is None:
            row = rows[unit] = Assignment(case=case, unit_id=unit)
        if row.sent_at != part.sent_at:
            row.opened_at = None
        row.lead, row.state, row.sent_at = part.lead, part.state, part.sent_at
        row.signed_at, row.handled_at = part.signed_at, part.handled_at
        row.exempted = standing.appeals.get(unit) == "exempt"
    for unit, row in rows.items():
        if unit not in standing.parts:  # recalled before it was opened
            row.state, row.lead = Assignment.State.LEFT, False
    return list(rows.values())
