"""What the program may not do is not done; and whoever did it would be seen."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.bad_input.bans import BANS, Ban

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "shiyu"

SCRIPTS = re.compile(
    r"\.(innerHTML|outerHTML|srcdoc)\s*=|insertAdjacentHTML|createContextualFragment"
    r"|document\.write|DOMParser|setHTML|\beval\s*\(|new Function|javascript:"
    r"|postMessage|localStorage\.setItem\([^)]*(token|password|phone)"
)
MARKUP = re.compile(
    r"\|\s*safe(seq)?\b|autoescape\s+off|\bhx-on|\bhx-(vals|headers)=['\"](js|javascript):"
    r"|\{%\s*(include|extends)\s+request\.(GET|POST|META|COOKIES)"
)
WRITTEN = {
    "page.innerHTML = words": SCRIPTS,
    "row.insertAdjacentHTML('beforeend', words)": SCRIPTS,
    "eval(words)": SCRIPTS,
    "new Function(words)": SCRIPTS,
    "document.write(words)": SCRIPTS,
    "{{ case.text|safe }}": MARKUP,
    "{% autoescape off %}": MARKUP,
    "<p hx-on:click='x'>": MARKUP,
    "<a hx-vals='js:{}'>": MARKUP,
    "{% include request.GET.part %}": MARKUP,
}


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    return tuple(
        (str(path.relative_to(PROGRAM)), ast.parse(path.read_text()))
        for path in sorted(PROGRAM.rglob("*.py"))
        if "tests" not in path.parts and "migrations" not in path.parts
    )


def broken(ban: Ban) -> Iterator[tuple[str, str]]:
    for name, tree in sources():
        for node in ban.find(tree):
            yield name, f"{name}:{getattr(node, 'lineno', 0)} {ast.unparse(node)[:80]}"


@pytest.mark.parametrize("ban", BANS, ids=lambda ban: ban.name)
def test_what_is_banned_is_not_done(ban: Ban) -> None:
    found = list(broken(ban))

    assert [text for name, text in found if name not in ban.excused] == [], (
        f"{ban.name} is banned; do it another way, or excuse the file in bans.py and say why"
    )
    assert set(ban.excused) - {name for name, _ in found} == set(), "an excuse nobody needs"


@pytest.mark.parametrize("ban", BANS, ids=lambda ban: ban.name)
def test_whoever_did_it_would_be_seen(ban: Ban) -> None:
    assert list(ban.find(ast.parse(ban.planted))) != []
    assert list(ban.find(ast.parse(f"def view(request):\n    {ban.planted.splitlines()[-1]}")))


def test_scripts_and_templates_write_no_markup_from_words() -> None:
    places = [*(ROOT / "web" / "src").rglob("*.ts"), *PROGRAM.rglob("static/*/*.js")]
    places = [path for path in places if "built" not in path.parts]
    found = [f"{p.name}: {m.group()}" for p in places for m in SCRIPTS.finditer(p.read_text())]
    for path in [*PROGRAM.rglob("*.html"), *PROGRAM.rglob("*.txt")]:
        found += [f"{path.name}: {m.group()}" for m in MARKUP.finditer(path.read_text())]

    assert found == []


@pytest.mark.parametrize("text", WRITTEN)
def test_markup_from_words_would_be_seen(text: str) -> None:
    assert WRITTEN[text].search(text)
