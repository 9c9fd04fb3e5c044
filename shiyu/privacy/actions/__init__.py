"""Everything that is done about what is known of people. Nothing else writes it (隐私办理)."""

from shiyu.privacy.actions.assessing import (
    approve_assessment,
    assess,
    return_assessment,
    withdraw_assessment,
)
from shiyu.privacy.actions.auditing import audit_itself
from shiyu.privacy.actions.demanding import (
    ask,
    ask_for_words,
    carry_out,
    grant,
    hand_out,
    refuse,
    withdraw,
)
from shiyu.privacy.actions.erasing import erase_people
from shiyu.privacy.actions.granting import end_grant
from shiyu.privacy.actions.holding import hold, lift
from shiyu.privacy.actions.replaying import replay_erasures

__all__ = [
    "approve_assessment",
    "ask",
    "ask_for_words",
    "assess",
    "audit_itself",
    "carry_out",
    "end_grant",
    "erase_people",
    "grant",
    "hand_out",
    "hold",
    "lift",
    "refuse",
    "replay_erasures",
    "return_assessment",
    "withdraw",
    "withdraw_assessment",
]
