"""Where something is: an address first, a point if there is one (位置)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from shiyu.desk.forms.base import MoveForm


class Where(forms.Form):
    """An address and the hidden point that the map, the phone or a photo fills in."""

    address = forms.CharField(
        label=gettext_lazy("位置"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("街道和门牌，如「书店街 12 号」"),
    )
    lat = forms.FloatField(required=False, widget=forms.HiddenInput)
    lon = forms.FloatField(required=False, widget=forms.HiddenInput)
    accuracy = forms.FloatField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (cleaned.get("lat") is None) != (cleaned.get("lon") is None):
            cleaned["lat"] = cleaned["lon"] = None
        return cleaned


class PlaceForm(Where, MoveForm):
    """A move that says where something is."""
