"""Every write on kinds, standards, the procedure and the lists of the city (立结案标准维护)."""

from shiyu.catalogue.actions.conditions import (
    add_condition,
    end_condition,
    revise_condition,
    withdraw_condition,
)
from shiyu.catalogue.actions.kinds import (
    admit,
    change_kind,
    create_kind,
    end_kind,
    keep_out,
    take_up_kind,
)
from shiyu.catalogue.actions.objections import (
    adopt_objection,
    decline_objection,
    object_to,
    withdraw_objection,
)
from shiyu.catalogue.actions.procedure import set_procedure
from shiyu.catalogue.actions.publishing import publish_standards
from shiyu.catalogue.actions.reasons import add_reason, end_reason, take_up_reason

__all__ = [
    "add_condition",
    "add_reason",
    "admit",
    "adopt_objection",
    "change_kind",
    "create_kind",
    "decline_objection",
    "end_condition",
    "end_kind",
    "end_reason",
    "keep_out",
    "object_to",
    "publish_standards",
    "revise_condition",
    "set_procedure",
    "take_up_kind",
    "take_up_reason",
    "withdraw_condition",
    "withdraw_objection",
]
