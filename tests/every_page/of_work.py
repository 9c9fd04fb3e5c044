"""Addresses of the desk, of photos and notices, and of those who take our data by key."""

from uuid import UUID

from tests.every_page.address import (
    ANYBODY,
    DENIED,
    ENTER,
    FOUND,
    NO_METHOD,
    NONE,
    NOT_SO,
    OF_A_CASE,
    OK,
    OTHERS,
    SIGNED_IN,
    STRANGE,
    Address,
    of,
)
from tests.every_page.people import KEEPERS, MAY_ORDER, MAY_REPORT, QUEUES, SYSTEM, WORKING

ADDRESSES: dict[str, list[Address]] = {
    "desk:home": [of(SIGNED_IN, {OK, FOUND})],
    "desk:new": [of(SIGNED_IN, OK, NOT_SO, holders=MAY_REPORT)],
    "desk:order": [of(SIGNED_IN, OK, NOT_SO, holders=MAY_ORDER)],
    "desk:queue": [
        *(of(SIGNED_IN, holders=held.split(), name=name) for name, held in QUEUES.items()),
        of(SIGNED_IN, NONE, name="nowhere"),
    ],
    "desk:search": [of(SIGNED_IN, OK, FOUND)],
    "desk:figures": [of(SIGNED_IN, holders=WORKING)],
    "desk:choose": [of(SIGNED_IN, NO_METHOD, NOT_SO)],
    "desk:together": [of(SIGNED_IN, NONE, NONE, key=STRANGE)],
    "desk:together_progress": [of(SIGNED_IN, NONE, key=STRANGE)],
    "desk:together_undo": [of(SIGNED_IN, NO_METHOD, NONE, key=STRANGE)],
    "desk:exports": [of(SIGNED_IN)],
    "desk:export_new": [of(SIGNED_IN, NONE, NONE)],
    "desk:export_limits": [of(SIGNED_IN, OK, {DENIED, NOT_SO})],
    "desk:export": [of(SIGNED_IN, NONE, key=STRANGE)],
    "desk:export_progress": [of(SIGNED_IN, NONE, key=STRANGE)],
    "desk:export_decide": [of(SIGNED_IN, NO_METHOD, NONE, key=STRANGE)],
    "desk:export_download": [of(SIGNED_IN, NO_METHOD, NONE, key=STRANGE)],
    "desk:saved": [of(SIGNED_IN, OK, NONE)],
    "desk:saved_change": [of(SIGNED_IN, NO_METHOD, NONE, pk=OTHERS, what="delete")],
    "desk:layout": [of(SIGNED_IN, NO_METHOD, FOUND)],
    "desk:news": [of(SIGNED_IN)],
    "desk:unmask": [
        of(SIGNED_IN, NO_METHOD, NONE, number="KF20260101000001", pk=OTHERS),
        of(SIGNED_IN, NO_METHOD, NONE, number="KF20260101000001", pk=10**30),
    ],
    "desk:mark_minor": [
        of(SIGNED_IN, NO_METHOD, NONE, number="KF20260101000001", pk=OTHERS),
        of(SIGNED_IN, NO_METHOD, NONE, number="KF20260101000001", pk=10**30),
    ],
    "desk:row": [of(OF_A_CASE), of(SIGNED_IN, NONE, pk=OTHERS), of(SIGNED_IN, NONE, pk=10**30)],
    "desk:by_id": [
        of(OF_A_CASE, FOUND),
        of(SIGNED_IN, NONE, pk=OTHERS),
        of(SIGNED_IN, NONE, pk=10**30),
    ],
    "desk:case": [of(OF_A_CASE), of(SIGNED_IN, NONE, number="KF20260101000001")],
    "desk:meanwhile": [
        of(OF_A_CASE, line=0),
        of(SIGNED_IN, NONE, number="KF20260101000001", line=0),
    ],
    "desk:print": [of(OF_A_CASE), of(SIGNED_IN, NONE, number="KF20260101000001")],
    "desk:move": [
        of(OF_A_CASE, OK, DENIED, name="withdraw"),
        of(OF_A_CASE, NONE, NONE, name="import_close"),
        of(OF_A_CASE, NONE, NONE, name="report"),
    ],
    "desk:journal": [of(SIGNED_IN, holders={"security", "audit"})],
    "desk:remarks": [
        of(SIGNED_IN, holders={"security", "audit"}, number="a case's number"),
        of(SIGNED_IN, NONE, holders={"security", "audit"}, number="KF20260101000001"),
    ],
    "desk:erase_remark": [
        of(SIGNED_IN, NO_METHOD, NONE, holders={"security"}, number="a case's number", pk=OTHERS)
    ],
    "files:photo": [
        of(OF_A_CASE, size="full"),
        of(OF_A_CASE, size="small"),
        of(ANYBODY, NONE, public_id=STRANGE, size="full"),
    ],
    "api:reference": [of(ANYBODY)],
    "api:keys": [of(SIGNED_IN, holders={"administrator", "audit"})],
    "api:new": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "api:client": [
        of(SIGNED_IN, holders={"administrator", "audit"}, number="a client"),
        of(SIGNED_IN, NONE, holders={"administrator", "audit"}, number=OTHERS),
    ],
    "api:regrant": [
        of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"administrator"}, number="a client"),
        of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, number=OTHERS),
    ],
    "api:rotate": [
        of(SIGNED_IN, NO_METHOD, OK, holders={"administrator"}, number="a client"),
        of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, number=OTHERS),
    ],
    "api:revoke": [
        of(
            *(SIGNED_IN, NO_METHOD, NONE),
            holders={"administrator"},
            number="a client",
            visible="nothing",
        )
    ],
    "notices:list": [of(SIGNED_IN)],
    "notices:badge": [of(SIGNED_IN)],
    "notices:read_all": [of(SIGNED_IN, NO_METHOD, FOUND)],
    "notices:read": [
        of(SIGNED_IN, NO_METHOD, NONE, number="another's notice"),
        of(SIGNED_IN, NO_METHOD, NONE, number=10**30),
    ],
    "notices:settings": [of(SIGNED_IN, OK, NOT_SO)],
    "notices:address": [
        of(SIGNED_IN, NO_METHOD, NOT_SO, channel="mail"),
        of(SIGNED_IN, NO_METHOD, NONE, channel="webhook"),
    ],
    "notices:confirm": [of(SIGNED_IN, NO_METHOD, NOT_SO, channel="sms")],
    "notices:drop": [of(SIGNED_IN, NO_METHOD, NONE, channel="sms")],
    "notices:connectors": [of(SIGNED_IN, holders=KEEPERS)],
    "backups": [of(SIGNED_IN, holders=KEEPERS)],
    "notices:house": [of(SIGNED_IN, NO_METHOD, FOUND, holders=SYSTEM)],
    "notices:new_connector": [
        of(SIGNED_IN, OK, {OK, NOT_SO}, holders=SYSTEM, channel="mail"),
        of(SIGNED_IN, OK, {OK, NOT_SO}, holders=SYSTEM, channel="sms"),
        of(SIGNED_IN, NONE, NONE, holders=SYSTEM, channel="webhook"),
    ],
    "notices:connector": [
        of(SIGNED_IN, OK, {OK, NOT_SO}, holders=SYSTEM, number="a connector"),
        of(SIGNED_IN, NONE, NONE, holders=SYSTEM, number=OTHERS),
    ],
    "notices:connector_act": [
        of(SIGNED_IN, NO_METHOD, FOUND, holders=SYSTEM, number="a connector", what="use"),
        of(SIGNED_IN, NO_METHOD, NONE, holders=SYSTEM, number="a connector", what="drop"),
    ],
    "notices:new_subscription": [of(SIGNED_IN, OK, {OK, NOT_SO}, holders=SYSTEM)],
    "notices:subscription": [
        of(SIGNED_IN, OK, {OK, NOT_SO}, holders=SYSTEM, number="a subscription"),
        of(SIGNED_IN, NONE, NONE, holders=SYSTEM, number=OTHERS),
    ],
    "notices:subscription_act": [
        of(SIGNED_IN, NO_METHOD, FOUND, holders=SYSTEM, number="a subscription", what="end"),
        of(SIGNED_IN, NO_METHOD, NONE, holders=SYSTEM, number="a subscription", what="read"),
    ],
    "notices:reveal": [
        of(SIGNED_IN, NO_METHOD, OK, holders=SYSTEM, number="a subscription"),
        of(SIGNED_IN, NO_METHOD, NONE, holders=SYSTEM, number=OTHERS),
    ],
    "notices:deliveries": [of(SIGNED_IN, holders=KEEPERS)],
    "notices:delivery": [
        of(SIGNED_IN, holders=KEEPERS, number="a delivery"),
        of(SIGNED_IN, NONE, holders=KEEPERS, number=OTHERS),
    ],
    "notices:delivery_act": [
        of(SIGNED_IN, NO_METHOD, FOUND, holders=SYSTEM, number="a delivery", what="resend"),
        of(SIGNED_IN, NO_METHOD, NONE, holders=SYSTEM, number="a delivery", what="begin"),
    ],
    "notices:receipt": [of(ANYBODY, NO_METHOD, ENTER, ref=UUID(int=1))],
}
