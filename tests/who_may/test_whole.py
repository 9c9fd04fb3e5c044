"""The matrix is whole: whatever is not in its tables fails here, and says where to write it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import get_resolver, path
from django.urls.resolvers import URLPattern, URLResolver
from procrastinate.contrib.django import app

from shiyu.api.models import Verb
from shiyu.api.urls import api  # declares every route
from shiyu.api.v1.routes import ROUTES
from shiyu.cases.lifecycle import MOVES, OPEN, Stage
from shiyu.cases.models import Assignment, Case, Report
from shiyu.people.duties import LOOK, Duty
from tests.who_may import declared
from tests.who_may.cases import CASES
from tests.who_may.city import City
from tests.who_may.people import KEYS, PEOPLE
from tests.who_may.policy import TABLE

SHIYU = Path(__file__).resolve().parents[2] / "shiyu"
HANDS_OUT = re.compile(r"\b(FileResponse|StreamingHttpResponse|xlsxwriter|csv\.writer)\b")
assert api


def names(entries: list[Any] | None = None, space: str = "") -> Iterator[str]:
    """Every route by its name."""
    for entry in get_resolver().url_patterns if entries is None else entries:
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from names(entry.url_patterns, inner)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name}"


def tasks() -> set[str]:
    app.perform_import_paths()
    return set(app.tasks)


def handing_out() -> set[str]:
    return {
        str(file.relative_to(SHIYU))
        for file in SHIYU.rglob("*.py")
        if "tests" not in file.parts and HANDS_OUT.search(file.read_text())
    }


def feed_paths(source: str) -> set[str]:
    """The addresses that the feed's program compares with."""
    tree = ast.parse(source)
    compared = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    texts = (n for c in compared for n in ast.walk(c) if isinstance(n, ast.Constant))
    return {n.value for n in texts if isinstance(n.value, str) and n.value.startswith("/")}


def topics(sources: str) -> set[str]:
    """What the feed's tables are told of."""
    return set(re.findall(r"topic = '(\w+)'", sources))


def sources() -> Iterator[tuple[str, str]]:
    """What is written for the server and for the browser."""
    for folder, kind in ((SHIYU, "*.py"), (SHIYU.parent / "web" / "src", "*.ts")):
        for file in folder.rglob(kind):
            if "tests" not in file.parts:
                yield str(file.relative_to(SHIYU.parent)), file.read_text()


ASGI = (SHIYU / "live" / "asgi.py").read_text()
FEED = (SHIYU / "live" / "feed.py").read_text()


def columns() -> list[str]:
    return [f.name for model in (Case, Report, Assignment) for f in model._meta.get_fields()]


def test_nothing_is_missing() -> None:
    wrong = [
        *declared.routes(names()),
        *declared.operations(ROUTES),
        *declared.duties([*Duty.values, LOOK]),
        *declared.grants(Verb.values),
        *declared.moves({name: move.duties for name, move in MOVES.items()}),
        *declared.stages(set(Stage) - OPEN),
        *declared.columns(columns()),
        *declared.columns(Stage.values),
        *declared.of("job", tasks(), {*declared.TASKS, *declared.PROGRAMS_OWN_TASKS}, "TASKS"),
        *declared.of("kind of export", handing_out(), declared.HANDS_OUT, "HANDS_OUT"),
        *declared.of("address of the feed", feed_paths(ASGI), declared.FEED_PATHS, "FEED_PATHS"),
        *declared.of("topic of the feed", topics(FEED), declared.FEED_TOPICS, "FEED_TOPICS"),
        *declared.channels([*declared.ROUTES.values(), *declared.OPERATIONS.values()]),
        *declared.not_built(dict(sources())),
        *declared.channels([*declared.TASKS.values(), *declared.HANDS_OUT.values()][:2]),
    ]

    assert wrong == []


def test_nothing_is_declared_that_is_not_there() -> None:
    gone = {
        *(set(declared.ROUTES) - set(names())),
        *(set(declared.OPERATIONS) - set(ROUTES)),
        *({*declared.TASKS, *declared.PROGRAMS_OWN_TASKS} - tasks()),
        *(set(declared.HANDS_OUT) - handing_out()),
        *(set(TABLE) - {*Duty.values, LOOK}),
    }

    assert gone == set()


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (lambda: declared.routes(names([path("cases/leak/", print, name="leak")])), "ROUTES"),
        (lambda: declared.routes(["desk:planted"]), "ROUTES"),
        (lambda: declared.operations([*ROUTES, "list_secrets"]), "OPERATIONS"),
        (lambda: declared.duties([*Duty.values, "supervise"]), "TABLE"),
        (lambda: declared.grants([*Verb.values, "cases:all"]), "GRANTS"),
        (lambda: declared.moves({"seal": ("command",)}), "WORK_OF"),
        (lambda: declared.moves({"close": ("intake", "handle")}), "the table says"),
        (lambda: declared.stages(["archived"]), "cases.py"),
        (lambda: declared.columns(["sealed_at"]), "policy.py"),
        (lambda: declared.of("job", ["desk.mail_all"], declared.TASKS, "TASKS"), "TASKS"),
        (
            lambda: declared.of(
                "address of the feed",
                feed_paths('if scope["path"] == "/feed/all": pass'),
                declared.FEED_PATHS,
                "FEED_PATHS",
            ),
            "FEED_PATHS",
        ),
        (
            lambda: declared.of(
                "topic of the feed",
                topics("JOIN x ON topic = 'person'"),
                declared.FEED_TOPICS,
                "FEED_TOPICS",
            ),
            "FEED_TOPICS",
        ),
        (lambda: declared.of("kind of export", ["desk/csv.py"], [], "HANDS_OUT"), "HANDS_OUT"),
        (lambda: declared.channels(["offline page"]), "CHANNELS"),
        (
            lambda: declared.not_built({"web/src/off.ts": "navigator.serviceWorker.register()"}),
            "NOT_BUILT",
        ),
        (lambda: declared.not_built({"x/models.py": "class Letter(models.Model):"}), "NOT_BUILT"),
    ],
)
def test_what_is_planted_is_caught_and_told_where_it_belongs(found: Any, says: str) -> None:
    sentences = found()

    assert len(sentences) == 1
    assert says in sentences[0]


def test_the_city_is_as_the_tables_say(kept: City) -> None:
    """Each case stands at the stage, place and centre, with the parts, that its row names."""
    units = {unit.pk: name for name, unit in kept.world.units.items()}
    places = {place.pk: name for name, place in kept.world.places.items()}
    wrong = []
    for name, told in CASES.items():
        case = kept.cases[name]
        parts = {units[p.unit_id] for p in Assignment.objects.filter(case=case)}
        named = Report.objects.filter(case=case, reporter__isnull=False).exists()
        found = (case.stage, places[case.place_id], units[case.centre_id], parts, named)
        row = (told.stage, told.place, told.centre, {*told.parts, *told.gone}, told.named)
        if found != row:
            wrong.append((name, found, row))

    assert set(kept.cases) == set(CASES)
    assert wrong == []


def test_the_tables_are_large_enough_to_mean_something() -> None:
    assert len(PEOPLE) >= 45
    assert len(KEYS) >= 25
    assert len(CASES) >= 19
