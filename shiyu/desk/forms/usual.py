"""Usual reasons beside the words of a move: one press instead of typing (常用理由)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

CHOSEN = "usual"


class WithUsual(forms.Textarea):
    """Words under a list of usual ones; what was chosen is written before what was typed."""

    def __init__(self, reasons: Sequence[str], attrs: Mapping[str, Any]) -> None:
        super().__init__(dict(attrs))
        self.reasons = reasons

    def render(self, name: str, value: Any, *args: Any, **kwargs: Any) -> SafeString:
        words = super().render(name, value, *args, **kwargs)
        options = format_html_join("", "<option>{}</option>", ((text,) for text in self.reasons))
        return format_html(
            '<select name="{}_{}" aria-label="{}" class="usual">'
            '<option value="">{}</option>{}</select>{}',
            *(name, CHOSEN, _("常用理由"), _("常用理由，选填"), options, words),
        )

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        typed = str(super().value_from_datadict(data, files, name) or "").strip()
        chosen = str(data.get(f"{name}_{CHOSEN}") or "")
        if chosen not in self.reasons or chosen in typed:
            return typed
        return f"{chosen}。{typed}" if typed else chosen
