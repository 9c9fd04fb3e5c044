"""Moves that are the same for many cases: what they ask, and what each case is given (批量办理)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.cases import actions
from shiyu.cases.lifecycle import HANDLE, MOVES, Outcome
from shiyu.cases.models import Assignment, Case
from shiyu.cases.siting import TIERS
from shiyu.catalogue.rules import standards_for, suggested_units
from shiyu.common.errors import Refused
from shiyu.desk.forms.base import UNITS_LIST, UnitField, reason
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

MOST = 200
"""How many cases may be chosen at once."""

Said = dict[str, Any]


class TogetherForm(forms.Form):
    """What one bulk move asks once, for all its cases."""

    asks: ClassVar[dict[str, Callable[[], forms.Field]]] = {}
    lists: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: QueryDict | Said | None = None) -> None:
        super().__init__(data, auto_id="id_%s")
        for name, field in self.asks.items():
            self.fields[name] = field()

    def said(self) -> Said:
        """What was filled in, as it is kept with the batch."""
        kept = {}
        for name, value in self.cleaned_data.items():
            kept[name] = value.pk if isinstance(value, Unit) else value
            if isinstance(value, Unit):
                kept[f"{name}_name"] = value.name
        return kept


class NoteForm(TogetherForm):
    asks: ClassVar = {"reason": lambda: reason(gettext_lazy("说明"), needed=False)}


class RemarkForm(TogetherForm):
    asks: ClassVar = {"reason": lambda: reason(gettext_lazy("说明"))}


class DispatchForm(TogetherForm):
    """One unit for all, or each by its own standard."""

    lists = (UNITS_LIST,)
    asks: ClassVar = {
        "lead": lambda: UnitField(
            label=gettext_lazy("主责单位"),
            required=False,
            help_text=gettext_lazy("不填则按各自的立案标准派给列明的主责单位"),
        ),
        "reason": lambda: reason(gettext_lazy("说明"), needed=False),
    }


class CloseForm(TogetherForm):
    asks: ClassVar = {
        "outcome": lambda: forms.ChoiceField(
            label=gettext_lazy("结案结果"),
            choices=[(o.value, o.label) for o in Outcome if o != Outcome.AS_RECORDED],
            widget=forms.RadioSelect,
            error_messages={"required": gettext_lazy("选一个结案结果")},
        ),
        "reason": lambda: reason(gettext_lazy("说明"), needed=False),
    }


@dataclass(frozen=True, slots=True)
class Together:
    """How one move is made for many cases.

    give    what the action is called with for one case; may refuse.
    undone  the move that takes it back, where the procedure has one.
    final   it cannot be undone: the preview says so.
    """

    form: type[TogetherForm]
    act: Callable[..., object]
    give: Callable[[Case, Said, Actor], dict[str, Any]]
    words: str
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
    "accept": Together(NoteForm, actions.accept, _note, "plsl"),
    "file": Together(NoteForm, actions.file, _filed, "plla"),
    "dispatch": Together(DispatchForm, actions.dispatch, _sent, "plpq", undone="recall"),
    "recall": Together(TogetherForm, actions.recall, lambda *_given: {}, "plch"),
    "sign": Together(TogetherForm, actions.sign, _signed, "plqs"),
    "close": Together(CloseForm, actions.close, _closed, "plja", final=True),
    "urge": Together(NoteForm, actions.urge, _note, "plcb"),
    "remark": Together(RemarkForm, actions.remark, _note, "plpz"),
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
