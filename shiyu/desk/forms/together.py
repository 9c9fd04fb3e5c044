"""What a bulk move asks once, for all its cases (批量办理)."""

from collections.abc import Callable
from typing import ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from shiyu.cases.lifecycle import Outcome
from shiyu.desk.forms.base import UNITS_LIST, UnitField, reason
from shiyu.desk.together import Said
from shiyu.people.models import Unit


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


TOGETHER_FORMS: dict[str, type[TogetherForm]] = {
    "accept": NoteForm,
    "file": NoteForm,
    "dispatch": DispatchForm,
    "recall": TogetherForm,
    "sign": TogetherForm,
    "close": CloseForm,
    "urge": NoteForm,
    "remark": RemarkForm,
}
"""The form of each move in `together.TOGETHER`."""
