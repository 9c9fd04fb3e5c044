"""Beyond the standard: what is told to anybody, and what only to the system that reported."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shiyu.api import actions as keys
from shiyu.api.models import Client as System
from shiyu.api.open311 import profile
from shiyu.api.open311.creating import WINDOW
from shiyu.api.open311.tests.calls import ADMIN, Citizen, citizen, fault, tree
from shiyu.cases import actions
from shiyu.cases.lifecycle import MOVES, Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import World, a_photo
from shiyu.common.models import Answered
from shiyu.journal.models import Remark
from shiyu.notices.models import Subscription
from shiyu.places.events import renumbered

pytestmark = pytest.mark.django_db
PROFILE = "/open311/profile/v1/"


def beyond(who: Citizen, path: str, **how: Any) -> Any:
    return who.get(path, base=PROFILE, **how)


def test_the_history_tells_moves_and_units_and_no_word_or_person(world: World) -> None:
    case = world.make_case(Stage.CLOSED)
    actions.remark(world.make_case(), actor=world.actor("intake"), reason="内部的话")
    said = beyond(Citizen(), f"requests/{case.number}/history.json").json()
    found = tree(beyond(Citizen(), f"requests/{case.number}/history.xml"))

    moves = [step["move"] for step in said["history"]]
    assert moves == [*("report", "accept", "file", "dispatch", "sign", "handle", "verify", "close")]
    assert said["history"][-1]["status"] == "closed"
    assert {step["unit"] for step in said["history"]} >= {"市政养护所"}
    assert "刘洋" not in str(said)
    assert "已更换井盖" not in str(said)
    assert len(found.find("history")) == len(moves)


def test_what_colleagues_ask_of_each_other_is_not_told_to_anybody(world: World) -> None:
    case = world.make_case(Stage.HANDLING)
    actions.ask_extension(
        case,
        unit=world.units["roads"],
        reason="缺件",
        actor=world.actor("handler"),
    )

    for what in ("history", "updates"):
        said = beyond(Citizen(), f"requests/{case.number}/{what}.json").text
        assert "ask_extension" not in said
        assert "延期" not in said
    assert set(profile.TOLD) <= set(MOVES)


def test_updates_have_the_shape_that_other_servers_give_them(world: World) -> None:
    case = world.make_case(Stage.FILED)
    said = beyond(Citizen(), f"requests/{case.number}/updates.json").json()

    assert [u["description"] for u in said] == ["上报", "受理", "立案"]
    assert set(said[0]) == {
        *("update_id", "service_request_id", "status", "updated_datetime", "description")
    }


def test_the_outcome_tells_how_it_ended_and_what_reporters_say(world: World) -> None:
    case = world.make_case(Stage.CLOSED)
    said = beyond(Citizen(), f"requests/{case.number}/outcome.json").json()

    assert (said["status"], said["outcome"], said["round"]) == ("closed", "fixed", 1)
    assert fault(beyond(Citizen(), "requests/none/outcome.json")) == (404, 404)


def test_a_comment_of_the_system_that_reported_reaches_the_desk_once(world: World) -> None:
    app, other = citizen(), citizen("另一个应用")
    number = app.report().json()[0]["service_request_id"]
    path = f"requests/{number}/comments.json"
    answers = [app.post(path, base=PROFILE, description="还在漏水") for _n in range(2)]

    assert [a.status_code for a in answers] == [201, 201]
    case = Case.objects.get(number=number)
    assert Remark.objects.filter(subject=case.subject, text="还在漏水").count() == 1
    said = beyond(app, path, own=True).json()
    assert [c["description"] for c in said] == ["井盖破了", "还在漏水"] or [
        c["description"] for c in said
    ] == ["还在漏水"]
    for refused in (
        other.post(path, base=PROFILE, description="我也要说"),
        beyond(other, path, own=True),
    ):
        assert fault(refused) == (404, 404)
    assert fault(beyond(Citizen(), path)) == (403, 403)
    assert fault(app.post(path, base=PROFILE, description="")) == (400, 400)


def test_pictures_are_shown_to_the_system_that_reported_for_a_minute(world: World) -> None:
    app, other = citizen(), citizen("另一个应用")
    number = app.report(media=a_photo()).json()[0]["service_request_id"]
    path = f"requests/{number}/documents.json"
    (document,) = beyond(app, path, own=True).json()
    picture = app.browser.get(document["url"].removeprefix("http://testserver"))

    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    assert fault(beyond(other, path, own=True)) == (404, 404)
    assert app.browser.get(PROFILE + "pictures/abc:def:ghi").status_code == 404


def test_a_webhook_needs_the_right_to_see_and_stays_within_it(world: World) -> None:
    app = citizen()
    seeing = citizen("看得见的", "cases:report", "cases:read@410204")
    said = {"url": "https://example.org/hook", "types": "case.closed", "name": "钩子"}

    assert fault(app.post("webhooks.json", base=PROFILE, **said)) == (403, 403)
    (made,) = seeing.post("webhooks.json", base=PROFILE, **said).json()
    row = Subscription.objects.get(pk=int(made["webhook_id"]))
    assert (row.first, row.last) == (world.places["gulou"].first, world.places["gulou"].last)
    assert made["secret"]
    (kept,) = beyond(seeing, "webhooks.json", own=True).json()
    assert "secret" not in kept
    again = seeing.post("webhooks.json", base=PROFILE, **said)
    assert (again.status_code, Subscription.objects.count()) == (201, 1)
    assert "secret" not in again.json()[0]
    inside = seeing.post("webhooks.json", base=PROFILE, **said | {"url": "http://127.0.0.1/x"})
    assert fault(inside)[0] == 400
    ended = seeing.browser.delete(
        f"{PROFILE}webhooks/{row.pk}.json", headers={"Authorization": f"Bearer {seeing.key}"}
    )
    assert ended.status_code == 200
    assert beyond(seeing, "webhooks.json", own=True).json() == []
    Answered.objects.update(at=timezone.now() - WINDOW)
    (anew,) = seeing.post("webhooks.json", base=PROFILE, **said).json()
    assert anew["secret"]


def test_a_webhook_follows_what_its_system_may_still_see(world: World) -> None:
    seeing = citizen("看得见的", "cases:report", "cases:read@410204")
    said = {"url": "https://example.org/hook", "types": "case.closed", "name": "钩子"}
    (made,) = seeing.post("webhooks.json", base=PROFILE, **said).json()
    client = System.objects.get(pk=seeing.ref.partition(":")[2])
    row = Subscription.objects.get(pk=int(made["webhook_id"]))
    gulou, longting = world.places["gulou"], world.places["longting"]

    keys.regrant(client, scopes=["cases:read@410202"], actor=ADMIN)
    row.refresh_from_db()
    assert (row.first, row.last) == (longting.first, longting.last)
    Subscription.objects.update(first=gulou.first, last=gulou.last)
    renumbered.send(type(gulou), place_ids=[gulou.pk])
    row.refresh_from_db()
    assert (row.first, row.last) == (longting.first, longting.last)
    keys.regrant(client, scopes=["cases:report"], actor=ADMIN)
    row.refresh_from_db()
    assert row.standing == "ended"


def test_what_goes_beyond_stands_in_a_place_of_its_own_and_only_when_asked_for(
    world: World,
) -> None:
    app = citizen()
    (said,) = app.report(extensions="true").json()
    number, receipt = said["service_request_id"], said["extended_attributes"]["receipt"]

    (token,) = app.get(f"tokens/{receipt}.json").json()
    assert token["service_request_id"] == number
    (plain,) = app.get(f"requests/{number}.json").json()
    (more,) = app.get(f"requests/{number}.json", extensions="true").json()
    assert "extended_attributes" not in plain
    assert more["extended_attributes"]["stage"] == "reported"
    (again,) = app.report(extensions="true").json()
    assert "extended_attributes" not in again  # the code is shown once


def test_an_old_key_opens_nothing(world: World) -> None:
    from shiyu.api.models import Key

    app = citizen()
    Key.objects.update(expires_at=timezone.now() - timedelta(days=1))

    assert fault(app.report()) == (403, 403)
    assert fault(app.get("requests.json", own=True)) == (403, 403)
