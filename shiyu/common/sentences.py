"""What a form says when an answer cannot be read, in our own sentences (表单用语).

Django's fields carry short phrases of their own; whoever writes a form may still say it better.
"""

from typing import TYPE_CHECKING

from django import forms
from django.core import validators
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

CHOOSE = _("从列出的选项里选一个")
FILE = _("没有收到文件，请重新选择")

SENTENCES: dict[type[forms.Field], dict[str, "str | StrPromise"]] = {
    forms.Field: {"required": _("填写这一项")},
    forms.IntegerField: {"invalid": _("这里填整数，如 3")},
    forms.DecimalField: {"invalid": _("这里填数字，如 0.5")},
    forms.FloatField: {"invalid": _("这里填数字，如 0.5")},
    forms.DateField: {"invalid": _("日期写成 2026-11-21 这样")},
    forms.TimeField: {"invalid": _("时刻写成 08:30 这样")},
    forms.DateTimeField: {"invalid": _("时间写成 2026-11-21 08:30 这样")},
    forms.UUIDField: {"invalid": _("编号不完整，请从原处重新复制")},
    forms.URLField: {"invalid": _("网址写完整，如 https://example.com")},
    forms.FileField: {"invalid": FILE, "missing": FILE, "empty": _("这个文件是空的，请换一个")},
    forms.ChoiceField: {"invalid_choice": CHOOSE},
    forms.MultipleChoiceField: {"invalid_choice": CHOOSE, "invalid_list": CHOOSE},
    forms.ModelChoiceField: {"invalid_choice": CHOOSE},
    forms.ModelMultipleChoiceField: {
        "invalid_choice": CHOOSE,
        "invalid_list": CHOOSE,
        "invalid_pk_value": CHOOSE,
    },
}


def speak() -> None:
    """Give every kind of field its sentence; before any form is written down."""
    for kind, words in SENTENCES.items():
        kind.default_error_messages = {**kind.__dict__.get("default_error_messages", {}), **words}
    validators.ProhibitNullCharactersValidator.message = _("文字里有看不见的控制符，删去后再提交")
    validators.EmailValidator.message = _("邮箱地址写成 name@example.com 这样")
    validators.URLValidator.message = _("网址写完整，如 https://example.com")
