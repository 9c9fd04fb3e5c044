"""What stands on a page many times over, written without a template (成批画出).

A list has fifty lights and a page of moves thirty fields; a template for each of them costs more
than all the rest of the page. What is written here is short, has no text of its own, and is
compared with Django's own drawing in `site/tests/test_drawn.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeData, SafeString

from shiyu.site.icons import MARKS
from shiyu.site.lights import Light
from shiyu.site.quick import escaped

Told = Mapping[str, Any]
MARK = '<svg class="mark mark-{}" viewBox="0 0 16 16" aria-hidden="true">{}</svg>'
SILENT = '<span{} aria-hidden="true">{}</span>'
WORD, TIME = ' class="light-word"', ' class="light-time"'


def light(shown: Light, form: str, now: datetime) -> SafeString:
    """The clock light: `full` (mark, word, time), `row` (mark, time) or `word` (mark, word)."""
    in_row = form == "row"
    drawing = MARKS.get(shown.colour, "")
    parts = [f'<span class="light light-{shown.colour}{" light-row" if in_row else ""}"']
    parts += [_running(shown, now), ">"]
    if drawing:
        parts.append(MARK.format(shown.colour, drawing))
    if not in_row and shown.word:
        parts.append(SILENT.format(WORD, escaped(shown.word)))
    if in_row and shown.colour == "grey":
        parts.append(SILENT.format("", escaped(shown.word)))
    elif shown.colour == "none" or (form != "word" and shown.time):
        told = shown.time if in_row or not shown.word else shown.beside_word
        parts.append(SILENT.format(TIME, escaped(told)))
    elif in_row:
        parts.append(SILENT.format(WORD, escaped(shown.word)))
    parts.append(f'<span class="sr light-name">{escaped(shown.name)}</span></span>')
    return made(parts)


def options(choices: Iterable[Sequence[object]], chosen: str) -> SafeString:
    """The choices of a select: code, name and, where there is a third, whether it lies inside."""
    lines = []
    for code, name, *inner in choices:
        picked = " selected" if str(code) == chosen else ""
        indent = "\u3000" if any(inner) else ""
        lines.append(f'<option value="{_text(code)}"{picked}>{indent}{_text(name)}</option>')
    return made(lines)


Groups = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def grouped(groups: Groups, chosen: str) -> SafeString:
    """The choices of a select under their headings: codes and names."""
    drawn_ = _grouped(groups)
    plain = f'value="{_text(chosen)}"'
    return made([drawn_.replace(plain, f"{plain} selected", 1) if chosen else drawn_])


@lru_cache(maxsize=8)
def _grouped(groups: Groups) -> str:
    """The same for everybody, and long: drawn once for as long as nothing in it changes."""
    lines = []
    for heading, inside in groups:
        lines.append(f'<optgroup label="{_text(heading)}">')
        lines += [f'<option value="{_text(code)}">{_text(name)}</option>' for code, name in inside]
        lines.append("</optgroup>")
    return "".join(lines)


def control(template_name: str, widget: Told) -> SafeString | None:
    """The control that this template of Django's would draw; None for one not written here."""
    drawn = CONTROLS.get(template_name)
    return made([drawn(widget)]) if drawn else None


def made(parts: Iterable[str]) -> SafeString:
    """Put together: whatever is not of ours in it went through `escaped`.

    The one place where a text drawn without a template is called safe.
    """
    return SafeString("".join(parts))


def _running(shown: Light, now: datetime) -> str:
    """What the page's script needs to let the light run on."""
    if not shown.runs:
        return ""
    told = f' data-runs="1" data-light="{shown.colour}" data-left="{shown.left}"'
    told += f' data-at="{_moment(now)}"'
    if shown.until:
        told += f' data-until="{_moment(shown.until)}"'
    if shown.warn is not None:
        told += f' data-warn="{shown.warn}"'
    return f'{told} data-by="{escaped(shown.by)}"'


def _moment(moment: datetime) -> str:
    """In the city's time; the same `now` stands in every light of a page."""
    return _in_city(moment, timezone.get_current_timezone())


@lru_cache(maxsize=1024)
def _in_city(moment: datetime, city: tzinfo) -> str:
    return moment.astimezone(city).isoformat()


def _attributes(widget: Told) -> str:
    found = []
    for name, value in widget["attrs"].items():
        if value is True:
            found.append(f" {name}")
        elif value is not False:
            found.append(f' {name}="{_text(value)}"')
    return "".join(found)


def _text(value: object) -> str:
    """A value as a template would write it: what is safe already stays as it is."""
    text = str(value)
    return text if isinstance(text, SafeData) else escaped(text)


def _input(widget: Told) -> str:
    value = widget["value"]
    held = "" if value is None else f' value="{_text(value)}"'
    name = _text(widget["name"])
    return f'<input type="{widget["type"]}" name="{name}"{held}{_attributes(widget)}>'


def _textarea(widget: Told) -> str:
    value = widget["value"]
    held = _text(value) if value else ""
    return f'<textarea name="{_text(widget["name"])}"{_attributes(widget)}>\n{held}</textarea>'


def _select(widget: Told) -> str:
    lines = [f'<select name="{_text(widget["name"])}"{_attributes(widget)}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            lines.append(f'  <optgroup label="{_text(group)}">')
        lines += [f"  {_option(option)}" for option in options]
        if group:
            lines.append("  </optgroup>")
    return "\n".join([*lines, "</select>"])


def _option(option: Told) -> str:
    told = f'<option value="{_text(option["value"])}"{_attributes(option)}>'
    return f"{told}{_text(option['label'])}</option>"


CONTROLS: dict[str, Callable[[Told], str]] = {
    "django/forms/widgets/hidden.html": _input,
    "django/forms/widgets/input.html": _input,
    "django/forms/widgets/number.html": _input,
    "django/forms/widgets/text.html": _input,
    "django/forms/widgets/date.html": _input,
    "django/forms/widgets/email.html": _input,
    "django/forms/widgets/file.html": _input,
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
}
"""Django's own templates of controls that are written here instead."""
