"""Forms of the handling units: sign, object, answer, split, ask for time (处置)."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.cases.actions import Intake
from shiyu.desk.forms.base import UNITS_LIST, PhotosField, UnitForm, UnitsField, reason
from shiyu.places.models import Place

SPLIT_LEVELS = ("county", "township", "community")
PLACES_SHOWN = 40


class SignForm(UnitForm):
    """Signing asks for nothing but the unit (签收)."""

    states = ("sent",)


class ObjectForm(UnitForm):
    """Why it is not this unit's to handle (派单异议)."""

    states = ("sent",)
    passes = ("unit", "reason")

    def arrange(self) -> None:
        super().arrange()
        hint = _("写明依据和应由谁办理；限 %(limit)s 内提出")
        limit = self.about.case.procedure.objection_limit
        self.fields["reason"] = reason(gettext_lazy("理由"), hint=hint % {"limit": limit})


class AskForm(UnitForm):
    """Why the unit needs more time, or a pause (申请延期、申请挂账)."""

    states: ClassVar[tuple[str, ...]] = ("signed",)
    passes = ("unit", "reason")

    def arrange(self) -> None:
        super().arrange()
        self.fields["reason"] = reason(gettext_lazy("理由"))

    def note(self) -> str:
        procedure = self.about.case.procedure
        if self.move == "ask_extension":
            most = {"most": procedure.extensions_most}
            return _("批准后时限加长一次，最多 %(most)d 次。批准以前照常计时。") % most
        if self.move == "ask_suspension":
            days = {"days": procedure.suspension_days_most}
            return (
                _("批准后暂停计时，最长 %(days)d 天，到期自动接着计时。批准以前照常计时。") % days
            )
        return ""


class AppealForm(AskForm):
    """Why the overdue mark should not count (申诉超期)."""

    states = ("sent", "signed", "handled", "objected", "left")


class HandleForm(UnitForm):
    """What was done, with pictures of it (处置反馈)."""

    states = ("signed",)
    passes = ("unit", "reason", "photos")

    def arrange(self) -> None:
        super().arrange()
        standard = self.about.case.standard
        self.fields["reason"] = reason(gettext_lazy("怎样处置的"))
        self.fields["photos"] = PhotosField(label=_("处置后照片"))
        leads = self.about.standing.lead in {unit.pk for unit in self.units()}
        if leads and standard and "after" in standard.evidence:
            self.fields["photos"].required = True  # as a label: the action says what is missing
            self.fields["photos"].help_text = _("这类案件须有处置后照片")


class SplitForm(UnitForm):
    """Into which places or units an order is split (分解)."""

    states = ("signed",)
    passes = ("unit", "parts", "reason")
    lists = (UNITS_LIST,)

    def arrange(self) -> None:
        super().arrange()
        below = self._places()
        if below:
            self.fields["places"] = forms.MultipleChoiceField(
                label=_("分到哪些区域"),
                required=False,
                choices=[(place.code, place.name) for place in below],
                widget=forms.CheckboxSelectMultiple,
            )
        self.fields["units"] = UnitsField(
            label=_("分到哪些单位"), required=False, help_text=_("几个单位用顿号隔开")
        )
        self.fields["text"] = forms.CharField(
            label=_("各件要办的事"),
            widget=forms.Textarea(attrs={"rows": 2}),
            error_messages={"required": _("写明各件要办的事")},
        )
        self.fields["reason"] = reason(gettext_lazy("说明"), needed=False)

    def _places(self) -> list[Place]:
        """What lies one level below the order's place."""
        children = Place.objects.filter(parent=self.about.case.place, level__in=SPLIT_LEVELS)
        return list(children.defer("boundary").order_by("first")[:PLACES_SHOWN])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        places = Place.objects.filter(code__in=cleaned.get("places", ())).defer("boundary")
        parts = [self._part(place.code, place=place) for place in places.order_by("first")]
        for unit in cleaned.get("units") or ():
            asked = _("由%(unit)s办理") % {"unit": unit}
            parts.append(self._part(unit.code, words=asked, extra={"for_unit": unit.pk}))
        if not parts and not self.errors:
            self.add_error("units", _("选择区域，或填写单位"))
        cleaned["parts"] = parts
        return cleaned

    def _part(self, code: str, *, words: str = "", **changes: Any) -> Intake:
        case = self.about.case
        text = self.cleaned_data.get("text", "")
        given: dict[str, Any] = {
            "source": "split",
            "source_ref": f"{case.pk}-{case.version}-{code}",
            "channel": "superior",
            "text": "\n".join(filter(None, (text, words))),
            "place": case.place,
            "address": case.address,
            "kind": case.kind,
        }
        return Intake(**given | changes)
