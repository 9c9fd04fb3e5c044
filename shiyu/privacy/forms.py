"""What is asked of whoever asks, decides or orders something to be kept (表单)."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shiyu.privacy.lifecycle import Kind
from shiyu.privacy.models import Assessment, Demand, Hold

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


def _words(label: str | StrPromise, help_text: str | StrPromise, lines: int = 4) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": lines}),
        error_messages={"required": _("这一项要写")},
    )


class AssessForm(forms.Form):
    """What the law wants answered before a processing begins (影响评估表)."""

    purpose = _words(_("处理目的和方式"), _("为了什么，收什么，怎样用"))
    lawfulness = _words(_("合法性"), _("依据哪一条"), 3)
    necessity = _words(_("必要性"), _("少收一些、不收，行不行；为什么不行"))
    effects = _words(
        _("对个人权益的影响和安全风险"), _("泄露、错用、误判时，会给谁带来什么；可能性多大")
    )
    measures = _words(
        _("保护措施，是否与风险相适应"), _("程序已有的措施已经填好；补上制度和人员的"), 8
    )
    conclusion = forms.ChoiceField(
        label=_("结论"),
        choices=[CHOOSE, *Assessment.Conclusion.choices],
        error_messages={"required": _("选一项结论")},
    )
    due_on = forms.DateField(
        label=_("再次评估"),
        help_text=_("最迟三年；目的、方式或风险变化时提前"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("选一天"), "invalid": _("日期看不懂")},
    )


class ReturnForm(forms.Form):
    """What an assessment lacks (退回评估)."""

    reason = forms.CharField(
        label=_("缺什么"),
        max_length=200,
        error_messages={"required": _("写明缺什么")},
    )


class PeriodForm(forms.Form):
    """Of which time a self-audit is made (审计期间)."""

    since = forms.DateField(
        label=_("从"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("选第一天"), "invalid": _("日期看不懂")},
    )
    until = forms.DateField(
        label=_("到"),
        help_text=_("这一天也算在内；最长三年"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("选最后一天"), "invalid": _("日期看不懂")},
    )
