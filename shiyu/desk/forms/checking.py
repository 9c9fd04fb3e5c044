"""Forms of those who look on site, and of how a case ends (核查、结案)."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.cases.lifecycle import Outcome
from shiyu.desk.forms.base import MoveForm, PhotosField, reason
from shiyu.people.models import Unit

OUTCOMES = [(o.value, o.label) for o in Outcome if o != Outcome.AS_RECORDED]


class CheckedForm(MoveForm):
    """Whether it is so, what was seen, with pictures (立案前核查反馈)."""

    passes = ("found", "reason", "photos")

    def arrange(self) -> None:
        self.fields["found"] = forms.TypedChoiceField(
            label=_("现场情况属实吗？"),
            choices=[("yes", _("属实")), ("no", _("不属实"))],
            coerce=lambda value: value == "yes",
            widget=forms.RadioSelect,
            error_messages={"required": _("选一项：现场情况属实吗？")},
        )
        self.fields["reason"] = reason(gettext_lazy("看到的情况"))
        self.fields["photos"] = PhotosField(label=_("现场照片"))


class VerifyForm(MoveForm):
    """What was seen when it was put right (核查通过)."""

    passes = ("reason", "photos")

    def arrange(self) -> None:
        self.fields["reason"] = reason(gettext_lazy("看到的情况"), needed=False)
        self.fields["photos"] = PhotosField(label=_("核查照片"))

    def note(self) -> str:
        standard = self.about.case.standard
        condition = standard.closing_condition if standard else ""
        return _("结案条件：%(condition)s") % {"condition": condition} if condition else ""


class ReworkForm(MoveForm):
    """What is still wrong, and which units go on (返工)."""

    passes = ("reason", "units", "photos")

    def arrange(self) -> None:
        units = [self.about.units[u] for u in self.about.standing.active if u in self.about.units]
        if len(units) > 1:
            self.fields["units"] = forms.ModelMultipleChoiceField(
                Unit.objects.filter(pk__in=[u.pk for u in units]),
                label=_("退回哪些单位"),
                required=False,
                help_text=_("不选就退回全部承办单位"),
                widget=forms.CheckboxSelectMultiple,
            )
        self.fields["reason"] = reason(gettext_lazy("哪里没有到位"))
        self.fields["photos"] = PhotosField(label=_("现场照片"))
        self.order_fields(["units", "reason", "photos"])


class CloseForm(MoveForm):
    """With what outcome (结案)."""

    passes = ("outcome", "reason")

    def arrange(self) -> None:
        self.fields["outcome"] = forms.ChoiceField(
            label=_("结案结果"),
            choices=OUTCOMES,
            initial=Outcome.FIXED,
            widget=forms.RadioSelect,
            error_messages={"required": _("选择结案结果")},
        )
        hint = _("没有完全解决的，写明原因；不属本市的，写明归谁管")
        self.fields["reason"] = reason(gettext_lazy("说明"), needed=False, hint=hint)
