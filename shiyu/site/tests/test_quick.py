"""The quick templates show what Django's own show, to the letter."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.template import Context, Engine, Template, engines
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, override

from shiyu.site.quick import QuickTemplate

AT = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)


class Place:
    """Something with all that a template may ask for."""

    name = "鼓楼 <&\"'>"
    number = -1234567
    nothing = None

    def __init__(self) -> None:
        self.inner = {"items": "一", "1": "two", "list": [1, "<b>", SafeString("<i>")]}
        self.asked = 0

    def method(self) -> str:
        return "called & escaped"

    def needs(self, word: str) -> str:
        return word

    def erase(self) -> str:
        self.asked += 1
        return "erased"

    erase.alters_data = True  # type: ignore[attr-defined]

    @property
    def broken(self) -> str:
        raise AttributeError("inside")

    @property
    def wrong(self) -> str:
        raise ValueError("inside")


class ShortForm(forms.Form):
    words = forms.CharField(initial="<x>")


TEXTS = [
    *("{{ place.name }}", "{{ place.number }}", "{{ place.nothing }}", "{{ place.method }}"),
    *("{{ place.needs }}", "{{ place.erase }}", "{{ place.unknown }}", "{{ unknown.at.all }}"),
    *("{{ place.inner.items }}", "{{ place.inner.1 }}", "{{ place.inner.list.1 }}"),
    *("{{ place.inner.list.2 }}", "{{ place.inner.list.9 }}", "{{ place.inner.other }}"),
    *("{{ place.inner.keys }}", "{{ place.inner.list }}", "{{ pair.0 }}{{ pair.1 }}"),
    *("{{ at }}", "{{ at|date:'c' }}", "{{ yes }}", "{{ half }}", "{{ lazy }}", "{{ call }}"),
    *(
        "{{ form.words }}",
        "{{ form.words.label }}",
        "{{ form.other }}",
        "{{ form.fields.words.label }}",
    ),
    *("{{ safe }}", "{{ safe|upper }}", "{{ text|safe }}", "{{ text|truncatechars:3 }}"),
    "{% autoescape off %}{{ text }}{{ place.name }}{% endautoescape %}",
    "{% if unknown %}a{% else %}b{% endif %}{% if place.unknown %}a{% else %}b{% endif %}",
    "{% if place.method == 'called & escaped' %}a{% endif %}{% if place.inner.no %}c{% endif %}",
    "{% if not unknown and place.number < 0 %}a{% elif x %}b{% endif %}",
    "{% for one in place.inner.list %}{{ forloop.counter }}{{ one }},{% empty %}–{% endfor %}",
    "{% for a, b in pairs %}{{ a }}={{ b }};{% endfor %}{% for x in unknown %}{{ x }}{% endfor %}",
    "{% with other=place.name n=place.inner.list|length %}{{ other }}{{ n }}{% endwith %}",
    "{% load i18n %}{% translate '退出' %}{% translate '100% 完成' %}{% translate text %}",
    "{% load i18n %}{% translate '退出' as out %}[{{ out }}]{% translate '退出' noop %}",
    "{% load i18n %}{% blocktranslate with n=place.number %}第 {{ n }} 轮{% endblocktranslate %}",
    "{{ _('退出') }}{{ 'fixed' }}{{ 12 }}{{ 1.5 }}{{ True }}{{ block.super }}",
    "{% firstof unknown place.nothing text %}{{ unknown|default:'–' }}{{ place.x|default:text }}",
    "{% ifchanged place.name %}{{ place.name }}{% endifchanged %}{{ template }}{{ dicts }}",
]


def _context() -> Context:
    return Context(
        {
            "place": Place(),
            "pair": ("<a>", 2),
            "pairs": [("一", "<"), ("二", SafeString("<"))],
            "at": timezone.localtime(AT),
            "yes": True,
            "half": 0.5,
            "lazy": gettext_lazy("退出"),
            "call": lambda: "<called>",
            "form": ShortForm(),
            "safe": SafeString("<u>"),
            "text": "井盖 <b>&\"'",
        }
    )


def _plain() -> Engine:
    return engines["django"].engine  # type: ignore[attr-defined, no-any-return]


def _drawn(kind: Callable[..., Template], text: str) -> str:
    return kind(text, engine=_plain()).render(_context())


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_text_is_drawn_alike_both_ways(text: str, language: str) -> None:
    with override(language):
        assert _drawn(QuickTemplate, text) == _drawn(Template, text)


@pytest.mark.parametrize("text", ["{{ place.broken }}", "{{ place.wrong }}"])
def test_an_error_inside_a_property_is_not_hidden(text: str) -> None:
    raised: list[Any] = []
    for kind in (QuickTemplate, Template):
        with pytest.raises((AttributeError, ValueError)) as caught:
            _drawn(kind, text)
        raised.append(caught.type)
    assert raised[0] is raised[1]


def test_words_drawn_once_follow_the_language() -> None:
    drawn = QuickTemplate("{% load i18n %}{% translate '退出' %}", engine=_plain())
    told = []
    for language in ("zh-hans", "en", "zh-hans"):
        with override(language):
            told.append(drawn.render(Context()))
    assert told[0] == told[2] == "退出" != told[1]


def test_what_changes_data_is_never_called() -> None:
    context = _context()
    QuickTemplate("{{ place.erase }}{% if place.erase %}{% endif %}", engine=_plain()).render(
        context
    )
    assert context["place"].asked == 0


def test_every_page_is_read_by_the_quick_parser() -> None:
    assert isinstance(_plain().get_template("desk/case.html"), QuickTemplate)
