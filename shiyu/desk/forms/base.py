"""What the forms of all moves share: their fields, how they refuse, what they pass on."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from shiyu.catalogue.models import Kind
from shiyu.catalogue.rules import kinds_in_use
from shiyu.common.errors import Refused
from shiyu.desk import reads
from shiyu.desk.forms.usual import WithUsual
from shiyu.desk.situation import Situation
from shiyu.people.models import Unit

KINDS_LIST, UNITS_LIST = reads.KINDS_LIST, reads.UNITS_LIST

SAY_WHY = gettext_lazy("写明理由或情况，让后面的人看得懂")
LIKE_SHOWN = 4


class MoveForm(forms.Form):
    """The shape of what one move asks for; rules stay with the action.

    passes   the fields that the action takes, by its own names.
    lists    lists of suggestions its fields lean on.
    """

    passes: ClassVar[tuple[str, ...]] = ()
    lists: ClassVar[tuple[str, ...]] = ()

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    back = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    def __init__(
        self,
        about: Situation,
        move: str,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.about, self.move = about, move
        first = {"version": about.case.version} | (initial or {})
        super().__init__(data, files, initial=first, auto_id=f"id_{move}_%s")
        self.arrange()
        if "reason" in self.fields and (usual := about.usual_reasons.get(move)):
            field = self.fields["reason"]
            field.widget = WithUsual(usual, field.widget.attrs)
            field.widget.is_required = field.required

    def arrange(self) -> None:
        """Fit the fields to the case: choices, first values, hints."""

    def arguments(self) -> dict[str, Any]:
        """What the action is called with."""
        return {name: self.cleaned_data[name] for name in self.passes if name in self.cleaned_data}

    def refuse(self, refusal: Refused) -> None:
        """Show a refusal at the field it speaks of, else at the top."""
        at = refusal.field if refusal.field in self.fields else None
        self.add_error(at, refusal.message)

    def note(self) -> str:
        """A sentence above the fields, if the move needs one."""
        return ""

    @property
    def has_files(self) -> bool:
        return self.is_multipart()

    @property
    def words(self) -> str:
        """What somebody wrote, to be kept when the move cannot be made."""
        return str(self.data.get("reason", "")).strip()


class RemarkForm(MoveForm):
    """Only words, owed (批注)."""

    passes = ("reason",)

    def arrange(self) -> None:
        self.fields["reason"] = reason(gettext_lazy("说明"))


class ReasonForm(MoveForm):
    """Only a reason, owed (理由)."""

    passes = ("reason",)

    def arrange(self) -> None:
        self.fields["reason"] = reason(gettext_lazy("理由"))


class NoteForm(MoveForm):
    """Only words, not owed (说明)."""

    passes = ("reason",)

    def arrange(self) -> None:
        self.fields["reason"] = reason(gettext_lazy("说明"), needed=False)


class BareForm(MoveForm):
    """Nothing to fill in."""


class UnitForm(MoveForm):
    """For one of the actor's own units; asked only when there are several (本单位)."""

    states: ClassVar[tuple[str, ...]] = ("sent", "signed", "handled")
    passes: ClassVar[tuple[str, ...]] = ("unit",)

    def arrange(self) -> None:
        self.fields["unit"] = one_unit(self.units())

    def units(self) -> Sequence[Unit]:
        return self.about.own_units(self.states)


def one_unit(units: Sequence[Unit]) -> forms.ModelChoiceField:
    """A choice among a few units, hidden where there is only one."""
    ids = [unit.pk for unit in units]
    return forms.ModelChoiceField(
        Unit.objects.filter(pk__in=ids),
        label=gettext_lazy("单位"),
        initial=ids[0] if ids else None,
        empty_label=None,
        widget=forms.HiddenInput if len(ids) == 1 else forms.Select,
        error_messages={
            "required": gettext_lazy("选一个单位"),
            "invalid_choice": gettext_lazy("这个单位不在本案的承办单位中"),
        },
    )


def reason(
    label: str | StrPromise, *, needed: bool = True, hint: str | StrPromise = ""
) -> forms.CharField:
    """Words for the record; how many are allowed is the action's rule."""
    return forms.CharField(
        label=label,
        required=needed,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": SAY_WHY},
    )


class PhotosInput(forms.FileInput):
    """A file input for several photos; the page's script adds previews."""

    allow_multiple_selected = True

    def __init__(self, most: int = 3) -> None:
        super().__init__({"accept": "image/*", "multiple": True})
        self.most = most

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        inner = super().render(*args, **kwargs)
        return format_html('<div data-photos data-max="{}">{}</div>', self.most, inner)


class PhotosField(forms.FileField):
    """Some photos; decoding and limits are asked of the files module."""

    def __init__(self, *, label: str | StrPromise, required: bool = False, most: int = 3) -> None:
        super().__init__(label=label, required=required, widget=PhotosInput(most))
        self.most = most

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        uploads = [upload for upload in (data or []) if upload]
        if len(uploads) > self.most:
            text = _("照片最多 %(most)d 张，去掉几张再提交") % {"most": self.most}
            raise forms.ValidationError(text)
        return uploads


class UnitField(forms.CharField):
    """A unit by its name, with the city's units as suggestions (机构)."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"list": UNITS_LIST, "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=attrs), max_length=80, **kwargs)

    def clean(self, value: Any) -> Unit | None:
        words = super().clean(value)
        return unit_called(words) if words else None


class UnitsField(forms.CharField):
    """Some units by name, with 「、」 between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs)

    def clean(self, value: Any) -> list[Unit]:
        self.run_validators(str(value or ""))
        words = re.split(r"[、,，;；\n]+", str(value or ""))
        return [unit_called(word) for word in map(str.strip, words) if word]


class KindField(forms.CharField):
    """A kind of case by name or code, with all kinds as suggestions (类别)."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"list": KINDS_LIST, "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=attrs), max_length=120, **kwargs)

    def clean(self, value: Any) -> Kind | None:
        words = super().clean(value)
        return kind_called(words) if words else None


def unit_called(words: str) -> Unit:
    """The unit somebody means by its name, short name or code; else who it might be."""
    named = Q(name=words) | Q(short_name=words) | Q(code=words)
    like = Q(name__icontains=words) | Q(short_name__icontains=words) | Q(pinyin__contains=words)
    found = _one_of(units_at_work(), named, like)
    if isinstance(found, Unit):
        return found
    raise forms.ValidationError(_unknown(words, [unit.name for unit in found]))


def kind_called(words: str) -> Kind:
    """The kind somebody means by name or code; else which it might be."""
    like = Q(name__icontains=words) | Q(pinyin__contains=words.lower()) | Q(code__startswith=words)
    found = _one_of(kinds_in_use(), Q(name=words) | Q(code=words), like)
    if isinstance(found, Kind):
        return found
    raise forms.ValidationError(_unknown(words, [kind.name for kind in found]))


def units_at_work() -> "QuerySet[Unit]":
    """Units that may still be sent something."""
    return Unit.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=timezone.localdate()))


def _one_of(records: "QuerySet[Any]", named: Q, like: Q) -> Any:
    exact = list(records.filter(named)[:2])
    if len(exact) == 1:
        return exact[0]
    close = exact or list(records.filter(like)[: LIKE_SHOWN + 1])
    return close[0] if len(close) == 1 else close


def _unknown(words: str, like: list[str]) -> str:
    if not like:
        return _("没有找到“%(words)s”，换个名称试试") % {"words": words}
    names = "、".join(like[:LIKE_SHOWN]) + ("…" if len(like) > LIKE_SHOWN else "")
    return _("“%(words)s”不止一个，写全名称：%(names)s") % {"words": words, "names": names}
