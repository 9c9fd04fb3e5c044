"""Addresses of one's own account, and of people, posts and units."""

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
    WELL_FORMED,
    Address,
    of,
)
from tests.every_page.people import ADMINISTRATORS

ADDRESSES: dict[str, list[Address]] = {
    "account_home": [of(SIGNED_IN)],
    "account_login": [of(ANYBODY, {OK, FOUND}, {FOUND, NOT_SO})],
    "account_logout": [of(SIGNED_IN, OK, FOUND)],
    "account_change_password": [of(SIGNED_IN, *WELL_FORMED)],
    "account_reauthenticate": [of(SIGNED_IN, *WELL_FORMED)],
    "mfa_reauthenticate": [of(SIGNED_IN, {OK, FOUND}, {OK, FOUND, NOT_SO, DENIED})],
    "mfa_authenticate": [of(ANYBODY, FOUND, FOUND)],
    "mfa_index": [of(SIGNED_IN)],
    "mfa_activate_totp": [of(SIGNED_IN, *WELL_FORMED)],
    "mfa_deactivate_totp": [of(SIGNED_IN, {OK, FOUND, NONE}, {FOUND, NONE})],
    "mfa_view_recovery_codes": [of(SIGNED_IN, {FOUND, NONE}, {FOUND, NONE, NO_METHOD})],
    "mfa_generate_recovery_codes": [of(SIGNED_IN, {FOUND, NONE}, {FOUND, NONE})],
    "mfa_list_webauthn": [of(SIGNED_IN)],
    "mfa_add_webauthn": [of(SIGNED_IN, *WELL_FORMED)],
    "mfa_edit_webauthn": [of(SIGNED_IN, {FOUND, NONE}, {FOUND, NONE}, pk=OTHERS)],
    "mfa_remove_webauthn": [of(SIGNED_IN, {FOUND, NONE}, {FOUND, NONE}, pk=OTHERS)],
    "mfa_login_webauthn": [of(ANYBODY, FOUND, FOUND)],
    "mfa_reauthenticate_webauthn": [of(SIGNED_IN, {OK, FOUND}, {OK, FOUND, NOT_SO})],
    "openid_connect_login": [of(ANYBODY, NO_METHOD, NONE)],
    "openid_connect_callback": [of(ANYBODY, NONE, provider_id="oidc-none")],
    "account_identity": [of(SIGNED_IN)],
    "account_link_identity": [of(SIGNED_IN, NO_METHOD, FOUND)],
    "account_unlink_identity": [of(SIGNED_IN, NO_METHOD, NONE, number=OTHERS)],
    "account_sessions": [of(SIGNED_IN)],
    "account_end_other_sessions": [of(SIGNED_IN, NO_METHOD, FOUND)],
    "account_end_session": [
        of(SIGNED_IN, NO_METHOD, NONE, number="another's session"),
        of(SIGNED_IN, NO_METHOD, NONE, number=OTHERS),
    ],
    "account_keys": [of(SIGNED_IN, {OK, NO_METHOD}, FOUND)],
    "account_people": [of(SIGNED_IN, holders={"security", "audit"})],
    "account_new_person": [of(SIGNED_IN, OK, {OK, NOT_SO}, holders={"security"})],
    "account_person": [of(SIGNED_IN, holders={"security", "audit"}, number="somebody")],
    "account_person_password": [
        of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"security"}, number="somebody")
    ],
    "account_appoint": [
        of(SIGNED_IN, OK, NOT_SO, holders={"security"}, number="somebody", post="a post")
    ],
    "account_leave": [
        of(SIGNED_IN, NONE, NONE, holders={"security"}, number="somebody", appointment=OTHERS)
    ],
    "account_depart": [
        of(SIGNED_IN, OK, FOUND, holders={"security"}, number="somebody"),
        of(SIGNED_IN, NONE, NONE, holders={"security"}, number=OTHERS),
    ],
    "account_post": [
        of(SIGNED_IN, holders=ADMINISTRATORS, number="a post"),
        of(SIGNED_IN, NONE, holders=ADMINISTRATORS, number=OTHERS),
    ],
    "account_rename_post": [
        of(SIGNED_IN, NO_METHOD, 400, holders={"administrator"}, number="a post")
    ],
    "account_give_duty": [of(SIGNED_IN, NO_METHOD, NOT_SO, holders={"security"}, number="a post")],
    "account_withdraw_duty": [
        of(SIGNED_IN, NONE, NONE, holders={"security"}, number="a post", duty=OTHERS)
    ],
    "account_proposals": [of(SIGNED_IN, holders=ADMINISTRATORS)],
    "account_proposal": [
        of(SIGNED_IN, holders=ADMINISTRATORS, number="a proposal"),
        of(SIGNED_IN, NONE, holders=ADMINISTRATORS, number=OTHERS),
    ],
    "account_decide_proposal": [
        *(
            of(SIGNED_IN, NO_METHOD, FOUND, holders=ADMINISTRATORS, number="a proposal", what=what)
            for what in ("approve", "refuse", "withdraw")
        ),
        of(SIGNED_IN, NO_METHOD, NONE, holders=ADMINISTRATORS, number="a proposal", what="x"),
    ],
    "account_units": [of(SIGNED_IN, holders=ADMINISTRATORS)],
    "account_new_unit": [of(SIGNED_IN, OK, NOT_SO, holders={"administrator"})],
    "account_unit": [
        of(SIGNED_IN, holders=ADMINISTRATORS, number="a unit"),
        of(SIGNED_IN, NONE, holders=ADMINISTRATORS, number=OTHERS),
    ],
    "account_new_post": [of(SIGNED_IN, NO_METHOD, 400, holders={"administrator"}, number="a unit")],
    "account_unit_change": [
        *(
            of(SIGNED_IN, OK, {OK, NOT_SO}, holders={"administrator"}, number="a unit", what=what)
            for what in ("rename", "move", "close", "merge", "split")
        ),
        of(SIGNED_IN, NONE, NONE, holders={"administrator"}, number="a unit", what="dissolve"),
    ],
    "account_undo_change": [
        of(SIGNED_IN, NO_METHOD, NONE, holders={"administrator"}, number=OTHERS)
    ],
    "account_person_act": [
        of(SIGNED_IN, NO_METHOD, FOUND, holders={"security"}, number="somebody", what="deactivate"),
        of(SIGNED_IN, NO_METHOD, NONE, holders={"security"}, number="somebody", what="promote"),
    ],
}
