"""Forms by which those on duty enter what somebody tells them, or an order (登记)."""

import secrets
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.cases.actions import Intake
from shiyu.cases.channels import Channel
from shiyu.common.errors import Refused
from shiyu.desk.forms.base import KindField, PhotosField
from shiyu.desk.forms.place import Where
from shiyu.people.actors import Actor
from shiyu.places.addresses import point_of
from shiyu.places.models import Place

SURE_ENOUGH = 0.6
"""An address of the gazetteer stands for its point from here on; below, a person is asked."""
OWN_CHANNELS = (Channel.HOTLINE, Channel.PATROL, Channel.DEPARTMENT, Channel.PUBLIC)


class PlaceChoice(forms.ModelChoiceField):
    """A county or township, townships set in under their county (区域)."""

    def label_from_instance(self, obj: Place) -> str:
        return obj.name if obj.level == Place.Level.COUNTY else f"　{obj.name}"


class EntryForm(Where):
    """What is wrong and where; `ref` makes one opened form one report."""

    ref = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("反映的问题"),
        required=False,
        help_text=gettext_lazy("有照片或类别时可以不写"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    place = PlaceChoice(
        Place.objects.none(),
        label=gettext_lazy("区域"),
        required=False,
        empty_label=gettext_lazy("按地图上的点"),
        help_text=gettext_lazy("地图上没有标点时，选所在的街道或县区"),
        to_field_name="code",
        error_messages={"invalid_choice": gettext_lazy("选一个区域")},
    )
    kind = KindField(
        label=gettext_lazy("类别"), required=False, help_text=gettext_lazy("名称或代码")
    )

    field_order: tuple[str, ...] = ("text", "address", "place", "kind")

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        initial: dict[str, Any] | None = None,
    ) -> None:
        first = {"ref": secrets.token_urlsafe(16)} | (initial or {})
        super().__init__(data, files, initial=first)
        field = self.fields["place"]
        assert isinstance(field, PlaceChoice)
        field.queryset = Place.objects.filter(level__in=("county", "township")).defer("boundary")

    def intake(self, **more: Any) -> Intake:
        """The report this form describes."""
        said = self.cleaned_data
        where = {"lon": said["lon"], "lat": said["lat"]}
        if said["lon"] is None:
            where = {"place": said["place"]}
            guess = point_of(said["address"]) if said["place"] is None else None
            if guess is not None and guess.confidence >= SURE_ENOUGH:
                where = {"lon": guess.lon, "lat": guess.lat}
        given: dict[str, Any] = {
            "source": "desk",
            "source_ref": said["ref"] or secrets.token_urlsafe(16),
            "text": said["text"],
            "address": said["address"],
            "kind": said["kind"],
        }
        return Intake(**given | where | more)

    def refuse(self, refusal: Refused) -> None:
        """Show a refusal at the field it speaks of, else at the top."""
        at = refusal.field if refusal.field in self.fields else None
        self.add_error(at, refusal.message)


class ReportForm(EntryForm):
    """A report taken on the telephone, on patrol or from a department (登记上报)."""

    channel = forms.ChoiceField(
        label=gettext_lazy("来源"),
        choices=[(c.value, c.label) for c in OWN_CHANNELS],
        error_messages={"required": gettext_lazy("选择来源")},
    )
    photos = PhotosField(label=gettext_lazy("照片"))
    name = forms.CharField(
        label=gettext_lazy("反映人称呼"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-no-keep": ""}),
    )
    phone = forms.CharField(
        label=gettext_lazy("反映人电话"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("只用来告诉反映人结果"),
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off", "data-no-keep": ""}
        ),
    )

    field_order = ("channel", "text", "photos", "address", "place", "kind", "name", "phone")

    @staticmethod
    def usual_channel(actor: Actor) -> str:
        """Through which door this person's reports mostly come."""
        only_patrols = actor.holds("patrol", "verify") and not actor.holds("intake", "dispatch")
        return str(Channel.PATROL if only_patrols else Channel.HOTLINE)

    def clean_phone(self) -> str:
        phone = str(self.cleaned_data["phone"]).replace(" ", "").replace("-", "")
        if not phone:
            return ""
        if not phone.lstrip("+").isdecimal():
            raise forms.ValidationError(_("电话应是数字，如 13800000000 或 0371-0000000"))
        if phone.startswith("1") and len(phone) != 11:
            raise forms.ValidationError(
                _("手机号应是 11 位数字，现在是 %(n)d 位") % {"n": len(phone)}
            )
        return phone

    def intake(self, **more: Any) -> Intake:
        said = self.cleaned_data
        told = {name: said[name] for name in ("channel", "photos", "name", "phone")}
        return super().intake(**told | more)


class OrderForm(EntryForm):
    """An order from above, for a place (交办)."""

    field_order = ("text", "place", "address", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("交办事项")
        self.fields["text"].help_text = ""
        place = self.fields["place"]
        assert isinstance(place, PlaceChoice)
        place.required, place.empty_label = True, _("选择区域")
        place.error_messages["required"] = _("选择交办给哪个区域")
        place.help_text = ""
        self.fields["address"].label = _("具体位置")

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).strip()
        if not text:
            raise forms.ValidationError(_("写明要办的事"))
        return text

    def intake(self, **more: Any) -> Intake:
        return super().intake(channel=Channel.SUPERIOR.value, **more)
