"""The pages on which keys are kept, and the reference."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from shiyu.api import actions, refusals
from shiyu.api.models import Client, Key
from shiyu.api.tests.calling import ADMIN, System, let_in
from shiyu.api.v1.document import whole
from shiyu.api.v1.routes import ROUTES
from shiyu.api.views.reference import CODES
from shiyu.cases.tests.world import World
from shiyu.common import errors
from shiyu.common.models import Answered
from shiyu.journal.models import Line

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"shiyu_[a-z0-9]{12}_[\w-]{43}")


@pytest.fixture
def browser(world: World) -> Browser:
    signed_in = Browser()
    signed_in.force_login(world.people["administrator"])
    return signed_in


def fields(**changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": "热线平台",
        "purpose": "api",
        "verbs": ["cases:read", "cases:report"],
        "place": "410204",
        "unit": "",
        "per_minute": "120",
        "expires_on": "2027-06-30",
        "form_token": "t1",
    }
    return said | changes


def test_a_system_is_let_in_and_its_key_shown_once(world: World, browser: Browser) -> None:
    shown = browser.post("/keys/new/", fields())

    (text,) = SECRET.findall(shown.content.decode())
    assert shown["Cache-Control"] == "no-store"
    said = System(text).get("/me").json()
    assert (said["scopes"], said["per_minute"]) == (
        ["cases:read@410204", "cases:report@410204"],
        120,
    )
    assert said["expires_at"] == "2027-07-01T00:00:00+08:00"
    assert text not in str(list(Answered.objects.values()))
    again = browser.post("/keys/new/", fields(), follow=True)
    assert "密钥只显示一次" in again.content.decode()
    assert not SECRET.findall(again.content.decode())
    assert Key.objects.count() == 1
    listed = browser.get("/keys/").content.decode()
    assert "热线平台" in listed
    assert text.split("_")[1] in listed
    assert not SECRET.findall(listed)


def test_what_does_not_fit_is_said_at_its_field(world: World, browser: Browser) -> None:
    actions.admit("旧系统", purpose="api", actor=ADMIN)
    for changes, says in (
        ({"name": "旧系统"}, "已经有名为“旧系统”的接入系统"),
        ({"verbs": ["cases:intake"]}, "须写明代表哪个机构"),
        ({"expires_on": "2020-01-01"}, "有效期应在今后三年之内"),
        ({"verbs": []}, "至少选一项"),
    ):
        page = browser.post("/keys/new/", fields(form_token=says) | changes)
        assert page.status_code == 422
        assert says in page.content.decode()
    assert Client.objects.count() == 1


def test_grants_are_changed_keys_rotated_and_revoked(world: World, browser: Browser) -> None:
    system = let_in(world, "cases:read@410204", name="养护所系统")
    assert system.client is not None
    page = f"/keys/{system.client.pk}/"
    changed = browser.post(
        f"{page}grants/", {"scopes": "cases:handle@D1\ncases:read", "per_minute": "60"}
    )
    assert changed.status_code == 302
    assert system.get("/me").json()["scopes"] == ["cases:handle@D1", "cases:read@410200"]
    rotated = browser.post(f"{page}rotate/", {"form_token": "t"})
    (newer,) = SECRET.findall(rotated.content.decode())
    assert (system.get("/me").status_code, System(newer).get("/me").status_code) == (200, 200)
    old = system.key.split("_")[1]
    assert browser.post(f"{page}revoke/{old}/", {"why": ""}).status_code == 422
    assert browser.post(f"{page}revoke/{old}/", {"why": "已更换"}).status_code == 302
    assert (system.get("/me").status_code, System(newer).get("/me").status_code) == (401, 200)
    assert "已更换" in browser.get(page).content.decode()
    lines = Line.objects.filter(subject=f"key:{system.client.pk}", actor__startswith="person:")
    assert [line.verb for line in lines] == [
        *("regrant_client", "issue_key", "rotate_key", "revoke_key"),
    ]


def test_the_list_asks_as_often_for_three_keys_as_for_one(world: World, browser: Browser) -> None:
    let_in(world, "cases:read")
    browser.get("/keys/")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert browser.get("/keys/").status_code == 200
        counts.append(len(asked))
        for _ in range(2):
            let_in(world, "cases:read", "cases:handle@D1")

    assert counts[0] == counts[1] <= 14


def test_the_reference_tells_of_every_route_and_every_code(world: World) -> None:
    page = Browser().get("/api/").content.decode()

    assert all(f'id="route-{name}"' in page for name in ROUTES)
    assert all(f'id="{code}"' in page for code in CODES)
    assert "<script>" not in page
    assert "style=" not in page
    assert "http://" not in page.replace("http://testserver", "").replace("http://www.w3", "")


def test_every_code_of_a_refusal_stands_in_the_reference() -> None:
    named = {
        kind.code
        for module in (refusals, errors)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, errors.Refused)
    }

    assert named <= set(CODES)
    assert whole()["info"]["title"]
