"""Every door to the outside × a corpus of addresses that lead inside (T-S6).

`shiyu/common/tests/test_egress.py` tries the mechanism; here each sender, form and command that
uses it. The name server lies: every name is this machine, or worse. Nobody comes to the canary.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import click
import pytest
from django.test import Client

from shiyu.api.tests.calling import let_in
from shiyu.cases.tests.world import World
from shiyu.common.egress import Forbidden, NothingLeft, PerhapsLeft, door, forbid_inside
from shiyu.common.errors import Refused
from shiyu.common.models import Attempt as Counted
from shiyu.common.tests.test_egress import ANSWERS, CANARY, Canary, corpus
from shiyu.notices.actions import subscribe
from shiyu.notices.channels import mail, sms, webhook
from shiyu.notices.models import Delivery, Subscription
from shiyu.notices.tests.conftest import (
    make_address,
    make_connector,
    make_mail_connector,
    make_subscription,
)
from shiyu.notices.tests.peers import http_peer
from shiyu.notices.tests.test_delivering import happen, owe
from shiyu.people.actors import Actor
from shiyu.people.tests.made import make_person
from shiyu.site import broker
from shiyu.site.checkup import outside
from shiyu.site.commands import identity_
from tests.bad_input.test_written_down import sources

pytestmark = pytest.mark.django_db
TEMPLATES = {"urged": "T9"}
Try = Callable[[str], Any]

TRIED = {
    "notices/channels/webhook.py": "webhook sent",
    "notices/channels/sms.py": "text message sent",
    "notices/channels/mail.py": "mail sent",
    "notices/actions/subscribing.py": "subscription written down",
    "notices/actions/connectors.py": "text message sent",
    "notices/sending.py": "webhook sent",
    "site/broker.py": "broker asked",
    "site/commands/identity_.py": "identity service discovered",
    "site/checkup/outside.py": "peer looked for",
    "people/linking.py": "broker asked",
    "site/work.py": "bars or opens the whole process: tests/test_leaving.py",
    "site/wsgi.py": "bars the whole process: tests/test_leaving.py",
    "site/sealer.py": "bars the whole process: tests/test_leaving.py",
    "live/asgi.py": "bars the whole process: tests/test_leaving.py",
    "site/commands/worker_.py": "bars or opens the whole process: tests/test_leaving.py",
}
"""Every file that uses the door, and by which of DOORS it is tried, or where."""


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.listening.shutdown(socket.SHUT_RDWR)
    made.listening.close()


@pytest.fixture(autouse=True)
def lying_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """All names are this machine or worse; whoever would go anywhere else fails the test."""
    monkeypatch.delenv("SHIYU_EGRESS", raising=False)
    really, goes = socket.getaddrinfo, socket.socket.connect

    def lie(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        with suppress(socket.gaierror, UnicodeError):
            return really(host, port, *more, **named | {"flags": socket.AI_NUMERICHOST})
        told = ANSWERS.get(str(host), [CANARY])
        kind = socket.SOCK_STREAM
        return [(2 + 8 * (":" in a), kind, 6, "", (a, port)) for a in told]

    def go(asking: socket.socket, address: Any) -> None:
        assert asking.family == socket.AF_UNIX or address[0] == CANARY, address
        goes(asking, address)

    monkeypatch.setattr(socket, "getaddrinfo", lie)
    monkeypatch.setattr(socket.socket, "connect", go)


def gate() -> None:
    raise AssertionError("somebody inside was reached")


def owed(world: World, channel: str, url: str = "https://x.example/") -> Delivery:
    """A delivery on this channel, as an event makes it."""
    if channel == "webhook":
        make_subscription(url)
        happen()
    else:
        person = make_person("li", "handle")
        make_address(person, channel)
        if channel == "mail":
            make_mail_connector(25)
        else:
            make_connector("sms", secret="s", url=url, templates=TEMPLATES)
        owe(person, kind="urged", urgent=True)
    return Delivery.objects.filter(channel=channel)[0]


def sending_webhook(world: World) -> Try:
    delivery = owed(world, "webhook")
    row = Subscription.objects.get()

    def try_(url: str) -> None:
        row.url = url
        webhook.send(delivery, row, gate=gate)

    return try_


def sending_sms(world: World) -> Try:
    delivery = owed(world, "sms")
    row = make_connector("sms", secret="s", in_use=False, url="", templates=TEMPLATES)

    def try_(url: str) -> None:
        row.settings = row.settings | {"url": url}
        Counted.objects.all().delete()  # of messages to one number: not what is tried here
        assert sms.send(delivery, row, gate=gate).outcome == "failed", url

    return try_


def sending_mail(world: World) -> Try:
    delivery = owed(world, "mail")
    row = make_connector(
        "mail", in_use=False, host="", port=25, security="starttls", sender="city@example.com"
    )

    def try_(url: str) -> None:
        host, _sep, _port = url.split("//", 1)[-1].split("/")[0].rpartition(":")
        row.settings = row.settings | {"host": host or url}
        mail.send(delivery, row, gate=gate)

    return try_


def subscribing(_world: World) -> Try:
    return lambda url: subscribe(url, ["case.moved"], name="x", actor=Actor.program("test"))


def subscribing_by_open311(world: World) -> Try:
    system = let_in(world, "cases:read@410200", unit="city", purpose="open311")

    def try_(url: str) -> None:
        said = {"api_key": system.key, "url": url, "types": "case.moved"}
        answer = Client().post("/open311/profile/v1/webhooks.json", said)
        assert answer.status_code in {400, 422}, (url, answer.status_code)
        raise Refused("refused")

    return try_


def looking_for_peer(_world: World) -> Try:
    def try_(url: str) -> None:
        found = outside._peer("sms", "x", {"url": url})
        assert not found.well, (url, found.seen)
        raise Refused("told")

    return try_


def asking_broker(_world: World) -> Try:
    def try_(url: str) -> None:
        for purpose in ("identity", "webhook", "mail", "sms", ""):
            said = {"do": "ask", "url": url, "purpose": purpose, "method": "GET"}
            told = broker.answer(said | {"headers": {}, "body": ""})
            assert "forbidden" in told, (url, purpose, told)
        told = broker.answer({"do": "check", "url": url, "purpose": "webhook"})
        assert set(told) & {"forbidden", "nothing_left"}, (url, told)
        raise Refused("forbidden")

    return try_


DOORS: dict[str, Callable[[World], Try]] = {
    "webhook sent": sending_webhook,
    "text message sent": sending_sms,
    "mail sent": sending_mail,
    "subscription written down": subscribing,
    "subscription by Open311": subscribing_by_open311,
    "identity service discovered": lambda _world: identity_._discovered,
    "peer looked for": looking_for_peer,
    "broker asked": asking_broker,
}
STOPPED = (Forbidden, NothingLeft, Refused, click.ClickException, ValueError)
EVERY = 9
"""In the ordinary run each door is tried with every ninth address, in turn."""


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", DOORS)
def test_no_door_leads_inside(name: str, whole: bool, world: World, canary: Canary) -> None:
    try_ = DOORS[name](world)
    urls = corpus(canary.port)
    if not whole:
        urls = urls[list(DOORS).index(name) % EVERY :: EVERY]
    let_in = []
    for url in urls:
        try:
            try_(url)
        except STOPPED:
            continue
        let_in.append(url)

    assert let_in == []
    assert canary.came == 0


def test_every_file_that_uses_the_door_is_tried() -> None:
    using = {
        name
        for name, text in sources()
        if "common.egress" in text and not name.startswith("common/egress")
    }
    missing = sorted(using - set(TRIED))
    assert missing == [], f"{missing}: try it in DOORS of tests/bad_input/test_outside.py"
    assert {way for way in TRIED.values() if ":" not in way} <= set(DOORS)


def test_a_redirect_is_not_followed(
    world: World, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer that may be reached answers with the way inside: that is its answer, and the end."""
    for status in (301, 302, 303, 307, 308):
        to = f"http://{CANARY}:{canary.port}/"
        with http_peer((status, {"Location": to}, b"")) as peer:
            monkeypatch.setenv("SHIYU_EGRESS", f"webhook={CANARY}/32@{peer.port}")
            delivery = owed(world, "webhook", peer.url)
            row = Subscription.objects.latest("pk")
            result = webhook.send(delivery, row, gate=lambda: None)
            assert result.outcome != "sent", (status, result)
            assert len(peer.received) == 1
    assert canary.came == 0


def test_a_door_that_leads_inside_is_caught(
    world: World, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: everything inside is open."""
    monkeypatch.setenv("SHIYU_EGRESS", f"webhook={CANARY}/32@{canary.port}")
    try_ = sending_webhook(world)
    with suppress(NothingLeft, PerhapsLeft, AssertionError):
        try_(f"http://{CANARY}:{canary.port}/")

    assert canary.came == 1
    with pytest.raises(Forbidden):
        forbid_inside(f"http://10.0.0.1:{canary.port}/", through=door("webhook"))
