"""What goes over the wire: signed events, text messages, receipts that come back."""

import base64
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from shiyu.common import vault
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.notices import actions
from shiyu.notices.channels.webhook import signature, signed
from shiyu.notices.models import Connector, Delivery, Subscription
from shiyu.notices.sending import send_all
from shiyu.notices.tests.conftest import make_address, make_connector, make_subscription
from shiyu.notices.tests.peers import http_peer
from shiyu.people.actors import Actor
from shiyu.people.tests.made import make_person

pytestmark = pytest.mark.django_db
KEY = Actor("key", 7, "别的系统")
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()


def happen() -> None:
    data = {"number": "KF1", "at": "2026-11-22T09:00:00+08:00", "links": {"page": "/cases/1/"}}
    actions.publish(["case.closed"], "case:1", data=lambda: data, at=timezone.now())


def test_an_event_is_a_cloud_event_that_its_signature_proves(opened: Callable[..., None]) -> None:
    with http_peer() as peer:
        opened(webhook=peer.port)
        make_subscription(peer.url, "case.closed")
        happen()
        send_all("webhook")

    got = peer.received[0]
    said, head = got.json, got.headers
    assert head["content-type"].startswith("application/cloudevents+json")
    assert (said["specversion"], said["type"], said["subject"]) == ("1.0", "case.closed", "KF1")
    assert said["id"] == head["webhook-id"] == str(Delivery.objects.get().event)
    assert set(said) >= {"id", "source", "time", "data"}
    at = int(head["webhook-timestamp"])
    proof = signature(head["webhook-id"], at, got.body, "whsec_c2VjcmV0")
    assert head["webhook-signature"] == f"v1,{proof}"
    assert abs(at - time.time()) < 60


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    """The example of the specification's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", body, [(1, secret)], at=1614265330)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_after_a_change_of_secret_both_sign_for_a_day(
    world: Any, opened: Callable[..., None]
) -> None:
    with http_peer() as peer:
        opened(webhook=peer.port)
        row, old = actions.subscribe(peer.url, ["case.closed"], name="x", actor=KEY)
        row, new = actions.rotate(row, actor=KEY)
        happen()
        send_all("webhook")
        Subscription.objects.update(before_until=timezone.now() - timedelta(seconds=1))
        happen()
        send_all("webhook")

    both, one = (r.headers["webhook-signature"].split() for r in peer.received)
    assert (len(both), len(one)) == (2, 1)
    assert peer.received[0].headers["webhook-key-id"] == "k2 k1"
    assert old != new
    assert new.startswith("whsec_")


def test_a_secret_is_shown_once(world: Any) -> None:
    admin = world.actor("administrator")
    row, secret = actions.subscribe("https://a.example/", ["case.closed"], name="x", actor=admin)

    assert actions.reveal(row, actor=admin) == secret
    with pytest.raises(OutOfOrder):
        actions.reveal(row, actor=admin)
    assert secret not in json.dumps(list(Subscription.objects.values()), default=str)


def test_a_key_keeps_its_own_subscriptions_alone(world: Any) -> None:
    row, _secret = actions.subscribe("https://a.example/", ["case.closed"], name="x", actor=KEY)
    other = Actor("key", 8)

    with pytest.raises(Refused):
        actions.unsubscribe(row, actor=other)
    with pytest.raises(NotAllowed):
        actions.subscribe("https://a.example/", ["case.closed"], name="x", actor=Actor("person", 1))
    actions.unsubscribe(row, actor=KEY)

    row.refresh_from_db()
    assert (row.standing, row.sealed) == ("ended", "")


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "http://a.example/", "https://10.0.0.1:444/"]
)
def test_an_inside_address_is_refused_when_it_is_written_down(url: str) -> None:
    with pytest.raises(Refused):
        actions.subscribe(url, ["case.closed"], name="x", actor=KEY)


def test_an_address_that_turns_inside_later_gets_nothing() -> None:
    make_subscription("https://127.0.0.1/", "case.closed")
    happen()

    send_all("webhook")

    row = Delivery.objects.get()
    assert (row.state, row.why, row.left_at) == ("failed", "forbidden_address", None)


def test_a_sealed_text_opens_in_its_own_row_alone() -> None:
    sealed = vault.seal("secret", belongs_to="connector:1")

    assert vault.unseal(sealed, belongs_to="connector:1") == "secret"
    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed, belongs_to="connector:2")


# ---- text messages ------------------------------------------------------------------------------

TAKEN = (200, {}, b'{"id": "P-1"}')


@pytest.fixture
def sms(opened: Callable[..., None]) -> Any:
    def make(port: int, **more: Any) -> Connector:
        opened(sms=port)
        url = f"http://127.0.0.1:{port}/send"
        return make_connector("sms", secret=SECRET, url=url, templates={"urged": "T9"}, **more)

    return make


def owe() -> None:
    person = make_person("li", "handle")
    make_address(person, "sms", "13800000001")
    facts = {"number": "KF1", "kind": "井盖破损", "place": "书店街社区"}
    actions.owe([person.pk], "case:1", "urged", facts=facts, at=timezone.now(), urgent=True)


def test_a_text_message_names_a_template_and_its_values(sms: Any) -> None:
    with http_peer(TAKEN) as peer:
        sms(peer.port)
        owe()
        send_all("sms")

    said, row = peer.received[0].json, Delivery.objects.get()
    assert (row.state, row.answer) == ("sent", "P-1")
    assert (said["id"], said["to"], said["template"]) == (str(row.ref), "13800000001", "T9")
    assert said["values"] == {"number": "KF1", "kind": "井盖破损", "place": "书店街社区"}
    at = int(peer.received[0].headers["webhook-timestamp"])
    proof = signature(said["id"], at, peer.received[0].body, SECRET)
    assert peer.received[0].headers["webhook-signature"] == f"v1,{proof}"


@pytest.mark.parametrize("nonsense", [b"", b"ok", b"[]", b'{"id": "\\u0000"}', b"[" * 5000])
def test_an_answer_that_cannot_be_read_is_an_outcome_unknown(sms: Any, nonsense: bytes) -> None:
    with http_peer((200, {}, nonsense)) as peer:
        sms(peer.port)
        owe()
        send_all("sms")

    assert (Delivery.objects.get().state, Delivery.objects.get().why) == ("unknown", "garbled")


def send_receipt(connector: Connector, body: bytes, **more: Any) -> int:
    at = more.get("at", int(time.time()))
    headers = signed("r1", body, [(1, more.get("secret", SECRET))], at=at)
    path = f"/notices/receipts/{connector.ref}/"
    answer = Client().post(path, body, content_type="application/json", headers=headers)
    return answer.status_code


@pytest.mark.parametrize(
    ("state", "becomes"), [("delivered", "arrived"), ("failed", "failed"), ("lost", "sent")]
)
def test_a_receipt_says_whether_it_arrived(sms: Any, state: str, becomes: str) -> None:
    with http_peer(TAKEN) as peer:
        connector = sms(peer.port)
        owe()
        send_all("sms")
    body = json.dumps({"id": str(Delivery.objects.get().ref), "state": state}).encode()

    answers = [send_receipt(connector, body) for _ in range(2)]

    assert answers == ([400, 400] if state == "lost" else [204, 204])
    assert Delivery.objects.get().state == becomes


def test_a_receipt_of_a_stranger_changes_nothing(sms: Any) -> None:
    with http_peer(TAKEN) as peer:
        connector = sms(peer.port)
        owe()
        send_all("sms")
    body = json.dumps({"id": str(Delivery.objects.get().ref), "state": "failed"}).encode()
    other = "whsec_" + base64.b64encode(b"another-16-bytes").decode()

    assert send_receipt(connector, body, secret=other) == 401
    assert send_receipt(connector, body, at=int(time.time()) - 3600) == 401
    assert (
        Client().post(f"/notices/receipts/{uuid4()}/", body, "application/json").status_code == 401
    )
    assert send_receipt(connector, b'{"id": "1", "state": []}') == 400
    assert Delivery.objects.get().state == "sent"
