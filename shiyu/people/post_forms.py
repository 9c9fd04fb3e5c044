"""Forms of posts: duties, appointments over time, acting, leaving (岗位表单)."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.people import following, rules
from shiyu.people.duties import ADMINISTRATION, OF_A_UNIT, Duty
from shiyu.people.forms import RefusableForm
from shiyu.people.models import Appointment, Person, Post
from shiyu.people.unit_forms import DayField, UnitField


class PersonField(forms.CharField):
    """Somebody with an account in use, by account or whole name, else the only one found."""

    def __init__(self, **words: Any) -> None:
        words.setdefault("help_text", gettext_lazy("姓名、拼音或账号"))
        super().__init__(max_length=40, **words)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed:
            return None
        found = list(rules.find_people(typed).filter(is_active=True)[:6])
        exact = [p for p in found if typed.lower() == p.username or typed == p.name]
        if len(exact) == 1 or len(found) == 1:
            return (exact or found)[0]
        if not found:
            raise forms.ValidationError(_("没有“%(words)s”，写姓名或账号") % {"words": typed})
        names = "、".join(f"{p.name}（{p.username}）" for p in found[:5])
        raise forms.ValidationError(_("有几个人符合：%(names)s。写账号") % {"names": names})


class DutyForm(RefusableForm):
    """A duty and how far it reaches (授予职责)."""

    duty = forms.ChoiceField(label=gettext_lazy("职责"), choices=Duty.choices)
    place = forms.CharField(
        label=gettext_lazy("区域"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("区域的名称或代码；处置职责不填"),
    )
    unit = UnitField(
        label=gettext_lazy("机构"),
        required=False,
        help_text=gettext_lazy("只有处置职责填写：替哪个机构处置"),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        duty, typed = given.get("duty", ""), given.get("place", "")
        given["named"] = None
        if duty in OF_A_UNIT and not given.get("unit") and "unit" not in self.errors:
            self.add_error("unit", _("写明替哪个机构处置"))
        if duty in OF_A_UNIT or (duty in ADMINISTRATION and not typed):
            return given
        found = following.find_places(typed) if typed else []
        if len(found) != 1:
            names = "、".join(f"{one.name}（{one.code}）" for one in found[:5])
            several = _("有几个区域符合：%(names)s。写代码") % {"names": names}
            self.add_error("place", several if found else _("写明区域，如“鼓楼区”"))
            return given
        given["named"] = found[0]
        return given


class AppointForm(RefusableForm):
    """From when, until when, and in whose place (任职、代理)."""

    starts_on = DayField(label=gettext_lazy("任职起"))
    ends_on = DayField(
        label=gettext_lazy("任职止"),
        required=False,
        initial=None,
        help_text=gettext_lazy("最后一天；任职可以不填，代理必须填"),
    )
    acting_for = forms.ModelChoiceField(
        label=gettext_lazy("代理"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=gettext_lazy("本人任职，不是代理"),
        help_text=gettext_lazy("代理的，每条办理记录写明“代 某某”，到期自动结束"),
    )

    def __init__(self, *args: Any, post: Post, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = Appointment.objects.not_over().filter(post=post, acting_for=None)
        holders = Person.objects.filter(pk__in=held.values("person")).exclude(pk=person.pk)
        chosen = self.fields["acting_for"]
        chosen.queryset = holders.order_by("pinyin", "pk")  # type: ignore[attr-defined]


class LeaveForm(RefusableForm):
    """When somebody leaves one post (离任)."""

    ends_on = DayField(
        label=gettext_lazy("最后一天"),
        required=False,
        initial=None,
        help_text=gettext_lazy("不填表示现在就离任，权限即刻收回"),
    )


class DepartForm(RefusableForm):
    """How somebody leaves all posts, and to whom everything goes (离任移交)."""

    last_day = DayField(
        label=gettext_lazy("最后一天"),
        required=False,
        initial=None,
        help_text=gettext_lazy("不填表示现在就离任，权限即刻收回"),
    )
    personal = PersonField(label=gettext_lazy("个人事项移交给"), required=False)
    close = forms.BooleanField(label=gettext_lazy("离任后停用账号"), required=False)

    def __init__(self, *args: Any, held: list[Appointment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = held
        for one in held:
            label = _("接任 %(post)s") % {"post": f"{one.post.unit.short_name} {one.post.title}"}
            self.fields[f"successor{one.pk}"] = PersonField(label=label, required=False)

    def successors(self) -> dict[int, Person]:
        """Who takes over which appointment."""
        given = self.cleaned_data
        found = {one.pk: given.get(f"successor{one.pk}") for one in self.held}
        return {pk: person for pk, person in found.items() if person is not None}
