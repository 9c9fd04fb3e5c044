"""How Django draws forms that no template of ours spells out (表单样式)."""

from django.forms.renderers import TemplatesSetting


class Forms(TemplatesSetting):
    """Our fields and our error summary for `{{ form }}`, wherever it is written."""

    form_template_name = "site/forms/form.html"
    field_template_name = "site/forms/field.html"
