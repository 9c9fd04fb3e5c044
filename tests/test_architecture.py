"""What the house forbids everywhere, read from the source itself."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "shiyu"

WRITES = frozenset(
    {"save", "create", "update", "delete", "bulk_create", "bulk_update"}
    | {"update_or_create", "get_or_create"}
)
RECORDS = re.compile(r"\.objects\b|^(row|held|unit|case|part|draft|person|notice)\.save$")
"""What a write to a table looks like; `found.update(…)` on a set is none."""

ROOMS = frozenset({"actions", "bulk"})
MAY_WRITE = {
    "cases/retiming/sweep.py": "how far the sweep over due times has come, with its batch",
    "catalogue/following.py": "responsibilities follow a unit inside the unit's own change",
    "catalogue/uploads.py": "a file between being looked at and being published",
    "places/following.py": "rosters follow a person inside the action of leaving",
    "portal/receivers.py": "a draft forgets what was erased, in the erasing's transaction",
    "cases/search.py": "the search index is kept by the actions through it, in their transaction",
    "cases/parts.py": "rows as the replay says they stand; the turn saves them",
    "common/attempts.py": "counters of tries, a table of its own without a module's actions",
    "common/once.py": "kept answers, a table of its own without a module's actions",
    "journal/jobs.py": "drops what the feed has sent; the journal's lines are not touched",
    "people/middleware.py": "when a session was last seen: allauth's own table",
    "people/forms.py": "the form that allauth has save a new password",
    "people/unit_import.py": "the bulk writer of units, beside its actions",
}

FACES = ("desk", "portal", "live", "notices", "files", "api")
MAY_ASK_FOR_ALL_CASES = {
    "desk/listing.py": "one page by the ids that a list of visible cases gave",
    "desk/records.py": "numbers of cases whose remarks were erased, for who keeps the journal",
    "portal/proofs.py": "into which case the one behind a receipt was merged",
    "api/open311/publishing.py": "which cases are published to everybody is its own rule",
    "desk/telling.py": "numbers of cases that a line of a visible case names",
    "desk/queues.py": "a subquery of one's own reports, met with visible_to",
    "portal/suggest.py": "how often a kind occurs; nothing of any case is shown",
    "portal/similar.py": "open reports close by: kind, distance and stage alone are shown",
}

NOT_ANSWERED_ONCE = {
    "people/views/own.py": {"keys": "sets a switch: twice is once"},
    "desk/views/exporting.py": {"download": "hands a file out; each download is on the record"},
    "desk/views/searching.py": {"search": "looks something up; each search is on the record"},
    "site/looks.py": {"size": "sets a cookie: twice is once"},
    "notices/views/settings.py": {"confirm": "a code counts once; a wrong guess stays counted"},
    "notices/views/receipts.py": {"receipt": "a receipt says what is so: twice is once"},
    "notices/views/subscriptions.py": {"reveal": "a secret is shown once: no answer is kept"},
    "people/views/identity.py": {
        "begin": "leads to the identity service; nothing is written",
        "link": "leads to the identity service; nothing is written",
    },
    "privacy/views/demands.py": {"copy": "hands a person's data out; each time is on the record"},
    "portal/views/own_data.py": {"copy": "hands one's data out: no answer is kept"},
    "portal/views/proof.py": {"check": "checks what is shown; nothing is written"},
    "portal/views/home.py": {"clear": "a draft thrown away is gone"},
    "api/views/keys.py": {
        "new": "once by itself: what is kept must not hold the key",
        "rotate": "once by itself: what is kept must not hold the key",
    },
    "portal/views/following.py": {"find": "looks a code up and leads to it"},
    "portal/views/placing.py": {"place": "an answer of a draft: twice is once"},
    "portal/views/sorting.py": {
        "kind": "an answer of a draft: twice is once",
        "all_kinds": "an answer of a draft: twice is once",
        "same": "an answer of a draft: twice is once",
    },
    "portal/views/sending.py": {"check": "the draft is the key: sent once, the receipt again"},
    "portal/views/whole.py": {"whole": "the draft that its form names is the key: sent once"},
    "portal/views/writing.py": {
        "photo": "a draft takes three photos at the most and shows them",
        "words": "an answer of a draft: twice is once",
        "drop_photo": "a photo taken out is gone",
    },
}
POSTS = re.compile(r"require_POST|get_or_post|\bPOST\b")

ESCAPES = re.compile(r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off|mark_safe|__html__")


def sources(*under: str) -> Iterator[tuple[str, ast.Module]]:
    """Every production file below, with its tree."""
    for folder in under or [""]:
        for path in sorted((PROGRAM / folder).rglob("*.py")):
            if "tests" not in path.parts and "migrations" not in path.parts:
                yield str(path.relative_to(PROGRAM)), ast.parse(path.read_text())


def writes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            if node.func.attr in WRITES and RECORDS.search(called):
                yield f"{node.lineno} {called}"


def test_records_are_written_by_actions_and_bulk_writers_alone() -> None:
    found = {
        f"{name}:{write}"
        for name, tree in sources()
        if not ROOMS & set(Path(name).with_suffix("").parts) and name not in MAY_WRITE
        for write in writes(tree)
    }

    assert found == set()


def test_faces_find_cases_through_visible_to() -> None:
    found = {
        f"{name}:{node.lineno}"
        for name, tree in sources(*FACES)
        if name not in MAY_ASK_FOR_ALL_CASES
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"Case.objects", "Case._base"}
    }

    assert found == set()


def test_what_is_excused_still_needs_its_excuse() -> None:
    excused = {*MAY_WRITE, *MAY_ASK_FOR_ALL_CASES, *NOT_ANSWERED_ONCE}

    assert {name for name in excused if not (PROGRAM / name).is_file()} == set()


def views() -> Iterator[tuple[str, ast.FunctionDef, str]]:
    """Every view function that takes POST, with its decorators as written."""
    for name, tree in sources():
        if "views" not in Path(name).with_suffix("").parts and name != "site/looks.py":
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                around = " ".join(ast.unparse(d) for d in node.decorator_list)
                if POSTS.search(around):
                    yield name, node, around


def test_whatever_is_posted_twice_is_done_once() -> None:
    open_to_repeats = {
        f"{name}:{view.name}"
        for name, view, around in views()
        if "answered_once" not in around and view.name not in NOT_ANSWERED_ONCE.get(name, {})
    }

    assert open_to_repeats == set()
    assert sum("answered_once" in around for _, _, around in views()) > 10


INSIDE = " proposing"
"""No guard: what a page may not do alone it proposes, and that answer is kept as any other."""


def test_an_answer_is_kept_only_for_those_who_were_let_in() -> None:
    """The guards stand outside: a kept answer is never given to one who may not ask."""
    turned = {
        f"{name}:{view.name}"
        for name, view, around in views()
        if "answered_once" in around
        and not around.removesuffix(INSIDE).split()[-1].endswith("answered_once")
    }

    assert turned == set()


@pytest.mark.parametrize("kind", ["*.html", "*.txt", "*.py"])
def test_nothing_is_shown_unescaped(kind: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in PROGRAM.rglob(kind)
        if "tests" not in path.parts and "node_modules" not in path.parts
        for match in ESCAPES.finditer(path.read_text())
    }

    assert found == set()


def test_safe_strings_are_made_of_our_own_drawings_alone() -> None:
    """`SafeString(…)` is mark_safe by another name: only constants of ours may be in it."""
    made = {
        f"{name}: {ast.unparse(node)}"
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "SafeString"
    }

    ours = re.compile(
        r"SafeString\((ICONS\[\w+\]|drawing)\)$"
        r"|^site/drawn\.py: SafeString\(''\.join\(parts\)\)$"  # escaped there: test_drawn.py
    )
    assert {call for call in made if not ours.search(call)} == set()


def test_no_view_is_freed_of_the_protection_against_forged_forms() -> None:
    named = {name for name, tree in sources() if "csrf_exempt" in ast.unparse(tree)}

    assert named == set()


def test_every_text_has_its_english() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/messages.py", "check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
