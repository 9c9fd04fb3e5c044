"""Forms of the catalogue: kinds, conditions, the procedure's numbers, lists, files (标准表单)."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.catalogue.models import Kind, Objection, Procedure, Reason, Responsibility, Standard
from shiyu.catalogue.wanted import CLOCKS, EVIDENCE, Named, Wanted, allowance, led_once, season
from shiyu.common.errors import Refused
from shiyu.people.forms import RefusableForm
from shiyu.people.models import Tier, Unit
from shiyu.people.unit_forms import DayField, UnitField

UNITS_MOST = 6
ALLOWANCE_HINT = gettext_lazy("如 2紧急工作时、4工作时、5工作日、15分钟")


def _text(label: Any, *, rows: int = 2, required: bool = False, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=2000,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": gettext_lazy("不能空着")},
    )


def _allowance(label: Any, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=20,
        help_text=ALLOWANCE_HINT,
        error_messages={"required": gettext_lazy("填写时限")},
    )


class DaysForm(RefusableForm):
    """A day, not before today, from which something holds."""

    valid_from = DayField(help_text=gettext_lazy("这一天起生效；已立案的案件仍按原版本"))

    def clean_valid_from(self) -> Any:
        day = self.cleaned_data["valid_from"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("日期不能早于今天"))
        return day


class ConditionForm(DaysForm):
    """One condition of a kind, with everything the city says of it (立案条件)."""

    filing_condition = _text(gettext_lazy("立案条件"), rows=3, required=True)
    closing_condition = _text(gettext_lazy("结案条件"))
    handling = _allowance(gettext_lazy("处置时限"), required=True)
    season_first = forms.CharField(
        label=gettext_lazy("季节从"),
        required=False,
        max_length=5,
        help_text=gettext_lazy("只在一年中的一段时间计时的写起止，如 03-01；全年不填"),
    )
    season_last = forms.CharField(label=gettext_lazy("季节到"), required=False, max_length=5)
    limit_accept = _allowance(gettext_lazy("受理时限"))
    limit_filing = _allowance(gettext_lazy("立案时限"))
    limit_dispatch = _allowance(gettext_lazy("派遣时限"))
    limit_sign = _allowance(gettext_lazy("签收时限"))
    limit_verify = _allowance(gettext_lazy("核查时限"))
    evidence = forms.MultipleChoiceField(
        label=gettext_lazy("处置凭证"),
        choices=list(EVIDENCE.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    legal_basis = _text(gettext_lazy("法律依据"))
    collecting = _text(gettext_lazy("采集要求"))
    source = forms.CharField(label=gettext_lazy("来源"), required=False, max_length=200)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, UNITS_MOST + 1):
            words = {} if number == 1 else {"help_text": ""}
            label = _("责任单位 %(n)d") % {"n": number}
            self.fields[f"unit_{number}"] = UnitField(label=label, required=False, **words)
            self.fields[f"tier_{number}"] = forms.ChoiceField(
                label=_("层级"), choices=Tier.choices, required=False
            )
            self.fields[f"role_{number}"] = forms.ChoiceField(
                label=_("角色"), choices=Responsibility.Role.choices, required=False
            )

    @property
    def unit_rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each responsible unit: unit, tier, role."""
        numbers = range(1, UNITS_MOST + 1)
        return [(self[f"unit_{n}"], self[f"tier_{n}"], self[f"role_{n}"]) for n in numbers]

    @property
    def limit_fields(self) -> list[Any]:
        """The fields of the stage limits, in the order of the work."""
        return [self[f"limit_{name}"] for name in CLOCKS]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            try:
                self.wanted = self._wanted(given)
            except Refused as refusal:
                self.refuse(refusal)
        return given

    def _wanted(self, given: dict[str, Any]) -> Wanted:
        limits = {name: given.get(f"limit_{name}", "") for name in CLOCKS}
        units: list[Named] = []
        for number in range(1, UNITS_MOST + 1):
            unit: Unit | None = given.get(f"unit_{number}")
            if unit is not None:
                tier = given.get(f"tier_{number}") or unit.tier
                role = given.get(f"role_{number}") or Responsibility.Role.LEAD
                units.append((unit.pk, tier, role))
        led_once(units)
        first, last = season(given["season_first"].strip(), given["season_last"].strip())
        return Wanted(
            filing_condition=given["filing_condition"].strip(),
            closing_condition=given["closing_condition"].strip(),
            handling=allowance(given["handling"], "handling"),
            season_first=first,
            season_last=last,
            limits={n: allowance(text, f"limit_{n}") for n, text in limits.items() if text.strip()},
            evidence=tuple(given["evidence"]),
            legal_basis=given["legal_basis"].strip(),
            collecting=given["collecting"].strip(),
            source=given["source"].strip(),
            units=tuple(units),
        )

    @staticmethod
    def first_values(standard: Standard) -> dict[str, Any]:
        """What the form shows of a version before anybody has typed."""
        wanted = Wanted.of(standard)
        shown: dict[str, Any] = {
            name: getattr(wanted, name)
            for name in (
                *("filing_condition", "closing_condition", "handling", "season_first"),
                *("season_last", "evidence", "legal_basis", "collecting", "source"),
            )
        }
        shown |= {f"limit_{name}": text for name, text in wanted.limits.items()}
        names = _unit_words([p.unit for p in standard.responsibilities.select_related("unit")])
        for number, (unit, tier, role) in enumerate(wanted.units[:UNITS_MOST], 1):
            shown |= {f"unit_{number}": names[unit], f"tier_{number}": tier}
            shown[f"role_{number}"] = role
        return shown | {"seen": standard.version}


def _unit_words(units: list[Unit]) -> dict[int, str]:
    """How each unit is written in a form: its name, or its code where others share the name."""
    named = Unit.objects.filter(name__in={u.name for u in units}, ended_on=None)
    every = list(named.values_list("name", flat=True))
    return {u.pk: u.name if every.count(u.name) < 2 else u.code for u in units}


class LastDayForm(RefusableForm):
    """The last day on which cases are filed under a condition."""

    valid_from = DayField(label=gettext_lazy("最后一天"))
    seen = forms.IntegerField(widget=forms.HiddenInput)


class KindForm(RefusableForm):
    """What may change of a kind; its code stays (小类)."""

    name = forms.CharField(label=gettext_lazy("小类名称"), max_length=120)
    major_name = forms.CharField(label=gettext_lazy("大类名称"), max_length=80)
    settles = forms.BooleanField(
        label=gettext_lazy("网格员可自办自结"),
        required=False,
        help_text=gettext_lazy("有处置前后的照片就可以当场办结"),
    )
    for_public = forms.BooleanField(
        label=gettext_lazy("公众可选"),
        required=False,
        help_text=gettext_lazy("居民上报时列出来供选择"),
    )


class NewKindForm(KindForm):
    """A new kind with its code (新增小类)."""

    category = forms.ChoiceField(label=gettext_lazy("类型"), choices=Kind.Category.choices)
    major_code = forms.CharField(label=gettext_lazy("大类代码"), max_length=9)
    minor_code = forms.CharField(label=gettext_lazy("小类代码"), max_length=9)

    field_order = ("category", "major_code", "major_name", "minor_code", "name")


class ReasonForm(RefusableForm):
    """One reason for the list of a move (常用理由)."""

    move = forms.ChoiceField(label=gettext_lazy("办理动作"), choices=Reason.Move.choices)
    text = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=Reason.LONGEST,
        error_messages={"required": gettext_lazy("写明理由")},
    )


class ProcedureForm(DaysForm):
    """The numbers of the city's procedure (流程参数)."""

    limit_accept = _allowance(gettext_lazy("受理时限"))
    limit_filing = _allowance(gettext_lazy("立案时限"))
    limit_dispatch = _allowance(gettext_lazy("派遣时限"))
    limit_sign = _allowance(gettext_lazy("签收时限"))
    limit_verify = _allowance(gettext_lazy("核查时限"))
    objection_limit = _allowance(gettext_lazy("派单异议期限"), required=True)
    recall_minutes = forms.IntegerField(
        label=gettext_lazy("派遣后可撤回（分钟）"), min_value=0, max_value=1440
    )
    extensions_most = forms.IntegerField(
        label=gettext_lazy("延期最多（次）"), min_value=0, max_value=9
    )
    suspension_days_most = forms.IntegerField(
        label=gettext_lazy("挂账最长（天）"), min_value=1, max_value=3660
    )
    reopen_days = forms.IntegerField(
        label=gettext_lazy("“没解决”重办期限（天）"), min_value=1, max_value=365
    )
    source = forms.CharField(label=gettext_lazy("依据"), required=False, max_length=200)

    NUMBERS = (
        *("objection_limit", "recall_minutes", "extensions_most", "suspension_days_most"),
        *("reopen_days", "source"),
    )

    def numbers(self) -> dict[str, Any]:
        """What `set_procedure` takes.

        Raises  Refused  for a limit that no clock can read, at its field.
        """
        given = self.cleaned_data
        limits = {name: given[f"limit_{name}"].strip() for name in CLOCKS}
        told: dict[str, Any] = {name: given[name] for name in self.NUMBERS}
        told["objection_limit"] = allowance(given["objection_limit"], "objection_limit")
        read = {n: allowance(text, f"limit_{n}") for n, text in limits.items() if text}
        return told | {"limits": read}

    @staticmethod
    def first_values(procedure: Procedure) -> dict[str, Any]:
        """What the form shows of the version in force."""
        shown = {name: getattr(procedure, name) for name in ProcedureForm.NUMBERS}
        return shown | {f"limit_{name}": text for name, text in procedure.limits.items()}


class ObjectionForm(RefusableForm):
    """What a unit holds against a version of a standard (标准异议)."""

    version = forms.ChoiceField(label=gettext_lazy("对哪一版"))
    unit = forms.ChoiceField(label=gettext_lazy("提出单位"))
    said = forms.CharField(
        label=gettext_lazy("异议"),
        max_length=Objection.LONGEST,
        help_text=gettext_lazy("哪里不合适、依据什么、希望怎么改；所有登录的人都能看到"),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("写明哪里不合适、依据什么、希望怎么改")},
    )

    def __init__(
        self, data: Any, *, standards: Sequence[Standard], units: Sequence[Unit], **words: Any
    ) -> None:
        super().__init__(data, **words)
        told = _("第 %(version)d 版，%(day)s 起")
        versions = [
            (str(s.pk), told % {"version": s.version, "day": s.valid_from.isoformat()})
            for s in standards
        ]
        self.fields["version"].choices = versions  # type: ignore[attr-defined]
        named = [(str(unit.pk), unit.name) for unit in units]
        self.fields["unit"].choices = named  # type: ignore[attr-defined]


class UploadForm(DaysForm):
    """A city's own table of standards (上传立结案标准)."""

    file = forms.FileField(
        label=gettext_lazy("文件"),
        help_text=gettext_lazy("xlsx、xls、ods 或 csv；列名随便，按意思认"),
        error_messages={"required": gettext_lazy("选一个文件")},
    )
    category = forms.ChoiceField(
        label=gettext_lazy("类型"),
        choices=[("", gettext_lazy("由文件说明")), *Kind.Category.choices],
        required=False,
        help_text=gettext_lazy("文件里看不出是部件、事件还是诉求时选"),
    )
