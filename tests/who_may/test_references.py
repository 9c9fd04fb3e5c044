"""Whatever names a record in a body or an address: another's is answered as one that is not there.

Same status, same sentence, nothing written. `FIELDS` declares what each field of every form and
body names; a new field fails until it stands there, and if it names a record, until it is tried.
"""

import ast
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.utils import timezone

from shiyu.api.urls import api  # declares every route
from shiyu.api.v1.shapes import In
from shiyu.cases.models import Report
from shiyu.cases.tests.world import a_photo
from shiyu.desk.actions import batches, exports, keeping
from shiyu.desk.columns import USUAL
from shiyu.desk.forms.base import KindField, UnitField, UnitsField
from shiyu.desk.models import Export
from shiyu.desk.queues import QUEUES
from shiyu.files.models import Photo
from shiyu.journal.models import Remark
from shiyu.notices.actions import owe
from shiyu.notices.models import Notice
from shiyu.people.models import Appointment, PostDuty
from tests.every_page.address import OTHERS, STRANGE
from tests.who_may.city import City, traces, undone

assert api
SHIYU = Path(__file__).resolve().parents[2] / "shiyu"
NO_CASE = "KF20200101999999"

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


Ask = Callable[[City, str], Any]
Values = Callable[[City], tuple[str, str]]


def of_key(path: str, body: Callable[[str], dict[str, Any]] | None = None) -> Ask:
    def ask(city: City, value: str) -> Any:
        system = city.systems["all"]  # whoever may do all in one county
        mine = city.cases["at work"].number
        where = path.format(value=value, mine=mine)
        if body is None:
            return system.get(where)
        return system.post(where, body(value), once="0123456789abcdef0123456789abcdef")

    return ask


def of_page(who: str, path: str, **body: str) -> Ask:
    def ask(city: City, value: str) -> Any:
        at_work, new = city.cases["at work"], city.cases["new"]
        where = path.format(value=value, mine=at_work.number, new=new.number)
        browser = city.browser(who)
        if not body:
            return browser.get(where)
        said = {name: text.format(value=value) for name, text in body.items()}
        return browser.post(where, {k: v for k, v in said.items() if k != "_"})

    return ask


def case_number(city: City) -> tuple[str, str]:
    return city.cases["in another county"].number, NO_CASE


def case_id(city: City) -> tuple[str, str]:
    return str(city.cases["in another county"].pk), str(OTHERS)


def photo_of_a_case(city: City) -> tuple[str, str]:
    return city.photos["in another county"], STRANGE


def upload_of_another(city: City) -> tuple[str, str]:
    other = city.systems["key cases:report at city"]
    sent = other.upload(a_photo()).json()["id"]
    return str(uuid.UUID(sent)), str(uuid.uuid4())


def report_of_another(city: City) -> tuple[str, str]:
    other = Report.objects.filter(case=city.cases["in another county"]).latest("pk")
    return str(other.pk), str(OTHERS)


def batch_of_another(city: City) -> tuple[str, str]:
    actor = city.actor("dispatch at gulou")
    return batches.choose([city.cases["new"]], "remark", actor=actor).key, STRANGE


def export_of_another(city: City) -> tuple[str, str]:
    said = {"columns": USUAL, "purpose": "report", "reason": "周例会", "personal": False}
    actor = city.actor("intake at longting")
    made = exports.ask(QUEUES["all"], {}, actor=actor, later=lambda _one: None, **said)
    assert isinstance(made, Export)
    return made.key, STRANGE


def saved_of_another(city: City) -> tuple[str, str]:
    said = {"name": "我的", "filters": {}, "columns": ("kind",), "dense": False}
    actor = city.actor("intake at longting")
    kept = keeping.keep(QUEUES["all"], shared=False, opens_first=False, actor=actor, **said)
    return str(kept.pk), str(OTHERS)


def notice_of_another(city: City) -> tuple[str, str]:
    person = city.world.people["intake at longting"]
    case = city.cases["in another county"]
    owe([person.pk], case.subject, "urged", facts={}, at=timezone.now())
    return str(Notice.objects.latest("pk").pk), str(OTHERS)


def unit_without_a_part(city: City) -> tuple[str, str]:
    return str(city.world.units["lamps"].pk), str(OTHERS)


def remark_of_another_case(city: City) -> tuple[str, str]:
    of = city.cases["in another county"].subject
    return str(Remark.objects.filter(subject=of).latest("pk").pk), str(OTHERS)


def post_of_another(city: City) -> tuple[str, str]:
    person = city.world.people["dispatch at gulou"]
    return str(Appointment.objects.get(person=person).pk), str(OTHERS)


def duty_of_another(city: City) -> tuple[str, str]:
    person = city.world.people["dispatch at gulou"]
    held = Appointment.objects.get(person=person)
    return str(PostDuty.objects.get(post=held.post).pk), str(OTHERS)


def photo_id(value: str) -> list[str]:
    return [value]


WORDS = {"reason": "见说明"}
TRIED: dict[str, tuple[Values, Ask]] = {
    "API case": (case_number, of_key("/cases/{value}")),
    "API history": (case_number, of_key("/cases/{value}/history")),
    "API photos": (case_number, of_key("/cases/{value}/photos")),
    "API move": (case_number, of_key("/cases/{value}/moves/remark", lambda _v: WORDS)),
    "API merge into": (case_number, of_key("/cases/{mine}/moves/merge", lambda v: {"into": v})),
    "API batch number": (
        case_number,
        of_key(
            "/batches/moves",
            lambda v: {"items": [{"number": v, "move": "remark", "data": WORDS}]},
        ),
    ),
    "API report photos, of a case": (
        photo_of_a_case,
        of_key("/cases", lambda v: {"text": "x", "lon": 114.31, "lat": 34.8, "photos": [v]}),
    ),
    "API report photos, another's upload": (
        upload_of_another,
        of_key("/cases", lambda v: {"text": "x", "lon": 114.31, "lat": 34.8, "photos": [v]}),
    ),
    "API handle photos": (
        upload_of_another,
        of_key("/cases/{mine}/moves/handle", lambda v: WORDS | {"photos": [v]}),
    ),
    "API settle before and after": (
        upload_of_another,
        of_key(
            "/cases/{mine}/moves/settle",
            lambda v: {"kind": "20101", "before": [v], "after": [v]},
        ),
    ),
    "page of a case": (case_number, of_page("intake at gulou", "/cases/{value}/")),
    "page by id": (case_id, of_page("intake at gulou", "/cases/id/{value}/")),
    "row": (case_id, of_page("intake at gulou", "/desk/row/{value}/")),
    "move of a case": (
        case_number,
        of_page("intake at gulou", "/cases/{value}/remark/", reason="x"),
    ),
    "merge into": (
        case_number,
        of_page("intake at gulou", "/cases/{new}/merge/", into="{value}", checked="1"),
    ),
    "merge with one close by": (
        case_id,
        of_page("intake at gulou", "/cases/{new}/merge/", close_by="{value}", checked="1"),
    ),
    "cases of a batch": (
        case_id,
        of_page("intake at gulou", "/desk/together/", case="{value}", move="remark"),
    ),
    "news of a list": (case_id, of_page("intake at gulou", "/desk/news/?in=all&ids={value}")),
    "batch": (batch_of_another, of_page("intake at gulou", "/desk/together/{value}/")),
    "batch, begun": (
        batch_of_another,
        of_page("intake at gulou", "/desk/together/{value}/", go="1", reason="x"),
    ),
    "batch, taken back": (
        batch_of_another,
        of_page("intake at gulou", "/desk/together/{value}/undo/", _="x"),
    ),
    "export": (export_of_another, of_page("intake at gulou", "/desk/exports/{value}/")),
    "export, how far": (
        export_of_another,
        of_page("intake at gulou", "/desk/exports/{value}/progress/"),
    ),
    "export, decided": (
        export_of_another,
        of_page("intake at gulou", "/desk/exports/{value}/decide/", _="x"),
    ),
    "export, downloaded": (
        export_of_another,
        of_page("intake at gulou", "/desk/exports/{value}/download/", _="x"),
    ),
    "saved view": (
        saved_of_another,
        of_page("intake at gulou", "/desk/saved/{value}/delete/", _="x"),
    ),
    "notice": (notice_of_another, of_page("intake at gulou", "/notices/{value}/read/", do="open")),
    "who reported another case": (
        report_of_another,
        of_page("intake at gulou", "/cases/{mine}/reporter/{value}/", purpose="verify", reason="x"),
    ),
    "unit of a part": (
        unit_without_a_part,
        of_page("handle for roads", "/cases/{mine}/handle/", unit="{value}", reason="x"),
    ),
    "unit that asks": (
        unit_without_a_part,
        of_page("dispatch at gulou", "/cases/{mine}/extend/", unit="{value}", checked="1"),
    ),
    "photo": (photo_of_a_case, of_page("intake at gulou", "/files/{value}/full.jpg")),
    "remark of another case": (
        remark_of_another_case,
        of_page("security_admin", "/journal/{mine}/{value}/erase/", ground="error", reason="x"),
    ),
}


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
    Photo.objects.filter(public_id=STRANGE).exists()


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
