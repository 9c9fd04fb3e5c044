"""Forms of the dispatch desk and of those who command: send out, grant time (派遣、审批)."""

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.catalogue.rules import Suggestion, suggested_units
from shiyu.desk.forms.base import (
    UNITS_LIST,
    MoveForm,
    UnitField,
    UnitsField,
    one_unit,
    reason,
)
from shiyu.people.models import Unit


class DispatchForm(MoveForm):
    """To which units, with the one that the standard names filled in (派遣)."""

    passes = ("lead", "co", "reason")
    lists = (UNITS_LIST,)

    def arrange(self) -> None:
        standing = self.about.standing
        suggested = self._suggested()
        lead = next((s for s in suggested if s.role == "lead"), None)
        at_work = standing.lead is not None
        self.fields["lead"] = UnitField(
            label=_("主责单位"),
            required=not at_work,
            initial=lead.unit.name if lead and not at_work else "",
            help_text=self._hint(lead, suggested),
            error_messages={"required": _("选择主责单位")},
        )
        co = [s.unit.name for s in suggested if s.role == "co"]
        self.fields["co"] = UnitsField(
            label=_("协办单位"),
            required=False,
            help_text=_("几个单位用顿号隔开")
            + (_("；标准列为协办的有：%(units)s") % {"units": "、".join(co)} if co else ""),
        )
        answers = bool(standing.objectors)
        self.fields["reason"] = reason(
            _("答复和说明") if answers else _("说明"),
            needed=False,
            hint=_("再派给提出过异议的单位，须写明答复") if answers else "",
        )

    def _suggested(self) -> list[Suggestion]:
        standard = self.about.case.standard
        found = suggested_units(standard, tier=self.about.tier) if standard else []
        return [s for s in found if s.unit.pk not in self.about.standing.objectors]

    def _hint(self, lead: Suggestion | None, suggested: list[Suggestion]) -> str:
        if self.about.standing.lead is not None:
            return _("主责单位仍在办理，可以不填，只补派协办")
        if lead is None:
            return _("标准没有列明责任单位，请按权责选择")
        others = [s.unit.name for s in suggested if s.role == "lead" and s.unit != lead.unit][:3]
        hint = _("建议 %(unit)s：%(because)s") % {"unit": lead.unit.name, "because": lead.because}
        return hint + (_("；也可派 %(units)s") % {"units": "、".join(others)} if others else "")


class ExtendForm(MoveForm):
    """Which unit's request for more time is granted (同意延期)."""

    passes = ("unit", "reason")
    needs_reason = False

    def arrange(self) -> None:
        self.fields["unit"] = one_unit(self.asking())
        self.fields["reason"] = reason(gettext_lazy("说明"), needed=self.needs_reason)

    def asking(self) -> list[Unit]:
        units = self.about.units
        return [units[u] for u in sorted(self.about.standing.extension_asked) if u in units]


class RefuseExtensionForm(ExtendForm):
    """Which unit's request for more time is refused, and why (不同意延期)."""

    needs_reason = True


class ExemptForm(ExtendForm):
    """Which unit's appeal is upheld (同意剔除超期)."""

    def asking(self) -> list[Unit]:
        appeals = self.about.standing.appeals
        units = self.about.units
        return [units[u] for u, state in appeals.items() if state == "asked" and u in units]


class RefuseAppealForm(ExemptForm):
    """Which unit's appeal is turned down, and why (驳回申诉)."""

    needs_reason = True


class SuspendForm(MoveForm):
    """Until which day (批准挂账)."""

    passes = ("until", "reason")

    def arrange(self) -> None:
        today = timezone.localdate()
        most = self.about.case.procedure.suspension_days_most
        last = today + timedelta(days=most)
        self.fields["until"] = forms.DateField(
            label=_("挂账至"),
            help_text=_("最迟 %(day)s；到日自动恢复计时") % {"day": last.isoformat()},
            widget=forms.DateInput(
                attrs={"type": "date", "min": (today + timedelta(days=1)).isoformat()},
                format="%Y-%m-%d",
            ),
            error_messages={
                "required": _("填写挂账到哪一天"),
                "invalid": _("日期应写作 2026-11-21 这样"),
            },
        )
        self.fields["reason"] = reason(gettext_lazy("说明"), needed=False)
