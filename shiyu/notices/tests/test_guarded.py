"""What goes outside stops with the right to it, keeps its order, and keeps its secrets home."""

import threading
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from shiyu.common.errors import Refused
from shiyu.notices import actions
from shiyu.notices.channels.webhook import envelope
from shiyu.notices.models import Delivery, Subscription
from shiyu.notices.sending import send_all
from shiyu.notices.tests.conftest import make_connector, make_mail_connector, make_subscription
from shiyu.notices.tests.peers import http_peer
from shiyu.people.actors import Actor

PROGRAM = Actor.program("test")


def happen(number: int = 1) -> None:
    data = {"number": f"KF{number}"}
    actions.publish(["case.moved"], "case:1", data=lambda: data, at=timezone.now())


@pytest.mark.parametrize(
    "change", [{"url": "https://other.example/sms"}, {"url": "https://a.example:8443/"}]
)
def test_the_secret_of_a_provider_is_not_sent_to_another_server(db: None, change: Any) -> None:
    kept = {"url": "https://a.example/sms", "templates": {}, "drops_repeats": False}
    row = make_connector("sms", secret="whsec_c2VjcmV0", **kept)

    with pytest.raises(Refused, match="重新填写") as refused:
        actions.set_connector(row, name="短信", settings=kept | change, secret=None, actor=PROGRAM)
    assert refused.value.field == "secret"
    same = kept | {"url": "https://a.example/v2/sms"}
    actions.set_connector(row, name="短信", settings=same, secret=None, actor=PROGRAM)
    actions.set_connector(row, name="短信", settings=kept | change, secret="新的", actor=PROGRAM)


def test_the_password_of_a_mail_server_is_not_given_to_another(db: None) -> None:
    row = make_mail_connector(25, user="city")
    row = actions.set_connector(
        row, name="邮件", settings=row.settings, secret="pass", actor=PROGRAM
    )
    with pytest.raises(Refused, match="重新填写"):
        actions.set_connector(
            row,
            name="邮件",
            settings=row.settings | {"host": "mail.other.example"},
            secret=None,
            actor=PROGRAM,
        )


def test_events_are_held_while_their_owner_has_no_key_and_go_on_with_a_new_one(
    db: None, opened: Any
) -> None:
    with http_peer() as peer:
        opened(webhook=peer.port)
        make_subscription(peer.url)
        make_subscription(peer.url, standing="paused")
        happen()
        assert actions.hold("person:1", actor=PROGRAM) == 1
        send_all("webhook")
        assert peer.received == []

        assert actions.let_go("person:1", actor=PROGRAM) == 1
        send_all("webhook")
        assert len(peer.received) == 1
    assert [row.standing for row in Subscription.objects.order_by("pk")] == ["active", "paused"]


def test_what_one_subscriber_is_owed_carries_a_number_that_rises(db: None) -> None:
    make_subscription("https://example.com/")
    for number in range(3):
        happen(number)

    said = [envelope(row).decode() for row in Delivery.objects.order_by("pk")]

    numbers = [part.split('"sequence":"')[1][:20] for part in said]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 3


def test_two_workers_never_have_two_events_of_one_subscriber_in_hand(
    transactional_db: None,
) -> None:
    make_subscription("https://example.com/")
    for number in range(2):
        happen(number)
    claimed: list[Any] = []

    def other() -> None:
        claimed.append(actions.claim("webhook"))
        connections.close_all()

    with transaction.atomic():
        first = actions.claim("webhook")
        worker = threading.Thread(target=other)
        worker.start()
        worker.join(timeout=20)
    assert first is not None
    assert claimed == [None]
    assert actions.claim("webhook") is None
    assert connection.in_atomic_block is False
