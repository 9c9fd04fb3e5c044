"""Addresses where the city is set up: calendars, places and the catalogue."""

from tests.every_page.address import (
    ANYBODY,
    DENIED,
    FOUND,
    NO_METHOD,
    NONE,
    NOT_SO,
    OK,
    OTHERS,
    SIGNED_IN,
    Address,
    of,
)
from tests.every_page.people import WORKING

GUARDS, SECURITY = {"security", "audit"}, {"security"}
TAKING_IN = {"intake", "clerk", "room", "intake_city", "intake_longting"}
CASE = "a case's number"

ADDRESSES: dict[str, list[Address]] = {
    "privacy:catalogue": [of(SIGNED_IN, holders=GUARDS)],
    "privacy:mine": [of(SIGNED_IN)],
    "privacy:keeping": [of(SIGNED_IN, holders=GUARDS)],
    "privacy:demands": [of(SIGNED_IN, holders=GUARDS)],
    "privacy:demand": [
        of(SIGNED_IN, holders=GUARDS, pk="a demand"),
        of(SIGNED_IN, NONE, holders=GUARDS, pk=OTHERS),
    ],
    "privacy:carry_out": [of(SIGNED_IN, NO_METHOD, FOUND, holders=SECURITY, pk="a demand")],
    "privacy:refuse": [of(SIGNED_IN, NO_METHOD, NOT_SO, holders=SECURITY, pk="a demand")],
    "privacy:of_case": [
        of(SIGNED_IN, holders=SECURITY, number=CASE),
        of(SIGNED_IN, NONE, holders=SECURITY, number="KF20260101000001"),
    ],
    "privacy:ask": [
        of(SIGNED_IN, NO_METHOD, NOT_SO, holders=SECURITY, number=CASE, pk="its report"),
        of(SIGNED_IN, NO_METHOD, NONE, holders=SECURITY, number=CASE, pk=OTHERS),
    ],
    "privacy:hold": [
        of(SIGNED_IN, NO_METHOD, NOT_SO, holders=SECURITY, number=CASE, pk="its report")
    ],
    "privacy:ask_copy": [
        of(SIGNED_IN, NO_METHOD, NOT_SO, holders=SECURITY, number=CASE, pk="its report"),
        of(SIGNED_IN, NO_METHOD, NONE, holders=SECURITY, number=CASE, pk=OTHERS),
    ],
    "privacy:grant": [
        of(SIGNED_IN, NO_METHOD, FOUND, holders=SECURITY, pk="a demand"),
        of(SIGNED_IN, NO_METHOD, NONE, holders=SECURITY, pk=OTHERS),
    ],
    "privacy:withdraw": [of(SIGNED_IN, NO_METHOD, FOUND, holders=SECURITY, pk="a demand")],
    "privacy:copy": [of(SIGNED_IN, NO_METHOD, FOUND, holders=SECURITY, pk="a demand")],
    "privacy:grants": [of(SIGNED_IN, holders=GUARDS | TAKING_IN)],
    "privacy:end_grant": [of(SIGNED_IN, NO_METHOD, NONE, holders=GUARDS | TAKING_IN, pk=OTHERS)],
    "privacy:lift": [of(SIGNED_IN, NO_METHOD, FOUND, holders=SECURITY, pk="a hold")],
    "privacy:assessments": [of(SIGNED_IN, holders=GUARDS)],
    "privacy:assess": [
        of(SIGNED_IN, holders=SECURITY, processing="export"),
        of(SIGNED_IN, NONE, holders=SECURITY, processing="nothing"),
    ],
    "privacy:assessment": [
        of(SIGNED_IN, holders=GUARDS, pk="an assessment"),
        of(SIGNED_IN, NONE, holders=GUARDS, pk=OTHERS),
    ],
    "privacy:approve_assessment": [
        of(SIGNED_IN, NO_METHOD, FOUND, holders=SECURITY, pk="an assessment")
    ],
    "privacy:return_assessment": [
        of(SIGNED_IN, NO_METHOD, NOT_SO, holders=SECURITY, pk="an assessment")
    ],
    "privacy:withdraw_assessment": [
        of(SIGNED_IN, NO_METHOD, FOUND, holders=SECURITY, pk="an assessment")
    ],
    "privacy:audits": [of(SIGNED_IN, OK, NOT_SO, holders=GUARDS)],
    "privacy:audit": [
        of(SIGNED_IN, holders=GUARDS, pk="a self-audit"),
        of(SIGNED_IN, NONE, holders=GUARDS, pk=OTHERS),
    ],
    "privacy:audit_file": [of(SIGNED_IN, holders=GUARDS, pk="a self-audit")],
    "calendars:list": [of(SIGNED_IN)],
    "calendars:year": [
        of(SIGNED_IN, code="city", year=2026),
        of(SIGNED_IN, NONE, code="city", year=1999),
        of(SIGNED_IN, NONE, code="nowhere", year=2026),
    ],
    "calendars:hours": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="city")],
    "calendars:days": [
        of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="city", year=2026)
    ],
    "calendars:history": [of(SIGNED_IN, holders={"administrator", "audit"}, code="city")],
    "calendars:revision": [
        of(SIGNED_IN, holders={"administrator", "audit"}, pk="a revision"),
        of(SIGNED_IN, NONE, holders={"administrator", "audit"}, pk=OTHERS),
    ],
    "calendars:progress": [of(SIGNED_IN, holders={"administrator", "audit"}, pk="a revision")],
    "calendars:look": [of(SIGNED_IN, NO_METHOD, FOUND, holders={"administrator"}, pk="a revision")],
    "calendars:publish": [
        of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"administrator"}, pk="a revision")
    ],
    "calendars:undo": [of(SIGNED_IN, NO_METHOD, 409, holders={"administrator"}, pk="a revision")],
    "places:list": [of(SIGNED_IN, FOUND)],
    "places:place": [of(SIGNED_IN, code="410204"), of(SIGNED_IN, NONE, code="999")],
    "places:add": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="410204")],
    "places:rename": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="410204")],
    "places:move": [of(SIGNED_IN, OK, {OK, NOT_SO}, holders={"administrator"}, code="410204001")],
    "places:close": [of(SIGNED_IN, OK, {OK, NOT_SO}, holders={"administrator"}, code="410204")],
    "places:take_back": [of(SIGNED_IN, NO_METHOD, 409, holders={"administrator"}, code="410204")],
    "places:enrol": [
        of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"administrator"}, code="410204001001")
    ],
    "places:leave": [
        of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, code="410204", entry=OTHERS)
    ],
    "places:maps": [of(SIGNED_IN, OK, {DENIED, OK, NOT_SO}, holders={"administrator", "audit"})],
    "places:export": [of(SIGNED_IN, holders={"administrator", "audit"})],
    "places:survey": [
        of(SIGNED_IN, holders={"administrator", "audit"}, pk="a survey"),
        of(SIGNED_IN, NONE, holders={"administrator", "audit"}, pk=OTHERS),
    ],
    "places:publish": [of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"administrator"}, pk="a survey")],
    "places:drop": [of(SIGNED_IN, NO_METHOD, FOUND, holders={"administrator"}, pk="a survey")],
    "places:undo": [of(SIGNED_IN, NO_METHOD, 409, holders={"administrator"}, pk="a survey")],
    "places:addresses": [of(SIGNED_IN)],
    "places:new_address": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "places:import_addresses": [of(SIGNED_IN, OK, {OK, NOT_SO}, holders={"administrator"})],
    "places:address": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, pk="an address")],
    "places:close_address": [
        of(SIGNED_IN, NO_METHOD, FOUND, holders={"administrator"}, pk="an address")
    ],
    "places:cells": [of(ANYBODY, 400)],
    "places:find": [of(ANYBODY)],
    "places:at": [of(ANYBODY, 400)],
    "catalogue:kinds": [of(SIGNED_IN)],
    "catalogue:grid": [of(SIGNED_IN)],
    "catalogue:procedure": [of(SIGNED_IN)],
    "catalogue:reasons": [of(SIGNED_IN)],
    "catalogue:objections": [of(SIGNED_IN)],
    "catalogue:object": [
        of(SIGNED_IN, OK, NOT_SO, holders=WORKING, code="10101", ordinal=1),
        of(SIGNED_IN, NONE, NONE, code="10101", ordinal=99),
    ],
    "catalogue:act_on_objection": [
        of(SIGNED_IN, NO_METHOD, NONE, number=OTHERS, what="adopt"),
        of(SIGNED_IN, NO_METHOD, NONE, number=OTHERS, what="withdraw"),
    ],
    "catalogue:kind": [of(SIGNED_IN, code="10101"), of(SIGNED_IN, NONE, code="nowhere")],
    "catalogue:compare": [
        of(SIGNED_IN, code="10101", ordinal=1),
        of(SIGNED_IN, NONE, code="10101", ordinal=99),
    ],
    "catalogue:new_kind": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "catalogue:edit_kind": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="10101")],
    "catalogue:act": [
        of(SIGNED_IN, NO_METHOD, 400, holders={"administrator"}, code="10101", what="keep-out"),
        of(SIGNED_IN, NO_METHOD, FOUND, holders={"administrator"}, code="10101", what="end"),
        of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, code="10101", what="burn"),
    ],
    "catalogue:new_condition": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="10101")],
    "catalogue:condition": [
        of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="10101", ordinal=1),
        of(SIGNED_IN, NONE, NONE, holders={"administrator"}, code="10101", ordinal=99),
    ],
    "catalogue:end_condition": [
        of(SIGNED_IN, OK, NOT_SO, holders={"administrator"}, code="10101", ordinal=1)
    ],
    "catalogue:withdraw_condition": [
        of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, code="10101", ordinal=1)
    ],
    "catalogue:edit_procedure": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "catalogue:new_reason": [of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"administrator"})],
    "catalogue:set_reason": [
        of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, number=OTHERS, what="end")
    ],
    "catalogue:upload": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "catalogue:publish": [of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, number=OTHERS)],
}
