"""What is asked of whoever asks, decides or orders something to be kept (表单)."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shiyu.privacy.lifecycle import Kind
from shiyu.privacy.models import Demand, Hold

CHOOSE = ("", _("请选择"))


def grounds_of(kind: str) -> list[tuple[str, StrPromise | str]]:
    """What to choose from for this kind of request."""
    titles = dict(Demand.Ground.choices)
    return [CHOOSE, *((ground, titles[ground]) for ground in Demand.GROUNDS[kind])]


class AskForm(forms.Form):
    """Ask that something be erased (申请删除)."""

    ground = forms.ChoiceField(
        label=_("依据"),
        choices=grounds_of(Kind.ERASE),
        error_messages={"required": _("选一项依据")},
    )


class AskForPersonForm(AskForm):
    """The same by an officer, who has seen who asks."""

    whole_person = forms.BooleanField(
        label=_("同一手机号的其他上报一起删除（已核对身份）"), required=False
    )


class AskCopyForm(forms.Form):
    """A copy for somebody, by an officer (代为申请查阅)."""

    ground = forms.ChoiceField(
        label=_("身份怎样核对的"),
        choices=grounds_of(Kind.COPY),
        error_messages={"required": _("选一项：身份怎样核对的")},
    )
    whole_person = forms.BooleanField(label=_("同一手机号的其他上报一起查阅"), required=False)


FORMS: dict[str, type[forms.Form]] = {Kind.ERASE: AskForPersonForm, Kind.COPY: AskCopyForm}
"""What an officer fills in, by kind of request."""


class RefuseForm(forms.Form):
    """Why a request is refused (不同意删除)."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=200,
        help_text=_("申请人会看到"),
        error_messages={"required": _("写明不同意的理由")},
    )


class HoldForm(forms.Form):
    """What the law orders to be kept, and until when (依法留存)."""

    ground = forms.ChoiceField(
        label=_("留存依据"),
        choices=[CHOOSE, *Hold.Ground.choices],
        error_messages={"required": _("选一项留存依据")},
    )
    until = forms.DateField(
        label=_("留存至"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": _("选留存到哪一天"), "invalid": _("日期看不懂")},
    )
