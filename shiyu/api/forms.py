"""Forms by which the system administrator lets other systems in (接入登记)."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from shiyu.api import actions
from shiyu.api.models import Purpose, Verb
from shiyu.common.errors import Refused
from shiyu.people.models import Unit
from shiyu.places.models import Place

NEEDED = {"required": gettext_lazy("这一项要填")}
SCOPES_HINT = gettext_lazy("一行一项，如 cases:read@410204、cases:handle@机构代码")


class Told(forms.Form):
    """A form that can show what an action refused, at the field it is about."""

    def refuse(self, refusal: Refused) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class _Places(forms.ModelChoiceField):
    def label_from_instance(self, obj: Place) -> str:
        return obj.name if obj.level in {"city", "county"} else f"　{obj.name}"


class AdmitForm(Told):
    """Who is let in, what for, how far, until when (登记接入系统)."""

    name = forms.CharField(label=gettext_lazy("系统名称"), max_length=60, error_messages=NEEDED)
    purpose = forms.ChoiceField(
        label=gettext_lazy("用途"), choices=Purpose.choices, widget=forms.RadioSelect
    )
    verbs = forms.MultipleChoiceField(
        label=gettext_lazy("可以做什么"),
        choices=Verb.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("受理、派遣、指挥、处置须选“代表机构”"),
        error_messages={"required": gettext_lazy("至少选一项")},
    )
    place = _Places(
        Place.objects.none(), label=gettext_lazy("区域"), empty_label=None, to_field_name="code"
    )
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label=gettext_lazy("代表机构"),
        required=False,
        to_field_name="code",
        empty_label=gettext_lazy("不代表机构"),
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("每分钟额度"),
        min_value=1,
        max_value=actions.PER_MINUTE_MOST,
        initial=actions.PER_MINUTE,
        help_text=gettext_lazy("查看一次算 1，办理一次算 2，传照片算 5"),
    )
    expires_on = forms.DateField(
        label=gettext_lazy("有效期至"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Any = None) -> None:
        a_year = timezone.localdate() + timedelta(days=365)
        first = {"expires_on": a_year.isoformat(), "purpose": Purpose.API}
        super().__init__(data, initial=first)
        places = Place.objects.filter(level__in=("city", "county", "township"))
        units = Unit.objects.exclude(ended_on__lt=timezone.localdate())
        self._offer("place", places.defer("boundary"))
        self._offer("unit", units)

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def scopes(self) -> list[str]:
        """The grants that were chosen, as they are written."""
        place, unit = self.cleaned_data["place"], self.cleaned_data["unit"]
        chosen = self.cleaned_data["verbs"]
        at_unit = f"@{unit.code}" if unit else ""
        return [
            f"{verb}{at_unit}" if verb == Verb.HANDLE else f"{verb}@{place.code}" for verb in chosen
        ]

    def expires_at(self) -> datetime:
        return end_of(self.cleaned_data["expires_on"])

    def refuse(self, refusal: Refused) -> None:
        names = {"scopes": "verbs", "expires_at": "expires_on"}
        field = names.get(refusal.field, refusal.field)
        self.add_error(field if field in self.fields else None, refusal.message)


class RegrantForm(Told):
    """What a client may do from now on (变更授权)."""

    scopes = forms.CharField(
        label=gettext_lazy("权限"),
        help_text=SCOPES_HINT,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        error_messages=NEEDED,
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("每分钟额度"), min_value=1, max_value=actions.PER_MINUTE_MOST
    )

    def clean_scopes(self) -> list[str]:
        return str(self.cleaned_data["scopes"]).split()


class RevokeForm(Told):
    """Why a key is taken back (吊销)."""

    why = forms.CharField(label=gettext_lazy("吊销原因"), max_length=200, error_messages=NEEDED)


def end_of(day: date) -> datetime:
    """The last moment of a day, for a key that is valid until it."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
