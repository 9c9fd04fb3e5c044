"""Forms of the intake desk: file, refuse, merge, correct, settle (受理立案)."""

from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.cases import rules, search
from shiyu.cases.models import Case
from shiyu.catalogue.models import Kind, Standard
from shiyu.catalogue.rules import kinds_in_use
from shiyu.desk.forms.base import (
    KINDS_LIST,
    KindField,
    MoveForm,
    PhotosField,
    kind_called,
    reason,
)
from shiyu.desk.forms.place import PlaceForm

SUGGESTED = 4
CONDITIONS_SHOWN = 9
WORDS_TRIED = 40
KINDS_TRIED = 40


class FileForm(MoveForm):
    """Under which condition a case is filed (立案)."""

    passes = ("standard", "reason")
    lists = (KINDS_LIST,)

    def arrange(self) -> None:
        self.typed = _kind_typed(self.data.get("kind", "")) if self.is_bound else None
        found = _conditions(self.about.case, self.typed)
        if found:
            self.fields["standard"] = _choice(found)
        hint = _("输入名称或代码；填了就按这个类别立案") if found else _("输入名称或代码")
        self.fields["kind"] = KindField(
            label=_("其他类别") if found else _("类别"), required=False, help_text=hint
        )
        self.fields["reason"] = reason(gettext_lazy("说明"), needed=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        if kind is None:
            if "kind" in self.errors:
                self.errors.pop("standard", None)
            elif "standard" not in self.fields:
                self.add_error("kind", _("填写类别"))
            return cleaned
        offered = [s for s in _conditions(self.about.case, kind) if s.kind_id == kind.pk]
        if len(offered) == 1:
            self.errors.pop("standard", None)
            cleaned["standard"] = offered[0]
        elif not offered:
            self.add_error("kind", _("“%(kind)s”现在没有生效的立案标准") % {"kind": kind})
        elif cleaned.get("standard") not in offered:
            self.errors.pop("standard", None)
            told = {"kind": kind, "n": len(offered)}
            self.add_error("standard", _("“%(kind)s”有 %(n)d 条立案条件，选一条") % told)
        return cleaned


def _choice(found: list[Standard]) -> forms.ModelChoiceField:
    field = forms.ModelChoiceField(
        Standard.objects.filter(pk__in=[s.pk for s in found]).select_related("kind"),
        label=_("立案条件"),
        empty_label=None,
        initial=found[0].pk if len(found) == 1 else None,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("选一条立案条件"),
            "invalid_choice": _("这条立案标准今天不在有效期内，请另选"),
        },
    )
    field.choices = [(s.pk, _condition(s)) for s in found]
    return field


def _conditions(case: Case, typed: Kind | None) -> list[Standard]:
    """Those in force of the kind typed, else of the case's own, else of what its words suggest."""
    kind = typed or case.kind
    kinds = [kind] if kind is not None else _suggested(case)
    in_force = Standard.objects.valid_on(timezone.localdate()).filter(kind__in=kinds)
    rank = {found.pk: place for place, found in enumerate(kinds)}
    standards = list(in_force.select_related("kind"))
    return sorted(standards, key=lambda s: (rank[s.kind_id], s.ordinal))[:CONDITIONS_SHOWN]


def _suggested(case: Case) -> list[Kind]:
    """Kinds whose names share words with what was reported, most shared first: a suggestion."""
    words = [w for w in search.cut(search.words_said(case)) if len(w) > 1][:WORDS_TRIED]
    if not words:
        return []
    shared = reduce(or_, (Q(name__contains=word) for word in words))
    found = list(kinds_in_use().filter(shared)[:KINDS_TRIED])
    found.sort(key=lambda kind: -sum(word in kind.name for word in words))
    return found[:SUGGESTED]


def _kind_typed(words: str) -> Kind | None:
    if "\0" in words:
        return None
    try:
        return kind_called(words.strip()) if words.strip() else None
    except forms.ValidationError:
        return None  # the field says so


class DismissForm(MoveForm):
    """Why it is not filed, and where to go instead (不予立案)."""

    passes = ("reason", "instead")

    def arrange(self) -> None:
        self.fields["reason"] = reason(gettext_lazy("理由"), hint=_("上报人会看到"))
        self.fields["instead"] = forms.CharField(
            label=_("可以去哪里办"),
            required=False,
            max_length=200,
            help_text=_("单位、电话或网址，如「市住建局 0371-0000000」"),
        )


class MergeForm(MoveForm):
    """Into which case about the same thing (并案)."""

    passes = ("into", "reason")

    def arrange(self) -> None:
        near = self.about.near
        if near:
            self.fields["close_by"] = forms.ChoiceField(
                label=_("附近的同类案件"),
                required=False,
                choices=[(str(n.case.pk), _near(n.case, n.metres)) for n in near],
                widget=forms.RadioSelect,
            )
        self.fields["into"] = forms.CharField(
            label=_("其他案件的编号") if near else _("并入案件的编号"),
            required=False,
            max_length=24,
            help_text=_("可以只写末尾几位，如 008342"),
            widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        )
        self.fields["reason"] = reason(gettext_lazy("说明"), needed=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        seen = rules.visible_to(self.about.actor).exclude(pk=self.about.case.pk)
        typed = cleaned.get("into", "").strip()
        if typed:
            found = list(search.find(seen, typed if len(typed) > 3 else f"000{typed}")[:2])
            if len(found) != 1:
                self.add_error("into", _say_which(typed, len(found)))
            else:
                cleaned["into"] = found[0]
        elif cleaned.get("close_by"):
            cleaned["into"] = seen.filter(pk=cleaned["close_by"]).first()
        elif not self.errors:
            self.add_error("into", _("选一件，或填写编号"))
        return cleaned


class CorrectForm(PlaceForm):
    """Where and what it really is (更正)."""

    passes = ("address", "lon", "lat", "kind", "reason")
    lists = (KINDS_LIST,)

    def arrange(self) -> None:
        case = self.about.case
        self.fields["address"].initial = case.address
        if case.stage in {"reported", "accepted"}:
            self.fields["kind"] = KindField(
                label=_("类别"), required=False, initial=case.kind.name if case.kind else ""
            )
        self.fields["reason"] = reason(gettext_lazy("更正的依据"))
        self.order_fields(["address", "kind", "reason"])

    def arguments(self) -> dict[str, Any]:
        """What was left blank stays as it is."""
        return {
            name: value for name, value in super().arguments().items() if value not in ("", None)
        }


class SettleForm(MoveForm):
    """What was put right on the spot, with pictures of before and after (自办自结)."""

    passes = ("kind", "before", "after", "reason")
    lists = (KINDS_LIST,)

    def arrange(self) -> None:
        kind = self.about.case.kind
        self.fields["kind"] = KindField(
            label=_("类别"),
            initial=kind.name if kind else "",
            error_messages={"required": _("填写类别")},
        )
        self.fields["before"] = PhotosField(label=_("处置前照片"))
        self.fields["after"] = PhotosField(label=_("处置后照片"))
        self.fields["reason"] = reason(gettext_lazy("怎样处置的"), needed=False)


def _condition(standard: Standard) -> str:
    return _("%(kind)s：%(condition)s（处置限 %(limit)s）") % {
        "kind": standard.kind,
        "condition": standard.filing_condition,
        "limit": standard.handling,
    }


def _near(case: Case, metres: int) -> str:
    return _("%(number)s %(kind)s %(address)s，%(metres)d 米，%(stage)s") % {
        "number": case.number,
        "kind": case.kind.name if case.kind else "",
        "address": case.address,
        "metres": metres,
        "stage": case.get_stage_display(),
    }


def _say_which(typed: str, count: int) -> str:
    if count == 0:
        return _("没有编号为“%(typed)s”的案件") % {"typed": typed}
    return _("编号末尾是“%(typed)s”的不止一件，写全编号") % {"typed": typed}
