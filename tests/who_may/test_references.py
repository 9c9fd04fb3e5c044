"""Whatever names a record in a body or an address: another's is answered as one that is not there.

Same status, same sentence, nothing written. `FIELDS` declares what each field of every form and
body names; a new field fails until it stands there, and if it names a record, until it is tried.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django import forms

from shiyu.api.urls import api  # declares every route
from shiyu.api.v1.shapes import In
from shiyu.desk.forms.base import KindField, UnitField, UnitsField
from tests.who_may.anothers import TRIED
from tests.who_may.city import City, traces, undone

assert api
SHIYU = Path(__file__).resolve().parents[2] / "shiyu"

OF_A_CASE, OF_A_PHOTO, OPEN = "a case", "a photo", "a record everybody may know"
BODIES: dict[str, str] = {
    "into": OF_A_CASE,
    "number": OF_A_CASE,
    **dict.fromkeys(("photos", "before", "after"), OF_A_PHOTO),
    **dict.fromkeys(("unit", "units", "lead", "co", "kind", "place", "standard"), OPEN),
}
"""Fields of `/api/v1` that name a record; the codes of units, kinds and places are no secret."""
PLAIN = frozenset(
    {
        *("reason", "text", "address", "lon", "lat", "channel", "ref", "name", "phone"),
        *("occurred_at", "until", "outcome", "found", "version", "data", "move", "items"),
        *("instead", "parts"),
    }
)
"""Fields that name nothing."""

CHOICES_OF: dict[str, str] = {
    "desk/forms/base.py": "unit: of the case's own parts alone (tried here)",
    "desk/forms/intake.py": "standard, close_by: of the case's own kinds and neighbours",
    "desk/forms/checking.py": "units: of the case's own parts alone",
    "desk/forms/reporting.py": "place: within one's own reach",
}
"""Files of forms whose fields offer records: of what, and why no other can be chosen."""


def shapes() -> set[str]:
    """The names of all fields of all bodies of `/api/v1`."""
    found: set[str] = set()
    waiting = list(In.__subclasses__())
    while waiting:
        shape = waiting.pop()
        found |= set(shape.model_fields)
        waiting += shape.__subclasses__()
    return found


def undeclared(fields: set[str]) -> list[str]:
    where = "write what it names into BODIES of tests/who_may/test_references.py, and try it there"
    return [f"the field {f} is not declared: {where}" for f in sorted(fields - {*BODIES, *PLAIN})]


def offering(sources: Iterator[tuple[str, str]]) -> list[str]:
    """Files with fields that offer records of the database, which are not declared."""
    where = "say of what, and why no other can be chosen, in CHOICES_OF of test_references.py"
    return [
        f"{name} offers records in a form: {where}"
        for name, text in sources
        if re.search(r"\bModel(Multiple)?ChoiceField\b|\bPlaceChoice\b", text)
        and name not in CHOICES_OF
        and name not in OF_THE_CITY
    ]


OF_THE_CITY = frozenset(
    {
        *("common/sentences.py",),  # says what is wrong with such a field
        *("people/forms.py", "people/post_forms.py", "people/unit_forms.py"),
        *("calendars/forms.py", "catalogue/forms.py", "places/forms.py", "api/forms.py"),
        *("notices/forms.py", "portal/forms.py"),
    }
)
"""Forms of administrators, to whom every record of these kinds is open."""


def sources() -> Iterator[tuple[str, str]]:
    for file in SHIYU.rglob("*.py"):
        if "tests" not in file.parts:
            yield str(file.relative_to(SHIYU)), file.read_text()


def test_every_field_is_declared() -> None:
    assert undeclared(shapes()) == []
    assert offering(sources()) == []
    assert set(BODIES) <= shapes()


def test_a_field_nobody_declared_is_caught() -> None:
    assert len(undeclared({*shapes(), "assignee"})) == 1
    planted = ("desk/forms/planted.py", "person = forms.ModelChoiceField(Person.objects.all())")
    assert "CHOICES_OF" in offering(iter([planted]))[0]


def plain(answer: Any, value: str) -> tuple[int, str]:
    """Status and words of an answer, without what was sent and what is new in each answer."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    text = re.sub(r'"(instance|request_id)":"[^"]*"', "", re.sub(r"<[^>]*>", " ", text))
    where = answer.headers.get("Location", "")
    return answer.status_code, " ".join(_unsaid(f"{text} {where}", value).split())


def _unsaid(text: str, value: str) -> str:
    text = re.sub(r"\b[0-9a-f]{32}\b", "@", text.replace(value.replace("-", ""), value))
    if value.isdecimal() and len(value) < 19:  # short enough to stand in a time or a count as well
        return re.sub(r"[0-9]+", "@", text)
    return text.replace(value, "@")


@pytest.mark.parametrize("what", TRIED)
def test_what_is_anothers_is_answered_as_if_it_were_not_there(what: str, kept: City) -> None:
    values, ask = TRIED[what]
    foreign, none = values(kept)
    before = traces()

    answers = []
    for value in (foreign, none):
        answer = undone(lambda v=value: (plain(ask(kept, v), v), traces()))
        answers.append(answer)

    assert answers[0][0] == answers[1][0]
    assert answers[0][1] == answers[1][1] == before or answers[0][0][0] == 200
    assert answers[0][0][0] in {200, 302, 404, 422}


def test_records_named_by_their_names_are_of_the_city_alone() -> None:
    """Units and kinds are named by words in forms; they are the city's own tables."""
    named = {UnitField, UnitsField, KindField}

    assert all(issubclass(field, forms.CharField) for field in named)


def test_nothing_of_a_request_is_taken_whole() -> None:
    """No form passes on what it does not name: neither ** of a body nor setattr of its keys."""
    assert [found for name, text in sources() for found in taken_whole(name, text)] == []


@pytest.mark.parametrize(
    "planted",
    [
        "Case.objects.create(**request.POST.dict())",
        "do(**data.model_dump(), **request.POST)",
        "for k, v in request.POST.items():\n    setattr(case, k, v)",
        "class F(forms.ModelForm):\n    class Meta:\n        fields = '__all__'",
    ],
)
def test_a_body_taken_whole_is_caught(planted: str) -> None:
    assert len(list(taken_whole("planted.py", planted))) == 1


def taken_whole(name: str, text: str) -> Iterator[str]:
    if "request" not in text and "__all__" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            spread = [ast.unparse(k.value) for k in node.keywords if k.arg is None]
            if any(re.search(r"request\.(POST|GET|body)", value) for value in spread):
                yield f"{name}:{node.lineno} passes a request on whole"
            is_set = isinstance(node.func, ast.Name) and node.func.id == "setattr"
            if is_set and "request" in text and not isinstance(node.args[1], ast.Constant):
                yield f"{name}:{node.lineno} sets what a request names"
        if isinstance(node, ast.Assign) and ast.unparse(node) == "fields = '__all__'":
            yield f"{name}:{node.lineno} takes every field of a model"
