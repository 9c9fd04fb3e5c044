"""What the program must never be able to do, absent from dependencies, tables and routes (T-P6).

No recognising of faces or plates, no crawling of social media, no score, rank, label, forecast or
watch-list of a person, no mood of a text. Each ban is shown to bite by something planted.
"""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.db import models
from django.urls import get_resolver

from shiyu.common.home import PROJECT
from shiyu.desk.columns import COLUMNS
from shiyu.people.models import Person

PACKAGE = re.compile(r"^([a-zA-Z0-9][a-zA-Z0-9._-]*)==", re.M)
DENIED_PACKAGES = re.compile(
    r"face[-_]?recog|insightface|deepface|dlib|facenet|arcface|retinaface|mtcnn|openface|"
    r"hyperlpr|openalpr|\balpr|plate[-_]?recog|lprnet|easyocr|paddleocr|"
    r"speechbrain|resemblyzer|pyannote|voiceprint|gait|"
    r"tweepy|snscrape|weibo|praw|facebook|instagram|twitter|tiktok|douyin|telethon|scrapy|"
    r"snownlp|textblob|vader|sentiment|"
    r"mixpanel|segment-analytics|posthog|amplitude|sentry",
    re.I,
)
JUDGED = frozenset(
    [
        "score",
        "scores",
        "scored",
        "rank",
        "ranking",
        "rating",
        "grade",
        "level",
        "tier",
        "label",
        "labels",
        "tag",
        "tags",
        "risk",
        "risky",
        "embedding",
        "embeddings",
        "vector",
        "fingerprint",
        "faceprint",
        "voiceprint",
        "biometric",
        "credit",
        "trust",
        "trusted",
        "reputation",
        "loyalty",
        "stability",
        "sentiment",
        "mood",
        "emotion",
        "attitude",
        "threat",
        "danger",
        "suspicion",
        "suspect",
        "blacklist",
        "blocklist",
        "watchlist",
        "watched",
        "profile",
        "persona",
        "prediction",
        "predicted",
        "propensity",
        "nuisance",
        "troublemaker",
        "repeat_caller",
        "petitioner_kind",
        "vip",
        "karma",
        "points",
        "demerit",
    ]
)
"""Words in a column's or a model's name that judge; of a person they are never kept."""
OF_PEOPLE = frozenset(
    {"people_person", "cases_reporter", "cases_report", "notices_follower", "privacy_demand"}
)
"""Tables whose rows are persons or stand for one."""
MEANT_OTHERWISE = {
    ("cases_rating", "cases_rating"): "what a reporter says of the work, never of a reporter",
}
DENIED_ROUTES = re.compile(
    r"score|\brank|profiling|watch-?list|black-?list|face|plate|sentiment|opinion|stability|"
    r"resident(s)?/|citizen(s)?/|crawl|petitioner|live-?view|track-?person",
    re.I,
)
DENIED_CALLS = re.compile(r"sentiment|face_recogn|recognise_face|plate_number|weibo|douyin", re.I)


def packages(text: str) -> list[str]:
    return PACKAGE.findall(text)


def denied_packages(names: Iterable[str]) -> list[str]:
    return [
        f"{name} recognises, crawls or judges people: this program does without (safety 4.1)"
        for name in names
        if DENIED_PACKAGES.search(name)
    ]


def of_a_person(model: type[models.Model]) -> bool:
    """Whether a row is a person, or is keyed by one alone."""
    if model._meta.db_table in OF_PEOPLE:
        return True
    keyed = [
        f for f in model._meta.concrete_fields if f.unique and isinstance(f, models.ForeignKey)
    ]
    return any(f.related_model._meta.db_table in OF_PEOPLE for f in keyed)


def judging(found: Iterable[type[models.Model]]) -> list[str]:
    wrong = []
    for model in found:
        table = model._meta.db_table
        names = [(table, "model")] if set(table.split("_")) & JUDGED else []
        if of_a_person(model):
            names += [
                (str(f.column), "column")
                for f in model._meta.concrete_fields
                if set(str(f.column).split("_")) & JUDGED
            ]
        points_at = [
            f
            for f in model._meta.concrete_fields
            if isinstance(f, models.ForeignKey) and f.related_model._meta.db_table in OF_PEOPLE
        ]
        if not (of_a_person(model) or points_at):
            continue
        wrong += [
            f"{table}.{name}: no {what} judges a person (PIPL 6, 24); priority comes from case, "
            f"place, asset and deadline alone"
            for name, what in names
            if (table, name) not in MEANT_OTHERWISE
        ]
    return wrong


def routes(resolver: object, before: str = "") -> list[str]:
    found = []
    for pattern in resolver.url_patterns:  # type: ignore[attr-defined]
        whole = before + str(pattern.pattern)
        found += routes(pattern, whole) if hasattr(pattern, "url_patterns") else [whole]
    return found


def denied_routes(paths: Iterable[str]) -> list[str]:
    return [
        f"/{p} leads to what must not be (safety 4.1)" for p in paths if DENIED_ROUTES.search(p)
    ]


def names_in(text: str) -> set[str]:
    tree = ast.parse(text)
    named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    named |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    return named | {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def counts_by_person(text: str) -> bool:
    """Whether something is counted for each reporter's number: a list of repeat callers."""
    return bool(
        re.search(r'values(_list)?\([^)]*"(reporter__)?found_by"[^)]*\)\s*\.annotate', text)
    )


def planted(app: str, name: str, /, **fields: models.Field) -> type[models.Model]:
    meta = type("Meta", (), {"app_label": app, "apps": Apps()})
    return type(name, (models.Model,), {"Meta": meta, "__module__": __name__, **fields})


def test_no_dependency_recognises_crawls_or_judges() -> None:
    locks = [p.read_text() for p in (PROJECT / "requirements").glob("*.lock")]
    scripts = (PROJECT / "web/package.json").read_text()

    assert locks
    assert denied_packages(name for text in locks for name in packages(text)) == []
    assert not DENIED_PACKAGES.search(scripts)


@pytest.mark.parametrize(
    "name",
    [
        "face-recognition",
        "insightface",
        "dlib",
        "hyperlpr3",
        "openalpr",
        "snownlp",
        "snscrape",
        "resemblyzer",
        "tweepy",
        "facenet-pytorch",
        "posthog",
    ],
)
def test_a_planted_dependency_is_caught(name: str) -> None:
    assert packages(f"{name}==1.0 \\\n    --hash=sha256:0") == [name]
    assert len(denied_packages([name])) == 1


def test_no_table_judges_a_person() -> None:
    assert judging(apps.get_models(include_auto_created=True)) == []


@pytest.mark.parametrize("word", ["score", "risk_level", "label", "face_embedding", "rank", "tags"])
def test_a_planted_column_of_a_person_is_caught(word: str) -> None:
    key = models.OneToOneField(Person, models.CASCADE)
    model = planted("planted", "Resident", person=key, **{word: models.IntegerField()})

    assert len(judging([model])) == 1


@pytest.mark.parametrize("name", ["Risk", "Watchlist", "Profile", "Sentiment"])
def test_a_planted_model_of_people_is_caught(name: str) -> None:
    key = models.ForeignKey(Person, models.CASCADE)

    assert len(judging([planted("people", name, person=key)])) == 1


def test_a_column_that_judges_a_case_is_not_meant() -> None:
    assert judging([planted("cases", "Lamp", level=models.IntegerField())]) == []


def test_no_route_leads_to_it() -> None:
    assert denied_routes(routes(get_resolver())) == []
    for path in ("residents/score/", "watchlist/", "opinion/", "faces/", "citizens/<int:pk>/"):
        assert denied_routes([path]), path


def test_no_column_of_a_list_or_a_file_judges_a_person() -> None:
    assert not [name for name in COLUMNS if set(name.split("_")) & JUDGED]


def test_no_code_reads_moods_or_counts_by_caller() -> None:
    sources = {
        path: path.read_text()
        for path in (PROJECT / "shiyu").rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts)
    }
    named = {p: {n for n in names_in(t) if DENIED_CALLS.search(n)} for p, t in sources.items()}

    assert {p: n for p, n in named.items() if n} == {}
    assert [p for p, t in sources.items() if counts_by_person(t)] == []
    assert names_in("def sentiment_of(text): ...") == {"sentiment_of"}
    assert counts_by_person('Reporter.objects.values("found_by").annotate(n=Count("pk"))')


def test_priority_knows_nothing_of_people() -> None:
    """What orders work reads no reporter: neither queues nor clocks nor suggestions."""
    for path in ("desk/queues.py", "desk/filters.py", "cases/timing.py", "portal/suggest.py"):
        text = Path(PROJECT / "shiyu" / path).read_text()
        assert not re.search(r"\breporter\b|found_by|Reporter", text), path
