"""How Django draws forms that no template of ours spells out (表单样式)."""

from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest

from shiyu.site.drawn import control


class Forms(TemplatesSetting):
    """Our fields and our error summary for `{{ form }}`, wherever it is written.

    The plainest controls are written without a template, the same but for empty lines.
    """

    form_template_name = "site/forms/form.html"
    field_template_name = "site/forms/field.html"

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        drawn = control(template_name, context.get("widget", {}))
        return super().render(template_name, context, request) if drawn is None else drawn
