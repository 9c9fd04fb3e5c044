"""Moves that are the same for many cases, and what each case is given (批量办理)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases import actions
from shiyu.cases.lifecycle import HANDLE, MOVES
from shiyu.cases.models import Assignment, Case
from shiyu.cases.siting import TIERS
from shiyu.catalogue.rules import standards_for, suggested_units
from shiyu.common.errors import Refused
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

MOST = 100
"""How many cases may be chosen at once."""

Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Together:
    """How one move is made for many cases.

    give    what the action is called with for one case; may refuse.
    undone  the move that takes it back, where the procedure has one.
    final   it cannot be undone: the preview says so.
    """

    act: Callable[..., object]
    give: Callable[[Case, Said, Actor], dict[str, Any]]
    undone: str = ""
    final: bool = False


def _note(_case: Case, said: Said, _actor: Actor) -> dict[str, Any]:
    return {"reason": said.get("reason", "")}


def _filed(case: Case, said: Said, actor: Actor) -> dict[str, Any]:
    """Under the one condition of its kind; where there are several a person chooses."""
    if case.kind is None:
        raise Refused(_("还没有定类别，请逐件立案"))
    found = standards_for(case.kind, timezone.localdate())
    if len(found) != 1:
        told = {"kind": case.kind, "n": len(found)}
        raise Refused(_("“%(kind)s”有 %(n)d 条立案条件，请逐件立案") % told)
    return {"standard": found[0]} | _note(case, said, actor)


def _sent(case: Case, said: Said, actor: Actor) -> dict[str, Any]:
    """To the unit named, else to the one that the case's standard names."""
    note = _note(case, said, actor)
    if said.get("lead"):
        return {"lead": Unit.objects.get(pk=said["lead"])} | note
    tier = case.centre.tier if case.centre.tier in TIERS else TIERS[0]
    found = suggested_units(case.standard, tier=tier) if case.standard else []
    lead = next((s.unit for s in found if s.role == "lead"), None)
    if lead is None:
        raise Refused(_("立案标准没有列明主责单位，请填写单位或逐件派遣"))
    return {"lead": lead} | note


def _signed(case: Case, _said: Said, actor: Actor) -> dict[str, Any]:
    own = actor.units(HANDLE)
    parts = Assignment.objects.filter(case=case, unit__in=own, state=Assignment.State.SENT)
    part = parts.select_related("unit").first()
    if part is None:
        raise Refused(_("没有派给本单位、等待签收的任务"))
    return {"unit": part.unit}


def _closed(case: Case, said: Said, actor: Actor) -> dict[str, Any]:
    return {"outcome": said.get("outcome", "")} | _note(case, said, actor)


TOGETHER: dict[str, Together] = {
    "accept": Together(actions.accept, _note),
    "file": Together(actions.file, _filed),
    "dispatch": Together(actions.dispatch, _sent, undone="recall"),
    "recall": Together(actions.recall, lambda *_given: {}),
    "sign": Together(actions.sign, _signed),
    "close": Together(actions.close, _closed, final=True),
    "urge": Together(actions.urge, _note),
    "remark": Together(actions.remark, _note),
}
"""The moves that make sense for many at once; all others want a look at each case."""

NO_VERSION = frozenset({"urge", "remark"})
"""They move nothing, so their actions ask for no version."""


def offered(actor: Actor) -> list[str]:
    """The bulk moves of this actor's duties."""
    return [name for name in TOGETHER if actor.holds(*MOVES[name].duties)]


def way_of(name: str) -> Together:
    """A bulk move by name."""
    found = TOGETHER.get(name)
    if found is None:
        raise Refused(_("这一步要逐件办理"))
    return found
