"""Every address × every kind of person: what each may see, and that a refusal changes nothing.

The tables below say it in the words of the city, on their own: nothing here asks `rules.py`.
An address of the program that stands in no table fails the first test.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from shiyu.api.actions import admit
from shiyu.calendars.actions import draw_up_hours
from shiyu.calendars.models import Revision
from shiyu.cases import actions as do
from shiyu.cases.models import Case
from shiyu.cases.tests.world import LONG_AGO, THERE, World, a_photo, build
from shiyu.files.models import Photo
from shiyu.journal.models import Line
from shiyu.notices.actions import owe
from shiyu.notices.models import Connector, Delivery, Notice
from shiyu.notices.tests.conftest import make_subscription
from shiyu.people.actors import Actor
from shiyu.people.models import Appointment, Person, Post, PostDuty
from shiyu.places.models import Address as WrittenAddress
from shiyu.places.models import Survey

# ---- the city's own words: who is who, who sees what, who may do what -------------------------

SIGNED_OUT = "signed out"
ADMINISTRATORS = ("administrator", "security", "audit")
OVER_THE_CITY = frozenset({"intake_city", "dispatcher_city", "commander_city"})
DESK_OF_GULOU = frozenset({"intake", "dispatcher", "commander", "commander_two", "clerk"})
LOOKS_OVER_GULOU = OVER_THE_CITY | DESK_OF_GULOU | {"verifier", "patrol", "room"}
LOOKS_OVER_LONGTING = OVER_THE_CITY | {"intake_longting"}
WORKING = LOOKS_OVER_GULOU | {"handler", "handler_waste", "handler_lamps", "patrol_xisi"}
WORKING |= LOOKS_OVER_LONGTING
EVERYBODY = (*sorted(WORKING), *ADMINISTRATORS, "nobody")
DOUBLES = frozenset({"commander_two", "clerk", "handler_waste", "dispatcher_city"})
"""People whose like is tried already: they only look at cases."""
KINDS = tuple(who for who in EVERYBODY if who not in DOUBLES)
ELSEWHERE = frozenset(
    ["room", "patrol_xisi", "handler_lamps", "commander_city", "intake_city", "intake_longting"]
)
"""The same duties over another place: their whole matrix is among the slow proofs."""
TRIED = [
    *(pytest.param(who, marks=pytest.mark.long if who in ELSEWHERE else ()) for who in KINDS),
    "signed out",
]

SEES: dict[str, frozenset[str]] = {
    "gulou reported": LOOKS_OVER_GULOU,
    "gulou filed": LOOKS_OVER_GULOU,
    "gulou handling": LOOKS_OVER_GULOU | {"handler"},
    "gulou handled": LOOKS_OVER_GULOU | {"handler"},
    "gulou closed": LOOKS_OVER_GULOU | {"handler"},
    "gulou merged": LOOKS_OVER_GULOU,
    "gulou dismissed": LOOKS_OVER_GULOU,
    "longting reported": LOOKS_OVER_LONGTING,
    "longting handling": LOOKS_OVER_LONGTING | {"handler_lamps"},
    "longting dismissed": LOOKS_OVER_LONGTING,
    "longting merged": LOOKS_OVER_LONGTING,
}
"""Who may know of a case: those who look over its place, and the unit it was sent to."""

INTAKE, DISPATCH, COMMAND, HANDLE, VERIFY, PATROL = range(6)
HOLDS: dict[str, dict[int, frozenset[str]]] = {
    "gulou": {
        INTAKE: frozenset({"intake", "clerk"}),
        DISPATCH: frozenset({"dispatcher", "clerk"}),
        COMMAND: frozenset({"commander", "commander_two"}),
        HANDLE: frozenset({"handler"}),
        VERIFY: frozenset({"verifier", "patrol"}),
        PATROL: frozenset({"patrol"}),
    },
    "longting": {
        INTAKE: frozenset({"intake_longting"}),
        DISPATCH: frozenset({"intake_longting"}),
        HANDLE: frozenset({"handler_lamps"}),
    },
}
"""Whose work a case of that county is. The city's own desk looks on: it is not its case."""

WORK_OF: dict[str, tuple[int, ...]] = {
    "accept": (INTAKE,),
    "dismiss": (INTAKE,),
    "merge": (INTAKE, DISPATCH),
    "settle": (PATROL,),
    "file": (INTAKE,),
    "escalate": (INTAKE, DISPATCH),
    "dispatch": (DISPATCH,),
    "recall": (DISPATCH,),
    "object": (HANDLE,),
    "sign": (HANDLE,),
    "split": (HANDLE,),
    "ask_extension": (HANDLE,),
    "extend": (DISPATCH,),
    "refuse_extension": (DISPATCH,),
    "ask_suspension": (HANDLE,),
    "endorse_suspension": (DISPATCH,),
    "suspend": (COMMAND,),
    "refuse_suspension": (DISPATCH, COMMAND),
    "resume": (HANDLE, DISPATCH, COMMAND),
    "handle": (HANDLE,),
    "rework": (VERIFY,),
    "verify": (VERIFY,),
    "close": (INTAKE,),
    "reopen": (VERIFY, COMMAND),
    "withdraw": (),
    "ask_void": (INTAKE, DISPATCH),
    "void": (COMMAND,),
    "remark": (INTAKE, DISPATCH, COMMAND, HANDLE, VERIFY, PATROL),
    "urge": (DISPATCH, COMMAND),
    "correct": (INTAKE,),
    "check_open": (INTAKE,),
    "check_done": (VERIFY, PATROL),
    "appeal": (HANDLE,),
    "exempt": (COMMAND,),
    "refuse_appeal": (COMMAND,),
}
"""Every move that has a form; who reported by receipt withdraws on the public pages only."""

QUEUES = {
    "to_accept": "intake clerk room intake_longting intake_city",
    "to_file": "intake clerk room intake_longting intake_city",
    "to_dispatch": "dispatcher clerk intake_longting dispatcher_city",
    "to_decide": "dispatcher clerk intake_longting dispatcher_city commander commander_two"
    " commander_city",
    "to_sign": "handler handler_waste handler_lamps room",
    "handling": "handler handler_waste handler_lamps room",
    "to_check": "verifier patrol patrol_xisi",
    "to_verify": "verifier patrol",
    "to_close": "intake clerk room intake_longting intake_city",
    "suspended": "dispatcher clerk intake_longting dispatcher_city commander commander_two"
    " commander_city handler handler_waste handler_lamps room",
    "mine": " ".join(WORKING),
    "all": " ".join(WORKING),
}
MAY_REPORT = WORKING - {"handler", "handler_waste", "handler_lamps"}
MAY_ORDER = frozenset(
    ["intake", "clerk", "room", "dispatcher", "intake_longting", "intake_city", "dispatcher_city"]
)

# ---- every address, by whose it is --------------------------------------------------------------

ANYBODY, SIGNED_IN, OF_A_CASE, WITH_CODE = "anybody", "signed in", "of a case", "with a code"
OK, FOUND, NOT_MODIFIED = 200, 302, 304
ENTER, DENIED, NONE, NOT_SO, NO_METHOD = 401, 403, 404, 422, 405
MADE_OR_ASKED = frozenset({OK, FOUND, 409, NOT_SO})


@dataclass(frozen=True)
class Address:
    """Whose an address is, and what a look (GET) and an empty form (POST) are answered.

    holders  who may, where that is narrower than everybody signed in; others are told 403.
    """

    whose: str
    get: frozenset[int] = frozenset({OK})
    post: frozenset[int] = frozenset({NO_METHOD})
    holders: frozenset[str] | None = None
    named: dict[str, Any] = field(default_factory=dict)


def _of(
    whose: str,
    get: int | set[int] = OK,
    post: int | set[int] = NO_METHOD,
    /,
    *,
    holders: Iterable[str] | None = None,
    **named: Any,
) -> Address:
    looked, sent = (frozenset([v] if isinstance(v, int) else v) for v in (get, post))
    return Address(whose, looked, sent, None if holders is None else frozenset(holders), named)


OTHERS = 987654321
INTERFACES = ("v1:", "open311")
"""Answered by key: every route of theirs stands in a table of `shiyu/api`."""
SYSTEM = {"administrator"}
KEEPERS = {"administrator", "audit"}
STRANGE = "0" * 32
WELL_FORMED = ({OK, FOUND}, {OK, FOUND, NOT_SO})

ADDRESSES: dict[str, list[Address]] = {
    "account_home": [_of(SIGNED_IN)],
    "account_login": [_of(ANYBODY, {OK, FOUND}, {FOUND, NOT_SO})],
    "account_logout": [_of(SIGNED_IN, OK, FOUND)],
    "account_change_password": [_of(SIGNED_IN, *WELL_FORMED)],
    "account_reauthenticate": [_of(SIGNED_IN, *WELL_FORMED)],
    "mfa_reauthenticate": [_of(SIGNED_IN, {OK, FOUND}, {OK, FOUND, NOT_SO, DENIED})],
    "mfa_authenticate": [_of(ANYBODY, FOUND, FOUND)],
    "mfa_index": [_of(SIGNED_IN)],
    "mfa_activate_totp": [_of(SIGNED_IN, *WELL_FORMED)],
    "mfa_deactivate_totp": [_of(SIGNED_IN, {OK, FOUND, NONE}, {FOUND, NONE})],
    "mfa_view_recovery_codes": [_of(SIGNED_IN, {FOUND, NONE}, {FOUND, NONE, NO_METHOD})],
    "mfa_generate_recovery_codes": [_of(SIGNED_IN, {FOUND, NONE}, {FOUND, NONE})],
    "mfa_list_webauthn": [_of(SIGNED_IN)],
    "mfa_add_webauthn": [_of(SIGNED_IN, *WELL_FORMED)],
    "mfa_edit_webauthn": [_of(SIGNED_IN, {FOUND, NONE}, {FOUND, NONE}, pk=OTHERS)],
    "mfa_remove_webauthn": [_of(SIGNED_IN, {FOUND, NONE}, {FOUND, NONE}, pk=OTHERS)],
    "mfa_login_webauthn": [_of(ANYBODY, FOUND, FOUND)],
    "mfa_reauthenticate_webauthn": [_of(SIGNED_IN, {OK, FOUND}, {OK, FOUND, NOT_SO})],
    "openid_connect_login": [_of(ANYBODY, NO_METHOD, NONE)],
    "openid_connect_callback": [_of(ANYBODY, NONE, provider_id="oidc-none")],
    "account_identity": [_of(SIGNED_IN)],
    "account_link_identity": [_of(SIGNED_IN, NO_METHOD, FOUND)],
    "account_unlink_identity": [_of(SIGNED_IN, NO_METHOD, NONE, number=OTHERS)],
    "account_sessions": [_of(SIGNED_IN)],
    "account_end_other_sessions": [_of(SIGNED_IN, NO_METHOD, FOUND)],
    "account_end_session": [
        _of(SIGNED_IN, NO_METHOD, NONE, number="another's session"),
        _of(SIGNED_IN, NO_METHOD, NONE, number=OTHERS),
    ],
    "account_keys": [_of(SIGNED_IN, {OK, NO_METHOD}, FOUND)],
    "account_people": [_of(SIGNED_IN, holders={"security", "audit"})],
    "account_new_person": [_of(SIGNED_IN, OK, {OK, NOT_SO}, holders={"security"})],
    "account_person": [_of(SIGNED_IN, holders={"security", "audit"}, number="somebody")],
    "account_person_password": [
        _of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"security"}, number="somebody")
    ],
    "account_appoint": [
        _of(SIGNED_IN, OK, NOT_SO, holders={"security"}, number="somebody", post="a post")
    ],
    "account_leave": [
        _of(SIGNED_IN, NONE, NONE, holders={"security"}, number="somebody", appointment=OTHERS)
    ],
    "account_depart": [
        _of(SIGNED_IN, OK, FOUND, holders={"security"}, number="somebody"),
        _of(SIGNED_IN, NONE, NONE, holders={"security"}, number=OTHERS),
    ],
    "account_post": [
        _of(SIGNED_IN, holders=ADMINISTRATORS, number="a post"),
        _of(SIGNED_IN, NONE, holders=ADMINISTRATORS, number=OTHERS),
    ],
    "account_rename_post": [
        _of(SIGNED_IN, NO_METHOD, 400, holders={"administrator"}, number="a post")
    ],
    "account_give_duty": [_of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"security"}, number="a post")],
    "account_withdraw_duty": [
        _of(SIGNED_IN, NONE, NONE, holders={"security"}, number="a post", duty=OTHERS)
    ],
    "account_units": [_of(SIGNED_IN, holders=ADMINISTRATORS)],
    "account_new_unit": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "account_unit": [
        _of(SIGNED_IN, holders=ADMINISTRATORS, number="a unit"),
        _of(SIGNED_IN, NONE, holders=ADMINISTRATORS, number=OTHERS),
    ],
    "account_new_post": [
        _of(SIGNED_IN, NO_METHOD, 400, holders={"administrator"}, number="a unit")
    ],
    "account_unit_change": [
        *(
            _of(SIGNED_IN, OK, {OK, NOT_SO}, holders={"administrator"}, number="a unit", what=what)
            for what in ("rename", "move", "close", "merge", "split")
        ),
        _of(SIGNED_IN, NONE, NONE, holders={"administrator"}, number="a unit", what="dissolve"),
    ],
    "account_undo_change": [
        _of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, number=OTHERS)
    ],
    "account_person_act": [
        _of(
            SIGNED_IN, NO_METHOD, FOUND, holders={"security"}, number="somebody", what="deactivate"
        ),
        _of(SIGNED_IN, NO_METHOD, NONE, holders={"security"}, number="somebody", what="promote"),
    ],
    "desk:home": [_of(SIGNED_IN, {OK, FOUND})],
    "desk:new": [_of(SIGNED_IN, OK, NOT_SO, holders=MAY_REPORT)],
    "desk:order": [_of(SIGNED_IN, OK, NOT_SO, holders=MAY_ORDER)],
    "desk:queue": [
        *(_of(SIGNED_IN, holders=held.split(), name=name) for name, held in QUEUES.items()),
        _of(SIGNED_IN, NONE, name="nowhere"),
    ],
    "desk:search": [_of(SIGNED_IN, OK, FOUND)],
    "desk:figures": [_of(SIGNED_IN, holders=WORKING)],
    "desk:choose": [_of(SIGNED_IN, NO_METHOD, NOT_SO)],
    "desk:together": [_of(SIGNED_IN, NONE, NONE, key=STRANGE)],
    "desk:together_progress": [_of(SIGNED_IN, NONE, key=STRANGE)],
    "desk:together_undo": [_of(SIGNED_IN, NO_METHOD, NONE, key=STRANGE)],
    "desk:exports": [_of(SIGNED_IN)],
    "desk:export_new": [_of(SIGNED_IN, NONE, NONE)],
    "desk:export": [_of(SIGNED_IN, NONE, key=STRANGE)],
    "desk:export_progress": [_of(SIGNED_IN, NONE, key=STRANGE)],
    "desk:export_decide": [_of(SIGNED_IN, NO_METHOD, NONE, key=STRANGE)],
    "desk:export_download": [_of(SIGNED_IN, NO_METHOD, NONE, key=STRANGE)],
    "desk:saved": [_of(SIGNED_IN, OK, NONE)],
    "desk:saved_change": [_of(SIGNED_IN, NO_METHOD, NONE, pk=OTHERS, what="delete")],
    "desk:layout": [_of(SIGNED_IN, NO_METHOD, FOUND)],
    "desk:news": [_of(SIGNED_IN)],
    "desk:unmask": [
        _of(SIGNED_IN, NO_METHOD, NONE, number="KF20260101000001", pk=OTHERS),
        _of(SIGNED_IN, NO_METHOD, NONE, number="KF20260101000001", pk=10**30),
    ],
    "desk:row": [_of(OF_A_CASE), _of(SIGNED_IN, NONE, pk=OTHERS), _of(SIGNED_IN, NONE, pk=10**30)],
    "desk:by_id": [
        _of(OF_A_CASE, FOUND),
        _of(SIGNED_IN, NONE, pk=OTHERS),
        _of(SIGNED_IN, NONE, pk=10**30),
    ],
    "desk:case": [_of(OF_A_CASE), _of(SIGNED_IN, NONE, number="KF20260101000001")],
    "desk:meanwhile": [
        _of(OF_A_CASE, line=0),
        _of(SIGNED_IN, NONE, number="KF20260101000001", line=0),
    ],
    "desk:print": [_of(OF_A_CASE), _of(SIGNED_IN, NONE, number="KF20260101000001")],
    "desk:move": [
        _of(OF_A_CASE, OK, DENIED, name="withdraw"),
        _of(OF_A_CASE, NONE, NONE, name="import_close"),
        _of(OF_A_CASE, NONE, NONE, name="report"),
    ],
    "desk:journal": [_of(SIGNED_IN, holders={"security", "audit"})],
    "desk:remarks": [
        _of(SIGNED_IN, holders={"security", "audit"}, number="a case's number"),
        _of(SIGNED_IN, NONE, holders={"security", "audit"}, number="KF20260101000001"),
    ],
    "desk:erase_remark": [
        _of(SIGNED_IN, NO_METHOD, NONE, holders={"security"}, number="a case's number", pk=OTHERS)
    ],
    "files:photo": [
        _of(OF_A_CASE, size="full"),
        _of(OF_A_CASE, size="small"),
        _of(ANYBODY, NONE, public_id=STRANGE, size="full"),
    ],
    "api:reference": [_of(ANYBODY)],
    "api:keys": [_of(SIGNED_IN, holders={"administrator", "audit"})],
    "api:new": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "api:client": [
        _of(SIGNED_IN, holders={"administrator", "audit"}, number="a client"),
        _of(SIGNED_IN, NONE, holders={"administrator", "audit"}, number=OTHERS),
    ],
    "api:regrant": [
        _of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"administrator"}, number="a client"),
        _of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, number=OTHERS),
    ],
    "api:rotate": [
        _of(SIGNED_IN, NO_METHOD, OK, holders={"administrator"}, number="a client"),
        _of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, number=OTHERS),
    ],
    "api:revoke": [
        _of(
            *(SIGNED_IN, NO_METHOD, NONE),
            holders={"administrator"},
            number="a client",
            visible="nothing",
        )
    ],
    "notices:list": [_of(SIGNED_IN)],
    "notices:badge": [_of(SIGNED_IN)],
    "notices:read_all": [_of(SIGNED_IN, NO_METHOD, FOUND)],
    "notices:read": [
        _of(SIGNED_IN, NO_METHOD, NONE, number="another's notice"),
        _of(SIGNED_IN, NO_METHOD, NONE, number=10**30),
    ],
    "notices:settings": [_of(SIGNED_IN, OK, NOT_SO)],
    "notices:address": [
        _of(SIGNED_IN, NO_METHOD, NOT_SO, channel="mail"),
        _of(SIGNED_IN, NO_METHOD, NONE, channel="webhook"),
    ],
    "notices:confirm": [_of(SIGNED_IN, NO_METHOD, NOT_SO, channel="sms")],
    "notices:drop": [_of(SIGNED_IN, NO_METHOD, NONE, channel="sms")],
    "notices:connectors": [_of(SIGNED_IN, holders=KEEPERS)],
    "notices:house": [_of(SIGNED_IN, NO_METHOD, FOUND, holders=SYSTEM)],
    "notices:new_connector": [
        _of(SIGNED_IN, OK, {OK, NOT_SO}, holders=SYSTEM, channel="mail"),
        _of(SIGNED_IN, OK, {OK, NOT_SO}, holders=SYSTEM, channel="sms"),
        _of(SIGNED_IN, NONE, NONE, holders=SYSTEM, channel="webhook"),
    ],
    "notices:connector": [
        _of(SIGNED_IN, OK, {OK, NOT_SO}, holders=SYSTEM, number="a connector"),
        _of(SIGNED_IN, NONE, NONE, holders=SYSTEM, number=OTHERS),
    ],
    "notices:connector_act": [
        _of(SIGNED_IN, NO_METHOD, FOUND, holders=SYSTEM, number="a connector", what="use"),
        _of(SIGNED_IN, NO_METHOD, NONE, holders=SYSTEM, number="a connector", what="drop"),
    ],
    "notices:new_subscription": [_of(SIGNED_IN, OK, {OK, NOT_SO}, holders=SYSTEM)],
    "notices:subscription": [
        _of(SIGNED_IN, OK, {OK, NOT_SO}, holders=SYSTEM, number="a subscription"),
        _of(SIGNED_IN, NONE, NONE, holders=SYSTEM, number=OTHERS),
    ],
    "notices:subscription_act": [
        _of(SIGNED_IN, NO_METHOD, FOUND, holders=SYSTEM, number="a subscription", what="end"),
        _of(SIGNED_IN, NO_METHOD, NONE, holders=SYSTEM, number="a subscription", what="read"),
    ],
    "notices:reveal": [
        _of(SIGNED_IN, NO_METHOD, OK, holders=SYSTEM, number="a subscription"),
        _of(SIGNED_IN, NO_METHOD, NONE, holders=SYSTEM, number=OTHERS),
    ],
    "notices:deliveries": [_of(SIGNED_IN, holders=KEEPERS)],
    "notices:delivery": [
        _of(SIGNED_IN, holders=KEEPERS, number="a delivery"),
        _of(SIGNED_IN, NONE, holders=KEEPERS, number=OTHERS),
    ],
    "notices:delivery_act": [
        _of(SIGNED_IN, NO_METHOD, FOUND, holders=SYSTEM, number="a delivery", what="resend"),
        _of(SIGNED_IN, NO_METHOD, NONE, holders=SYSTEM, number="a delivery", what="begin"),
    ],
    "notices:receipt": [_of(ANYBODY, NO_METHOD, ENTER, ref=UUID(int=1))],
    "calendars:list": [_of(SIGNED_IN)],
    "calendars:year": [
        _of(SIGNED_IN, code="city", year=2026),
        _of(SIGNED_IN, NONE, code="city", year=1999),
        _of(SIGNED_IN, NONE, code="nowhere", year=2026),
    ],
    "calendars:hours": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="city")],
    "calendars:days": [
        _of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="city", year=2026)
    ],
    "calendars:history": [_of(SIGNED_IN, holders={"administrator", "audit"}, code="city")],
    "calendars:revision": [
        _of(SIGNED_IN, holders={"administrator", "audit"}, pk="a revision"),
        _of(SIGNED_IN, NONE, holders={"administrator", "audit"}, pk=OTHERS),
    ],
    "calendars:progress": [_of(SIGNED_IN, holders={"administrator", "audit"}, pk="a revision")],
    "calendars:look": [
        _of(SIGNED_IN, NO_METHOD, FOUND, holders={"administrator"}, pk="a revision")
    ],
    "calendars:publish": [
        _of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"administrator"}, pk="a revision")
    ],
    "calendars:undo": [_of(SIGNED_IN, NO_METHOD, 409, holders={"administrator"}, pk="a revision")],
    "places:list": [_of(SIGNED_IN, FOUND)],
    "places:place": [_of(SIGNED_IN, code="410204"), _of(SIGNED_IN, NONE, code="999")],
    "places:add": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="410204")],
    "places:rename": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="410204")],
    "places:move": [_of(SIGNED_IN, OK, {OK, NOT_SO}, holders={"administrator"}, code="410204001")],
    "places:close": [_of(SIGNED_IN, OK, {OK, NOT_SO}, holders={"administrator"}, code="410204")],
    "places:take_back": [_of(SIGNED_IN, NO_METHOD, 409, holders={"administrator"}, code="410204")],
    "places:enrol": [
        _of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"administrator"}, code="410204001001")
    ],
    "places:leave": [
        _of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, code="410204", entry=OTHERS)
    ],
    "places:maps": [_of(SIGNED_IN, OK, {DENIED, OK, NOT_SO}, holders={"administrator", "audit"})],
    "places:export": [_of(SIGNED_IN, holders={"administrator", "audit"})],
    "places:survey": [
        _of(SIGNED_IN, holders={"administrator", "audit"}, pk="a survey"),
        _of(SIGNED_IN, NONE, holders={"administrator", "audit"}, pk=OTHERS),
    ],
    "places:publish": [_of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"administrator"}, pk="a survey")],
    "places:drop": [_of(SIGNED_IN, NO_METHOD, FOUND, holders={"administrator"}, pk="a survey")],
    "places:undo": [_of(SIGNED_IN, NO_METHOD, 409, holders={"administrator"}, pk="a survey")],
    "places:addresses": [_of(SIGNED_IN)],
    "places:new_address": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "places:import_addresses": [_of(SIGNED_IN, OK, {OK, NOT_SO}, holders={"administrator"})],
    "places:address": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, pk="an address")],
    "places:close_address": [
        _of(SIGNED_IN, NO_METHOD, FOUND, holders={"administrator"}, pk="an address")
    ],
    "places:cells": [_of(ANYBODY, 400)],
    "places:find": [_of(ANYBODY)],
    "places:at": [_of(ANYBODY, 400)],
    "catalogue:kinds": [_of(SIGNED_IN)],
    "catalogue:grid": [_of(SIGNED_IN)],
    "catalogue:procedure": [_of(SIGNED_IN)],
    "catalogue:reasons": [_of(SIGNED_IN)],
    "catalogue:kind": [_of(SIGNED_IN, code="10101"), _of(SIGNED_IN, NONE, code="nowhere")],
    "catalogue:compare": [
        _of(SIGNED_IN, code="10101", ordinal=1),
        _of(SIGNED_IN, NONE, code="10101", ordinal=99),
    ],
    "catalogue:new_kind": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "catalogue:edit_kind": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="10101")],
    "catalogue:act": [
        _of(SIGNED_IN, NO_METHOD, 400, holders={"administrator"}, code="10101", what="keep-out"),
        _of(SIGNED_IN, NO_METHOD, FOUND, holders={"administrator"}, code="10101", what="end"),
        _of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, code="10101", what="burn"),
    ],
    "catalogue:new_condition": [
        _of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="10101")
    ],
    "catalogue:condition": [
        _of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="10101", ordinal=1),
        _of(SIGNED_IN, NONE, NONE, holders={"administrator"}, code="10101", ordinal=99),
    ],
    "catalogue:end_condition": [
        _of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="10101", ordinal=1)
    ],
    "catalogue:withdraw_condition": [
        _of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, code="10101", ordinal=1)
    ],
    "catalogue:edit_procedure": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "catalogue:new_reason": [_of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"administrator"})],
    "catalogue:set_reason": [
        _of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, number=OTHERS, what="end")
    ],
    "catalogue:upload": [_of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "catalogue:publish": [
        _of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, number=OTHERS)
    ],
    "overview": [_of(SIGNED_IN)],
    "set_language": [_of(ANYBODY, {FOUND, NO_METHOD}, FOUND)],
    "size": [_of(ANYBODY, NO_METHOD, FOUND)],
    "looks": [_of(ANYBODY, NONE)],
    "favicon": [_of(ANYBODY, FOUND)],
    "portal:home": [_of(ANYBODY)],
    "portal:help": [_of(ANYBODY)],
    "portal:go_on": [_of(ANYBODY, FOUND)],
    "portal:photo": [_of(ANYBODY, OK, NOT_SO)],
    "portal:words": [_of(ANYBODY, OK, NOT_SO)],
    "portal:thumbnail": [
        _of(ANYBODY, NONE, public_id=STRANGE),
        _of(ANYBODY, NONE, public_id="a case's photo"),
    ],
    "portal:drop_photo": [_of(ANYBODY, NO_METHOD, FOUND, public_id="a case's photo")],
    "portal:place": [_of(ANYBODY, FOUND, FOUND)],
    "portal:kind": [_of(ANYBODY, FOUND, FOUND)],
    "portal:kinds": [_of(ANYBODY, FOUND, FOUND)],
    "portal:similar": [_of(ANYBODY, FOUND, FOUND)],
    "portal:check": [_of(ANYBODY, FOUND, FOUND)],
    "portal:done": [_of(ANYBODY, FOUND)],
    "portal:clear": [_of(ANYBODY, NO_METHOD, FOUND)],
    "portal:find": [_of(ANYBODY, OK, NOT_SO)],
    "portal:follow": [_of(WITH_CODE)],
    "portal:news": [_of(WITH_CODE)],
    "portal:add": [_of(WITH_CODE, NO_METHOD, NOT_SO)],
    "portal:withdraw": [_of(WITH_CODE, NO_METHOD, NOT_SO)],
    "portal:untold": [_of(WITH_CODE, NO_METHOD, FOUND)],
    "portal:rate": [_of(WITH_CODE, NO_METHOD, NOT_SO)],
    "portal:proof": [_of(WITH_CODE)],
    "portal:proof_file": [_of(WITH_CODE, FOUND)],
    "portal:check_proof": [_of(ANYBODY, OK, NOT_SO)],
    "portal:marks": [_of(ANYBODY)],
    "portal:report_photo": [
        _of(WITH_CODE, NONE, public_id=STRANGE, size="small"),
        _of(WITH_CODE, NONE, public_id="a case's photo", size="full"),
    ],
}

# ---- the city in which it is tried --------------------------------------------------------------


@dataclass
class Town:
    """The made city, one session for each person, and one case for each row of SEES."""

    world: World
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    sessions: dict[str, str] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    code: str = ""
    things: dict[str, Any] = field(default_factory=dict)

    def browser(self, who: str) -> Client:
        """This person's browser; what was sent before (signing out!) is forgotten."""
        self.client.cookies = SimpleCookie()
        if who != SIGNED_OUT:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]
        return self.client

    def path(self, name: str, address: Address, case: str = "") -> str:
        """The address with what stands for its parts."""
        parts = {key: self.things.get(str(v), v) for key, v in address.named.items()}
        if address.whose == WITH_CODE:
            parts["code"] = self.code
        if case:
            found = self.cases[case]
            by = {"desk:row": "pk", "desk:by_id": "pk", "files:photo": "public_id"}
            part = by.get(name, "number")
            parts[part] = self.photos[case] if part == "public_id" else getattr(found, part)
        return reverse(name, kwargs=parts)


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: Any) -> Iterator[Town]:
    """Built once for all tests of this file, in one transaction that is undone at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _build()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def undone(town: Town, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def _build() -> Town:
    town = Town(build())
    world = town.world
    for key, duty in (("security", "security_admin"), ("audit", "audit_admin")):
        _employ(world, key, duty)
    for stage in ("reported", "filed", "handling", "handled", "closed", "merged", "dismissed"):
        town.cases[f"gulou {stage}"] = world.make_case(stage, photos=[a_photo()])
    for stage in ("reported", "handling", "dismissed", "merged"):
        town.cases[f"longting {stage}"] = _in_longting(world, stage)
    for name, case in town.cases.items():
        case.refresh_from_db()
        town.photos[name] = Photo.objects.filter(subject=case.subject)[0].public_id
    town.code = world.report(text="路灯不亮")[1]
    Person.objects.update(password=make_password("nobody types this"))
    for key in EVERYBODY:
        world.people[key].refresh_from_db()
        town.browser(SIGNED_OUT).force_login(world.people[key])
        town.sessions[key] = town.client.cookies[settings.SESSION_COOKIE_NAME].value
    town.things = _things(world, town)
    return town


def _employ(world: World, key: str, duty: str) -> None:
    person = Person.objects.create(username=key, name=f"管理员{key}", password="!", made_up=True)
    post = Post.objects.create(unit=world.units["city"], title="管理员")
    Appointment.objects.create(person=person, post=post, starts_on=LONG_AGO)
    city = world.places["city"]
    PostDuty.objects.create(
        post=post, duty=duty, place_code=city.code, place_first=city.first, place_last=city.last
    )
    world.people[key] = person


def _in_longting(world: World, stage: str) -> Case:
    """The other county's cases, walked by its own desk."""
    where = {"lon": THERE[0], "lat": THERE[1], "address": "北门大街", "photos": [a_photo()]}
    case, desk = world.report(**where)[0].case, world.actor("intake_longting")
    if stage == "dismissed":
        return do.dismiss(case, reason="不属城市管理", actor=desk)
    if stage == "merged":
        return do.merge(case, into=world.report(**where)[0].case, actor=desk)
    if stage == "handling":
        do.accept(case, actor=desk)
        do.file(case, standard=world.standards["lamp"], actor=desk)
        do.dispatch(case, lead=world.units["lamps"], actor=desk)
        do.sign(case, unit=world.units["lamps"], actor=world.actor("handler_lamps"))
    return case


def a_revision() -> Revision:
    """Other office hours, drawn up and not published."""
    return draw_up_hours(
        "city",
        actor=Actor.program("test"),
        valid_from=timezone.localdate(),
        hours=[["09:00", "17:00"]],
        weekdays=[1, 2, 3],
    )


MAIL = {"host": "smtp.example.com", "port": 587, "security": "starttls", "sender": "a@b.example"}


def _things(world: World, town: Town) -> dict[str, Any]:
    owner = Person.objects.create(username="colleague", name="同事", password="!")
    owe([owner.pk], town.cases["gulou handling"].subject, "urged", facts={}, at=timezone.now())
    notice = Notice.objects.filter(to=owner).latest("pk")
    session = UserSession.objects.create(
        user=owner, ip="127.0.0.1", user_agent="x", session_key="of-another"
    )
    post = Post.objects.create(unit=world.units["waste"], title="空岗")
    at = timezone.now()
    peer = Connector.objects.create(channel="mail", name="邮件", made_at=at, settings=MAIL)
    taker = make_subscription("https://a.example/", standing="paused")
    told = Delivery.objects.create(
        key="x", channel="webhook", state="unknown", subscription=taker, due_at=at, owed_at=at
    )
    return {
        "a connector": peer.pk,
        "a subscription": taker.pk,
        "a delivery": told.pk,
        "another's notice": notice.pk,
        "another's session": session.pk,
        "somebody": world.people["nobody"].pk,
        "a post": post.pk,
        "a unit": world.units["waste"].pk,
        "a revision": a_revision().pk,
        "a survey": Survey.objects.create(source="测绘院", crs="wgs84", based_on=1).pk,
        "an address": WrittenAddress.objects.create(
            name="书店街 12 号", plain="书店街12号", lon=114.31, lat=34.8
        ).pk,
        "a case's photo": town.photos["gulou closed"],
        "a client": admit("热线平台", purpose="api", actor=Actor.program("test")).pk,
        "a case's number": town.cases["gulou closed"].number,
    }


# ---- the matrix ---------------------------------------------------------------------------------


def _routes(resolver: Any = None, namespace: str = "") -> Iterator[str]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _routes(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"


Cells = Iterator[tuple[str, Address, str, str]]
SOME_CASES = ("gulou handling", "gulou merged", "longting handling")
PRIVATE = frozenset({SIGNED_IN, OF_A_CASE})
FRAGMENTS = frozenset({"desk:case", "desk:row", "desk:queue", "desk:move", "notices:badge"})


def _wanted(address: Address, who: str, case: str, answer: frozenset[int], *, htmx: bool) -> Any:
    """What this person should be answered: the whole policy of looking, in one place."""
    if address.whose in {ANYBODY, WITH_CODE}:
        return answer
    if who == SIGNED_OUT:
        return {ENTER} if htmx else {FOUND}
    if address.whose == OF_A_CASE and who not in SEES[case]:
        return {NONE}
    if address.holders is not None and who not in address.holders:
        return {DENIED}
    return answer


def _cells(
    town: Town, who: str, *, only: Collection[str] = (), fewer: Collection[str] = ()
) -> Cells:
    """Every (route, address, case, path); of the routes in `fewer` only with some cases."""
    for name, addresses in ADDRESSES.items():
        if only and name not in only:
            continue
        for address in addresses:
            if who in DOUBLES and address.whose != OF_A_CASE:
                continue
            cases = SOME_CASES if name in fewer else SEES
            for case in cases if address.whose == OF_A_CASE else [""]:
                yield name, address, case, town.path(name, address, case)


def _is_file(name: str) -> bool:
    """A picture has no page to sign in on: to whoever may not see it, it does not exist."""
    return name == "files:photo"


def _undone(ask: Callable[[], Any]) -> Any:
    """Ask, and put the city back as it was."""
    with transaction.atomic():
        answer = ask()
        transaction.set_rollback(True)
    return answer


def _led_to_sign_in(answer: Any) -> bool:
    where = answer.headers.get("Location") or answer.headers.get("HX-Redirect", "")
    return where.startswith("/account/login/")


def test_every_address_of_the_program_stands_in_the_table() -> None:
    pages = {name for name in _routes() if not name.startswith(INTERFACES)}

    assert pages == set(ADDRESSES)


def test_the_people_are_those_of_the_made_city(town: Town) -> None:
    assert set(EVERYBODY) == set(town.world.people)


@pytest.mark.parametrize("who", [*EVERYBODY, SIGNED_OUT])
def test_what_each_may_look_at(who: str, town: Town) -> None:
    assert _looked_at(town, who, _cells(town, who, fewer={"desk:print", "desk:move"})) == []


@pytest.mark.parametrize("who", TRIED)
def test_a_fragment_shows_no_more_than_its_page(who: str, town: Town) -> None:
    cells = _cells(town, who, only=FRAGMENTS, fewer=FRAGMENTS)

    assert _looked_at(town, who, cells, htmx=True) == []


def _looked_at(town: Town, who: str, cells: Cells, *, htmx: bool = False) -> list[Any]:
    """The cells that were answered otherwise than the tables say."""
    headers = {"HX-Request": "true"} if htmx else {}
    wrong = []
    for name, address, case, path in cells:
        answer = _undone(lambda path=path: town.browser(who).get(path, headers=headers))
        wanted = _wanted(address, who, case, address.get, htmx=htmx)
        if who == SIGNED_OUT and _is_file(name):
            wanted = {NONE}
        elif who == SIGNED_OUT and address.whose in PRIVATE and not _led_to_sign_in(answer):
            wrong.append((path, case, "not led to sign in", answer.status_code))
        if answer.status_code not in wanted:
            wrong.append((path, case, answer.status_code, sorted(wanted)))
    return wrong


@pytest.mark.parametrize("who", TRIED)
def test_what_each_may_send(who: str, town: Town) -> None:
    """Empty forms: whoever may not send them is refused before anything is looked at."""
    wrong = []

    for _name, address, case, path in _cells(town, who, fewer=ADDRESSES):
        is_sent = address.post != {NO_METHOD}
        if not is_sent and who not in {"commander_city", SIGNED_OUT}:
            continue
        before = _traces()
        answer, after = _undone(lambda path=path: (town.browser(who).post(path), _traces()))
        wanted = _wanted(address, who, case, address.post, htmx=False)
        if not is_sent:
            wanted = {*wanted, NO_METHOD, DENIED, NONE}
        if answer.status_code not in wanted:
            wrong.append((path, case, answer.status_code, sorted(wanted)))
        if answer.status_code >= 400 and after != before:
            wrong.append((path, case, "left a trace", after))

    assert wrong == []


def _traces() -> tuple[int, ...]:
    kept = (Line, Case, Photo, Notice, Person, Appointment)
    return tuple(model.objects.count() for model in kept)


MOVED = ("gulou handling", "longting handling")
ALSO = ("remark", "close")
"""Moves tried with every case by everybody; all others with one case of each county."""


@pytest.mark.parametrize("who", TRIED)
def test_who_may_make_which_move(who: str, town: Town) -> None:
    """Whoever may not is told so (403) or finds no such case (404), and nothing has changed."""
    wrong = []
    seen = [case for case in MOVED if who in SEES[case]]
    tried = [(case, move) for case in SEES for move in (WORK_OF if case in seen else ALSO)]

    for case, move in tried:
        if case != "gulou handling" and _allowed(who, case, move) == MADE_OR_ASKED:
            continue  # making moves is tried where they are made; here it is about refusals
        found = town.cases[case]
        path = f"/cases/{found.number}/{move}/"
        before = _state(found)
        answer, after = _undone(
            lambda path=path, found=found: (town.browser(who).post(path), _state(found))
        )
        wanted = _allowed(who, case, move)
        if answer.status_code not in wanted:
            wrong.append((path, case, answer.status_code, sorted(wanted)))
        if answer.status_code not in {OK, FOUND} and after != before:
            wrong.append((path, case, "left a trace", after))
        if who == SIGNED_OUT and not _led_to_sign_in(answer):
            wrong.append((path, case, "not led to sign in", answer.headers))

    assert wrong == []


def _allowed(who: str, case: str, move: str) -> frozenset[int]:
    if who == SIGNED_OUT:
        return frozenset({FOUND})
    if who not in SEES[case]:
        return frozenset({NONE})
    holders = HOLDS[case.split()[0]]
    may = any(who in holders.get(duty, ()) for duty in WORK_OF[move])
    return MADE_OR_ASKED if may else frozenset({DENIED})


def _state(case: Case) -> tuple[Any, ...]:
    stage, version = Case.objects.values_list("stage", "version").get(pk=case.pk)
    return stage, version, Line.objects.count()


def test_every_move_with_a_form_is_somebodys_work() -> None:
    from shiyu.desk.moves import MOVE_FORMS

    assert set(MOVE_FORMS) == set(WORK_OF)


# ---- the holder of a receipt --------------------------------------------------------------------


def test_a_code_opens_its_own_report_for_whoever_has_it(town: Town) -> None:
    for who in (*EVERYBODY, SIGNED_OUT):
        assert town.browser(who).get(f"/r/{town.code}/").status_code == OK, who


@pytest.mark.parametrize("what", ["", "add/", "withdraw/", "rate/", f"{STRANGE}/full.jpg"])
def test_a_wrong_code_opens_nothing_even_for_those_who_see_every_case(
    what: str, town: Town
) -> None:
    method = "GET" if what in {"", f"{STRANGE}/full.jpg"} else "POST"

    for who in ("commander_city", "intake", "administrator", SIGNED_OUT):
        answer = town.browser(who).generic(method, f"/r/2222-2222-2222/{what}")
        assert answer.status_code == NONE, who


def test_a_receipt_opens_no_page_of_a_case(town: Town) -> None:
    browser = town.browser(SIGNED_OUT)
    browser.get(f"/r/{town.code}/")

    for name, found in town.cases.items():
        assert _led_to_sign_in(browser.get(f"/cases/{found.number}/")), name
        assert browser.get(f"/files/{town.photos[name]}/full.jpg").status_code == NONE, name


def test_an_account_closed_or_out_of_post_sees_nothing_from_the_next_request(town: Town) -> None:
    from shiyu.people import actions as people

    browser = town.browser("handler")
    case = town.cases["gulou handling"]
    held = Appointment.objects.get(person=town.world.people["handler"])
    assert browser.get(f"/cases/{case.number}/").status_code == OK

    people.end_appointment(held, actor=town.world.actor("security"))

    assert browser.get(f"/cases/{case.number}/").status_code == NONE
    assert browser.get(f"/files/{town.photos['gulou handling']}/small.jpg").status_code == NONE
    assert browser.post(f"/cases/{case.number}/remark/", {"reason": "x"}).status_code == NONE
