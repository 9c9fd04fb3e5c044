"""Each command × every field of every model as extra: refused, or ignored as declared; never kept.

`/api/v1` refuses what it does not know, Open311 ignores it (as the standard has it), forms of
pages pass on what they name and nothing else.
"""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.http import QueryDict
from pydantic import BaseModel, ConfigDict, ValidationError

from shiyu.api.tests.test_matrix import BODIES, OWE_A_REASON
from shiyu.api.urls import api  # declares every route
from shiyu.api.v1.routes import ROUTES
from shiyu.api.v1.shapes import In
from shiyu.api.v1.ways import WAYS
from shiyu.cases import actions
from shiyu.cases.models import Case, Report
from shiyu.desk.forms.together import TOGETHER_FORMS
from shiyu.desk.moves import MOVE_FORMS
from shiyu.desk.situation import Situation
from tests.who_may.city import City, traces, undone

assert api
OWN = [model for model in apps.get_models() if model.__module__.startswith("shiyu.")]
FIELDS = sorted(
    {f.attname for model in OWN for f in model._meta.fields}
    | {f.name for model in OWN for f in model._meta.fields}
    | {"actor", "subject", "held", "scopes", "is_staff", "is_superuser", "pk", "_state"}
)
EXTRA = "7"


def shapes() -> Iterator[type[BaseModel]]:
    waiting = list(In.__subclasses__())
    while waiting:
        shape = waiting.pop()
        yield shape
        waiting += shape.__subclasses__()


def lets_in(shape: type[BaseModel]) -> list[str]:
    """Fields of models that a body would take though it does not name them."""
    found = []
    for name in set(FIELDS) - set(shape.model_fields):
        try:
            shape.model_validate({name: EXTRA})
        except ValidationError as error:
            if any(e["type"] == "extra_forbidden" and e["loc"] == (name,) for e in error.errors()):
                continue
        found.append(f"{shape.__name__} takes {name}")
    return found


def test_no_body_takes_what_it_does_not_name() -> None:
    every = list(shapes())

    assert [found for shape in every for found in lets_in(shape)] == []
    assert len(every) * len(FIELDS) > 3_000
    print(f"who may: {len(every) * len(FIELDS)} extra fields of bodies")


def test_a_body_that_takes_more_is_caught() -> None:
    class Loose(BaseModel):
        model_config = ConfigDict(extra="ignore")
        text: str = ""

    assert len(lets_in(Loose)) == len(set(FIELDS) - {"text"})


@pytest.mark.parametrize("name", [n for n, r in ROUTES.items() if r.method == "POST"])
def test_a_route_refuses_every_field_of_a_model(name: str, kept: City) -> None:
    """Through the whole of a request, all of them at once: each is named in the refusal."""
    if ROUTES[name].upload:
        return
    system = kept.systems["key cases:intake at gulou"]
    if name.startswith("report"):
        system = kept.systems["key that reported"]
    said = BODIES.get(name, {"reason": "x"} if name[5:] in OWE_A_REASON else {})
    path = ROUTES[name].path.format(number=kept.cases["new"].number)
    before = traces()

    answer, after = undone(
        lambda: (system.post(path, dict.fromkeys(FIELDS, EXTRA) | said), traces())
    )

    assert answer.json()["code"] == "invalid", answer.json()
    assert after == before


@pytest.mark.parametrize("name", [n for n, r in ROUTES.items() if r.method == "GET"])
def test_an_address_refuses_every_field_of_a_model(name: str, kept: City) -> None:
    system = kept.systems["key cases:read at gulou"]
    path = ROUTES[name].path.format(
        number=kept.cases["new"].number, code="10101", token="x", size="small"
    )
    query = "&".join(f"{f}=7" for f in FIELDS if f not in ROUTES[name].known)

    assert system.get(f"{path}?{query}").status_code == 422


def test_open311_keeps_nothing_that_it_does_not_name(kept: City) -> None:
    said = {"description": "井盖破损", "service_code": "10101", "lat": "34.80", "long": "114.31"}
    system = kept.systems["key of Open311"]
    extra = {n: v for n, v in dict.fromkeys(FIELDS, EXTRA).items() if n not in NAMED_BY_OPEN311}

    def made(more: dict[str, str]) -> dict[str, Any]:
        answer = kept.client.post(
            "/open311/v2/requests.json?jurisdiction_id=410200",
            said | more | {"api_key": system.key},
        )
        number = answer.json()[0]["service_request_id"]
        case = Case.objects.get(number=number)
        report = Report.objects.get(case=case)
        skip = {"id", "number", "reported_at", "taken_in_at", "last_at", "due_at", "yellow_at"}
        kept_fields = {f.attname: getattr(case, f.attname) for f in Case._meta.fields}
        whose = (report.source, report.by_person_id)
        return {n: v for n, v in kept_fields.items() if n not in skip} | {"whose": whose}

    assert undone(lambda: made(extra)) == undone(lambda: made({}))


NAMED_BY_OPEN311 = frozenset(
    {
        *("description", "service_code", "lat", "long", "address", "address_id", "address_string"),
        *("jurisdiction_id", "api_key", "phone", "email", "first_name", "last_name", "device_id"),
        *("account_id", "media_url", "extensions"),
    }
)


def test_a_form_of_a_move_passes_on_what_it_names_alone(kept: City) -> None:
    """Each move's form filled with every field there is: its action gets its own alone."""
    wrong = []
    data = QueryDict(mutable=True)
    data.update(dict.fromkeys(FIELDS, EXTRA))
    for name, way in MOVE_FORMS.items():
        who = "handle for roads" if "unit" in way.form.passes else "intake at gulou"
        about = Situation.of(kept.cases["at work"], kept.actor(who))
        form = way.form(about, name, data)
        form.is_valid()
        taken = set(inspect.signature(way.act).parameters) - {"case", "actor", "version"}
        if not set(form.arguments()) <= set(form.passes) & taken:
            wrong.append((name, set(form.arguments()) - set(form.passes) & taken))
        if {"actor", "at", "case"} & set(form.passes):
            wrong.append((name, "passes who acts or when"))

    assert wrong == []


def test_a_bulk_move_keeps_what_its_form_names_alone() -> None:
    data = QueryDict(mutable=True)
    data.update(dict.fromkeys(FIELDS, EXTRA))
    for name, form in TOGETHER_FORMS.items():
        filled = form(data)
        filled.is_valid()
        kept = set(filled.said()) if not filled.errors else set(filled.cleaned_data)
        assert kept <= {*filled.asks, *(f"{f}_name" for f in filled.asks)}, name


@pytest.mark.parametrize("move", ["accept", "remark", "urge"])
def test_a_move_made_with_every_field_changes_what_it_changes_without(
    move: str, kept: City
) -> None:
    case = kept.cases["new"]
    who = "command at gulou" if move == "urge" else "intake at gulou"
    extra = {n: EXTRA for n in FIELDS if n not in {"version", "reason", "back"}}

    def made(more: dict[str, str]) -> dict[str, Any]:
        path = f"/cases/{case.number}/{move}/"
        answer = kept.browser(who).post(path, {"reason": "见说明"} | more)
        assert answer.status_code == 302, answer.status_code
        now = Case.objects.get(pk=case.pk)
        skip = {"last_at", "due_at", "yellow_at"}
        return {f.attname: getattr(now, f.attname) for f in Case._meta.fields if f.name not in skip}

    assert undone(lambda: made(extra)) == undone(lambda: made({}))


def test_every_move_of_the_interface_has_a_shape_of_its_own() -> None:
    for name, way in WAYS.items():
        assert way.shape.model_config["extra"] == "forbid", name
    assert inspect.isfunction(actions.accept)
