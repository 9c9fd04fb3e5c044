"""How Django draws forms that no template of ours spells out (表单样式)."""

from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.safestring import SafeString

from shiyu.site.drawn import CONTROLS


class Forms(TemplatesSetting):
    """Our fields and our error summary for `{{ form }}`, wherever it is written.

    The plainest controls are written without a template, the same but for empty lines.
    """

    form_template_name = "site/forms/form.html"
    field_template_name = "site/forms/field.html"

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        drawn = CONTROLS.get(template_name)
        if drawn is not None:
            return SafeString(drawn(context["widget"]))
        return super().render(template_name, context, request)
