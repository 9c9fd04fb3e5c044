"""Every address of Open311 and whom it answers what: all callers, looking and sending."""

from typing import Any

import pytest

from shiyu.api.open311.tests.calls import Citizen, citizen
from shiyu.api.open311.urls import urlpatterns
from shiyu.cases.tests.world import World
from shiyu.catalogue.models import Kind

pytestmark = pytest.mark.django_db

OK, MADE, BAD, NO, NONE, NO_METHOD = 200, 201, 400, 403, 404, 405
WHO = ("nobody", "wrong key", "business key", "who reported", "another")

ALL = (OK, NO, NO, OK, OK)
"""What anybody may ask; whoever shows a key must show a good one."""
OWN = (NO, NO, NO, OK, NONE)
"""What only the client may ask that sent the report."""
KEYS = (NO, NO, NO, OK, OK)

Row = tuple[str, tuple[int, ...], tuple[int, ...] | int]
LOOKS: dict[str, Row] = {
    "open311_discovery": ("discovery.json", ALL, NO_METHOD),
    "open311_openapi": ("openapi.json", ALL, NO_METHOD),
    "open311_services": ("v2/services.json", ALL, NO_METHOD),
    "open311_definition": ("v2/services/10101.json", ALL, NO_METHOD),
    "open311_requests": ("v2/requests.json", ALL, (NO, NO, NO, BAD, BAD)),
    "open311_request": ("v2/requests/{public}.json", ALL, NO_METHOD),
    "open311_token": ("v2/tokens/{token}.json", ALL, NO_METHOD),
    "open311_history": ("profile/v1/requests/{public}/history.json", ALL, NO_METHOD),
    "open311_updates": ("profile/v1/requests/{public}/updates.json", ALL, NO_METHOD),
    "open311_outcome": ("profile/v1/requests/{public}/outcome.json", ALL, NO_METHOD),
    "open311_documents": ("profile/v1/requests/{public}/documents.json", OWN, NO_METHOD),
    "open311_comments": (
        "profile/v1/requests/{public}/comments.json",
        OWN,
        (NO, NO, NO, BAD, NONE),
    ),
    "open311_webhooks": ("profile/v1/webhooks.json", KEYS, (NO, NO, NO, NO, NO)),
    "open311_webhook": ("profile/v1/webhooks/1.json", (NO_METHOD,) * 5, NO_METHOD),
    "open311_picture": ("profile/v1/pictures/a:b:c", (NONE, NO, NO, NONE, NONE), NO_METHOD),
    "open311_nowhere": ("v2/elsewhere.json", (NONE, NO, NO, NONE, NONE), NONE),
}
HIDDEN = {
    name: (path.replace("{public}", "{hidden}"), (NONE, NO, NO, OK, NONE))
    for name, (path, looks, _sent) in LOOKS.items()
    if "{public}" in path and looks is ALL
}
"""The same of a case kept from the public: there for whoever reported it."""


@pytest.fixture
def callers(world: World) -> dict[str, Citizen]:
    wrong = citizen("错").key[:-1] + "x"
    return {
        "nobody": Citizen(),
        "wrong key": Citizen(wrong),
        "business key": citizen("业务", purpose="api"),
        "who reported": citizen("市民应用"),
        "another": citizen("另一个"),
    }


@pytest.fixture
def named(callers: dict[str, Citizen]) -> dict[str, str]:
    app = callers["who reported"]
    public = app.report(extensions="true").json()[0]
    hidden = app.report(service_code="10201", description="藏").json()[0]
    Kind.objects.filter(code="10201").update(for_public=False)
    return {
        "public": public["service_request_id"],
        "hidden": hidden["service_request_id"],
        "token": public["extended_attributes"]["receipt"],
    }


def ask(who: Citizen, method: str, path: str) -> Any:
    headers = {"Authorization": f"Bearer {who.key}"} if who.key else {}
    call = getattr(who.browser, method)
    return call(f"/open311/{path}?jurisdiction_id=410200", headers=headers).status_code


def test_every_address_of_open311_stands_in_the_table() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(LOOKS)


def test_what_each_may_look_at(callers: dict[str, Citizen], named: dict[str, str]) -> None:
    rows = [(name, row[0], row[1]) for name, row in LOOKS.items()]
    rows += [(f"{name} hidden", path, looks) for name, (path, looks) in HIDDEN.items()]
    for name, path, wanted in rows:
        answers = tuple(ask(callers[who], "get", path.format(**named)) for who in WHO)
        assert answers == wanted, name


def test_what_each_may_send(callers: dict[str, Citizen], named: dict[str, str]) -> None:
    for name, (path, _looks, sent) in LOOKS.items():
        wanted = (sent,) * len(WHO) if isinstance(sent, int) else sent
        answers = tuple(ask(callers[who], "post", path.format(**named)) for who in WHO)
        if wanted == (NONE,) * len(WHO):
            wanted = (NONE, NO, NO, NONE, NONE)
        assert answers == wanted, name
