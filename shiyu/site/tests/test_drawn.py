"""What is written without a template is what Django's templates would write."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.template import Context
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from shiyu.site import drawn
from shiyu.site.lights import light_of
from shiyu.site.quick import QuickTemplate
from shiyu.site.rendering import Forms

NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
LIGHT = """{% spaceless %}<span class="light light-{{ light.colour }}{% if form == "row" %} light-row{% endif %}"{% if light.runs %} data-runs="1" data-light="{{ light.colour }}" data-left="{{ light.left }}" data-at="{{ now|date:'c' }}"{% if light.until %} data-until="{{ light.until|date:'c' }}"{% endif %}{% if light.warn is not None %} data-warn="{{ light.warn }}"{% endif %} data-by="{{ light.by }}"{% endif %}>{% if mark %}<svg class="mark mark-{{ light.colour }}" viewBox="0 0 16 16" aria-hidden="true">{{ mark }}</svg>{% endif %}{% if form != "row" and light.word %}<span class="light-word" aria-hidden="true">{{ light.word }}</span>{% endif %}{% if form == "row" and light.colour == "grey" %}<span aria-hidden="true">{{ light.word }}</span>{% elif light.colour == "none" or form != "word" and light.time %}<span class="light-time" aria-hidden="true">{% if form == "row" or not light.word %}{{ light.time }}{% else %}{{ light.beside_word }}{% endif %}</span>{% elif form == "row" %}<span class="light-word" aria-hidden="true">{{ light.word }}</span>{% endif %}<span class="sr light-name">{{ light.name }}</span></span>{% endspaceless %}"""  # noqa: E501
DUE = NOW + timedelta(minutes=90)
CLOCKS = [
    {},
    {"light": "green", "due": DUE, "minutes_left": 90, "pause_reason": "待受理"},
    {"light": "yellow", "due": DUE, "minutes_left": 9, "runs_until": DUE, "warn_left": 3},
    {"light": "red", "due": NOW - timedelta(days=5), "minutes_left": -7200},
    {"light": "grey", "due": None, "minutes_left": None, "pause_reason": "<挂账>"},
    {"light": "grey", "due": DUE, "minutes_left": 5},
    {"light": "green", "due": DUE, "minutes_left": 5, "running": False},
    {"light": "red", "due": None, "minutes_left": None},
]


@pytest.mark.parametrize("form", ["full", "row", "word"])
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_light_is_what_its_template_draws(clock: dict[str, object], form: str) -> None:
    shown = light_of(clock)
    mark = SafeString(drawn.MARKS.get(shown.colour, ""))
    context = Context({"light": shown, "form": form, "mark": mark, "now": timezone.localtime(NOW)})
    assert drawn.light(shown, form, NOW) == QuickTemplate(LIGHT).render(context)


GROUP = ("组", [("x", "<x>"), ("y", "y")])
CHOICES = [("", "—"), ("a<", "甲 & 乙"), (3, gettext_lazy("退出")), GROUP]
WIDGETS = [
    forms.HiddenInput(),
    forms.TextInput({"list": "kinds", "autocomplete": "off", "autofocus": True, "off": False}),
    forms.TextInput({"data-q": "\"<'&", "maxlength": 12}),
    forms.NumberInput({"min": 1}),
    forms.DateInput({"type": "date"}),
    forms.FileInput({"accept": "image/*", "capture": True}),
    forms.PasswordInput(),
    forms.Textarea({"rows": 2}),
    forms.Select(choices=CHOICES),
    forms.SelectMultiple(choices=CHOICES),
    forms.RadioSelect(choices=CHOICES[:3]),
    forms.CheckboxInput(),
    forms.EmailInput(),
]
VALUES = [None, "", "<b>&\"'", SafeString("<i>"), 0, 3, "a<", ["a<", "x"], date(2026, 11, 22)]


def _close(html: str) -> str:
    """Without the white space between options, of which nothing is seen."""
    return re.sub(r">\s+<", "><", html)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda w: type(w).__name__)
def test_a_control_is_what_django_draws(widget: forms.Widget) -> None:
    for value in VALUES:
        for attrs in ({}, {"id": "id_move_x", "aria-invalid": "true"}):
            both = [
                widget.render("na<me", value, attrs=attrs, renderer=renderer)
                for renderer in (Forms(), TemplatesSetting())
            ]
            assert _close(both[0]) == _close(both[1])
            assert isinstance(both[0], SafeString)
