"""Tags and filters of our pages: lights, icons, fields, durations, built files (页面标签)."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.forms import BaseForm, BoundField
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from shiyu.people.web import actor_of
from shiyu.site import drawn
from shiyu.site import fields as shown
from shiyu.site.icons import ICONS, MARKS
from shiyu.site.lights import light_of, long_span, short_span
from shiyu.site.overview import parts_for

register = template.Library()


@register.simple_tag
def light(clock: object, form: str = "full") -> SafeString:
    """The clock light: `full` (mark, word, time), `row` (mark, time) or `word` (mark, word)."""
    return drawn.light(light_of(clock), form, timezone.now())


@register.simple_tag
def icon(name: str) -> SafeString:
    """One drawing, silent for screen readers: a word always stands beside it."""
    drawing = SafeString(ICONS[name])
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', drawing)


@register.simple_tag
def symbols(*names: str) -> SafeString:
    """Drawings that the page's script may copy, and the marks of the lights."""
    drawings = [("i", name, ICONS[name]) for name in names]
    drawings += [("m", name, drawing) for name, drawing in MARKS.items()]
    inside = format_html_join(
        "",
        '<symbol id="{}-{}">{}</symbol>',
        ((kind, name, SafeString(drawing)) for kind, name, drawing in drawings),
    )
    return format_html('<svg hidden aria-hidden="true">{}</svg>', inside)


@register.simple_tag
def options(choices: Iterable[Sequence[object]], chosen: object = "") -> SafeString:
    """The choices of a select: code, name and, where there is a third, whether it lies inside."""
    return drawn.options(choices, str(chosen or ""))


@register.simple_tag
def grouped(groups: drawn.Groups, chosen: object = "") -> SafeString:
    """The choices of a long select under headings."""
    return drawn.grouped(groups, str(chosen or ""))


@register.inclusion_tag("site/parts/city_menu.html", takes_context=True)
def city_menu(context: dict[str, Any]) -> dict[str, object]:
    """The pages of city and system beside one of them, the one that is open marked."""
    request = context.get("request")
    if request is None or not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"parts": []}
    parts = parts_for(actor_of(request))
    pages = [line.page for _title, lines in parts for line in lines]
    near = [page for page in pages if request.path.startswith(reverse(page))]
    here = max(near, key=lambda page: len(reverse(page)), default="")
    return {"parts": parts, "here": here}


@register.inclusion_tag("site/parts/field.html")
def field(bound: BoundField, **words: object) -> dict[str, object]:
    """One field: label above, hint, error, control; `question=True` makes the label a heading.

    `rare="5 1"` keeps these choices one press away, where few may stand on a screen.
    """
    rare = str(words.get("rare", "")).split()
    return {"field": shown.Shown(bound, str(words.get("label", "")), rare=rare), **words}


@register.inclusion_tag("site/parts/fields.html")
def fields(form: BaseForm) -> dict[str, object]:
    """All fields of a form, in order."""
    return {"form": form}


@register.inclusion_tag("site/parts/error_summary.html")
def error_summary(*forms: BaseForm | None) -> dict[str, object]:
    """The box at the top that says how many things to change and leads to each."""
    return {
        "mistakes": [line for form in forms if form is not None for line in shown.mistakes(form)]
    }


@register.inclusion_tag("site/parts/empty.html")
def empty(title: str, text: str = "", url: str = "", link: str = "") -> dict[str, str]:
    """An empty state: is it empty or filtered, is that good, what next."""
    return {"title": title, "text": text, "url": url, "link": link}


@register.simple_tag
def built(name: str) -> str:
    """Address of a built file, with a mark of its content so that a new one is fetched."""
    stamp = _stamp(name)
    return static(f"built/{name}") + (f"?v={stamp}" if stamp else "")


def _stamp(name: str) -> str:
    found = finders.find(f"built/{name}")
    if not isinstance(found, str):
        return ""
    return _digest(found, Path(found).stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _digest(path: str, changed_at: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


@register.filter
def duration(minutes: int | timedelta | None) -> str:
    """「2时10分」."""
    return "" if minutes is None else short_span(_minutes(minutes))


@register.filter
def duration_long(minutes: int | timedelta | None) -> str:
    """「2 小时 10 分钟」."""
    return "" if minutes is None else long_span(_minutes(minutes))


@register.filter
def when(moment: datetime | None) -> str:
    """`2026-11-21 10:32` in the city's time."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


@register.filter
def day(moment: datetime | None) -> str:
    """`2026-11-21` in the city's time."""
    return f"{timezone.localtime(moment):%Y-%m-%d}" if moment else ""


@register.filter
def clock_time(moment: datetime | None) -> str:
    """`10:32` in the city's time."""
    return f"{timezone.localtime(moment):%H:%M}" if moment else ""


def _minutes(span: int | timedelta) -> int:
    return int(span.total_seconds() // 60) if isinstance(span, timedelta) else int(span)
