"""The look of the pages, held to the numbers of the design."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.http import QueryDict
from django.template import Context, Template
from django.template.loader import get_template
from django.utils import timezone

from shiyu.site.words import WORDS

WEB = settings.ROOT / "web"
BUILT = settings.ROOT / "shiyu" / "site" / "static" / "built"
TOKENS = (WEB / "src" / "css" / "tokens.css").read_text()
TEMPLATES = sorted((settings.ROOT / "shiyu").glob("*/templates/**/*.html"))
KB = 1000

# foreground, background, contrast in light, contrast in dark: the tables of the design
TEXT = [
    ("text", "surface", 16.01, 13.49),
    ("text", "page", 14.78, 15.01),
    ("text-2", "surface", 8.17, 8.71),
    ("text-2", "page", 7.54, 9.69),
    ("text-3", "surface", 5.49, 6.12),
    ("text-3", "page", 5.07, 6.80),
    ("control", "surface", 3.86, 4.09),
    ("control", "page", 3.56, 4.55),
    ("border", "surface", 1.42, 1.46),
    ("primary", "surface", 6.84, 7.31),
    ("primary", "page", 6.31, 8.13),
    ("on-primary", "primary", 6.84, 8.38),
    ("green-text", "green-soft", 7.37, 9.31),
    ("yellow-text", "yellow-soft", 7.37, 9.35),
    ("red-text", "red-soft", 7.06, 8.28),
    ("grey-text", "grey-soft", 7.39, 7.04),
    ("info-text", "info-soft", 5.89, 6.75),
    ("drill-text", "drill-soft", 6.97, 7.55),
    ("green", "surface", 3.68, 10.64),
    ("yellow", "surface", 1.88, 11.11),
    ("red", "surface", 6.89, 4.59),
    ("grey", "surface", 6.36, 5.68),
    ("yellow-rim", "surface", 8.31, 11.11),
]
# What the stylesheets put on each other beyond the tables.
READABLE = [
    ("text", "sunken"),
    ("text-2", "sunken"),
    ("text-3", "sunken"),
    ("primary", "sunken"),
    ("text", "primary-soft"),
    ("text-2", "primary-soft"),
    ("primary", "primary-soft"),
    ("on-primary", "primary-hover"),
    ("text", "info-soft"),
    ("text", "yellow-soft"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def token(name: str, theme: str) -> str:
    found = re.search(rf"--c-{name}: light-dark\((#\w{{6}}), (#\w{{6}})\);", TOKENS)
    assert found, f"no token --c-{name}"
    return found[1] if theme == "light" else found[2]


@pytest.mark.parametrize(("front", "ground", "light", "dark"), TEXT)
def test_tokens_have_the_contrast_the_design_prints(front, ground, light, dark):
    assert contrast(token(front, "light"), token(ground, "light")) == pytest.approx(
        light, abs=0.006
    )
    assert contrast(token(front, "dark"), token(ground, "dark")) == pytest.approx(dark, abs=0.006)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground"), READABLE)
def test_text_on_every_ground_is_readable(front, ground, theme):
    assert contrast(token(front, theme), token(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "surface", "sunken", "primary-soft"])
def test_focus_ring_stands_out_on_every_ground(ground, theme):
    assert contrast(token("focus", theme), token(ground, theme)) >= 3


def test_only_the_tokens_name_colours():
    for sheet in (WEB / "src" / "css").glob("*.css"):
        if sheet.name not in ("tokens.css", "print.css"):
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b", sheet.read_text()), sheet.name


def weight(*names: str) -> float:
    return sum(len(gzip.compress((BUILT / name).read_bytes(), 9)) for name in names) / KB


def with_imports(name: str) -> set[str]:
    """A script and everything it loads at once (not what it loads when asked)."""
    text = (BUILT / name).read_text()
    needed = {name}
    for found in re.findall(r'(?:from|import)\s*"\./([^"]+)"', text):
        path = str((Path(name).parent / found).as_posix())
        needed |= with_imports(path)
    return needed


@pytest.mark.parametrize(("face", "script_kb", "style_kb"), [("portal", 25, 25), ("desk", 60, 25)])
def test_first_view_keeps_its_weight(face, script_kb, style_kb):
    assert BUILT.is_dir(), "build the pages' scripts first: npm run build in web/"
    assert weight(*with_imports(f"{face}.js")) <= script_kb
    assert weight(f"{face}.css") <= style_kb


def test_the_map_is_loaded_only_when_asked_for():
    assert not any("map" in name for name in with_imports("portal.js") | with_imports("desk.js"))
    assert list(BUILT.glob("parts/map-*.js"))
    assert list(BUILT.glob("parts/maplibre-gl-worker-*.js"))


def test_nothing_built_asks_another_server():
    for sheet in BUILT.glob("**/*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_inline_style_or_script(path):
    text = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", path.read_text(), flags=re.S)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"<[^>]*\sstyle=", text)
    assert not re.search(r"<[^>]*\son[a-z]+=", text)
    assert not re.search(r"<script\b(?![^>]*\bsrc=)", text)
    assert "hx-on" not in text
    assert not re.search(r"hx-(vals|headers)=['\"](js|javascript):", text)
    assert not re.search(r"hx-trigger=['\"][^'\"]*\[", text)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_are_well_formed(path):
    get_template(
        path.relative_to(next(p for p in path.parents if p.name == "templates")).as_posix()
    )


def shown(source: str, **context: object) -> str:
    return Template("{% load shiyu %}" + source).render(Context(context))


def clock(light: str | None, left: int | None = None, **more: object) -> dict[str, object]:
    due = timezone.now() + timedelta(minutes=left) if left is not None else None
    return {"light": light, "minutes_left": left, "due": due, **more}


def name_of(light: str) -> str:
    found = re.search(r'light-name">([^<]*)<', light)
    assert found
    return found[1]


def test_a_light_says_word_time_and_due():
    due = datetime(2026, 11, 21, 4, 37, tzinfo=UTC)
    light = shown("{% light c %}", c={"light": "yellow", "minutes_left": 25, "due": due})
    assert "临期" in light
    assert "剩 25分" in light
    assert re.match(r"临期，剩余 25 分钟，应于 (.+ )?12 时 37 分前办结$", name_of(light))


def test_an_overdue_light_says_by_how_much():
    light = shown("{% light c 'row' %}", c=clock("red", -35))
    assert "超 35分" in light
    assert name_of(light).startswith("超期，超出 35 分钟，应于 ")


def test_beside_its_word_an_overdue_light_does_not_say_so_twice():
    light = shown("{% light c %}", c=clock("red", -35))
    assert re.findall(r'light-(?:word|time)"[^>]*>([^<]*)<', light) == ["超期", "35分"]


def test_a_paused_light_says_why_and_does_not_tick():
    light = shown("{% light c %}", c=clock("grey", pause_reason="核查中"))
    assert name_of(light) == "暂停，核查中"
    assert "data-runs" not in light


def test_a_light_is_never_a_bare_dot():
    for colour, left in (("green", 200), ("yellow", 6), ("red", -1), ("grey", None), (None, None)):
        for form in ("full", "row", "word"):
            light = shown("{% light c form %}", c=clock(colour, left), form=form)
            words = re.sub(r"<span class=\"sr.*?</span>|<[^>]+>", "", light).strip()
            assert words, (colour, form)


def test_a_light_carries_what_the_script_needs_to_tick():
    until = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    light = shown("{% light c %}", c=clock("green", 130, runs_until=until, warn_left=30))
    assert 'data-left="130"' in light
    assert 'data-warn="30"' in light
    assert 'data-until="2026-11-21T' in light
    assert 'data-runs="1"' in light
    assert "data-runs" not in shown("{% light c %}", c=clock("green", 130, running=False))


@pytest.mark.parametrize(
    ("minutes", "short", "long"),
    [
        (0, "0分", "0 分钟"),
        (25, "25分", "25 分钟"),
        (60, "1时", "1 小时"),
        (130, "2时10分", "2 小时 10 分钟"),
        (1110, "18时", "18 小时 30 分钟"),
    ],
)
def test_spans_are_said_short_in_tables_and_long_to_residents(minutes, short, long):
    assert shown("{{ m|duration }}", m=minutes) == short
    assert shown("{{ m|duration_long }}", m=timedelta(minutes=minutes)) == long


def test_times_are_shown_in_the_citys_zone():
    moment = datetime(2026, 11, 21, 2, 32, tzinfo=UTC)
    assert shown("{{ m|when }} {{ m|day }} {{ m|clock_time }}", m=moment) == (
        "2026-11-21 10:32 2026-11-21 10:32"
    )


class Report(forms.Form):
    address = forms.CharField(
        label="地址", help_text="街道和门牌", error_messages={"required": "填写街道和门牌"}
    )
    words = forms.CharField(label="补充", required=False)
    kind = forms.ChoiceField(
        label="类别", choices=[("a", "井盖"), ("b", "垃圾")], widget=forms.RadioSelect
    )


def test_a_field_has_label_hint_and_error_tied_to_it():
    html = shown("{% field f.address %}", f=Report(QueryDict("kind=a")))
    assert '<label for="id_address">地址</label>' in html
    assert 'aria-describedby="id_address_hint id_address_error"' in html
    assert 'id="id_address_error"' in html
    assert 'aria-invalid="true"' in html
    assert "填写街道和门牌" in html


def test_optional_fields_say_so_and_nothing_is_required_by_the_browser():
    html = shown("{% fields f %}", f=Report())
    assert html.count("选填") == 1
    assert "required" not in html


def test_choices_are_whole_rows_in_a_named_group():
    html = shown("{% field f.kind %}", f=Report(QueryDict("kind=b")))
    assert "<legend>类别" in html
    assert html.count('class="big-choice"') == 2
    assert re.search(r'value="b"[^>]*checked', html)


def test_the_summary_counts_and_links_each_mistake():
    html = shown("{% error_summary f %}", f=Report(QueryDict("")))
    assert "有 2 处需要修改" in html
    assert 'href="#id_address"' in html
    assert 'href="#id_kind"' in html
    assert 'tabindex="-1"' in html
    assert shown("{% error_summary f %}", f=Report()).strip() == ""


def test_a_built_file_carries_a_mark_of_its_content():
    assert re.search(r"built/desk\.js\?v=[0-9a-f]{10}$", shown('{% built "desk.js" %}'))


def test_the_scripts_sentences_are_all_listed_for_translation():
    scripts = "".join(path.read_text() for path in sorted((WEB / "src").glob("*.ts")))
    said = set(re.findall(r'\bt\(\s*"([^"]+)"', scripts))
    keys = scripts[scripts.index("const KEYS") :]
    said |= set(re.findall(r'\["[^"]+", "([^"]+)"\]', keys[: keys.index("];")]))
    assert said == set(WORDS)
