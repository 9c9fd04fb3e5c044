"""What residents type, and what to say when it cannot be taken as it is (公众表单)."""

import hmac
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.cases.identity import found_by
from shiyu.cases.models import Rating, Report, Reporter
from shiyu.cases.story import plain
from shiyu.privacy.forms import AskForm

TEXT_MOST = 500
PHONE_DIGITS = 11
ROUND_THE_EARTH_M = 40_075_017
UNHAPPY = frozenset({Rating.Satisfaction.BAD, Rating.Satisfaction.VERY_BAD})
HIDDEN_SIGNS = gettext_lazy("文字里有看不见的控制符，删去后再提交")


class Words(forms.CharField):
    """Words of a person: without direction overrides; not only spaces; not too long (说明)."""

    def __init__(self, *, most: int = TEXT_MOST, lines: int = 3, **options: Any) -> None:
        area = forms.Textarea(attrs={"rows": lines}) if lines > 1 else forms.TextInput()
        super().__init__(widget=options.pop("widget", area), strip=False, **options)
        self.most = most
        self.validators = []

    def to_python(self, value: Any) -> str:
        typed = str(value or "").replace("\r\n", "\n")
        if "\0" in typed:
            raise ValidationError(HIDDEN_SIGNS)
        words = plain(typed)
        if len(words) > self.most:
            over = len(words) - self.most
            told = {"label": self.label, "most": self.most, "over": over}
            raise ValidationError(_("%(label)s最多 %(most)d 字，现在多了 %(over)d 字") % told)
        return words


class PhoneField(forms.CharField):
    """A mobile number as people write it: with spaces, dashes, +86 (手机号)."""

    widget = forms.TextInput(
        attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel", "class": "short"}
    )

    def to_python(self, value: Any) -> str:
        typed = plain(str(value or ""))
        digits = "".join(c for c in typed if c.isdigit() and c.isascii())
        if len(digits) == PHONE_DIGITS + 2 and digits.startswith("86"):
            digits = digits[2:]
        if typed and len(digits) != PHONE_DIGITS:
            raise ValidationError(_("手机号应是 11 位数字，现在是 %(n)d 位") % {"n": len(digits)})
        if digits and not digits.startswith("1"):
            raise ValidationError(_("手机号应以 1 开头"))
        return digits


class WordsForm(forms.Form):
    """The report in words, without a photo (文字上报)."""

    text = Words(
        label=gettext_lazy("出了什么问题？"),
        help_text=gettext_lazy("什么东西，怎么了。如「井盖破了一个洞」"),
        error_messages={"required": gettext_lazy("写一句是什么问题，如「井盖破了一个洞」")},
        lines=4,
    )


class PlaceForm(forms.Form):
    """Where the problem is (位置). A point, a place of the list, or words: one of them will do."""

    address = Words(
        label=gettext_lazy("街道和门牌"),
        help_text=gettext_lazy("如「书店街 12 号」，或附近的店名、路口"),
        most=200,
        lines=1,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": None}),
    )
    lat = forms.FloatField(required=False, widget=forms.HiddenInput)
    lon = forms.FloatField(required=False, widget=forms.HiddenInput)
    accuracy = forms.IntegerField(
        required=False, widget=forms.HiddenInput, min_value=0, max_value=ROUND_THE_EARTH_M
    )
    located = forms.CharField(required=False, widget=forms.HiddenInput, max_length=8)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("lat", "lon", "accuracy"):
            if name in self.errors:
                del self.errors[name]
                self.add_error("address", _("位置应是经度和纬度，如 114.35, 34.79"))
                break
        return cleaned

    @property
    def point(self) -> tuple[float, float] | None:
        lon, lat = self.cleaned_data.get("lon"), self.cleaned_data.get("lat")
        return (lon, lat) if lon is not None and lat is not None else None


class MoreWordsForm(forms.Form):
    """One sentence beside the photo (补充说明)."""

    text = Words(label=gettext_lazy("补充一句"), required=False, lines=2)


class FindKindForm(forms.Form):
    """Words to find a kind by (找类别)."""

    words = Words(
        label=gettext_lazy("用几个字找"),
        help_text=gettext_lazy("如「路灯」「垃圾」"),
        most=40,
        lines=1,
        required=False,
    )


class ContactForm(forms.Form):
    """How to tell somebody what came of it; all of it may be left out (联系方式)."""

    phone = PhoneField(
        label=gettext_lazy("手机号"),
        help_text=gettext_lazy("只用来告诉您结果。不填也能上报，凭回执码查询"),
        required=False,
    )
    name = Words(
        label=gettext_lazy("怎么称呼您"),
        most=40,
        lines=1,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "class": "short"}),
    )
    told = forms.BooleanField(label=gettext_lazy("有进展时，发短信告诉我编号"), required=False)

    def __init__(self, *args: Any, by_sms: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by_sms:
            del self.fields["told"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("told") and not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("要短信告诉您，请填手机号"))
        return cleaned


class WholeForm(PlaceForm, ContactForm):
    """Everything of a report on one page (一页填完).

    shown    whether there is a photo: then no words are owed.
    pointed  whether the place is said in another way: then no address is owed.
    """

    text = Words(
        label=gettext_lazy("出了什么问题？"),
        help_text=gettext_lazy("什么东西，怎么了。如「井盖破了一个洞」"),
        error_messages={
            "required": gettext_lazy("写一句是什么问题，如「井盖破了一个洞」，或附一张照片")
        },
        lines=3,
    )
    address = Words(
        label=gettext_lazy("街道和门牌"),
        help_text=gettext_lazy("如「书店街 12 号」，或附近的店名、路口"),
        error_messages={"required": gettext_lazy("填写问题所在的街道和门牌，如「书店街 12 号」")},
        most=200,
        lines=1,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": None}),
    )
    field_order = ("text", "address", "phone", "name", "told")

    def __init__(
        self, *args: Any, shown: bool = False, pointed: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.owed = {"text": not shown, "address": not pointed}

    def full_clean(self) -> None:
        """Judge with what is owed; on the page nothing but these two is owed at all."""
        for name, owed in self.owed.items():
            self.fields[name].required = owed
        super().full_clean()
        for name in self.owed:
            self.fields[name].required = True


class ProofForm(forms.Form):
    """The telephone that was given with a report, for what the code alone does not open (核对)."""

    phone = PhoneField(
        label=gettext_lazy("上报时留的手机号"),
        help_text=gettext_lazy("核对是您本人"),
        error_messages={"required": gettext_lazy("填写上报时留的手机号")},
    )

    def __init__(self, *args: Any, report: Report, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reporter = Reporter.objects.filter(report=report).first()
        self.mark = bytes(reporter.found_by) if reporter and reporter.found_by else b""
        if not self.mark:
            del self.fields["phone"]

    def clean_phone(self) -> str:
        phone = str(self.cleaned_data["phone"])
        if not hmac.compare_digest(found_by(phone), self.mark):
            raise forms.ValidationError(_("和上报时留的不一样，核对后再试"))
        return phone


class EraseForm(ProofForm, AskForm):
    """Ask that it be erased, with the same proof (申请删除)."""


class CodeForm(forms.Form):
    """The receipt code, however it is typed (回执码)."""

    code = Words(
        label=gettext_lazy("回执码"),
        help_text=gettext_lazy("上报后给您的 12 位字母和数字，大小写、有没有横线都行"),
        error_messages={"required": gettext_lazy("填写回执码，上报后页面上有")},
        most=200,
        lines=1,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class MoreForm(forms.Form):
    """Words or photos added to a report (补充)."""

    text = Words(label=gettext_lazy("补充说明"), required=False, lines=3)


class WithdrawForm(forms.Form):
    """Why somebody takes a report back (撤回)."""

    reason = Words(
        label=gettext_lazy("为什么撤回？"),
        help_text=gettext_lazy("如「已经有人修好了」"),
        error_messages={"required": gettext_lazy("写一句为什么撤回，如「已经有人修好了」")},
        lines=2,
    )


class RateForm(forms.Form):
    """Is it solved, and how was it handled (评价)."""

    solved = forms.ChoiceField(
        label=gettext_lazy("问题解决了吗？"),
        choices=Rating.Solved,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("选一项：问题解决了吗？"),
            "invalid_choice": gettext_lazy("选一项：问题解决了吗？"),
        },
    )
    satisfaction = forms.TypedChoiceField(
        label=gettext_lazy("您对办理满意吗？"),
        choices=Rating.Satisfaction,
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("选一项：您对办理满意吗？")},
    )
    words = Words(label=gettext_lazy("哪里不满意？"), required=False, lines=3)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("satisfaction") not in UNHAPPY:
            cleaned["words"] = ""
        return cleaned
