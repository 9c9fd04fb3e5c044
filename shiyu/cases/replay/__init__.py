"""What a case's lines amount to: one pure step after another (办理过程推演).

Live moves, imports, the demo city and `shiyu verify` all go through `apply`: there is no second
set of rules. It knows neither database nor people, only the table in lifecycle.py and this file.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from shiyu.cases.lifecycle import FINAL, MOVES, Stage
from shiyu.cases.replay import succession  # registers its effect
from shiyu.cases.replay.effects import EFFECTS, ask_extension
from shiyu.cases.replay.standing import Part, Standing, Step
from shiyu.common.errors import OutOfOrder

__all__ = ["Part", "Standing", "Step", "apply", "replay", "succession"]


def replay(steps: Iterable[Step]) -> Standing:
    """Fold a case's lines, the report first, into where it stands."""
    standing = Standing()
    for step in steps:
        apply(standing, step)
    return standing


def apply(standing: Standing, step: Step, *, extensions_most: int = 99) -> Standing:
    """Make one step, in place. `extensions_most`: of the case's procedure, for a live move.

    Raises  OutOfOrder when the case is not at a stage of this move; Refused for the move's own
            rule; either way `standing` is not to be used any more.
    """
    if step.verb == "report":
        standing.last_at = step.at
        return standing
    move = MOVES.get(step.verb)
    if move is None:
        raise OutOfOrder(_("没有“%(verb)s”这一步") % {"verb": step.verb})
    if standing.stage not in move.sources:
        raise OutOfOrder(
            _("案件%(stage)s，不能“%(move)s”")
            % {"stage": Stage(standing.stage).label, "move": move.title}
        )
    if step.verb == "ask_extension":
        ask_extension(standing, step, extensions_most)
    effect = EFFECTS.get(step.verb)
    if move.target is not None:
        standing.stage = move.target
    if effect is not None:
        effect(standing, step)
    if standing.stage in FINAL:
        _rest(standing)
    standing.last_at = step.at
    return standing


def _rest(standing: Standing) -> None:
    """A case that has ended asks for nothing more."""
    standing.suspension = "used" if standing.suspension == "used" else ""
    standing.extension_asked.clear()
    standing.void_asked_by = ""
    standing.check_open = False
