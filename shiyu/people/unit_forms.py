"""Forms of units: a new one, and each change from a day on (机构表单)."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.common.errors import Refused
from shiyu.people import following, rules
from shiyu.people.actions import Share
from shiyu.people.forms import RefusableForm
from shiyu.people.models import Post, Tier, Unit

HEIRS = 4
UNIT_HINT = gettext_lazy("名称、代码或拼音")


class UnitField(forms.CharField):
    """A unit in use, typed by name, code or sound."""

    def __init__(self, **words: Any) -> None:
        words.setdefault("help_text", UNIT_HINT)
        super().__init__(max_length=80, **words)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        try:
            return rules.one_unit(typed) if typed else None
        except Refused as refusal:
            raise forms.ValidationError(refusal.message) from refusal


class NamedField(forms.CharField):
    """Places or kinds, several at once, each by code or name; becomes their codes."""

    def __init__(self, look: Any, **words: Any) -> None:
        self.look = look
        super().__init__(max_length=400, required=False, **words)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value).replace("，", "、").replace(",", "、").replace(" ", "、")
        return tuple(self._one(word) for word in typed.split("、") if word)

    def _one(self, word: str) -> str:
        found = self.look(word)
        if len(found) == 1:
            return str(found[0].code)
        if not found:
            raise forms.ValidationError(_("没有“%(word)s”") % {"word": word})
        names = "、".join(f"{one.name}（{one.code}）" for one in found[:5])
        raise forms.ValidationError(
            _("“%(word)s”有几个：%(names)s。写代码") % {"word": word, "names": names}
        )


class DayField(forms.DateField):
    """A day from which something holds; today, unless another is given."""

    def __init__(self, **words: Any) -> None:
        words.setdefault("label", gettext_lazy("生效日期"))
        words.setdefault("initial", timezone.localdate)
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={
                "required": gettext_lazy("填写日期"),
                "invalid": gettext_lazy("日期写成 2026-12-01 的样子"),
            },
            **words,
        )


class NewUnitForm(RefusableForm):
    """A unit to be set up (设立机构)."""

    code = forms.CharField(
        label=gettext_lazy("机构代码"),
        max_length=40,
        error_messages={"required": gettext_lazy("填写机构代码")},
    )
    name = forms.CharField(
        label=gettext_lazy("名称"),
        max_length=80,
        error_messages={"required": gettext_lazy("填写名称")},
    )
    short_name = forms.CharField(label=gettext_lazy("简称"), max_length=40, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=Unit.Kind.choices)
    tier = forms.ChoiceField(label=gettext_lazy("层级"), choices=Tier.choices)
    parent = UnitField(label=gettext_lazy("上级机构"), required=False)
    place = NamedField(
        following.find_places,
        label=gettext_lazy("所在区域"),
        help_text=gettext_lazy("区域的名称或代码，如“鼓楼区”"),
    )

    def clean_place(self) -> str:
        codes = self.cleaned_data["place"]
        if len(codes) != 1:
            raise forms.ValidationError(_("写一个区域"))
        return str(codes[0])


class RenameForm(RefusableForm):
    """Another name from a day on (更名)."""

    name = forms.CharField(
        label=gettext_lazy("新名称"),
        max_length=80,
        error_messages={"required": gettext_lazy("填写新名称")},
    )
    short_name = forms.CharField(label=gettext_lazy("新简称"), max_length=40, required=False)
    from_on = DayField()


class MoveForm(RefusableForm):
    """Another unit above it from a day on (调整隶属)."""

    parent = UnitField(
        label=gettext_lazy("新上级"),
        required=False,
        help_text=gettext_lazy("名称、代码或拼音；不填表示没有上级"),
    )
    from_on = DayField()


class CloseForm(RefusableForm):
    """The day from which it is closed (停用)."""

    from_on = DayField(label=gettext_lazy("停用日期"))


class MergeForm(RefusableForm):
    """Into which unit, from when, and whether its people go along (并入)."""

    heir1 = UnitField(
        label=gettext_lazy("并入机构"),
        error_messages={"required": gettext_lazy("写明并入哪个机构")},
    )
    with_posts = forms.BooleanField(
        label=gettext_lazy("岗位和在岗人员一起转入"), required=False, initial=True
    )
    from_on = DayField()


class SplitForm(RefusableForm):
    """Which units take over which places, kinds and posts (拆分)."""

    from_on = DayField()

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.posts = list(Post.objects.filter(unit=unit).order_by("pk"))
        for n in range(1, HEIRS + 1):
            self.fields[f"heir{n}"] = UnitField(
                label=_("承接机构"),
                required=n <= 2,
                error_messages={"required": _("写明承接机构，至少两个")},
            )
            words = _("区域的名称或代码，几个之间用顿号；不填表示不限")
            self.fields[f"places{n}"] = NamedField(
                following.find_places, label=_("承接哪些区域"), help_text=words
            )
            words = _("案件类别的名称、代码或大类，几个之间用顿号；不填表示不限")
            self.fields[f"kinds{n}"] = NamedField(
                following.find_kinds, label=_("承接哪些类别"), help_text=words
            )
        choices = [(str(n), _("随第 %(n)d 份") % {"n": n}) for n in range(1, HEIRS + 1)]
        for post in self.posts:
            self.fields[f"post{post.pk}"] = forms.ChoiceField(
                label=post.title,
                choices=[*choices, ("", _("不随转，任职到前一日"))],
                required=False,
            )

    def rows(self) -> list[list[forms.BoundField]]:
        """The fields of each heir together."""
        names = ("heir", "places", "kinds")
        return [[self[f"{name}{n}"] for name in names] for n in range(1, HEIRS + 1)]

    def post_rows(self) -> list[forms.BoundField]:
        """One choice for each post."""
        return [self[f"post{post.pk}"] for post in self.posts]

    def shares(self) -> list[Share]:
        """The shares in their order, those without a unit left out."""
        given = self.cleaned_data
        return [
            Share(
                given[f"heir{n}"],
                given[f"places{n}"],
                given[f"kinds{n}"],
                tuple(p.pk for p in self.posts if given[f"post{p.pk}"] == str(n)),
            )
            for n in range(1, HEIRS + 1)
            if given.get(f"heir{n}")
        ]
