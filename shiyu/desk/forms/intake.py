"""Forms of the intake desk: file, refuse, merge, correct, settle (受理立案)."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.cases import rules, search
from shiyu.cases.models import Case
from shiyu.catalogue.models import Standard
from shiyu.catalogue.rules import find_kinds, standards_for
from shiyu.desk.forms.base import KINDS_LIST, KindField, MoveForm, PhotosField, reason
from shiyu.desk.forms.place import PlaceForm

SUGGESTED = 4


class FileForm(MoveForm):
    """Under which condition a case is filed (立案)."""

    passes = ("standard", "reason")
    lists = (KINDS_LIST,)

    def arrange(self) -> None:
        found = self._standards(self.about.case)
        self.fields["standard"] = forms.ModelChoiceField(
            Standard.objects.filter(pk__in=[s.pk for s in found]).select_related("kind"),
            label=_("立案条件"),
            required=False,
            empty_label=None,
            initial=found[0].pk if len(found) == 1 else None,
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": _("这条立案标准今天不在有效期内，请另选")},
        )
        self._offer(found)
        hint = _("输入名称或代码；填了就按这个类别立案") if found else _("输入名称或代码")
        self.fields["kind"] = KindField(
            label=_("其他类别") if found else _("类别"), required=False, help_text=hint
        )
        self.fields["reason"] = reason(gettext_lazy("说明"), needed=False)

    def _standards(self, case: Case) -> list[Standard]:
        """Those of the case's own kind; without one, of the kinds its words suggest."""
        today = timezone.localdate()
        if case.kind is not None:
            return standards_for(case.kind, today)
        words = search.words_said(case)
        found: dict[int, Standard] = {}
        for word in [w for w in search.cut(words) if len(w) > 1][:12]:
            for kind in find_kinds(word, most=SUGGESTED):
                found |= {s.pk: s for s in standards_for(kind, today)}
            if len(found) >= SUGGESTED:
                break
        return list(found.values())[:SUGGESTED]

    def _offer(self, found: list[Standard]) -> None:
        field = self.fields["standard"]
        assert isinstance(field, forms.ModelChoiceField)
        field.choices = [(s.pk, _condition(s)) for s in found]
        if not found:
            del self.fields["standard"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        if kind is None:
            if not cleaned.get("standard") and not self.errors:
                self.add_error(
                    "standard" if "standard" in self.fields else "kind", _("选一条立案条件")
                )
            return cleaned
        found = standards_for(kind, timezone.localdate())
        chosen = cleaned.get("standard")
        if len(found) == 1:
            cleaned["standard"] = found[0]
        elif chosen is None or chosen.kind_id != kind.pk:
            self._ask_which(kind.name, found)
        return cleaned

    def _ask_which(self, kind: str, found: list[Standard]) -> None:
        """Show the conditions of the kind that was typed, to choose from."""
        if not found:
            self.add_error("kind", _("“%(kind)s”现在没有生效的立案标准") % {"kind": kind})
            return
        if "standard" not in self.fields:
            self.arrange_again(found)
        self._offer(found)
        told = {"kind": kind, "n": len(found)}
        self.add_error("standard", _("“%(kind)s”有 %(n)d 条立案条件，选一条") % told)

    def arrange_again(self, found: list[Standard]) -> None:
        self.fields["standard"] = forms.ModelChoiceField(
            Standard.objects.filter(pk__in=[s.pk for s in found]),
            label=_("立案条件"),
            required=False,
            empty_label=None,
            widget=forms.RadioSelect,
        )


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
