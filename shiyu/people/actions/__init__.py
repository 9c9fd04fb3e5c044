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
from shiyu.people.actions.leaving import Departure, depart
from shiyu.people.actions.proposing import (
    approve_proposal,
    propose,
    refuse_proposal,
    withdraw_proposal,
)
from shiyu.people.actions.sessions import (
    end_session,
    end_sessions,
    forget_ended_sessions,
    note_lock_out,
    note_sign_in,
    note_sign_out,
    remove_second_factor,
    unlink_identity,
)
from shiyu.people.actions.taking_effect import apply_due_changes, hand_over_waiting
from shiyu.people.actions.unit_changes import (
    Share,
    close_unit,
    merge_unit,
    move_unit,
    rename_unit,
    split_unit,
    undo_change,
)
from shiyu.people.actions.units import create_post, create_unit, rename_post

__all__ = [
    "Departure",
    "Share",
    "apply_due_changes",
    "appoint",
    "approve_proposal",
    "change_password",
    "close_unit",
    "create_person",
    "create_post",
    "create_unit",
    "deactivate",
    "depart",
    "end_appointment",
    "end_session",
    "end_sessions",
    "follow_places",
    "forget_ended_sessions",
    "found_administrator",
    "give_duty",
    "give_made_up_people_a_password",
    "hand_over_waiting",
    "merge_unit",
    "move_unit",
    "note_lock_out",
    "note_sign_in",
    "note_sign_out",
    "propose",
    "reactivate",
    "refuse_proposal",
    "remove_second_factor",
    "rename_post",
    "rename_unit",
    "set_password",
    "split_unit",
    "switch_single_keys",
    "undo_change",
    "unlink_identity",
    "withdraw_duty",
    "withdraw_proposal",
]
