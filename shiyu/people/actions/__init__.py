"""Everything that changes units, posts, people and what they may do."""

from shiyu.people.actions.access import (
    appoint,
    end_appointment,
    follow_places,
    give_duty,
    withdraw_duty,
)
from shiyu.people.actions.accounts import (
    change_password,
    create_person,
    deactivate,
    found_administrator,
    give_made_up_people_a_password,
    reactivate,
    set_password,
    switch_single_keys,
)
from shiyu.people.actions.sessions import (
    end_session,
    end_sessions,
    forget_ended_sessions,
    note_lock_out,
    note_sign_in,
    note_sign_out,
    remove_second_factor,
)
from shiyu.people.actions.units import create_post, create_unit

__all__ = [
    "appoint",
    "change_password",
    "create_person",
    "create_post",
    "create_unit",
    "deactivate",
    "end_appointment",
    "end_session",
    "end_sessions",
    "follow_places",
    "forget_ended_sessions",
    "found_administrator",
    "give_duty",
    "give_made_up_people_a_password",
    "note_lock_out",
    "note_sign_in",
    "note_sign_out",
    "reactivate",
    "remove_second_factor",
    "set_password",
    "switch_single_keys",
    "withdraw_duty",
]
