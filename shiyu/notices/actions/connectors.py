"""The city's mail server and text-message provider, kept by the system administrator (接口办理)."""

import uuid
from collections.abc import Mapping
from datetime import time
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common import vault
from shiyu.common.egress import target_of
from shiyu.common.errors import Refused
from shiyu.common.switching import before_switching_on
from shiyu.journal.actions import record
from shiyu.notices import rules
from shiyu.notices.actions.owing import owe_deliveries, wake
from shiyu.notices.lifecycle import Channel
from shiyu.notices.models import Address, Connector, Delivery, House
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty

SETTINGS: dict[str, frozenset[str]] = {
    Channel.MAIL: frozenset({"host", "port", "security", "user", "sender", "sender_name"}),
    Channel.SMS: frozenset({"url", "templates", "drops_repeats"}),
}
"""What may be set of each kind; the secret stands apart."""


@transaction.atomic
def new_connector(
    channel: str, *, name: str, settings: Mapping[str, Any], secret: str, actor: Actor
) -> Connector:
    """Enter a way out; it is used once it is put in use (登记接口)."""
    rules.require(actor, Duty.SYSTEM_ADMIN)
    row = Connector(channel=Channel(channel), name=_named(name), made_at=timezone.now())
    row.settings = _checked(channel, settings)
    row.sealed = _seal(row, secret)
    row.save()
    fields = sorted(row.settings)
    record(row.subject, "create", actor=actor, facts={"channel": channel, "fields": fields})
    return row


@transaction.atomic
def set_connector(
    connector: Connector,
    *,
    name: str,
    settings: Mapping[str, Any],
    secret: str | None,
    actor: Actor,
) -> Connector:
    """Change a way out; a secret of None stays as it is (改接口).

    Raises  Refused  for another server without its own secret: the old one is not sent there.
    """
    row = _locked(connector, actor)
    fresh = _checked(row.channel, settings)
    fields = sorted(k for k in fresh if fresh[k] != row.settings.get(k))
    if (
        secret is None
        and row.sealed
        and _host(row.channel, fresh) != _host(row.channel, row.settings)
    ):
        raise Refused(
            _("服务器换了，请重新填写密钥或密码：原来的只发给原来的服务器"), field="secret"
        )
    row.name, row.settings = _named(name), fresh
    if secret is not None:
        row.sealed = _seal(row, secret)
        fields.append("secret")
    row.failures, row.open_until = 0, None
    row.save()
    record(row.subject, "change", actor=actor, facts={"fields": fields})
    wake([row.channel])
    return row


@transaction.atomic
def put_in_use(connector: Connector, *, actor: Actor) -> Connector:
    """Use this one for its channel from now on, instead of another (启用)."""
    row = _locked(connector, actor)
    if row.channel == Channel.SMS:
        before_switching_on("follow", actor=actor)
    Connector.objects.filter(channel=row.channel, in_use=True).update(in_use=False)
    row.in_use, row.failures, row.open_until = True, 0, None
    row.save(update_fields=["in_use", "failures", "open_until"])
    record(row.subject, "put_in_use", actor=actor)
    wake([row.channel])
    return row


@transaction.atomic
def take_out_of_use(connector: Connector, *, actor: Actor) -> Connector:
    """Stop using it; what is owed waits (停用)."""
    row = _locked(connector, actor)
    row.in_use = False
    row.save(update_fields=["in_use"])
    record(row.subject, "take_out_of_use", actor=actor)
    return row


@transaction.atomic
def try_out(connector: Connector, *, actor: Actor) -> Delivery:
    """Send a word to oneself through the connector in use (试发)."""
    row = _locked(connector, actor)
    mine = Address.objects.filter(person_id=actor.id, channel=row.channel)
    address = mine.exclude(verified_at=None).first()
    if not row.in_use:
        raise Refused(_("先启用这个接口，再试发"))
    if address is None:
        raise Refused(_("先在“提醒设置”里填写并核实自己的地址，再试发给自己"))
    now, ref = timezone.now(), uuid.uuid4()
    delivery = Delivery(
        ref=ref,
        key=f"trial:{ref}",
        channel=row.channel,
        kind="trial",
        urgent=True,
        address=address,
        due_at=now,
        owed_at=now,
    )
    owe_deliveries([delivery])
    Connector.objects.filter(pk=row.pk).update(open_until=None)
    record(row.subject, "try_out", actor=actor)
    return Delivery.objects.get(ref=ref)


@transaction.atomic
def keep_house(
    *, address: str, quiet_from: time | None, quiet_to: time | None, actor: Actor
) -> House:
    """Set what holds for the whole city: its outside address, its quiet hours (全市约定)."""
    rules.require(actor, Duty.SYSTEM_ADMIN)
    if (quiet_from is None) != (quiet_to is None):
        raise Refused(_("免打扰的起止时间要么都填，要么都不填"), field="quiet_from")
    plain = address.strip().rstrip("/")
    if plain:
        _origin(plain)
    kept = {"address": plain, "quiet_from": quiet_from, "quiet_to": quiet_to}
    house, _made = House.objects.update_or_create(pk=1, defaults=kept)
    hours = [f"{t:%H:%M}" if t else "" for t in (quiet_from, quiet_to)]
    record("house:1", "change", actor=actor, facts={"quiet": hours, "fields": ["address"]})
    return house


def secret_of(row: Connector) -> str:
    """The secret itself; for the sender alone."""
    return vault.unseal(row.sealed, belongs_to=f"connector:{row.ref}")


def _seal(row: Connector, secret: str) -> str:
    return vault.seal(secret, belongs_to=f"connector:{row.ref}") if secret else ""


def _locked(connector: Connector, actor: Actor) -> Connector:
    rules.require(actor, Duty.SYSTEM_ADMIN)
    return Connector.objects.select_for_update().get(pk=connector.pk)


def _named(name: str) -> str:
    if not name.strip():
        raise Refused(_("填写名称"), field="name")
    return name.strip()[:60]


def _checked(channel: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    if not set(settings) <= SETTINGS[channel]:
        raise Refused(_("接口里有不认识的设置"))
    if channel == Channel.SMS:
        target_of(str(settings.get("url", "")))
    return dict(settings)


def _host(channel: str, settings: Mapping[str, Any]) -> tuple[str, object]:
    """The server that is given the secret, or what is signed with it."""
    if channel == Channel.MAIL:
        return str(settings.get("host", "")).lower(), settings.get("port")
    target = target_of(str(settings.get("url", "")))
    return target.host, target.port


def _origin(address: str) -> None:
    target = target_of(address)
    if target.path != "/":
        raise Refused(_("只填到主机名，如 https://city.example"), field="address")
