"""What becomes of a unit's part when another unit takes its place (机构变更移交)."""

from copy import copy

from django.utils.translation import gettext as _

from shiyu.cases.lifecycle import Stage
from shiyu.cases.replay.effects import effect
from shiyu.cases.replay.standing import Part, Standing, Step
from shiyu.common.errors import OutOfOrder


@effect("hand_over")
def _hand_over(standing: Standing, step: Step) -> None:
    """The successor stands where the old unit stood; at work already, it does both as one part.

    A unit without a live part here changes nothing: only the centre's own work went over.
    """
    old, new = step.unit or 0, step.units[0] if step.units else 0
    part, theirs = standing.parts.get(old), standing.parts.get(new)
    if part is None or not _live(part) or not new or new == old:
        return
    objection = part.state == "objected" or (theirs is not None and theirs.state == "objected")
    if objection and standing.stage == Stage.SUSPENDED:
        raise OutOfOrder(_("挂账中的异议先由派遣员答复，再移交"))
    if theirs is None or not theirs.active:
        standing.parts[new] = copy(part)
        _take_over(standing, old, new)
    elif part.active:
        _join(part, theirs)
        _take_asks(standing, old, new)
    else:  # an objection of its own to a case the successor works on: nothing is open any more
        standing.objectors.discard(old)
    part.state, part.lead = "left", False
    heir = standing.parts[new]
    if heir.active and standing.lead is None:
        heir.lead = True
    standing.sent = None
    _answered(standing)


def _answered(standing: Standing) -> None:
    """With the last objection gone, a case whose units have all answered waits for its check."""
    all_have = all(standing.parts[unit].state == "handled" for unit in standing.active)
    if standing.stage == Stage.HANDLING and standing.active and all_have and not standing.gap:
        standing.stage = Stage.HANDLED
        if standing.suspension != "used":
            standing.suspension = ""


def _live(part: Part) -> bool:
    return part.active or part.state == "objected"


def _join(part: Part, theirs: Part) -> None:
    """One part out of two: signed by the first signature, answered only when both were."""
    states = {part.state, theirs.state}
    signed = [at for at in (part.signed_at, theirs.signed_at) if at is not None]
    theirs.lead = theirs.lead or part.lead
    theirs.signed_at = min(signed, default=None)
    if states == {"handled"}:
        theirs.handled_at = max(filter(None, (part.handled_at, theirs.handled_at)), default=None)
        return
    theirs.handled_at = None
    theirs.state = "sent" if states == {"sent"} else "signed"


def _take_over(standing: Standing, old: int, new: int) -> None:
    """What the old unit had asked, was granted and had refused is the successor's now."""
    if old in standing.objectors:
        standing.objectors.add(new)
    if old in standing.extensions:
        granted = standing.extensions.pop(old)
        standing.extensions[new] = max(granted, standing.extensions.get(new, 0))
    _take_asks(standing, old, new)


def _take_asks(standing: Standing, old: int, new: int) -> None:
    if old in standing.extension_asked:
        standing.extension_asked.discard(old)
        if standing.parts[new].state == "signed":
            standing.extension_asked.add(new)
    if standing.suspension_unit == old:
        standing.suspension_unit = new
    if standing.appeals.get(old) == "asked" and new not in standing.appeals:
        standing.appeals[new] = standing.appeals.pop(old)
