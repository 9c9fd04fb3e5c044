"""How a field of a form stands on a page: label, hint, error, control (表单字段)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.forms import BaseForm, BoundField
from django.forms.boundfield import BoundWidget
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils.functional import cached_property
from django.utils.safestring import SafeString


class Shown:
    """A bound field with what the page needs to say about it; the browser validates nothing."""

    def __init__(self, bound: BoundField, label: str = "", *, rare: Sequence[str] = ()) -> None:
        self.bound = bound
        self.label = label or bound.label
        self.id = bound.auto_id or bound.html_name
        self.errors = list(bound.errors)
        self.hint = bound.help_text
        self.rare = frozenset(rare)

    @property
    def widget(self) -> object:
        return self.bound.field.widget

    @property
    def is_group(self) -> bool:
        return isinstance(self.widget, RadioSelect | CheckboxSelectMultiple)

    @property
    def is_single_check(self) -> bool:
        return isinstance(self.widget, CheckboxInput)

    @property
    def is_optional(self) -> bool:
        return not self.bound.field.required and not self.is_single_check

    @property
    def described_by(self) -> str:
        parts = [f"{self.id}_hint"] if self.hint else []
        parts += [f"{self.id}_error"] if self.errors else []
        return " ".join(parts)

    @property
    def attributes(self) -> dict[str, str]:
        found = {"id": self.id}
        if self.described_by and not self.is_group:
            found["aria-describedby"] = self.described_by
        if self.errors:
            found["aria-invalid"] = "true"
        return found

    def control(self) -> SafeString:
        """The control itself, without `required`: errors come from the server, in our words."""
        widget = self.bound.field.widget
        return widget.render(
            self.bound.html_name,
            self.bound.value(),
            attrs=self.attributes,
            renderer=self.bound.form.renderer,
        )

    @property
    def choices(self) -> list[BoundWidget]:
        return [one for one in self._choices if str(one.data["value"]) not in self.rare]

    @property
    def rare_choices(self) -> list[BoundWidget]:
        return [one for one in self._choices if str(one.data["value"]) in self.rare]

    @property
    def is_rare_chosen(self) -> bool:
        return str(self.bound.value()) in self.rare

    @cached_property
    def _choices(self) -> list[BoundWidget]:
        widget = self.bound.field.widget
        parts = widget.subwidgets(self.bound.html_name, self.bound.value(), attrs=self.attributes)
        return [BoundWidget(widget, part, self.bound.form.renderer) for part in parts]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One line of the summary: the words and the field they belong to."""

    words: str
    target: str


def mistakes(form: BaseForm) -> Iterator[Mistake]:
    """What has to be changed, in the order of the fields."""
    for words in form.non_field_errors():
        yield Mistake(str(words), "")
    for bound in form:
        for words in bound.errors:
            yield Mistake(str(words), "" if bound.is_hidden else bound.auto_id or bound.html_name)
