"""`{% form_token %}`: what makes one opened form one submission (表单令牌)."""

import secrets

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from shiyu.common.answered import TOKEN_FIELD

register = template.Library()


@register.simple_tag
def form_token() -> SafeString:
    """A hidden field with a random token, new each time the form is shown."""
    return format_html(
        '<input type="hidden" name="{}" value="{}">', TOKEN_FIELD, secrets.token_urlsafe(16)
    )
