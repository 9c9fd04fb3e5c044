"""The made world of deliveries: people with verified addresses, connectors to real peers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from shiyu.common import vault
from shiyu.notices import reaching
from shiyu.notices.models import Address, Connector, Subscription
from shiyu.people.models import Person


@pytest.fixture(autouse=True)
def _nothing_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHIYU_EGRESS", raising=False)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Open a port of this machine to a purpose, as whoever runs the server would."""

    def open_(**ports: int) -> None:
        parts = [f"{purpose}=127.0.0.1/32@{port}" for purpose, port in ports.items()]
        monkeypatch.setenv("SHIYU_EGRESS", ",".join(parts))

    return open_


def make_address(person: Person, channel: str = "mail", value: str = "", **more: Any) -> Address:
    plain = value or {"mail": f"{person.username}@example.com", "sms": "13800000001"}[channel]
    row = Address(
        person=person, channel=channel, made_at=timezone.now(), verified_at=timezone.now()
    )
    for name, kept in (reaching.sealed(channel, plain, whose=reaching.whose(row)) | more).items():
        setattr(row, name, kept)
    row.save()
    return row


def make_connector(channel: str, *, secret: str = "", in_use: bool = True, **settings: Any):
    row = Connector(channel=channel, name="本市", made_at=timezone.now(), in_use=in_use)
    row.settings = settings
    row.sealed = vault.seal(secret, belongs_to=f"connector:{row.ref}") if secret else ""
    row.save()
    return row


def make_mail_connector(port: int, **more: Any) -> Connector:
    plain = {"host": "127.0.0.1", "port": port, "security": "plain", "sender": "city@example.com"}
    return make_connector("mail", **(plain | more))


def make_subscription(url: str, *types: str, **more: Any) -> Subscription:
    row = Subscription(
        owner="person:1",
        name="别的系统",
        url=url,
        made_at=timezone.now(),
        types=list(types) or ["case.moved"],
        **more,
    )
    row.sealed = vault.seal("whsec_c2VjcmV0", belongs_to=f"subscription:{row.ref}:1")
    row.save()
    return row
