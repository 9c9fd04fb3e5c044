"""What is typed to change a calendar (日历表单)."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.calendars.words import Unread, read_days, read_hours
from shiyu.common.errors import Refused

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
WEEKDAYS = [
    (1, gettext_lazy("星期一")),
    (2, gettext_lazy("星期二")),
    (3, gettext_lazy("星期三")),
    (4, gettext_lazy("星期四")),
    (5, gettext_lazy("星期五")),
    (6, gettext_lazy("星期六")),
    (7, gettext_lazy("星期日")),
]


class FirstDay(forms.Form):
    """From which day a change counts."""

    error_css_class = "has-error"
    valid_from = forms.DateField(
        label=gettext_lazy("自哪天起"),
        help_text=gettext_lazy(
            "这天以前已经计过的时间不变。早于今天，正在计时的案件会按新日历重算"
        ),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("填写从哪天起，如 2026-12-01"),
            "invalid": gettext_lazy("日期应写作 2026-12-01"),
        },
    )

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if not EARLIEST <= day <= LATEST:
            raise ValidationError(_("日期应在 2000 年至 2100 年之间"))
        return day

    def refuse(self, refusal: Refused) -> None:
        """Take up what an action objected to."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class HoursForm(FirstDay):
    """Office hours and the weekdays worked, from a day on (办公时间)."""

    hours = forms.CharField(
        label=gettext_lazy("办公时间"),
        help_text=gettext_lazy("每段一行或用顿号隔开，如 08:00-12:00、14:00-18:00"),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("填写办公时间，如 08:00-12:00、14:00-18:00")},
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("工作的星期"),
        coerce=int,
        choices=WEEKDAYS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("至少选一个工作的星期")},
    )
    field_order = ("valid_from", "hours", "weekdays")

    def clean_hours(self) -> list[list[str]]:
        hours, wrong = read_hours(self.cleaned_data["hours"])
        _refuse_lines(wrong)
        return hours


class DaysForm(FirstDay):
    """Holidays and make-up days of one year (节假日与调休)."""

    holidays = forms.CharField(
        label=gettext_lazy("放假的日子"),
        required=False,
        help_text=gettext_lazy("每行一天或一段，如 02-05 至 02-11；# 后面可以写说明"),
        widget=forms.Textarea(attrs={"rows": 9}),
    )
    workdays = forms.CharField(
        label=gettext_lazy("调休上班的日子"),
        required=False,
        help_text=gettext_lazy("周末上班的日子，写法相同"),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    is_published = forms.BooleanField(
        label=gettext_lazy("这是国务院办公厅已公布的安排"),
        required=False,
        help_text=gettext_lazy("没有公布的年份，到期时间标“暂定”"),
    )
    field_order = ("valid_from", "holidays", "workdays", "is_published")

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year = year

    def clean_holidays(self) -> list[str]:
        return self._days("holidays")

    def clean_workdays(self) -> list[str]:
        return self._days("workdays")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        both = set(cleaned.get("holidays", ())) & set(cleaned.get("workdays", ()))
        if both:
            told = {"days": "、".join(sorted(both)[:5])}
            self.add_error("workdays", _("%(days)s 既放假又上班，留一处") % told)
        return cleaned

    def _days(self, name: str) -> list[str]:
        days, wrong = read_days(self.cleaned_data[name], year=self.year)
        _refuse_lines(wrong)
        return days


class PublishForm(forms.Form):
    """How many cases turn late, typed by who publishes nevertheless (确认发布)."""

    turned_late = forms.IntegerField(
        label=gettext_lazy("变为超期的件数"),
        required=False,
        min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("填写数字")},
    )

    def refuse(self, refusal: Refused) -> None:
        """Take up what the action objected to."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


def first_of(year: int) -> date:
    """From which day a change of a year's days is proposed: it, or today if it has begun."""
    return max(date(year, 1, 1), timezone.localdate())


def _refuse_lines(wrong: list[Unread]) -> None:
    if wrong:
        raise ValidationError([str(line) for line in wrong[:20]])
