"""Everything that is done about what is known of people. Nothing else writes it (隐私办理)."""

from shiyu.privacy.actions.demanding import ask, carry_out, may_ask, may_decide, refuse
from shiyu.privacy.actions.erasing import erase_people
from shiyu.privacy.actions.holding import hold, lift
from shiyu.privacy.actions.replaying import replay_erasures

__all__ = [
    "ask",
    "carry_out",
    "erase_people",
    "hold",
    "lift",
    "may_ask",
    "may_decide",
    "refuse",
    "replay_erasures",
]
