"""Access that ends, ends with the next request, on every channel (streams: test_streams_end.py)."""

import time

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client

from shiyu.api.models import Key
from shiyu.api.tests.calling import let_in
from shiyu.common.errors import NotAllowed
from shiyu.desk.actions import batches, exports
from shiyu.desk.columns import USUAL
from shiyu.desk.models import Export
from shiyu.desk.queues import QUEUES
from shiyu.live import who
from shiyu.people.actors import Actor
from shiyu.people.middleware import SEEN
from shiyu.people.models import Person
from tests.who_may.city import City
from tests.who_may.ways_to_end import (
    ENDS,
    KEEP_THE_SESSION,
    KEYS_END,
    RIGHTS_END,
)

WHO, CASE = "intake at gulou", "at work"


def ways(city: City) -> dict[str, str]:
    """An address of each channel."""
    case, photo = city.cases[CASE], city.photos[CASE]
    return {
        "page": f"/cases/{case.number}/",
        "print": f"/cases/{case.number}/print/",
        "row": f"/desk/row/{case.pk}/",
        "meanwhile": f"/cases/{case.number}/since/0/",
        "photo": f"/files/{photo}/full.jpg",
        "list": "/desk/all/",
        "figures": "/desk/figures/",
    }


def an_export(city: City, person: str, queue: str = "all") -> Export:
    said = {"columns": USUAL, "purpose": "report", "reason": "周例会", "personal": False}
    actor = city.actor(person)
    export = exports.ask(QUEUES[queue], {}, actor=actor, later=lambda _one: None, **said)
    exports.make(export)
    export.refresh_from_db()
    return export


def signed_in(city: City) -> tuple[Client, Person]:
    """A browser with a session of its own, known to the list of sessions as in service."""
    browser, person = Client(raise_request_exception=False), city.world.people[WHO]
    browser.force_login(person)
    UserSession.objects.get_or_create(
        session_key=browser.session.session_key, user=person, defaults={"ip": "127.0.0.1"}
    )
    return browser, person


def asked_by_the_feed(session: str) -> Actor | None:
    """Whom the feed takes a session for, asked within the open transaction of the city."""
    return who._actors([session]).get(session)


@pytest.mark.parametrize("how", ENDS)
def test_with_the_next_request_nothing_is_seen_any_more(how: str, kept: City) -> None:
    browser, person = signed_in(kept)
    export = an_export(kept, WHO)
    batch = batches.choose([kept.cases[CASE]], "remark", actor=kept.actor(WHO))
    session = browser.session.session_key
    file = f"/desk/exports/{export.key}/download/"
    assert {name: browser.get(p).status_code for name, p in ways(kept).items()} == dict.fromkeys(
        ways(kept), 200
    )
    assert browser.post(file).status_code == 200

    ENDS[how](person)

    wanted = {403, 404} if how in KEEP_THE_SESSION else {302, 404}
    shown = {name: browser.get(path).status_code for name, path in ways(kept).items()}
    assert set(shown.values()) <= wanted, shown
    fragment = browser.get(ways(kept)["page"], headers={"HX-Request": "true"})
    assert fragment.status_code in {401, 404}
    assert browser.post(file).status_code in {302, 403}
    told = asked_by_the_feed(session)
    assert told is None or not told.held
    if how in RIGHTS_END:  # else they sign in again and go on; what was begun goes on as well
        with pytest.raises(NotAllowed):
            exports.download(export, actor=kept.world.actor(WHO))
        batch.state = "running"
        batch.save()
        batches.carry_out(batch)
        assert batch.items.get().state == "refused"


def test_a_list_of_ones_own_reports_is_handed_out_no_more_either(kept: City) -> None:
    """The duty of reporting shows no cases of others, and ends like any."""
    export = an_export(kept, "reporter", "mine")
    exports.download(export, actor=kept.actor("reporter"))

    ENDS["the post is left"](kept.world.people["reporter"])

    with pytest.raises(NotAllowed):
        exports.download(export, actor=kept.world.actor("reporter"))


@pytest.mark.parametrize("how", KEYS_END)
def test_with_the_next_question_a_key_opens_nothing_more(how: str, kept: City) -> None:
    system = let_in(kept.world, "cases:read@410204", "cases:report@410204")
    number = kept.cases[CASE].number
    picture = system.get(f"/cases/{number}/photos").json()["items"][0]["href"]
    stranger = Client(raise_request_exception=False)
    assert stranger.get(picture).status_code == 200

    KEYS_END[how](Key.objects.get(client=system.client))

    assert system.get(f"/cases/{number}").status_code in {401, 404}
    seen = {row["number"] for row in system.get("/cases").json().get("items", [])}
    assert number not in seen
    assert stranger.get(picture).status_code == 404


def test_the_address_of_a_picture_ends_with_its_minute_and_opens_no_other(kept: City) -> None:
    system = kept.systems["key cases:read at gulou"]
    item = system.get(f"/cases/{kept.cases[CASE].number}/photos").json()["items"][0]
    other = kept.photos["in another county"]

    forged = item["href"].replace(item["id"], other)

    assert kept.client.get(forged).status_code == 404


def test_a_deputy_sees_nothing_after_the_last_day(kept: City) -> None:
    assert kept.browser("deputy").get(ways(kept)["page"]).status_code == 200
    assert kept.browser("deputy no more").get(ways(kept)["page"]).status_code == 404
    assert kept.browser("deputy to come").get(ways(kept)["page"]).status_code == 404


def test_the_feed_ends_with_what_ends_a_session_on_the_pages(kept: City) -> None:
    """Idle too long, or a new password due: then the pages show nothing, nor does the feed."""
    browser, person = signed_in(kept)
    session = browser.session
    assert asked_by_the_feed(session.session_key) is not None

    session[SEEN] = int(time.time()) - settings.IDLE_LIMIT_S - 1
    session.save()
    assert asked_by_the_feed(session.session_key) is None
    session[SEEN] = int(time.time())
    session.save()
    assert asked_by_the_feed(session.session_key) is not None
    Person.objects.filter(pk=person.pk).update(must_change_password=True)
    assert asked_by_the_feed(session.session_key) is None
